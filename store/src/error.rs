//! What can go wrong with the store, with the stable code of each and whether waiting may help.
//!
//! Everything public in this crate returns it. It never carries a type of `object_store`, and its text
//! names object keys, never credentials.

use std::{error::Error, time::Duration};

use proto_shared::{ErrorCode, OutputId, SourceId};

/// Why the store could not be opened, or did not take or give an object.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL is none of the forms that are known.
    #[error("PUNCHLINE_STORE_URL: `s3://bucket/prefix`, `file:///dir` or `memory:` was expected, got {got}: {problem}")]
    BadUrl {
        /// What is wrong with it.
        problem: &'static str,
        /// The URL, without what may be secret.
        got: String,
    },
    /// A setting other than the URL cannot be used.
    #[error("{variable}: {problem}")]
    BadSetting {
        /// The environment variable it comes from.
        variable: &'static str,
        /// What was expected and what was got.
        problem: String,
    },
    /// The directory of a `file:` store cannot be made or used.
    #[error("PUNCHLINE_STORE_URL: failed to use the directory {}", path.display())]
    BadDirectory {
        /// The directory.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No source is stored under this id.
    #[error("no source {0} is stored")]
    SourceNotFound(SourceId),
    /// No output is stored under this id.
    #[error("no output {0} is stored")]
    OutputNotFound(OutputId),
    /// A record is not the JSON it should be.
    #[error("failed to read or write the record {key}")]
    BadRecord {
        /// Its key.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A record is longer than any that is written here, so it was not read.
    #[error("the record {key} has {got_bytes} bytes, at most {max_bytes} are read")]
    RecordTooLarge {
        /// Its key.
        key: String,
        /// Its length.
        got_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// A source that is to be an image of one's own has more bytes than those have, so it was not read.
    #[error("the picture {id} has {got_bytes} bytes, the limit of an image is {max_bytes}")]
    ImageTooLarge {
        /// Its id.
        id: SourceId,
        /// Its length.
        got_bytes: u64,
        /// The limit.
        max_bytes: u64,
    },
    /// The file to upload cannot be read, or is shorter than was said.
    #[error("failed to read the file that is to become {key}")]
    UnreadableFile {
        /// The key it was to have.
        key: String,
        /// Why.
        source: std::io::Error,
    },
    /// The backend let a create-only put overwrite an object. On it, two workers could each believe that their
    /// result is the only one.
    #[error("the store overwrites objects that it was told only to create (it ignores If-None-Match)")]
    OverwritesOnCreate,
    /// The backend took longer than an operation may.
    #[error("failed to {action} {key} within {} ms", timeout.as_millis())]
    Timeout {
        /// What was being done.
        action: &'static str,
        /// With which key.
        key: String,
        /// The limit.
        timeout: Duration,
    },
    /// The backend refused or could not be reached.
    #[error("failed to {action} {key}")]
    Unavailable {
        /// What was being done.
        action: &'static str,
        /// With which key.
        key: String,
        /// What the backend said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// The code that clients and records see.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::SourceNotFound(_) => ErrorCode::UnknownSource,
            Self::ImageTooLarge { .. } => ErrorCode::FileTooLarge,
            Self::Timeout { .. } | Self::Unavailable { .. } => ErrorCode::StoreUnavailable,
            Self::BadUrl { .. }
            | Self::BadSetting { .. }
            | Self::BadDirectory { .. }
            | Self::OutputNotFound(_)
            | Self::BadRecord { .. }
            | Self::RecordTooLarge { .. }
            | Self::UnreadableFile { .. }
            | Self::OverwritesOnCreate => ErrorCode::Internal,
        }
    }

    /// Whether the same call may succeed later, without anyone changing the job. Refused credentials
    /// count: they are the operator's to mend, and no reason to fail a job for good.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Unavailable { .. })
    }
}
