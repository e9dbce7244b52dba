//! A job: what was asked (`JobRecord`), the bytes that travel (`JobMessage`), how it ended (`JobResult`).
//!
//! api writes records, worker writes results, both read both. Each object is written once. Another release may read it: a field
//! that is not known is passed over, and a job that needs a version above ours is left to those who know it.

use serde::{Deserialize, Serialize};

use crate::{
    CaptionSpec, ClientId, ErrorCode, Fidelity, JobId, Lane, MediaType, OutputId, RecordedSpec, RenderStats, SourceId,
    TraceContext, spec::NEWEST_VERSION,
};

/// The version that this release writes into results and all other records but a job's, which says what its spec needs. Fields
/// may be added to a version: a reader that does not know them ignores them.
pub const VERSION: u32 = 1;

/// What is known of a source from its block walk alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceInfo {
    /// Where it is stored.
    pub id: SourceId,
    /// What it is.
    pub media: MediaType,
    /// Its length.
    pub bytes: u64,
    /// Canvas width.
    pub width_px: u32,
    /// Canvas height.
    pub height_px: u32,
    /// Pictures in it; 1 for a still.
    pub frames: u32,
}

impl SourceInfo {
    /// The lowest version that captions it: version 1 knew no animation but GIFs, and no video.
    fn needs_version(&self) -> u32 {
        if self.media.is_video() || self.media != MediaType::Gif && self.frames > 1 { 2 } else { 1 }
    }
}

/// `jobs/<id>/job.json`: a job as it was accepted. Never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The lowest version that understands what is asked for.
    pub version: u32,
    /// Its name.
    pub id: JobId,
    /// When it was accepted, in milliseconds since 1970-01-01 UTC.
    pub created_at_ms: u64,
    /// What to caption.
    pub source: SourceInfo,
    /// With what.
    pub spec: RecordedSpec,
    /// Which queue it waits in.
    #[serde(default)]
    pub lane: Lane,
    /// Who asked for it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// The trace that it belongs to, as W3C Trace Context writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// Whether everyone may see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_public: bool,
    /// Who is told of its end, if anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<String>,
}

impl JobRecord {
    /// A job in the standard lane, of nobody in particular.
    #[must_use]
    pub fn new(id: JobId, created_at_ms: u64, source: SourceInfo, spec: CaptionSpec) -> Self {
        Self {
            version: spec.needs_version().max(source.needs_version()),
            id,
            created_at_ms,
            source,
            spec: spec.into(),
            lane: Lane::default(),
            client: None,
            traceparent: None,
            is_public: false,
            callback_url: None,
        }
    }

    /// What is asked for, if this release understands all of it.
    ///
    /// # Errors
    /// A newer release has written it. It may be shown and stored, and must be run and queued by a release that knows it.
    pub fn known_spec(&self) -> Result<&CaptionSpec, NewerRelease> {
        match &self.spec {
            RecordedSpec::Known(spec) if self.version <= NEWEST_VERSION => Ok(spec),
            _ => Err(NewerRelease { version: self.version }),
        }
    }

    /// Whether a newer release has written it, with something that this one does not know.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.known_spec().is_err()
    }

    /// The trace that it belongs to, if it names a good one.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        TraceContext::parse(self.traceparent.as_deref()?)
    }
}

/// A job asks for something that this release does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the job is of a newer release: it needs version {version} and has a spec that versions up to {NEWEST_VERSION} do not know"
)]
pub struct NewerRelease {
    /// What the job says that it needs.
    pub version: u32,
}

/// What the queue carries: the whole record, so that a worker needs no look-up to begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMessage {
    /// The intent.
    pub job: JobRecord,
    /// Which attempt this message asks for, from 1. It travels in the message because republishing
    /// resets the broker's own count.
    pub attempt: u32,
    /// What became of the attempts before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<AttemptNote>,
}

impl JobMessage {
    /// The message that asks for the first attempt.
    #[must_use]
    pub fn first(job: JobRecord) -> Self {
        Self { job, attempt: 1, history: Vec::new() }
    }

    /// The message that asks for the attempt after this one, which ended as `note` says.
    #[must_use]
    pub fn next(mut self, note: AttemptNote) -> Self {
        self.attempt = self.attempt.saturating_add(1);
        self.history.push(note);
        self
    }
}

