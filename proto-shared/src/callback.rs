//! How the calls to a job's webhook ended.
//!
//! Written once, by the api process that made the last attempt. If it exists, no further attempt is made.

use serde::{Deserialize, Serialize};

use crate::JobId;

/// `jobs/<id>/callback.json`. Never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackEnd {
    /// [`crate::job::VERSION`] of the writer.
    pub version: u32,
    /// The job.
    pub id: JobId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// Attempts it took.
    pub attempts: u32,
    /// The end itself.
    pub end: CallbackOutcome,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackOutcome {
    /// The receiver has said that it has it.
    Delivered,
    /// No attempt is left.
    GivenUp {
        /// What became of the last one.
        problem: String,
    },
}
