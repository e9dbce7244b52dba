//! How a refusal is said over HTTP: a problem document (RFC 9457), and the one table from codes to statuses.
//!
//! `error` says what there is to refuse. Nothing here decides anything.

use std::sync::Arc;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto_shared::ErrorCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// The body of every refusal (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem {
    /// The code as a URI.
    #[schema(format = "uri", examples("urn:punchline:problem:unknown_font"))]
    r#type: String,
    /// The code in words.
    title: String,
    /// The answer's status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// Why, for people.
    detail: String,
    code: ErrorCode,
    /// What is to be mended: a part, a field of the spec (`captions[0].fill`), or a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
    /// What is allowed, where it is a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<u64>,
    /// What was got instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    got: Option<u64>,
}

impl From<&ApiError> for Problem {
    fn from(error: &ApiError) -> Self {
        let code = error.code();
        let (field, limit_and_got) = error.particulars();
        Self {
            r#type: format!("urn:punchline:problem:{code}"),
            title: code.as_str().replace('_', " "),
            status: error.status().as_u16(),
            detail: error.to_string(),
            code,
            field: field.map(str::to_owned),
            limit: limit_and_got.map(|(limit, _)| limit),
            got: limit_and_got.map(|(_, got)| got),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(Problem::from(&self))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(Refusal { code: self.code(), cause: self.cause().map(Into::into) });
        response
    }
}

/// The one table from codes to statuses.
pub(crate) fn status_of(code: ErrorCode) -> StatusCode {
    use ErrorCode as E;
    match code {
        E::BadRequest | E::MissingFile => StatusCode::BAD_REQUEST,
        E::JobNotFound | E::NotFound => StatusCode::NOT_FOUND,
        // The request was late, not the server: broker and store have shorter limits of their own.
        E::Timeout => StatusCode::REQUEST_TIMEOUT,
        E::NotReady | E::AlreadyFinished => StatusCode::CONFLICT,
        // 409 says "later", 410 says "never": a client that polls must be able to stop.
        E::JobFailed | E::Cancelled => StatusCode::GONE,
        E::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        E::UnsupportedMedia | E::AnimatedStill => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        E::Truncated
        | E::Malformed
        | E::ZeroSized
        | E::NoFrames
        | E::CanvasTooLarge
        | E::TooManyFrames
        | E::TooManyPixels
        | E::BadSpec
        | E::UnknownStyle
        | E::BadColour
        | E::BadSize
        | E::EmptyText
        | E::TextTooLong
        | E::TextDoesNotFit
        | E::UnknownFont
        | E::BadFont
        | E::UnknownSource
        // Whose fault it is that a host does not answer is not for us to say; asking us again at once would not mend it.
        | E::BadUrl
        | E::ForbiddenAddress
        | E::FetchFailed
        | E::CallbacksOff
        | E::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        E::Unauthorised => StatusCode::UNAUTHORIZED,
        E::RateLimited | E::TooManyJobs | E::TooManyUploads => StatusCode::TOO_MANY_REQUESTS,
        E::Overloaded | E::BrokerUnavailable | E::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        E::AttemptsExhausted | E::EnginePanic | E::EngineCrashed | E::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What `access` finds on a response that was refused.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) cause: Option<Arc<str>>,
}
