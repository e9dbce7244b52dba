//! One attempt at one callback, from its mark to its end or the next attempt.
//!
//! `courier` makes attempts with it. It must send nothing before its mark is stored, and nothing once an end is stored. A callback
//! that is given up is logged once, by the process that stored that end first.

use std::time::Duration;

use bytes::Bytes;
use outbound::Client;
use proto_shared::{CallbackEnd, CallbackOutcome, JobId, JobRecord, JobResult, Outcome, job};
use serde::Serialize;
use service::Clock;
use store::{Created, Store, StoreError};
use utoipa::ToSchema;

use super::{
    handle::{Call, CallbackSchedule},
    sign::Signer,
};
use crate::{
    jobs::view::{JobView, rfc3339},
    metrics::CallbackMetrics,
};

/// What attempts work with.
pub(super) struct Attempts {
    pub(super) store: Store,
    pub(super) client: Client,
    pub(super) signer: Signer,
    pub(super) clock: Clock,
    pub(super) metrics: CallbackMetrics,
    pub(super) schedule: CallbackSchedule,
}

/// What a receiver gets.
#[derive(Serialize, ToSchema)]
pub(crate) struct Notice {
    /// `job.done`, `job.failed` or `job.cancelled`.
    #[schema(pattern = "^job\\.(done|failed|cancelled)$")]
    r#type: &'static str,
    /// When the job ended (RFC 3339).
    #[schema(value_type = String, format = DateTime, required = true)]
    timestamp: Option<String>,
    /// The job as `GET` shows it.
    data: JobView,
}

impl Attempts {
    /// Makes an attempt, if it is due and nobody else makes it. Gives the next one, and after how long, if it failed.
    pub(super) async fn make(&self, call: &Call) -> Option<(Call, Duration)> {
        match self.make_or_leave(call).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(job_id = %call.job, attempt = call.attempt, %error, "left a callback to the next scan");
                None
            }
        }
    }

    async fn make_or_leave(&self, call: &Call) -> Result<Option<(Call, Duration)>, StoreError> {
        let Call { job: id, attempt } = call;
        let Some(result) = self.store.get_result(id).await? else { return Ok(None) };
        if *attempt > self.schedule.attempts() {
            let problem = "the process that made the last attempt ended before it could write how that went".to_owned();
            self.end(id, self.schedule.attempts(), CallbackOutcome::GivenUp { problem }).await?;
            return Ok(None);
        }
        if self.store.begin_callback(id, *attempt).await? == Created::AlreadyThere {
            return Ok(None);
        }
        // Looked at after the mark: somebody may have ended it, and cleared its marks, since it was found to be owed.
        let (job, end) = tokio::try_join!(self.store.get_job(id), self.store.get_callback_end(id))?;
        let job = job.filter(|_| end.is_none());
        let Some((job, url)) = job.as_ref().and_then(|job| Some((job, job.callback_url.as_deref()?))) else {
            self.store.clear_callback(id, *attempt).await?;
            return Ok(None);
        };
        let Err(problem) = self.send(job, url, result).await else {
            self.end(id, *attempt, CallbackOutcome::Delivered).await?;
            return Ok(None);
        };
        let Some(delay) = self.schedule.delay_after(*attempt) else {
            self.end(id, *attempt, CallbackOutcome::GivenUp { problem }).await?;
            return Ok(None);
        };
        self.metrics.failed();
        tracing::debug!(job_id = %id, attempt, problem, "a callback failed");
        Ok(Some((Call { job: id.clone(), attempt: attempt + 1 }, delay)))
    }

    /// Sends it, or says in words what became of that.
    async fn send(&self, job: &JobRecord, url: &str, result: JobResult) -> Result<(), String> {
        let r#type = match result.outcome {
            Outcome::Done { .. } => "job.done",
            Outcome::Failed { .. } => "job.failed",
            Outcome::Cancelled => "job.cancelled",
        };
        let timestamp = rfc3339(result.finished_at_ms);
        let notice = Notice { r#type, timestamp, data: JobView::new(job.clone(), Some(result)) };
        let body = serde_json::to_vec(&notice).map_err(|e| e.to_string())?;
        let timestamp_s = self.clock.now_ms() / 1000;
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("webhook-id", job.id.to_string()),
            ("webhook-timestamp", timestamp_s.to_string()),
            ("webhook-signature", self.signer.signature(job.id.as_str(), timestamp_s, &body)),
        ];
        match self.client.post(url, &headers, Bytes::from(body), self.schedule.send_within).await {
            Ok(200..300) => Ok(()),
            Ok(status) => Err(format!("the host answered with status {status}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The end first, then what was owed: the other way round a kill between would leave a call that nobody knows of.
    async fn end(&self, id: &JobId, attempts: u32, end: CallbackOutcome) -> Result<(), StoreError> {
        let end = CallbackEnd { version: job::VERSION, id: id.clone(), at_ms: self.clock.now_ms(), attempts, end };
        if self.store.end_callback(&end).await? == Created::New {
            match &end.end {
                CallbackOutcome::Delivered => {
                    self.metrics.delivered();
                    tracing::debug!(job_id = %id, attempts, "callback delivered");
                }
                CallbackOutcome::GivenUp { problem } => {
                    self.metrics.given_up();
                    tracing::warn!(job_id = %id, attempts, problem, "gave up a callback");
                }
            }
        }
        self.store.clear_callback(id, attempts).await
    }
}
