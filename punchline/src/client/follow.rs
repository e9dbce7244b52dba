//! Waits for the end of a job: by its events while there are any, else by asking.
//!
//! `submit` and `status` wait with it. Events are only news: whenever they break off the job itself is asked for, so that
//! an end is found even if the service was restarted meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use eventsource_stream::{Event, EventStreamError, Eventsource as _};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE},
};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    client::{
        activity::Activity,
        http::{RequestError, send},
        job::{self, JobDocument},
        session::Session,
    },
    exit::Failure,
};

/// A comment comes every 15 s: a service that is silent for longer is gone.
const SILENCE: Duration = Duration::from_secs(40);
/// Between two questions about a job that has no events to tell.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// An event of a job with the longest spec there is has a tenth of it.
const MAX_EVENT_BYTES: usize = 1 << 20;

/// Gives the job once it has ended.
pub(crate) async fn to_the_end(session: &mut Session, id: &str) -> Result<JobDocument, Failure> {
    let mut last_id = String::new();
    loop {
        match listen(session, id, &mut last_id).await {
            Ok(Some(ended)) => return Ok(ended),
            Ok(None) | Err(RequestError::Transient(_)) => {}
            // A service without events, or behind something that takes them for nothing, can still be asked.
            Err(RequestError::Refused(refusal)) if refusal.code != "job_not_found" => {}
            Err(other) => return Err(other.into()),
        }
        let document = session.retry(async |client, _| job::get(client, id).await).await?;
        if document.job.has_ended() {
            return Ok(document);
        }
        tokio::time::sleep(ASK_AGAIN_AFTER).await;
    }
}

/// Hears one connection's events. None where it ended before the job did.
async fn listen(session: &mut Session, id: &str, last_id: &mut String) -> Result<Option<JobDocument>, RequestError> {
    let path = format!("{}/events", job::path(id));
    let mut request = session.client.request(Method::GET, &path).header(ACCEPT, EVENT_STREAM);
    if !last_id.is_empty() {
        request = request.header("last-event-id", last_id.as_str());
    }
    let answer = timeout(SILENCE, send(request)).await.map_err(|_| silent())??;
    if answer.status() == StatusCode::NO_CONTENT || !is_events(&answer) {
        return Ok(None);
    }
    let since_event_bytes = Arc::new(AtomicUsize::new(0));
    let mut events = std::pin::pin!(pieces(answer, since_event_bytes.clone()).eventsource());
    let ended = loop {
        match events.next().await {
            Some(Ok(event)) => {
                since_event_bytes.store(0, Ordering::Relaxed);
                if !event.id.is_empty() {
                    event.id.clone_into(last_id);
                }
                if let Some(ended) = tell(&event, &session.activity) {
                    break Ok(Some(ended));
                }
            }
            Some(Err(EventStreamError::Transport(error))) => break Err(error),
            Some(Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_))) => {
                break Err(RequestError::lost("it does not speak of events as the standard has it"));
            }
            None => break Ok(None),
        }
    };
    // It was there until now: what comes later is another failure.
    session.heard();
    ended
}

/// The pieces of an answer, each in its time; an event that has more bytes than any of ours ends them.
fn pieces(answer: Response, since_event_bytes: Arc<AtomicUsize>) -> impl Stream<Item = Result<Bytes, RequestError>> {
    stream::try_unfold(answer, async |mut answer| {
        let piece = timeout(SILENCE, answer.chunk()).await.map_err(|_| silent())?.map_err(|e| RequestError::of(&e))?;
        Ok(piece.map(|piece| (piece, answer)))
    })
    .and_then(move |piece| {
        let bytes = since_event_bytes.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
        std::future::ready(if bytes > MAX_EVENT_BYTES { Err(RequestError::lost("an event was too long")) } else { Ok(piece) })
    })
}

fn silent() -> RequestError {
    RequestError::lost("nothing was heard of it")
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
fn tell(event: &Event, activity: &Activity) -> Option<JobDocument> {
    let data: Data = serde_json::from_str(&event.data).unwrap_or_default();
    match (event.event.as_str(), data) {
        ("queued", _) => activity.say("queued"),
        ("started", _) => activity.say("captioning"),
        ("progress", Data { frames_done: Some(done), frames: Some(frames), .. }) => activity.frames(done, frames),
        ("retrying", Data { attempt: Some(attempt), delay_ms: Some(delay_ms), code, .. }) => activity.say(format!(
            "attempt {attempt} failed ({}); the service tries again in {} s",
            code.unwrap_or_default(),
            delay_ms.div_ceil(1000)
        )),
        ("done" | "failed" | "cancelled", Data { job: Some(job), .. }) => {
            return JobDocument::of(job).ok().filter(|document| document.job.has_ended());
        }
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::client::http::ServerArgs;

    /// What comes of one connection that brings these pieces and ends.
    async fn heard(pieces: Vec<Vec<u8>>) -> (Result<Option<JobDocument>, RequestError>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let serving = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(connection.read_u8().await.unwrap());
            }
            connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n").await.unwrap();
            for piece in pieces {
                // The client may have gone.
                let _ = connection.write_all(&piece).await;
                tokio::task::yield_now().await;
            }
        };
        let mut session = Session::new(&ServerArgs { server, key: None, patience: 60 }).unwrap();
        let mut last_id = String::new();
        let (heard, ()) = tokio::join!(listen(&mut session, "1", &mut last_id), serving);
        (heard, last_id)
    }

    #[tokio::test]
    async fn the_end_is_found_however_the_events_are_cut() {
        let source = format!(r#"{{"id":"{}","media":"gif","bytes":9,"width_px":2,"height_px":1,"frames":3}}"#, "a".repeat(64));
        let sent = format!(
            ": hello\n\nid: 1-queued\nevent: queued\nretry: 1000\ndata: {{\"id\":1}}\n\n:\n\nid: 2\nevent: cancelled\n\
             data: {{\"job\":{{\"id\":\"1\",\"state\":\"cancelled\",\"source\":{source}}}}}\n\n"
        );
        for cut in [1, 7, 1000] {
            let (ended, last_id) = heard(sent.as_bytes().chunks(cut).map(<[u8]>::to_vec).collect()).await;
            assert!(ended.unwrap().is_some_and(|document| document.job.has_ended()), "{cut}");
            assert_eq!(last_id, "2");
        }
        let (ended, last_id) = heard(vec![b"id: 1-queued\nevent: queued\ndata: {}\n\nevent: done\ndata: half".to_vec()]).await;
        assert!(ended.unwrap().is_none(), "an event that does not end is none");
        assert_eq!(last_id, "1-queued");
    }

    #[tokio::test]
    async fn no_event_takes_more_than_its_share() {
        let line = [b"data: ", [b'a'; 1000].as_slice(), b"\n"].concat();
        let (ended, _) = heard(vec![line; 1100]).await;
        assert!(matches!(ended, Err(RequestError::Transient(failure)) if failure.why == "an event was too long"));
    }
}
