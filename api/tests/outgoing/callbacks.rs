//! Calls back: signed, sent again, sent once, sent whatever dies.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures::TryStreamExt as _;
use proto_shared::{CallbackOutcome, ErrorCode, Event, JobId, JobResult, News, Outcome, job};
use serde_json::{Value, json};
use service::Clock;
use sha2::{Digest as _, Sha256};
use store::{Created, Operation, OwedCallback};

use super::{Fixture, Front, GIF, Host, PATIENCE, SECRET, until};

const FINISHED_AT_MS: u64 = 1_700_000_001_123;

/// HMAC-SHA-256 as RFC 2104 spells it, so that it is not our library against itself.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..key.len()].copy_from_slice(key);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

async fn submit(front: &Front, url: &str) -> JobId {
    let (status, job) = front.post(&[("file", GIF), ("bottom", b"monday"), ("callback_url", url.as_bytes())]).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{job}");
    JobId::parse(job["id"].as_str().unwrap()).unwrap()
}

impl Fixture {
    /// The job ends, and nobody hears of it.
    async fn finish(&self, id: &JobId) {
        let outcome = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned(), field: None };
        let result = JobResult { version: job::VERSION, id: id.clone(), finished_at_ms: FINISHED_AT_MS, attempts: 1, outcome };
        assert_eq!(self.store.create_result(&result).await.unwrap(), Created::New);
    }

    /// The job ends as a worker ends it.
    async fn end(&self, id: &JobId) {
        self.finish(id).await;
        let job = self.store.get_job(id).await.unwrap().unwrap();
        self.broker.emit(&Event::of(&job, FINISHED_AT_MS, News::Failed { code: ErrorCode::Truncated }));
    }

    /// How it came to its end, with the attempts that took; nothing is owed any more.
    async fn end_of_call(&self, id: &JobId) -> (CallbackOutcome, u32) {
        until("the end of the callback", async || self.owed().await.is_empty()).await;
        let end = self.store.get_callback_end(id).await.unwrap().unwrap();
        (end.end, end.attempts)
    }

    async fn owed(&self) -> Vec<OwedCallback> {
        self.store.owed_callbacks().try_collect().await.unwrap()
    }
}

fn status(code: u16) -> Response {
    StatusCode::from_u16(code).unwrap().into_response()
}

fn counted(front: &Front, result: &str) -> String {
    let text = front.exposition.text().unwrap();
    let begin = format!("punchline_api_callbacks_total{{result=\"{result}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&begin)).unwrap().to_owned()
}

#[tokio::test]
async fn whoever_asked_is_told_and_can_tell_that_it_was_us() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    let id = submit(&front, &host.url()).await;
    assert_eq!(fixture.owed().await.len(), 1, "before the answer");
    fixture.end(&id).await;

    let (headers, body) = host.next().await;
    let header = |name: &str| headers[name].to_str().unwrap();
    let notice: Value = serde_json::from_slice(&body).unwrap();
    let shown = front.get(&format!("/v1/jobs/{id}")).await;
    assert_eq!(notice, json!({ "type": "job.failed", "timestamp": "2023-11-14T22:13:21.123Z", "data": shown }));
    assert_eq!((header("content-type"), header("webhook-id")), ("application/json", id.as_str()));
    let sent_s: u64 = header("webhook-timestamp").parse().unwrap();
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!(now_s - sent_s < PATIENCE.as_secs());
    let signed = [format!("{id}.{sent_s}.").as_bytes(), &body].concat();
    assert_eq!(header("webhook-signature"), format!("v1,{}", STANDARD.encode(hmac(SECRET.as_bytes(), &signed))));

    assert_eq!(fixture.end_of_call(&id).await, (CallbackOutcome::Delivered, 1));
    assert_eq!((counted(&front, "delivered").as_str(), counted(&front, "failed").as_str()), ("1", "0"));
    assert!(!shown.to_string().contains("token=abc"), "the URL is nobody else's business");
}

#[tokio::test]
async fn a_job_that_is_cancelled_is_told_of_too() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    let id = submit(&front, &host.url()).await;
    let request = axum::http::Request::delete(format!("/v1/jobs/{id}")).body(axum::body::Body::empty()).unwrap();
    assert_eq!(front.send(request).await.0, StatusCode::OK);
    let (_, body) = host.next().await;
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["type"], "job.cancelled");
}

#[tokio::test]
async fn what_a_receiver_fails_to_take_is_sent_again() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(vec![status(500), status(503)]).await);
    let front = fixture.front().await;
    let id = submit(&front, &host.url()).await;
    fixture.end(&id).await;
    let sent = [host.next().await, host.next().await, host.next().await];
    assert!(sent.iter().all(|(headers, body)| headers["webhook-id"] == id.as_str() && *body == sent[0].1));
    assert_eq!(fixture.end_of_call(&id).await, (CallbackOutcome::Delivered, 3));
    assert_eq!((counted(&front, "delivered").as_str(), counted(&front, "failed").as_str()), ("1", "2"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_after_the_last_attempt_it_is_given_up() {
    let mut inner = Host::answering(Vec::new()).await;
    let redirect = || (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, inner.url())]).into_response();
    let (fixture, mut outer) = (Fixture::new(), Host::answering(vec![redirect(), redirect(), redirect()]).await);
    let front = fixture.front().await;
    let id = submit(&front, &outer.url()).await;
    fixture.end(&id).await;
    let (end, attempts) = fixture.end_of_call(&id).await;
    assert!(matches!(&end, CallbackOutcome::GivenUp { problem } if problem.contains("307")), "{end:?}");
    assert_eq!((attempts, counted(&front, "given_up").as_str(), counted(&front, "failed").as_str()), (3, "1", "2"));
    for _ in 0..3 {
        outer.next().await;
    }
    front.stop().await;
    assert!(!outer.has_more() && !inner.has_more());
}

