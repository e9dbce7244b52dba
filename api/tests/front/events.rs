//! What happens to a job, as a stream of events.

use std::future::poll_fn;

use futures::StreamExt as _;
use proto_shared::{News, OutputId};

use super::*;

const FORM: &[Part<'_>] = &[("file", GIF), ("bottom", b"monday")];

/// The fields of one event.
#[derive(Debug, PartialEq)]
struct Told {
    id: String,
    name: String,
    data: Value,
}

/// A stream of events, read one at a time.
struct Stream {
    body: axum::body::BodyDataStream,
    read: String,
}

async fn listen(front: &Front, path: &str) -> Stream {
    let response = front.send_open(Request::get(format!("{path}/events")).body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    Stream { body: response.into_body().into_data_stream(), read: String::new() }
}

impl Stream {
    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some((event, rest)) = self.read.clone().split_once("\n\n") {
                rest.clone_into(&mut self.read);
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                let Some(name) = field("event") else { continue };
                let data = serde_json::from_str(field("data").unwrap()).unwrap();
                described::check_event(&data);
                return Some(Told { id: field("id").unwrap().to_owned(), name: name.to_owned(), data });
            }
            self.read.push_str(std::str::from_utf8(&self.body.next().await?.unwrap()).unwrap());
        }
    }

    /// Lets the api begin to listen, and finds that there is nothing more yet.
    async fn nothing_more(&mut self) {
        let polled = poll_fn(|cx| std::task::Poll::Ready(self.body.poll_next_unpin(cx).is_pending())).await;
        assert!(polled, "more was told than happened");
    }
}

async fn told_by_the_broker(front: &Front, id: &JobId, at_ms: u64, news: News, stream: &mut Stream) -> Told {
    // Again and again: the api may not hear the broker yet.
    let telling = async {
        loop {
            front.broker.emit(&Event { job: id.clone(), at_ms, news: news.clone(), has_callback: false });
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        told = async {
            loop {
                let told = stream.next().await.unwrap();
                if told.name == news.name() {
                    return told;
                }
            }
        } => told,
        () = telling => unreachable!(),
    }
}

#[tokio::test]
async fn a_job_is_told_from_its_queue_to_its_end() {
    let front = front();
    let (shutdown, hearing) = hearing(&front);
    let path = front.post(FORM).await.header("location").to_owned();
    let id = next_message(&front.broker).await.job.id;
    let mut stream = listen(&front, &path).await;
    let queued = stream.next().await.unwrap();
    assert_eq!((queued.name.as_str(), queued.id.as_str()), ("queued", "1700000000123-queued"));
    assert_eq!(queued.data, json!({"id": id, "at": "2023-11-14T22:13:20.123Z", "event": "queued"}));
    stream.nothing_more().await;

    let started = told_by_the_broker(&front, &id, CREATED_AT_MS + 5, News::Started { attempt: 1 }, &mut stream).await;
    assert_eq!(started.data, json!({"id": id, "at": "2023-11-14T22:13:20.128Z", "event": "started", "attempt": 1}));
    let so_far = News::Progress { frames_done: 3, frames: 9 };
    let progress = told_by_the_broker(&front, &id, CREATED_AT_MS + 9, so_far, &mut stream).await;
    assert_eq!((&progress.data["frames_done"], &progress.data["frames"]), (&json!(3), &json!(9)));

    front.finish(&id, done(OutputId::from_bytes([7; 32]))).await;
    let end = told_by_the_broker(&front, &id, CREATED_AT_MS + 20, News::Done, &mut stream).await;
    assert_eq!(end.data["job"], front.get(&path).await.json(), "the last event has the job as it is shown");
    assert_eq!(stream.next().await, None, "nothing follows an end");

    // Who comes late is told the end at once, under the same name; who knows it, that there is nothing more.
    let mut late = listen(&front, &path).await;
    let again = late.next().await.unwrap();
    assert_eq!((again.id.as_str(), again.data), (end.id.as_str(), end.data));
    assert_eq!(late.next().await, None);
    let knowing = Request::get(format!("{path}/events")).header("last-event-id", end.id).body(Body::empty()).unwrap();
    assert_eq!(front.send(knowing).await.status, StatusCode::NO_CONTENT);
    shutdown.cancel();
    hearing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_end_whose_news_is_lost_is_found_in_the_store() {
    let front = front();
    let path = front.post(FORM).await.header("location").to_owned();
    let id = next_message(&front.broker).await.job.id;
    let mut stream = listen(&front, &path).await;
    assert_eq!(stream.next().await.unwrap().name, "queued");
    let failed = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned(), field: None };
    front.finish(&id, failed).await;
    let end = stream.next().await.unwrap();
    assert_eq!((end.name.as_str(), &end.data["code"]), ("failed", &json!("truncated")));
    assert_eq!(end.data["job"]["error"]["message"], "cut short");
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn who_comes_again_is_not_told_that_it_is_queued_once_more() {
    let front = front();
    let path = front.post(FORM).await.header("location").to_owned();
    let again = Request::get(format!("{path}/events")).header("last-event-id", "1-started").body(Body::empty()).unwrap();
    let response = front.send_open(again).await;
    let mut stream = Stream { body: response.into_body().into_data_stream(), read: String::new() };
    stream.nothing_more().await;
}

#[tokio::test]
async fn a_stream_keeps_no_process_from_ending() {
    let front = front();
    let (shutdown, hearing) = hearing(&front);
    let path = front.post(FORM).await.header("location").to_owned();
    let mut stream = listen(&front, &path).await;
    assert_eq!(stream.next().await.unwrap().name, "queued");
    shutdown.cancel();
    hearing.await.unwrap();
    assert_eq!(stream.next().await, None);
}

#[tokio::test]
async fn a_job_that_is_none_has_no_events() {
    let front = front();
    for path in ["/v1/jobs/0192f0c1a2b37c4d8e9f001122334455/events", "/v1/jobs/x/events"] {
        assert_eq!(front.get(path).await.refusal(), (404, ErrorCode::JobNotFound));
    }
}
