//! Where objects stand in the store: the one place that spells an object key.
//!
//! Used by store alone; it takes ids, never text, so that no path from a user reaches the store.

use crate::{IdempotencyId, JobId, MediaType, OutputId, SourceId};

/// Below it stand the job records, one folder a job.
pub const JOBS_PREFIX: &str = "jobs";
/// Below it stand the sources.
pub const SOURCES_PREFIX: &str = "sources";
/// Below it stand the outputs and their summaries.
pub const OUTPUTS_PREFIX: &str = "outputs";
/// Below it stand the dead letters.
pub const DEAD_PREFIX: &str = "dead";
/// Below it stand what clients called their requests.
pub const IDEMPOTENCY_PREFIX: &str = "idempotency";
/// Below it stands what is known of calls back that have not come to an end, one folder a job.
pub const CALLBACKS_PREFIX: &str = "callbacks";

/// Below it stand the names of jobs that are to be seen by everyone.
pub const GALLERY_PREFIX: &str = "gallery";

/// Below it stands who has begun to look for lost work in which stretch of time.
pub const SEARCHES_BEGUN_PREFIX: &str = "looks/begun";
/// When the last look for lost work that came to its end had begun. Written over each time.
pub const LAST_SEARCH: &str = "looks/last.json";

/// A source, named by the SHA-256 of its bytes.
#[must_use]
pub fn source(id: &SourceId) -> String {
    format!("{SOURCES_PREFIX}/{id}")
}

/// What was accepted.
#[must_use]
pub fn job_record(id: &JobId) -> String {
    format!("{JOBS_PREFIX}/{id}/job.json")
}

/// How it ended.
#[must_use]
pub fn job_result(id: &JobId) -> String {
    format!("{JOBS_PREFIX}/{id}/result.json")
}

/// A captioned picture.
#[must_use]
pub fn output(id: &OutputId, media: MediaType) -> String {
    format!("{OUTPUTS_PREFIX}/{id}.{}", media.extension())
}

/// What is known of it.
#[must_use]
pub fn output_summary(id: &OutputId) -> String {
    format!("{OUTPUTS_PREFIX}/{id}.json")
}

/// A dead letter: each death of a job has one of its own.
#[must_use]
pub fn dead(id: &JobId, dead_at_ms: u64) -> String {
    format!("{}/{dead_at_ms:015}.json", dead_of(id))
}

/// Below it stand the dead letters of one job.
#[must_use]
pub fn dead_of(id: &JobId) -> String {
    format!("{DEAD_PREFIX}/{id}")
}

/// The one dead letter that earlier releases keep of a job.
#[must_use]
pub fn dead_of_earlier_release(id: &JobId) -> String {
    format!("{DEAD_PREFIX}/{id}.json")
}

/// The job that an `Idempotency-Key` made.
#[must_use]
pub fn idempotency(id: &IdempotencyId) -> String {
    format!("{IDEMPOTENCY_PREFIX}/{id}.json")
}

/// Says that a job of this time is to be seen by everyone. A listing by key has the newest first.
#[must_use]
pub fn gallery(created_at_ms: u64, id: &JobId) -> String {
    // Far beyond the year 30,000.
    const MOST_MS: u64 = 999_999_999_999_999;
    format!("{GALLERY_PREFIX}/{:015}-{id}", MOST_MS.saturating_sub(created_at_ms))
}

/// Says that the broker has confirmed a message of a job in a slot of time: the nth slot of this length.
#[must_use]
pub fn queued(id: &JobId, slot_ms: u64, slot: u64) -> String {
    format!("{JOBS_PREFIX}/{id}/queued-{slot_ms}ms-{slot}.json")
}

/// Says which worker process works on a job that may have been the end of another.
#[must_use]
pub fn job_started(id: &JobId) -> String {
    format!("{JOBS_PREFIX}/{id}/started.json")
}

/// Says that somebody looks for lost work in a stretch of time, so that it is one however many want to.
#[must_use]
pub fn search_begun(slot: u64) -> String {
    format!("{SEARCHES_BEGUN_PREFIX}/{slot}.json")
}

/// Says that somebody is to be told of a job's end.
#[must_use]
pub fn callback_pending(id: &JobId) -> String {
    format!("{CALLBACKS_PREFIX}/{id}/pending.json")
}

/// Says that somebody makes this attempt, so that it is one however many want to.
#[must_use]
pub fn callback_attempt(id: &JobId, attempt: u32) -> String {
    format!("{CALLBACKS_PREFIX}/{id}/attempt-{attempt}.json")
}

/// How calling back came to an end. It stands with the job and goes with it.
#[must_use]
pub fn callback_end(id: &JobId) -> String {
    format!("{JOBS_PREFIX}/{id}/callback.json")
}
