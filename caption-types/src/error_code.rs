//! The stable codes that every refusal and failure carries, on the wire and in records.
//!
//! Clients switch on these strings, so a code is never renamed or given a second meaning; a new
//! cause gets a new code. HTTP statuses belong to `api`, exit codes to `punchline`.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, Serialize};

macro_rules! codes {
    ($(#[doc = $doc:literal] $name:ident = $text:literal,)*) => {
        /// Why something was refused or failed, as a stable `snake_case` string.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        pub enum ErrorCode { $(#[doc = $doc] #[serde(rename = $text)] $name,)* }

        impl ErrorCode {
            /// Every code there is, for documentation and for tests that must cover all.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The string that goes on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text,)* }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(ErrorCode::$name => $doc.trim_ascii(),)* }
            }

            /// The code that a wire string names, if it is one of ours.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(ErrorCode::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// The request is not what the endpoint takes (multipart cut off, JSON that does not parse).
    BadRequest = "bad_request",
    /// A multipart request without a `file` or `source`.
    MissingFile = "missing_file",
    /// More bytes than the limit.
    FileTooLarge = "file_too_large",
    /// Neither GIF nor PNG, JPEG, WebP, MP4 or MOV by its first bytes.
    UnsupportedMedia = "unsupported_media",
    /// The file ends inside a block.
    Truncated = "truncated",
    /// A block or stream that no reader agrees on.
    Malformed = "malformed",
    /// A canvas of no width or no height.
    ZeroSized = "zero_sized",
    /// A GIF without a frame.
    NoFrames = "no_frames",
    /// A side longer than the limit.
    CanvasTooLarge = "canvas_too_large",
    /// More frames than the limit.
    TooManyFrames = "too_many_frames",
    /// More pixels over all frames than the limit.
    TooManyPixels = "too_many_pixels",
    /// A video that is not 8-bit 4:2:0 H.264 of whole frames: another codec, sound alone, encrypted, HDR, interlaced.
    UnsupportedVideo = "unsupported_video",
    /// A video that lasts longer than the limit.
    VideoTooLong = "video_too_long",
    /// A video, where none are taken: the service's setting or the way it was built says so.
    VideoOff = "video_off",
    /// The spec breaks a rule that has no code of its own.
    BadSpec = "bad_spec",
    /// A style that is none of those there are.
    UnknownStyle = "unknown_style",
    /// A colour that is neither digits (`#rgb`, `#rrggbb`) nor a name of CSS.
    BadColour = "bad_colour",
    /// A size that is neither `auto` nor within the limits.
    BadSize = "bad_size",
    /// No text, or only white space.
    EmptyText = "empty_text",
    /// A text of characters that leave no mark, such as joiners and fillers.
    NoVisibleText = "no_visible_text",
    /// More characters than the limit.
    TextTooLong = "text_too_long",
    /// Even at the smallest size the text is larger than its share of the canvas.
    TextDoesNotFit = "text_does_not_fit",
    /// The picture would differ from what was asked for, and the spec is `strict`.
    NotAsAsked = "not_as_asked",
    /// The output can't be made as small as `max_bytes` asks.
    FitNotPossible = "fit_not_possible",
    /// A platform that is none of those whose limits are known.
    UnknownPlatform = "unknown_platform",
    /// A subtitle file that can't be read as `SubRip` or `WebVTT`, or has cues that can't be shown.
    BadSubtitles = "bad_subtitles",
    /// A preset that is none of those there are.
    UnknownPreset = "unknown_preset",
    /// A font name that nothing was loaded under.
    UnknownFont = "unknown_font",
    /// A font file that is not a usable TTF or OTF.
    BadFont = "bad_font",
    /// A source id that is not stored.
    UnknownSource = "unknown_source",
    /// A URL that is not `http` or `https`, or has credentials.
    BadUrl = "bad_url",
    /// A host that is not at a public address.
    ForbiddenAddress = "forbidden_address",
    /// What stands at a URL could not be fetched.
    FetchFailed = "fetch_failed",
    /// A call back was asked for where none are made.
    CallbacksOff = "callbacks_off",
    /// No job under this id.
    JobNotFound = "job_not_found",
    /// The job has no result yet.
    NotReady = "not_ready",
    /// The job has ended, so it can't be cancelled.
    AlreadyFinished = "already_finished",
    /// The job failed, so it has no output.
    JobFailed = "job_failed",
    /// No such path or method.
    NotFound = "not_found",
    /// The request took longer than its limit.
    Timeout = "timeout",
    /// No API key, or none that is known or still good.
    Unauthorised = "unauthorised",
    /// More requests in a short time than one client may make.
    RateLimited = "rate_limited",
    /// More unfinished jobs than one client may have.
    TooManyJobs = "too_many_jobs",
    /// More bytes of uploads in hand than one client may have.
    TooManyUploads = "too_many_uploads",
    /// An `Idempotency-Key` that was used for another request.
    IdempotencyMismatch = "idempotency_mismatch",
    /// More is in hand than may be; nothing is wrong with the request.
    Overloaded = "overloaded",
    /// The broker did not take the message.
    BrokerUnavailable = "broker_unavailable",
    /// The store did not take or give the object.
    StoreUnavailable = "store_unavailable",
    /// The work was stopped on request.
    Cancelled = "cancelled",
    /// Every attempt ended in a passing error.
    AttemptsExhausted = "attempts_exhausted",
    /// The engine panicked: a defect of ours, kept from harming other jobs.
    EnginePanic = "engine_panic",
    /// The process that rendered the job died of it.
    EngineCrashed = "engine_crashed",
    /// Anything else that is our fault.
    Internal = "internal",
}

/// A code of a later release is read as [`ErrorCode::Internal`]: the message beside it says why, and a record must not become
/// unreadable by it.
impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Ok(Self::parse(&text).unwrap_or(Self::Internal))
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_from_its_string_and_its_json() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), Some(code));
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{code}\""));
            assert_eq!(serde_json::from_str::<ErrorCode>(&json).unwrap(), code);
        }
        assert_eq!(ErrorCode::parse("nonsense"), None);
    }

    #[test]
    fn a_code_of_a_later_release_reads() {
        assert_eq!(serde_json::from_str::<ErrorCode>(r#""added_later""#).unwrap(), ErrorCode::Internal);
        assert!(serde_json::from_str::<ErrorCode>("7").is_err());
    }
}
