//! What can go wrong in the harness itself, said so that whoever runs the tests knows what to do.
//!
//! Made by every module here, shown by a test that fails. It must never hide a missing program behind a skipped test.

use std::{io, time::Duration};

use crate::client::Answer;

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
    /// A request got another answer than expected.
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

    pub(crate) fn answer(expected: &str, answer: &Answer) -> Self {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Self::Answer { expected: expected.to_owned(), status: answer.status.as_u16(), body }
    }
}
