//! Waits for the end of a job: by its events while there are any, else by asking.
//!
//! `submit` and `status` wait with it. Events are only news: whenever they break off the job itself is asked for, so that
//! an end is found whoever was restarted meanwhile.

use std::time::Duration;

use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    client::{Client, Trouble, send},
    exit::Failure,
    job::{self, Told},
    patience::Patience,
    progress::Activity,
    sse::{Event, Reader},
};

/// A comment comes every 15 s: who is silent for longer is gone.
const SILENCE: Duration = Duration::from_secs(40);
/// Between two looks at a job that has no events to tell.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Gives the job once it has ended.
pub(crate) async fn to_the_end(client: &Client, id: &str, patience: &mut Patience, activity: &Activity) -> Result<Told, Failure> {
    let mut last_id = None;
    loop {
        match listen(client, id, &mut last_id, patience, activity).await {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) | Err(Trouble::Passing(_)) => {}
            // A service without events, or behind something that takes them for nothing, can still be asked.
            Err(Trouble::Refused(refusal)) if refusal.code != "job_not_found" => {}
            Err(other) => return Err(other.into()),
        }
        let told = client.insist(patience, activity, async || job::look(client, id).await).await?;
        if told.job.has_ended() {
            return Ok(told);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Hears one connection's events. None where it ended before the job did.
async fn listen(
    client: &Client,
    id: &str,
    last_id: &mut Option<String>,
    patience: &mut Patience,
    activity: &Activity,
) -> Result<Option<Told>, Trouble> {
    let mut request = client.request(Method::GET, &format!("{}/events", job::path(id))).header(ACCEPT, EVENT_STREAM);
    if let Some(seen) = last_id.as_deref().filter(|seen| !seen.is_empty()) {
        request = request.header("last-event-id", seen);
    }
    let in_time = |_| Trouble::lost("nothing was heard of it");
    let mut answer = timeout(SILENCE, send(request)).await.map_err(in_time)??;
    if answer.status() == StatusCode::NO_CONTENT || !is_events(&answer) {
        return Ok(None);
    }
    let mut reader = Reader::default();
    while let Some(piece) = timeout(SILENCE, answer.chunk()).await.map_err(in_time)?.map_err(|e| Trouble::of(&e))? {
        patience.heard();
        let events = reader.push(&piece).map_err(|_| Trouble::lost("an event was too long"))?;
        if let Some(seen) = reader.last_id() {
            *last_id = Some(seen.to_owned());
        }
        for event in &events {
            if let Some(ended) = tell(event, activity) {
                return Ok(Some(ended));
            }
        }
    }
    Ok(None)
}

const EVENT_STREAM: &str = "text/event-stream";

fn is_events(answer: &Response) -> bool {
    answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(EVENT_STREAM.as_bytes()))
}

/// The parts of an event's data that are of use here.
#[derive(Default, Deserialize)]
struct Data {
    frames_done: Option<u64>,
    frames: Option<u64>,
    attempt: Option<u32>,
    delay_ms: Option<u64>,
    code: Option<String>,
    job: Option<Value>,
}

/// Shows an event, and gives the job if that was its end. What can't be read is news that was missed.
fn tell(event: &Event, activity: &Activity) -> Option<Told> {
    let data: Data = serde_json::from_str(&event.data).unwrap_or_default();
    match (event.name.as_str(), data) {
        ("queued", _) => activity.say("queued"),
        ("started", _) => activity.say("captioning"),
        ("progress", Data { frames_done: Some(done), frames: Some(frames), .. }) => activity.frames(done, frames),
        ("retrying", Data { attempt: Some(attempt), delay_ms: Some(delay_ms), code, .. }) => activity.say(format!(
            "attempt {attempt} failed ({}); the service tries again in {} s",
            code.unwrap_or_default(),
            delay_ms.div_ceil(1000)
        )),
        ("done" | "failed" | "cancelled", Data { job: Some(job), .. }) => {
            return Told::of(job).ok().filter(|told| told.job.has_ended());
        }
        _ => {}
    }
    None
}
