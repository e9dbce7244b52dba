//! A job as a service tells of it, and as a person reads it.
//!
//! `submit` and `status` show it. Only what is used here must be there: a newer service may say more.

use std::{fmt::Write as _, time::Duration};

use proto_shared::{Fidelity, MediaType, OutputInfo, SourceInfo};
use reqwest::{Method, Response};
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    client::http::{Client, RequestError, send},
    exit::{Failure, Reason},
};

/// A job and the JSON that told of it.
#[derive(Clone, Debug)]
pub(crate) struct JobDocument {
    pub(crate) job: Job,
    pub(crate) json: Value,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) state: State,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    finished_at: Option<String>,
    source: SourceInfo,
    #[serde(default)]
    pub(crate) output: Option<OutputInfo>,
    #[serde(default)]
    fidelity: Fidelity,
    /// A service of the release before does not say them.
    #[serde(default)]
    differences: Option<Vec<String>>,
    #[serde(default)]
    error: Option<Error>,
    #[serde(default)]
    attempts: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Queued,
    Done,
    Failed,
    Cancelled,
    /// One that a newer service has: not an end, as far as is known.
    #[serde(other)]
    Other,
}

#[derive(Clone, Debug, Deserialize)]
struct Error {
    code: String,
    message: String,
}

/// The path of a job.
pub(crate) fn path(id: &str) -> String {
    format!("v1/jobs/{id}")
}

/// Asks the service for a job.
pub(crate) async fn get(client: &Client, id: &str) -> Result<JobDocument, RequestError> {
    JobDocument::read(send(client.request(Method::GET, &path(id)).timeout(ANSWERED_WITHIN)).await?).await
}

const ANSWERED_WITHIN: Duration = Duration::from_secs(30);

impl JobDocument {
    pub(crate) async fn read(answer: Response) -> Result<Self, RequestError> {
        let bytes = answer.bytes().await.map_err(|e| RequestError::of(&e))?;
        let json = serde_json::from_slice(&bytes).map_err(|e| unlike_ours(&e))?;
        Ok(Self::of(json)?)
    }

    pub(crate) fn of(json: Value) -> Result<Self, Failure> {
        Ok(Self { job: Job::deserialize(&json).map_err(|e| unlike_ours(&e))?, json })
    }
}

fn unlike_ours(error: &serde_json::Error) -> Failure {
    Failure::new(Reason::Unavailable, format_args!("the service does not answer as Punchline does: {error}"))
}

impl Job {
    /// What of the result is not as it was asked for, a sentence each.
    pub(crate) fn differences(&self) -> Vec<String> {
        self.differences.clone().unwrap_or_else(|| self.fidelity.differences())
    }

    pub(crate) fn has_ended(&self) -> bool {
        matches!(self.state, State::Done | State::Failed | State::Cancelled)
    }

    /// The result of a job that has ended, or why there is none.
    pub(crate) fn result(&self) -> Result<&OutputInfo, Failure> {
        match (self.state, &self.output, &self.error) {
            (State::Done, Some(output), _) => Ok(output),
            (State::Failed, _, Some(Error { code, message })) => {
                let reason = match code.as_str() {
                    "attempts_exhausted" | "engine_panic" | "engine_crashed" | "internal" => Reason::Internal,
                    "store_unavailable" | "broker_unavailable" => Reason::Unavailable,
                    _ => Reason::BadInput,
                };
                Err(Failure::new(reason, format_args!("job {} failed: {message} ({code})", self.id)))
            }
            (State::Cancelled, ..) => Err(Failure::new(Reason::Unavailable, format_args!("job {} was cancelled", self.id))),
            _ => Err(Failure::new(Reason::Internal, format_args!("job {} has no result", self.id))),
        }
    }

    /// A line for each thing there is to know.
    pub(crate) fn lines(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name:<9}{value}");
        };
        line("job", self.id.clone());
        line("state", format!("{:?}", self.state).to_lowercase());
        if let Some(at) = &self.created_at {
            line("asked", at.clone());
        }
        if let Some(at) = &self.finished_at {
            let took = self.took().map(|took| format!(", {:.1} s later", took.as_seconds_f64())).unwrap_or_default();
            line("ended", format!("{at}{took}"));
        }
        if let Some(attempts) = self.attempts.filter(|&attempts| attempts > 1) {
            line("attempts", attempts.to_string());
        }
        let SourceInfo { media, width_px, height_px, frames, bytes, .. } = self.source;
        let frames = if frames == 1 { String::new() } else { format!(", {frames} frames") };
        line("source", format!("{}{frames}", picture(media, width_px, height_px, bytes)));
        if let Some(output) = &self.output {
            line("result", picture(output.media, output.width_px, output.height_px, output.bytes));
        }
        if let Some(Error { code, message }) = &self.error {
            line("error", format!("{message} ({code})"));
        }
        text
    }

    fn took(&self) -> Option<time::Duration> {
        let at = |stamp: &Option<String>| OffsetDateTime::parse(stamp.as_deref()?, &Rfc3339).ok();
        Some(at(&self.finished_at)? - at(&self.created_at)?)
    }
}

fn picture(media: MediaType, width_px: u32, height_px: u32, bytes: u64) -> String {
    format!("{}, {width_px} x {height_px} pixels, {bytes} bytes", format!("{media:?}").to_uppercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(change: &Value) -> Job {
        let mut json = json!({"id": "1", "state": "queued", "created_at": "2026-01-02T03:04:05Z", "spec": {"captions": []},
            "source": {"id": "a".repeat(64), "media": "gif", "bytes": 9, "width_px": 20, "height_px": 10, "frames": 3}});
        for (name, value) in change.as_object().unwrap() {
            json[name] = value.clone();
        }
        JobDocument::of(json).unwrap().job
    }

    #[test]
    fn each_end_has_its_lines_and_its_reason() {
        let queued = job(&json!({}));
        assert!(!queued.has_ended());
        assert_eq!(
            queued.lines(),
            "job      1\nstate    queued\nasked    2026-01-02T03:04:05Z\nsource   GIF, 20 x 10 pixels, 9 bytes, 3 frames\n"
        );
        let done = job(&json!({"state": "done", "finished_at": "2026-01-02T03:04:06.5Z", "attempts": 2, "output":
            {"id": "b".repeat(64), "media": "gif", "bytes": 12, "width_px": 20, "height_px": 14, "url": "/v1/jobs/1/result"}}));
        assert_eq!(done.result().unwrap().bytes, 12);
        assert!(done.lines().contains("ended    2026-01-02T03:04:06.5Z, 1.5 s later\nattempts 2\n"), "{}", done.lines());
        assert!(done.lines().ends_with("result   GIF, 20 x 14 pixels, 12 bytes\n"));
        let failed = |code| job(&json!({"state": "failed", "error": {"code": code, "message": "no"}}));
        assert!(failed("truncated").lines().ends_with("error    no (truncated)\n"));
        for (code, reason) in
            [("truncated", Reason::BadInput), ("engine_panic", Reason::Internal), ("store_unavailable", Reason::Unavailable)]
        {
            assert_eq!(failed(code).result().unwrap_err().reason(), reason, "{code}");
        }
        assert_eq!(job(&json!({"state": "cancelled"})).result().unwrap_err().reason(), Reason::Unavailable);
        assert!(!job(&json!({"state": "paused"})).has_ended());
    }
}
