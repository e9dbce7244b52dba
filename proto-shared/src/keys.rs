//! Where objects stand in the store: the one place that spells an object key.
//!
//! Used by store alone; it takes ids, never text, so that no path from a user reaches the store.

use crate::{JobId, MediaType, OutputId, SourceId};

/// Below it stand the job records, one folder a job.
pub const JOBS_PREFIX: &str = "jobs";

/// A source, named by the SHA-256 of its bytes.
#[must_use]
pub fn source(id: &SourceId) -> String {
    format!("sources/{id}")
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
    format!("outputs/{id}.{}", media.extension())
}
