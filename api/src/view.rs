//! A job as clients see it. The record's and the result's own form is between api and worker.

use proto_shared::{CaptionSpec, ErrorCode, JobId, JobRecord, JobResult, Outcome, OutputInfo, RenderStats, SourceInfo};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// `GET /v1/jobs/{id}`.
#[derive(Serialize)]
pub(crate) struct JobView {
    id: JobId,
    state: State,
    created_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    spec: CaptionSpec,
    source: SourceInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<OutputView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<RenderStats>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_glyphs: Option<Vec<char>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Queued,
    Done,
    Failed,
    Cancelled,
}

#[derive(Serialize)]
struct OutputView {
    #[serde(flatten)]
    info: OutputInfo,
    url: String,
}

#[derive(Serialize)]
struct ErrorView {
    code: ErrorCode,
    message: String,
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
            error: None,
            attempts: None,
        };
        let Some(result) = result else { return queued };
        let ended = Self { finished_at: rfc3339(result.finished_at_ms), attempts: Some(result.attempts), ..queued };
        match result.outcome {
            Outcome::Done { output, stats, missing_glyphs } => Self {
                state: State::Done,
                output: Some(OutputView { info: output, url }),
                stats: Some(stats),
                missing_glyphs: Some(missing_glyphs),
                ..ended
            },
            Outcome::Cancelled => Self { state: State::Cancelled, ..ended },
            Outcome::Failed { code, message } => Self { state: State::Failed, error: Some(ErrorView { code, message }), ..ended },
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