/// How an attempt ended that was not the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptNote {
    /// Which, from 1.
    pub attempt: u32,
    /// When it ended, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// Why, for programs.
    pub code: ErrorCode,
    /// Why, for people.
    pub message: String,
}

/// `jobs/<id>/result.json`: how a job ended. Never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobResult {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// The job's name.
    pub id: JobId,
    /// When it ended, in milliseconds since 1970-01-01 UTC.
    pub finished_at_ms: u64,
    /// Attempts it took.
    pub attempts: u32,
    /// The end itself.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// Captioned and stored.
    Done {
        /// The picture.
        output: OutputInfo,
        /// What it took.
        stats: RenderStats,
        /// Characters that no font had, drawn as their replacement.
        missing_glyphs: Vec<char>,
        /// How near it is to what was asked for.
        #[serde(default, skip_serializing_if = "Fidelity::is_untold")]
        fidelity: Fidelity,
    },
    /// It can't be done.
    Failed {
        /// Why, for programs.
        code: ErrorCode,
        /// Why, for people.
        message: String,
        /// The field of the spec that it is about, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
    },
    /// Nobody wants it any more.
    Cancelled,
}

/// `outputs/<id>.json`: what is known of a stored output, so that the same job again needs no rendering.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputSummary {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// The picture.
    pub output: OutputInfo,
    /// What it took.
    pub stats: RenderStats,
    /// Characters that no font had.
    pub missing_glyphs: Vec<char>,
    /// How near it is to what was asked for.
    #[serde(default, skip_serializing_if = "Fidelity::is_untold")]
    pub fidelity: Fidelity,
}

/// `idempotency/<id>.json`: which job an `Idempotency-Key` made. Never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// The job.
    pub job: JobId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub created_at_ms: u64,
}

/// `dead/<id>/<dead_at_ms>.json`: a message that no worker could settle, kept for someone to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadRecord {
    /// [`VERSION`] of the writer.
    pub version: u32,
    /// The job's id; of bytes that are no job, the first digits of their SHA-256.
    pub id: JobId,
    /// When it was given up, in milliseconds since 1970-01-01 UTC.
    pub dead_at_ms: u64,
    /// Why.
    pub reason: String,
    /// The message with the history of its attempts, if its bytes are one.
    pub message: Option<JobMessage>,
    /// The beginning of bytes that are no message, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// A stored output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutputInfo {
    /// Where it is stored.
    pub id: OutputId,
    /// What it is: its source's kind.
    pub media: MediaType,
    /// Its length.
    pub bytes: u64,
    /// Canvas width.
    pub width_px: u32,
    /// Canvas height: the source's, or more where a bar was added.
    pub height_px: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_states_its_end_at_the_top_level() {
        let failed = JobResult {
            version: VERSION,
            id: JobId::parse("0192f0c1a2b37c4d8e9f001122334455").unwrap(),
            finished_at_ms: 7,
            attempts: 1,
            outcome: Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".into(), field: None },
        };
        let json = serde_json::to_value(&failed).unwrap();
        assert_eq!(json["state"], "failed");
        assert_eq!(json["code"], "truncated");
        assert_eq!(serde_json::from_value::<JobResult>(json).unwrap(), failed);
    }

    #[test]
    fn a_message_from_before_lanes_and_history_still_reads() {
        let source = SourceInfo {
            id: SourceId::from_bytes([1; 32]),
            media: MediaType::Gif,
            bytes: 1,
            width_px: 1,
            height_px: 1,
            frames: 1,
        };
        let id = JobId::from_bytes([2; 16]);
        let first = JobMessage::first(JobRecord::new(id, 7, source, CaptionSpec::of(Vec::new())));
        let mut json = serde_json::to_value(&first).unwrap();
        assert_eq!(json["job"]["lane"], "standard");
        json["job"].as_object_mut().unwrap().remove("lane");
        assert_eq!(serde_json::from_value::<JobMessage>(json).unwrap(), first);
        let note = AttemptNote { attempt: 1, at_ms: 8, code: ErrorCode::StoreUnavailable, message: "down".into() };
        let next = first.next(note.clone());
        assert_eq!((next.attempt, next.history), (2, vec![note]));
    }
}
