//! What each operation may refuse, by code; which status a code has is `problem`'s to say.
//!
//! The tests of the front hold every refusal that they see against it.

use std::{collections::BTreeMap, time::Duration};

use proto_shared::{CaptionSpec, ErrorCode as E};
use serde_json::{Map, Value, json};

use crate::{error::ApiError, problem::Problem};

/// Of every operation.
const ALWAYS: &[E] = &[E::Timeout, E::Internal];
/// Where a key is asked for.
const KEYED: &[E] = &[E::Unauthorised];
/// Where the store is asked.
const STORED: &[E] = &[E::StoreUnavailable];
/// Where a job is named.
const NAMED: &[E] = &[E::JobNotFound];
/// Of captions.
const SPEC: &[E] =
    &[E::BadRequest, E::BadSpec, E::UnknownStyle, E::BadColour, E::BadSize, E::EmptyText, E::TextTooLong, E::UnknownFont];
/// Of pictures and of the forms that bring them.
const UPLOAD: &[E] = &[
    E::MissingFile,
    E::FileTooLarge,
    E::UnsupportedMedia,
    E::AnimatedStill,
    E::Truncated,
    E::Malformed,
    E::ZeroSized,
    E::NoFrames,
    E::CanvasTooLarge,
    E::TooManyFrames,
    E::TooManyPixels,
    E::UnknownSource,
    E::BadUrl,
    E::ForbiddenAddress,
    E::FetchFailed,
    E::CallbacksOff,
    E::IdempotencyMismatch,
    E::RateLimited,
    E::TooManyJobs,
    E::TooManyUploads,
    E::Overloaded,
    E::BrokerUnavailable,
];

/// The codes of an operation.
fn of(operation: &str) -> Vec<E> {
    let own: &[&[E]] = match operation {
        "submitJob" | "submitBatch" => &[KEYED, STORED, SPEC, UPLOAD, &[E::JobNotFound]],
        "showJob" | "followJob" | "downloadSource" => &[KEYED, STORED, NAMED, &[E::UnknownSource]],
        "downloadResult" => &[KEYED, STORED, NAMED, &[E::NotReady, E::JobFailed, E::Cancelled]],
        "cancelJob" => &[KEYED, STORED, NAMED, &[E::AlreadyFinished, E::NotReady, E::BrokerUnavailable]],
        "layOut" => &[KEYED, SPEC, &[E::ZeroSized, E::CanvasTooLarge, E::TextDoesNotFit, E::BadFont]],
        "gallery" => &[KEYED, STORED, &[E::BadRequest]],
        _ => &[],
    };
    own.iter().copied().chain([ALWAYS]).flatten().copied().collect()
}

/// The refusals of an operation, as its `responses`.
pub(super) fn responses(operation: &str) -> Map<String, Value> {
    let mut by_status = BTreeMap::<u16, Vec<E>>::new();
    for code in of(operation) {
        by_status.entry(crate::problem::status_of(code).as_u16()).or_default().push(code);
    }
    by_status.into_iter().map(|(status, codes)| (status.to_string(), response(status, &codes))).collect()
}

fn response(status: u16, codes: &[E]) -> Value {
    let meanings = codes.iter().map(|code| format!("- `{code}`: {}", code.meaning()));
    let mut response = json!({
        "description": meanings.collect::<Vec<_>>().join("\n"),
        "content": {"application/problem+json": {
            "schema": {"allOf": [
                {"$ref": "#/components/schemas/Problem"},
                {"type": "object", "properties": {"status": {"const": status}, "code": {"enum": codes}}},
            ]},
        }},
    });
    let examples: Map<String, Value> = examples().iter().filter(|error| codes.contains(&error.code())).map(example).collect();
    if !examples.is_empty() {
        response["content"]["application/problem+json"]["examples"] = examples.into();
    }
    let header = |what: &str, kind: &str| json!({"description": what, "schema": {"type": kind}});
    match status {
        401 => response["headers"] = json!({"WWW-Authenticate": header("How to get in (RFC 6750).", "string")}),
        429 | 503 => response["headers"] = json!({"Retry-After": header("Seconds to wait.", "integer")}),
        409 if codes.contains(&E::NotReady) => {
            response["headers"] = json!({"Retry-After": header("Seconds to wait, of `not_ready`.", "integer")});
        }
        _ => {}
    }
    response
}

fn example(error: &ApiError) -> (String, Value) {
    (error.code().to_string(), json!({"summary": error.code().meaning(), "value": Problem::from(error)}))
}

/// Refusals as they are met, said by the code that refuses.
fn examples() -> Vec<ApiError> {
    let spec = |json: &str| CaptionSpec::from_json(json.as_bytes()).err().map(ApiError::from);
    let specs = [
        r#"{"captions":[{"text":" "}]}"#,
        r##"{"captions":[{"text":"hi","fill":"#12"}]}"##,
        r#"{"captions":[{"text":"hi","size":3}]}"#,
        r#"{"captions":[{"text":"hi","style":"banner"}]}"#,
    ];
    let mut examples = vec![
        ApiError::MissingFile,
        ApiError::FileTooLarge { limit_bytes: 25_000_000, got_bytes: 31_415_926 },
        ApiError::Picture(caption_layout::Error::UnsupportedMedia),
        ApiError::UnknownSource,
        ApiError::CallbacksOff,
        ApiError::JobNotFound,
        ApiError::NotReady,
        ApiError::AlreadyFinished,
        ApiError::JobFailed { code: E::TextDoesNotFit, message: "the text does not fit".to_owned() },
        ApiError::JobCancelled,
        ApiError::IdempotencyMismatch,
        ApiError::NoKey,
        ApiError::RateLimited { retry_after: Duration::from_secs(2) },
        ApiError::TooManyJobs { limit: 20_000, got: 20_000 },
        ApiError::TooManyUploads { limit_bytes: 625_000_000, got_bytes: 637_000_000 },
        ApiError::Overloaded,
        ApiError::BrokerNotConnected,
        ApiError::Timeout { limit_s: 60 },
        ApiError::Internal(String::new()),
    ];
    examples.extend(specs.into_iter().filter_map(spec));
    examples
}
