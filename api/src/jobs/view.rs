//! A job as clients see it, in answers, events and callbacks. The stored forms of record and result are for api
//! and worker only.

use proto_shared::{
    CaptionSpec, ErrorCode, Fidelity, JobId, JobRecord, JobResult, Outcome, OutputInfo, RecordedSpec, RenderStats, SourceInfo,
};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

/// A job, as far as it has come.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    id: JobId,
    state: State,
    /// When it was accepted (RFC 3339).
    #[schema(value_type = String, format = DateTime, required = true)]
    created_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    finished_at: Option<String>,
    /// What was asked for, with every default filled in.
    #[schema(value_type = CaptionSpec)]
    spec: RecordedSpec,
    /// The picture that came.
    source: SourceInfo,
    /// The picture that was made; of a job that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    output: Option<OutputView>,
    /// What was done and what it took; of a job that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    stats: Option<RenderStats>,
    /// Characters that no font has, drawn as a replacement; of a job that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Vec<String>>)]
    missing_glyphs: Option<Vec<char>>,
    /// How near the picture is to what was asked for; of a job that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    fidelity: Option<Fidelity>,
    /// What of it is not as it was asked for, a sentence each; absent where all is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    differences: Vec<String>,
    /// Why it can't be done; of a job that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    error: Option<ErrorView>,
    /// Attempts it took; 0 if the same picture with the same spec was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    attempts: Option<u32>,
}

/// How far a job has come. All but `queued` are ends.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = JobState)]
enum State {
    Queued,
    Done,
    Failed,
    Cancelled,
}

/// A captioned picture.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Output)]
struct OutputView {
    #[serde(flatten)]
    info: OutputInfo,
    /// Where it is to be had.
    #[schema(format = "uri-reference", examples("/v1/jobs/0192f0c1a2b37c4d8e9f001122334455/result"))]
    url: String,
}

/// Why a job failed.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = JobError)]
struct ErrorView {
    code: ErrorCode,
    /// Why, for people.
    message: String,
    /// The field of the spec that it is about, such as `images.party`; absent where it is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
}

impl JobView {
    pub(crate) fn new(job: JobRecord, result: Option<JobResult>) -> Self {
        let url = format!("/v1/jobs/{}/result", job.id);
        let queued = Self {
            id: job.id,
            state: State::Queued,
            created_at: rfc3339(job.created_at_ms),
            finished_at: None,
            spec: job.spec,
            source: job.source,
            output: None,
            stats: None,
            missing_glyphs: None,
            fidelity: None,
            differences: Vec::new(),
            error: None,
            attempts: None,
        };
        let Some(result) = result else { return queued };
        let idle_images: Vec<String> = match &queued.spec {
            RecordedSpec::Known(spec) => spec.idle_images().collect(),
            RecordedSpec::Newer(_) => Vec::new(),
        };
        let ended = Self { finished_at: rfc3339(result.finished_at_ms), attempts: Some(result.attempts), ..queued };
        match result.outcome {
            Outcome::Done { output, stats, missing_glyphs, fidelity } => Self {
                state: State::Done,
                output: Some(OutputView { info: output, url }),
                stats: Some(stats),
                missing_glyphs: Some(missing_glyphs),
                differences: fidelity.differences().into_iter().chain(idle_images).collect(),
                // A result of a release that did not tell it has none.
                fidelity: Some(fidelity).filter(|fidelity| !fidelity.is_untold()),
                ..ended
            },
            Outcome::Cancelled => Self { state: State::Cancelled, ..ended },
            Outcome::Failed { code, message, field } => {
                Self { state: State::Failed, error: Some(ErrorView { code, message, field }), ..ended }
            }
        }
    }
}

/// `None` only for a stamp beyond the year 9999, which no clock of ours writes.
pub(crate) fn rfc3339(ms: u64) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok()?.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_rfc_3339_with_milliseconds() {
        assert_eq!(rfc3339(1_700_000_000_123).as_deref(), Some("2023-11-14T22:13:20.123Z"));
        assert_eq!(rfc3339(u64::MAX), None);
    }
}
