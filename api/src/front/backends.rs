//! The refusals for errors of other crates: of the store, of the broker, of the block walk over a picture, of a host that a
//! stranger has named, and of the reading of a spec. These errors have codes; here each gets its status and its text.

use axum::http::StatusCode;
use broker::BrokerError;
use fonts::UnknownFont;
use outbound::OutboundError;
use proto_shared::{Beyond, CaptionSpec, ErrorCode, SpecError};
use store::StoreError;

use crate::problem::{Documented, Problem, Refusal, refusals};

/// An error with what caused it, for the log.
fn with_sources(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |e| e.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn status_of_failure(code: ErrorCode) -> StatusCode {
    if code == ErrorCode::Internal { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::SERVICE_UNAVAILABLE }
}

impl Refusal for StoreError {
    fn problem(&self) -> Problem {
        match self {
            Self::SourceNotFound(_) => StoredRefusal::UnknownSource.problem(),
            error => Problem::new(status_of_failure(error.code()), error.code(), "the store does not answer at the moment")
                .cause(with_sources(error)),
        }
    }

    fn documented() -> Vec<Documented> {
        vec![Documented::code(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::StoreUnavailable)]
    }
}

refusals! {
    /// Why a stored picture is not used or shown.
    pub(crate) enum StoredRefusal: Store(StoreError) {
        /// No stored picture has the id that `source` names.
        UnknownSource = UNPROCESSABLE_ENTITY UnknownSource, "no stored picture has this id", with field("source");
    }
}

refusals! {
    /// Why the queue did not take a job.
    pub(crate) enum QueueRefusal: Broker(BrokerError) {
        /// The broker has not answered since this process began.
        NotConnected = SERVICE_UNAVAILABLE BrokerUnavailable, "the queue does not take jobs at the moment",
            with cause("the broker has not answered yet");
    }
}

impl Refusal for BrokerError {
    fn problem(&self) -> Problem {
        Problem::new(status_of_failure(self.code()), self.code(), "the queue does not take jobs at the moment")
            .cause(self.to_string())
    }

    /// [`QueueRefusal`] has the example.
    fn documented() -> Vec<Documented> {
        vec![Documented::code(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::BrokerUnavailable)]
    }
}

impl Refusal for SpecError {
    fn problem(&self) -> Problem {
        let status = match self.code {
            ErrorCode::BadRequest => StatusCode::BAD_REQUEST,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let problem = Problem::new(status, self.code, self.to_string()).field(&self.field);
        match self.beyond {
            Some(Beyond { limit, got }) => problem.limit(limit, got),
            None => problem,
        }
    }

    fn documented() -> Vec<Documented> {
        use ErrorCode as E;
        let examples = [
            r#"{"captions":[{"text":" "}]}"#,
            r#"{"captions":[{"text":"\u200b"}]}"#,
            r##"{"captions":[{"text":"hi","fill":"#12"}]}"##,
            r#"{"captions":[{"text":"hi","size":3}]}"#,
            r#"{"captions":[{"text":"hi","style":"banner"}]}"#,
        ];
        let shown = examples.iter().filter_map(|json| CaptionSpec::from_json(json.as_bytes()).err());
        let shown = shown.map(|error| Documented::example(error.problem()));
        let others =
            [E::BadSpec, E::TextTooLong, E::UnknownFont].map(|code| Documented::code(StatusCode::UNPROCESSABLE_ENTITY, code));
        shown.chain([Documented::code(StatusCode::BAD_REQUEST, E::BadRequest)]).chain(others).collect()
    }
}

impl Refusal for UnknownFont {
    fn problem(&self) -> Problem {
        SpecError::from(self.clone()).problem()
    }

    /// [`SpecError`] has the code.
    fn documented() -> Vec<Documented> {
        Vec::new()
    }
}

impl Refusal for caption_layout::Error {
    fn problem(&self) -> Problem {
        let code = self.code();
        let problem = Problem::new(status_of_picture(code), code, self.to_string()).field("file");
        match *self {
            Self::FileTooLarge { got_bytes, limit_bytes } => problem.limit(limit_bytes, got_bytes),
            Self::CanvasTooLarge { width_px, height_px, limit_px } | Self::NotByRows { width_px, height_px, limit_px, .. } => {
                problem.limit(limit_px, width_px.max(height_px))
            }
            Self::TooManyPixels { got, limit } | Self::StillTooLarge { got, limit } => problem.limit(limit, got),
            // Counting stopped at the first frame too many.
            Self::TooManyFrames { limit } | Self::TooManyVideoFrames { limit } => problem.limit(limit, u64::from(limit) + 1),
            // In seconds, begun ones whole.
            Self::VideoTooLong { got_ms, limit_s } => problem.limit(limit_s, got_ms.div_ceil(1_000)),
            _ => problem,
        }
    }

    /// Of a picture that is only looked at.
    fn documented() -> Vec<Documented> {
        use ErrorCode as E;
        let codes = [
            E::FileTooLarge,
            E::Truncated,
            E::Malformed,
            E::ZeroSized,
            E::NoFrames,
            E::CanvasTooLarge,
            E::TooManyFrames,
            E::TooManyPixels,
            E::UnsupportedVideo,
            E::VideoTooLong,
        ];
        let others = codes.map(|code| Documented::code(status_of_picture(code), code));
        [Documented::example(Self::UnsupportedMedia.problem())].into_iter().chain(others).collect()
    }
}

fn status_of_picture(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMedia => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A host that somebody has named may not be asked, or did not answer as it should.
#[derive(Debug)]
pub(crate) struct HostRefusal {
    /// The field that named it.
    pub(crate) field: &'static str,
    pub(crate) error: OutboundError,
}

impl Refusal for HostRefusal {
    fn problem(&self) -> Problem {
        let code = self.error.code();
        // Whose fault it is that a host does not answer is not for us to say; asking us again at once would not mend it.
        let problem = Problem::new(status_of_picture(code), code, self.error.to_string()).field(self.field);
        match self.error {
            OutboundError::TooLarge { limit_bytes, got_bytes } => problem.limit(limit_bytes, got_bytes),
            _ => problem,
        }
    }

    fn documented() -> Vec<Documented> {
        [ErrorCode::BadUrl, ErrorCode::ForbiddenAddress, ErrorCode::FetchFailed]
            .map(|code| Documented::code(StatusCode::UNPROCESSABLE_ENTITY, code))
            .into()
    }
}
