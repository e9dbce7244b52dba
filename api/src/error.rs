//! Every way a request can be refused: one status, one stable code, one sentence.
//!
//! Handlers return it, `problem` says it, `access` logs and counts it once. Its text goes to strangers: no URL, no path,
//! no key, nothing that a backend said; that part goes to the log through [`ApiError::cause`].

use std::{any::Any, io, time::Duration};

use axum::{
    extract::multipart::MultipartRejection,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use broker::BrokerError;
use fonts::UnknownFont;
use outbound::OutboundError;
use proto_shared::{ErrorCode, SpecError};
use service::api_keys::KeyRefusal;
use store::StoreError;

use crate::{caller::expired_name, clients::Excess, pace::TooSlow, problem};

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No route.
    #[error("there is nothing at this path")]
    NoSuchPath,
    /// A route, but not for this method.
    #[error("this path does not take this method")]
    NoSuchMethod,
    /// Not a multipart form, or one that is cut off.
    #[error("a complete multipart/form-data body was expected: {0}")]
    BadForm(String),
    /// A part that this endpoint does not take, or takes once, or takes shorter.
    #[error("{problem}")]
    BadPart {
        /// Its name.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No picture in the form.
    #[error("a part named `file` (a picture), `source` (the id of a stored one) or `source_url` (where one stands) was expected")]
    MissingFile,
    /// More bytes than a picture may have.
    #[error("a file may have {limit_bytes} bytes, got {got_bytes} or more")]
    FileTooLarge {
        /// The limit.
        limit_bytes: u64,
        /// What was declared, or read so far.
        got_bytes: u64,
    },
    /// The picture can't be taken.
    #[error("{0}")]
    Picture(#[from] caption_layout::Error),
    /// The spec breaks a rule.
    #[error("{0}")]
    Spec(#[from] SpecError),
    /// A host that somebody has named may not be asked, or did not answer as it should.
    #[error("{error}")]
    Outbound {
        /// The field that named it.
        field: &'static str,
        /// Why.
        error: OutboundError,
    },
    /// No calls back are made here.
    #[error("no calls back are made here")]
    CallbacksOff,
    /// `source` names nothing.
    #[error("no stored picture has this id")]
    UnknownSource,
    /// The id names no job.
    #[error("no job has this id")]
    JobNotFound,
    /// The job has no result yet.
    #[error("the job is not finished")]
    NotReady,
    /// The job failed, so it has no output and never will.
    #[error("the job failed: {message} ({code})")]
    JobFailed {
        /// Its code.
        code: ErrorCode,
        /// Its message.
        message: String,
    },
    /// The job has ended, so there is nothing to cancel.
    #[error("the job has ended already")]
    AlreadyFinished,
    /// The `Idempotency-Key` was used for another request.
    #[error("this Idempotency-Key was used for a request with another picture, spec, gallery or callback_url")]
    IdempotencyMismatch,
    /// The job was cancelled, so it has no output and never will.
    #[error("the job was cancelled")]
    JobCancelled,
    /// A header that says nothing we know.
    #[error("the header {name} was expected to have {expected}")]
    BadHeader {
        /// Its name.
        name: &'static str,
        /// What it should have.
        expected: &'static str,
    },
    /// No API key was shown.
    #[error("an API key was expected: `Authorization: Bearer KEY`")]
    NoKey,
    /// An API key that opens nothing.
    #[error("{0}")]
    BadKey(#[source] KeyRefusal),
    /// More jobs asked for in a short time than one client may.
    #[error("too many jobs were asked for in a short time; the next may be in {} s", whole_seconds(*retry_after))]
    RateLimited {
        /// When the next may be.
        retry_after: Duration,
    },
    /// More unfinished jobs than one client may have.
    #[error("a client may have {limit} unfinished jobs, got {got}")]
    TooManyJobs {
        /// The limit.
        limit: u32,
        /// What there are.
        got: u32,
    },
    /// More bytes of one client's uploads in hand than it may have.
    #[error("a client may have {limit_bytes} bytes of uploads in hand, got {got_bytes}")]
    TooManyUploads {
        /// The limit.
        limit_bytes: u64,
        /// What there would be.
        got_bytes: u64,
    },
    /// More uploads in hand than room is set aside for.
    #[error("too many uploads are in hand")]
    Overloaded,
    /// The folder for uploads takes nothing, or does not give it back.
    #[error("no more uploads can be taken at the moment")]
    Spool(#[source] io::Error),
    /// The body came too slowly.
    #[error("the body came too slowly: at least {min_bytes} bytes were expected in {window_s} s, {got_bytes} came")]
    BodyTooSlow {
        /// What was waited.
        window_s: u64,
        /// What should have come in it.
        min_bytes: u64,
        /// What came.
        got_bytes: u64,
    },
    /// The whole request took too long.
    #[error("the request took longer than {limit_s} s")]
    Timeout {
        /// The limit.
        limit_s: u64,
    },
    /// The broker did not take the job.
    #[error("the queue does not take jobs at the moment")]
    Broker(#[source] BrokerError),
    /// The broker has not answered since this process began.
    #[error("the queue does not take jobs at the moment")]
    BrokerNotConnected,
    /// The store did not answer.
    #[error("the store does not answer at the moment")]
    Store(#[source] StoreError),
    /// A defect of ours.
    #[error("something went wrong on our side")]
    Internal(String),
}

/// Tells a client when to come back; short, because what is passing here passes in seconds.
const RETRY_AFTER_S: u64 = 5;
const RETRY_UNFINISHED_AFTER_S: u64 = 1;
/// Until some of a client's jobs are likely to be done.
const RETRY_AFTER_JOBS_S: u64 = 30;

impl ApiError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoSuchPath | Self::NoSuchMethod => ErrorCode::NotFound,
            Self::BadForm(_) | Self::BadPart { .. } | Self::BadHeader { .. } => ErrorCode::BadRequest,
            Self::MissingFile => ErrorCode::MissingFile,
            Self::FileTooLarge { .. } => ErrorCode::FileTooLarge,
            Self::Picture(error) => ErrorCode::parse(error.code()).unwrap_or(ErrorCode::Internal),
            Self::Spec(error) => error.code,
            Self::Outbound { error, .. } => error.code(),
            Self::CallbacksOff => ErrorCode::CallbacksOff,
            Self::UnknownSource => ErrorCode::UnknownSource,
            Self::JobNotFound => ErrorCode::JobNotFound,
            Self::NotReady => ErrorCode::NotReady,
            Self::JobFailed { .. } => ErrorCode::JobFailed,
            Self::JobCancelled => ErrorCode::Cancelled,
            Self::AlreadyFinished => ErrorCode::AlreadyFinished,
            Self::IdempotencyMismatch => ErrorCode::IdempotencyMismatch,
            Self::NoKey | Self::BadKey(_) => ErrorCode::Unauthorised,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::TooManyJobs { .. } => ErrorCode::TooManyJobs,
            Self::TooManyUploads { .. } => ErrorCode::TooManyUploads,
            Self::Overloaded | Self::Spool(_) => ErrorCode::Overloaded,
            Self::Timeout { .. } | Self::BodyTooSlow { .. } => ErrorCode::Timeout,
            Self::Broker(error) => error.code(),
            Self::BrokerNotConnected => ErrorCode::BrokerUnavailable,
            Self::Store(error) => error.code(),
            Self::Internal(_) => ErrorCode::Internal,
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchMethod => StatusCode::METHOD_NOT_ALLOWED,
            _ => problem::status_of(self.code()),
        }
    }

    /// The field, and the limit with what was got, where they are known.
    pub(crate) fn particulars(&self) -> (Option<&str>, Option<(u64, u64)>) {
        match self {
            Self::FileTooLarge { limit_bytes, got_bytes } => (Some("file"), Some((*limit_bytes, *got_bytes))),
            Self::Picture(error) => (Some("file"), limit_and_got(error)),
            Self::Spec(error) => (Some(&error.field), None),
            Self::BadPart { field, .. } => (Some(field), None),
            Self::Outbound { field, error } => (Some(field), of_answer(error)),
            Self::CallbacksOff => (Some("callback_url"), None),
            Self::UnknownSource => (Some("source"), None),
            Self::BadHeader { name, .. } => (Some(name), None),
            Self::TooManyJobs { limit, got } => (None, Some(((*limit).into(), (*got).into()))),
            Self::TooManyUploads { limit_bytes, got_bytes } => (None, Some((*limit_bytes, *got_bytes))),
            Self::BodyTooSlow { min_bytes, got_bytes, .. } => (None, Some((*min_bytes, *got_bytes))),
            _ => (None, None),
        }
    }

    pub(crate) fn retry_after(&self) -> Option<u64> {
        match self {
            Self::NotReady => Some(RETRY_UNFINISHED_AFTER_S),
            Self::RateLimited { retry_after } => Some(whole_seconds(*retry_after)),
            Self::TooManyJobs { .. } => Some(RETRY_AFTER_JOBS_S),
            Self::TooManyUploads { .. } => Some(RETRY_AFTER_S),
            _ if self.status() == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_AFTER_S),
            _ => None,
        }
    }

    /// How a client may get in (RFC 6750, section 3).
    pub(crate) fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoKey => Some("Bearer realm=\"punchline\""),
            Self::BadKey(KeyRefusal::Unknown) => {
                Some("Bearer realm=\"punchline\", error=\"invalid_token\", error_description=\"the API key is not known\"")
            }
            Self::BadKey(KeyRefusal::Expired { .. }) => {
                Some("Bearer realm=\"punchline\", error=\"invalid_token\", error_description=\"the API key has expired\"")
            }
            _ => None,
        }
    }

    /// What the log should know and the client should not.
    pub(crate) fn cause(&self) -> Option<String> {
        match self {
            Self::Broker(error) => Some(error.to_string()),
            Self::BrokerNotConnected => Some("the broker has not answered yet".to_owned()),
            Self::Store(error) => Some(with_sources(error)),
            Self::Internal(what) => Some(what.clone()),
            Self::Spool(error) => Some(format!("failed to spool an upload: {error}")),
            Self::BadKey(refusal) => expired_name(refusal).map(|name| format!("the API key of {name} has expired")),
            _ => None,
        }
    }
}

fn of_answer(error: &OutboundError) -> Option<(u64, u64)> {
    match *error {
        OutboundError::TooLarge { limit_bytes, got_bytes } => Some((limit_bytes, got_bytes)),
        _ => None,
    }
}

fn limit_and_got(error: &caption_layout::Error) -> Option<(u64, u64)> {
    match *error {
        caption_layout::Error::FileTooLarge { got_bytes, limit_bytes } => Some((limit_bytes, got_bytes)),
        caption_layout::Error::CanvasTooLarge { width_px, height_px, limit_px } => {
            Some((limit_px.into(), width_px.max(height_px).into()))
        }
        caption_layout::Error::TooManyPixels { got, limit } => Some((limit, got)),
        // Counting stopped at the first frame too many.
        caption_layout::Error::TooManyFrames { limit } => Some((limit.into(), u64::from(limit) + 1)),
        _ => None,
    }
}

/// Rounded up: a client that waits so long does not come too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// An error with what caused it, for the log.
fn with_sources(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SourceNotFound(_) => Self::UnknownSource,
            other => Self::Store(other),
        }
    }
}

impl From<Excess> for ApiError {
    fn from(excess: Excess) -> Self {
        match excess {
            Excess::Rate { retry_after } => Self::RateLimited { retry_after },
            Excess::Jobs { limit, got } => Self::TooManyJobs { limit, got },
        }
    }
}

impl From<&TooSlow> for ApiError {
    fn from(slow: &TooSlow) -> Self {
        Self::BodyTooSlow { window_s: slow.window_s, min_bytes: slow.min_bytes, got_bytes: slow.got_bytes }
    }
}

impl From<UnknownFont> for ApiError {
    fn from(unknown: UnknownFont) -> Self {
        Self::Spec(unknown.into())
    }
}

impl From<MultipartRejection> for ApiError {
    fn from(rejection: MultipartRejection) -> Self {
        Self::BadForm(rejection.body_text())
    }
}

/// The answer when a handler panicked; the hook has logged where.
pub(crate) fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::Internal("a handler panicked".to_owned()).into_response()
}