#[tokio::test]
async fn of_two_processes_that_hear_of_an_end_one_calls() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let fronts = [fixture.front().await, fixture.front().await];
    let id = submit(&fronts[0], &host.url()).await;
    fixture.end(&id).await;
    host.next().await;
    let mark = format!("callbacks/{id}/attempt-1.json");
    until("both wanted to", async || fixture.faults.count(Operation::Create, &mark) == 2).await;
    for front in fronts {
        front.stop().await;
    }
    assert!(!host.has_more());
    assert_eq!(fixture.end_of_call(&id).await, (CallbackOutcome::Delivered, 1));
}

#[tokio::test]
async fn a_process_that_starts_finds_what_nobody_heard() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    let (ended, open) = (submit(&front, &host.url()).await, submit(&front, &host.url()).await);
    front.stop().await;
    fixture.finish(&ended).await;
    let front = fixture.front().await;
    assert_eq!(host.next().await.0["webhook-id"], ended.as_str());
    until("what is open stays owed", async || fixture.owed().await.len() == 1).await;
    assert_eq!(fixture.owed().await[0].job, open);
    front.stop().await;
    assert!(!host.has_more());
}

#[tokio::test]
async fn an_attempt_of_a_process_that_died_is_followed_by_the_next() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    let id = submit(&front, &host.url()).await;
    front.stop().await;
    fixture.finish(&id).await;
    assert_eq!(fixture.store.begin_callback(&id, 1).await.unwrap(), Created::New, "and then it was killed");

    let in_time = fixture.front().await;
    in_time.stop().await;
    assert!(!host.has_more(), "the process that began it may not have finished");

    let later_ms = |after: Duration| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + after;
        Clock::fixed(since_epoch.as_millis().try_into().unwrap())
    };
    let _front = fixture.front_at(later_ms(Duration::from_secs(60))).await;
    assert_eq!(host.next().await.0["webhook-id"], id.as_str());
    assert_eq!(fixture.end_of_call(&id).await, (CallbackOutcome::Delivered, 2));
}

#[tokio::test]
async fn an_attempt_that_was_the_last_of_a_process_that_died_is_given_up() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    let id = submit(&front, &host.url()).await;
    front.stop().await;
    fixture.finish(&id).await;
    for attempt in 1..=3 {
        assert_eq!(fixture.store.begin_callback(&id, attempt).await.unwrap(), Created::New);
    }
    let front = fixture.front_at(Clock::fixed(u64::MAX)).await;
    assert!(matches!(fixture.end_of_call(&id).await, (CallbackOutcome::GivenUp { .. }, 3)));
    front.stop().await;
    assert!(!host.has_more());
}

#[tokio::test]
async fn a_call_that_has_ended_is_not_made_again_by_whoever_comes_late() {
    let (fixture, mut host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    let id = submit(&front, &host.url()).await;
    fixture.end(&id).await;
    host.next().await;
    fixture.end_of_call(&id).await;
    // As a process would that found it owed before it had come to its end, or was killed while clearing.
    fixture.store.owe_callback(&id).await.unwrap();
    let late = fixture.front().await;
    assert_eq!(fixture.end_of_call(&id).await, (CallbackOutcome::Delivered, 1));
    late.stop().await;
    assert!(!host.has_more());
}

#[tokio::test]
async fn a_url_that_may_not_be_called_is_refused_at_once() {
    let fixture = Fixture::new();
    let front = fixture.front().await;
    for (url, code) in [
        ("http://169.254.169.254/", "forbidden_address"),
        ("http://[::1]/", "forbidden_address"),
        ("http://0xa000001/", "forbidden_address"),
        ("ftp://example.org/", "bad_url"),
        ("http://me:hush@example.org/", "bad_url"),
        ("monday", "bad_url"),
    ] {
        let parts = [("file", GIF), ("bottom", b"monday"), ("callback_url", url.as_bytes())];
        front.refuses(&parts, 422, code, "callback_url").await;
    }
    let off = fixture.front_with(None, api::Callbacks::default(), None, service::metrics::registry());
    let parts: [(&str, &[u8]); 3] = [("file", GIF), ("bottom", b"monday"), ("callback_url", b"https://example.org/")];
    off.refuses(&parts, 422, "callbacks_off", "callback_url").await;
    assert_eq!(fixture.faults.count(Operation::Put, "callbacks"), 0);
    assert_eq!(fixture.faults.count(Operation::Create, ""), 0);
}

#[tokio::test]
async fn a_job_that_can_not_be_queued_is_owed_to_nobody() {
    let (fixture, host) = (Fixture::new(), Host::answering(Vec::new()).await);
    let front = fixture.front().await;
    fixture.broker.close().await;
    let (status, problem) = front.post(&[("file", GIF), ("bottom", b"monday"), ("callback_url", host.url().as_bytes())]).await;
    assert_eq!((status.as_u16(), &problem["code"]), (503, &"broker_unavailable".into()));
    assert_eq!(fixture.owed().await, []);
}
