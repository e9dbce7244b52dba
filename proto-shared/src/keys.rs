//! Where objects stand in the store: the one place that spells an object key.
//!
//! Used by store alone; it takes ids, never text, so that no path from a user reaches the store.

use crate::{IdempotencyId, JobId, MediaType, OutputId, SourceId};

/// Below it are the job records, one folder a job.
pub const JOBS_PREFIX: &str = "jobs";
/// Below it are the sources.
pub const SOURCES_PREFIX: &str = "sources";
/// Below it are the outputs and their summaries.
pub const OUTPUTS_PREFIX: &str = "outputs";
/// Below it are the dead letters.
pub const DEAD_PREFIX: &str = "dead";
/// Below it are the records of `Idempotency-Key`s.
pub const IDEMPOTENCY_PREFIX: &str = "idempotency";
/// Below it are the marks of calls back that have not ended, one folder a job.
pub const CALLBACKS_PREFIX: &str = "callbacks";

/// Below it are the names of jobs that everyone may see.
pub const GALLERY_PREFIX: &str = "gallery";

/// Below it are the marks of which worker began a search for lost jobs in which time slot.
pub const SEARCHES_BEGUN_PREFIX: &str = "looks/begun";
/// When the last search for lost jobs that has ended had begun. Replaced each time.
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

/// Below it are the dead letters of one job.
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

/// Marks that everyone may see a job of this time. A listing by key has the newest first.
#[must_use]
pub fn gallery(created_at_ms: u64, id: &JobId) -> String {
    // Far beyond the year 30,000.
    const MOST_MS: u64 = 999_999_999_999_999;
    format!("{GALLERY_PREFIX}/{:015}-{id}", MOST_MS.saturating_sub(created_at_ms))
}

/// Marks that the broker has confirmed a message of a job in a time slot: the nth slot of this length.
#[must_use]
pub fn queued(id: &JobId, slot_ms: u64, slot: u64) -> String {
    format!("{JOBS_PREFIX}/{id}/queued-{slot_ms}ms-{slot}.json")
}

/// Marks which worker process works on a job that another process may have died of.
#[must_use]
pub fn job_started(id: &JobId) -> String {
    format!("{JOBS_PREFIX}/{id}/started.json")
}

/// Marks that a worker searches for lost jobs in a time slot, so that only one of many does.
#[must_use]
pub fn search_begun(slot: u64) -> String {
    format!("{SEARCHES_BEGUN_PREFIX}/{slot}.json")
}

/// Marks that a call back is owed for a job.
#[must_use]
pub fn callback_pending(id: &JobId) -> String {
    format!("{CALLBACKS_PREFIX}/{id}/pending.json")
}

/// Marks that an api process makes this attempt, so that only one of many does.
#[must_use]
pub fn callback_attempt(id: &JobId, attempt: u32) -> String {
    format!("{CALLBACKS_PREFIX}/{id}/attempt-{attempt}.json")
}

/// How calling back ended. It is among the job's objects and is deleted with them.
#[must_use]
pub fn callback_end(id: &JobId) -> String {
    format!("{JOBS_PREFIX}/{id}/callback.json")
}
