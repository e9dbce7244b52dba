//! How calling somebody back about a job came to an end.
//!
//! Written by the api process that made the last attempt, once; that it stands means that no attempt is to be made.

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
