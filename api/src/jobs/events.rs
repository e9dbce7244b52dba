//! `GET /v1/jobs/{id}/events`: what happens to a job, as it happens (server-sent events, HTML living standard, section 9.2).
//!
//! The stream begins with the state of the job, goes on with its events, and ends with its result. An event may be lost on its
//! way, so the stream reads the store after each silence of [`SILENCE`], and ends only on a result that it has read there. It
//! must not keep the process from ending.

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{self, KeepAlive, Sse},
    },
};
use broker::Heard;
use futures::stream;
use proto_shared::{Event, JobId, JobRecord, JobResult, News, Outcome};
use serde::Serialize;
use store::Store;
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

use super::{
    path::{JobPath, NoSuchJob},
    read::ReadRefusal,
    subscribers::{EventSubscribers, JobSubscription},
    view::{JobView, rfc3339},
};
use crate::{
    docs::{refusals::Refuses, requests::LastEventIdHeader},
    front::access::About,
};

/// How long nothing may be sent: proxies end what is silent for longer.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// After so long without an event the store is read.
const SILENCE: Duration = Duration::from_secs(30);
/// A stream ends by then, and its client comes again if it is still there.
pub(crate) const LONGEST: Duration = Duration::from_secs(60 * 60);
/// After how long a client comes again whose stream broke.
const RECONNECT: Duration = Duration::from_secs(1);
/// nginx would hold events back until it has a buffer full of them.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// One of the stream. `data` is an `Event` as JSON.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the fields are read by the derived description")]
struct StreamEvent {
    /// For `Last-Event-ID`.
    id: String,
    /// What happened.
    #[schema(pattern = "^(queued|started|progress|retrying|done|failed|cancelled)$")]
    event: String,
    #[schema(content_media_type = "application/json")]
    data: String,
    /// With the first: after how many milliseconds to come again when the stream breaks.
    #[schema(nullable = false)]
    retry: Option<u32>,
}

/// How one looks on the wire.
const AN_EVENT: &str = r#"id: 1700000000123-queued
event: queued
data: {"id":"0192f0c1a2b37c4d8e9f001122334455","at":"2023-11-14T22:13:20.123Z","event":"queued"}
retry: 1000

"#;

/// One client's stream.
struct Follower {
    store: Store,
    job: JobRecord,
    listening: JobSubscription,
    /// What it begins with, and the result if that is an end.
    first: Option<(Event, Option<JobResult>)>,
    is_over: bool,
    until: Instant,
}

/// The data of an event.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView<'a> {
    /// The job's.
    id: &'a JobId,
    /// When it happened (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    at: Option<String>,
    #[serde(flatten)]
    news: &'a News,
    /// With the last one: the job as `GET` shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    job: Option<JobView>,
}

/// Follow a job
///
/// Server-sent events. The first says how the job is now, the last has the job in it, and then the stream ends. `event` is one of
/// `queued`, `started`, `progress`, `retrying`, `done`, `failed` and `cancelled`; `data` is an `Event` as JSON. A comment every 15 s
/// keeps proxies from closing what is silent. A client that comes again with `Last-Event-ID` is told what it has not heard.
#[utoipa::path(
    get,
    path = "/v1/jobs/{id}/events",
    operation_id = "followJob",
    tag = "Jobs",
    params(JobPath, LastEventIdHeader),
    responses(
        (status = 200, description = "A stream of events, until the job ends.", body = StreamEvent, content_type = "text/event-stream",
            example = json!(AN_EVENT)),
        (status = 204, description = "The client has been told the end: nothing follows."),
        Refuses<ReadRefusal>,
    ),
)]
pub(crate) async fn events(
    State(store): State<Store>,
    State(subscribers): State<EventSubscribers>,
    JobPath { id }: JobPath,
    headers: HeaderMap,
) -> Result<Response, ReadRefusal> {
    // Before the look at the store: what happens meanwhile is heard.
    let listening = subscribers.of(&id);
    let (job, result) = tokio::try_join!(store.get_job(&id), store.get_result(&id))?;
    let job = job.ok_or(NoSuchJob::JobNotFound)?;
    let last_seen = headers.get("last-event-id").and_then(|seen| seen.to_str().ok()).filter(|seen| !seen.is_empty());
    let about = Extension(About(id));
    let first = match result {
        Some(result) => Some((end_of(&job, &result), Some(result))),
        // Who has seen anything of it knows that it is queued.
        None if last_seen.is_some() => None,
        None => Some((Event::of(&job, job.created_at_ms, News::Queued), None)),
    };
    if let Some((event, Some(_))) = &first
        && last_seen == Some(&sse_id(event))
    {
        // Anything else, and an `EventSource` would come again for ever.
        return Ok((StatusCode::NO_CONTENT, about).into_response());
    }
    let follower = Follower { store, job, listening, first, is_over: false, until: Instant::now() + LONGEST };
    let events = stream::unfold(follower, async |mut follower| {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    Ok((about, [UNBUFFERED], Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))).into_response())
}

impl Follower {
    async fn next(&mut self) -> Option<sse::Event> {
        if let Some((event, result)) = self.first.take() {
            return Some(self.tell(&event, result)?.retry(RECONNECT));
        }
        while !self.is_over && Instant::now() < self.until {
            match timeout(SILENCE, self.listening.next()).await {
                Ok(None) => return None,
                // The client knows it already: this event may come after the record was read.
                Ok(Some(Heard::Event(Event { news: News::Queued, .. }))) => {}
                Ok(Some(Heard::Event(event))) if !event.news.is_final() => return self.tell(&event, None),
                // An end, one that may have been missed, or silence.
                Ok(Some(_)) | Err(_) => match self.store.get_result(&self.job.id).await {
                    Ok(Some(result)) => return self.tell(&end_of(&self.job, &result), Some(result)),
                    Ok(None) => {}
                    Err(error) => {
                        tracing::debug!(job_id = %self.job.id, %error, "failed to read a result; it is read again");
                    }
                },
            }
        }
        None
    }

    fn tell(&mut self, event: &Event, result: Option<JobResult>) -> Option<sse::Event> {
        self.is_over = result.is_some();
        let job = result.map(|result| JobView::new(self.job.clone(), Some(result)));
        let view = EventView { id: &self.job.id, at: rfc3339(event.at_ms), news: &event.news, job };
        sse::Event::default().id(sse_id(event)).event(event.news.name()).json_data(view).ok()
    }
}

/// The event that a result is the end of. Every process makes the same of it.
fn end_of(job: &JobRecord, result: &JobResult) -> Event {
    let news = match &result.outcome {
        Outcome::Done { .. } => News::Done,
        Outcome::Failed { code, .. } => News::Failed { code: *code },
        Outcome::Cancelled => News::Cancelled,
    };
    Event::of(job, result.finished_at_ms, news)
}

fn sse_id(event: &Event) -> String {
    format!("{}-{}", event.at_ms, event.news.name())
}
