//! How the program ends: the exit codes that scripts rely on, and the one line that says why.
//!
//! Codes follow sysexits.h. Every subcommand that works on files returns its failure as [`Failure`];
//! main prints it once.

use std::{fmt, process::ExitCode};

use proto_shared::ErrorCode;
use service::{ConfigError, api_keys::KeysError};
use store::StoreError;
use worker::EngineError;

/// Why the program ends, by exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// 2: the command line is wrong.
    Usage = 2,
    /// 65: the input can't be used.
    BadInput = 65,
    /// 66: the input is not there or can't be read.
    NoInput = 66,
    /// 69: a service that is needed is not there, or overloaded.
    Unavailable = 69,
    /// 70: a defect of ours.
    Internal = 70,
    /// 73: the output can't be written.
    CannotWrite = 73,
    /// 130: stopped from the keyboard, as a shell says it.
    Interrupted = 130,
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

    /// The same with a sentence that says what to do, where the job itself has nothing to do with it.
    pub(crate) fn with_hint(mut self, hint: impl fmt::Display) -> Self {
        if matches!(self.reason, Reason::Unavailable | Reason::CannotWrite | Reason::Interrupted) {
            self.message = format!("{}; {hint}", self.message);
        }
        self
    }

    #[cfg(test)]
    pub(crate) fn reason(&self) -> Reason {
        self.reason
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
            caption::Error::CanvasTooLarge { .. } | caption::Error::NotByRows { .. } => "; --max-side-px raises it",
            caption::Error::StillTooLarge { .. } => "; --max-still-pixels raises it",
            caption::Error::TooManyFrames { .. } => "; --max-frames raises it",
            caption::Error::TooManyVideoFrames { .. } => "; --max-video-frames and --max-frames raise it",
            caption::Error::VideoTooLong { .. } => "; --max-video-s raises it",
            caption::Error::TooManyPixels { .. } => "; --max-total-pixels raises it",
            _ => "",
        };
        Self::new(reason, format_args!("{error}{flag} ({})", error.code()))
    }
}

impl From<EngineError> for Failure {
    /// Of a picture that was rendered in a process of its own.
    fn from(error: EngineError) -> Self {
        let reason = match error.code() {
            ErrorCode::EngineCrashed | ErrorCode::EnginePanic | ErrorCode::Timeout | ErrorCode::Internal => Reason::Internal,
            _ => Reason::BadInput,
        };
        Self::new(reason, format_args!("{error} ({})", error.code()))
    }
}

impl From<anyhow::Error> for Failure {
    /// For the long-running commands. Bad settings are a list, a line each.
    fn from(error: anyhow::Error) -> Self {
        let reason = if is_bad_setting(&error) { Reason::Usage } else { Reason::Internal };
        Self { reason, message: format!("{error:#}") }
    }
}

/// Whether what went wrong is the operator's to mend in the settings.
fn is_bad_setting(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>()
        || error.is::<KeysError>()
        || error.is::<api::BadSecret>()
        || matches!(
            error.downcast_ref(),
            Some(StoreError::BadUrl { .. } | StoreError::BadSetting { .. } | StoreError::OverwritesOnCreate)
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_job_has_no_part_in_gets_a_hint() {
        assert_eq!(Failure::new(Reason::Unavailable, "gone").with_hint("look").to_string(), "punchline: gone; look");
        assert_eq!(Failure::new(Reason::BadInput, "bad").with_hint("look").to_string(), "punchline: bad");
    }
}
