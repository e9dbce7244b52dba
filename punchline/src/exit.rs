//! How the program ends: the exit codes that scripts rely on, and the one line that says why.
//!
//! Codes follow sysexits.h. Every subcommand that works on files returns its failure as [`Failure`];
//! main prints it once.

use std::{fmt, process::ExitCode};

/// Why the program ends, by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// 2: the command line is wrong.
    Usage = 2,
    /// 65: the input can't be used.
    BadInput = 65,
    /// 66: the input is not there or can't be read.
    NoInput = 66,
    /// 70: a defect of ours.
    Internal = 70,
    /// 73: the output can't be written.
    CannotWrite = 73,
}

/// An end with a reason and a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    reason: Reason,
    message: String,
}

impl Failure {
    pub(crate) fn new(reason: Reason, message: impl fmt::Display) -> Self {
        // One line, whatever a library's message held.
        let message = message.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { reason, message }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.reason as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "punchline: {}", self.message)
    }
}

impl From<caption::Error> for Failure {
    fn from(error: caption::Error) -> Self {
        let reason = match error {
            caption::Error::Encode { .. } | caption::Error::Cancelled => Reason::Internal,
            _ => Reason::BadInput,
        };
        let flag = match error {
            caption::Error::FileTooLarge { .. } => "; --max-upload-bytes raises it",
            caption::Error::CanvasTooLarge { .. } => "; --max-side-px raises it",
            caption::Error::TooManyFrames { .. } => "; --max-frames raises it",
            caption::Error::TooManyPixels { .. } => "; --max-total-pixels raises it",
            _ => "",
        };
        Self::new(reason, format_args!("{error}{flag} ({})", error.code()))
    }
}

impl From<anyhow::Error> for Failure {
    /// For the long-running commands. Bad settings are a list, a line each.
    fn from(error: anyhow::Error) -> Self {
        let reason = if crate::parts::is_bad_setting(&error) { Reason::Usage } else { Reason::Internal };
        Self { reason, message: format!("{error:#}") }
    }
}
