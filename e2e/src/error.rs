//! What can go wrong in the harness itself, with a text that says what to do about it.
//!
//! Every module here makes these errors, and a failing test shows them. A missing program must be an error, never a skipped test.

use std::{io, time::Duration};

/// The harness could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A program that the tests need is not installed.
    #[error("`{program}` was not found; install it with: {install}")]
    Missing {
        /// What was looked for.
        program: String,
        /// The command that installs it.
        install: &'static str,
    },
    /// Our own binary is not there.
    #[error("failed to find punchline: {0}")]
    NoBinary(String),
    /// The operating system refused something.
    #[error("failed to {action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A process ended or a condition did not come true in time.
    #[error("{what} within {within:?} was expected; its log ends:\n{log}")]
    NotInTime {
        /// What was waited for.
        what: String,
        /// For how long.
        within: Duration,
        /// The last lines of the process's log.
        log: String,
    },
    /// A process that should run has ended.
    #[error("{name} ended by itself ({status}); its log ends:\n{log}")]
    Ended {
        /// The process.
        name: String,
        /// Its exit status.
        status: String,
        /// The last lines of its log.
        log: String,
    },
    /// A request got no answer.
    #[error("failed to get an answer: {0:?}")]
    Http(#[from] reqwest::Error),
    /// The answer to a request is not the expected one.
    #[error("{expected} was expected, got {status}: {body}")]
    Answer {
        /// What the answer should have been.
        expected: String,
        /// Its status.
        status: u16,
        /// Its body.
        body: String,
    },
    /// The store's client could not be set up.
    #[error("failed to set up the S3 client: {0}")]
    S3(#[from] object_store::Error),
}

impl HarnessError {
    /// For `map_err`: an I/O error with what was being done.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}
