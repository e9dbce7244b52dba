//! The same request again, waiting for the end, and wanting it no more.

use proto_shared::{News, OutputId, OutputSummary};

use super::*;

const FORM: &[Part<'_>] = &[("file", GIF), ("bottom", b"monday")];

pub(super) fn named(parts: &[Part<'_>], name: &'static str) -> Request<Body> {
    let mut request = post(parts);
    request.headers_mut().insert("idempotency-key", header::HeaderValue::from_static(name));
    request
}

fn patient(parts: &[Part<'_>]) -> Request<Body> {
    let mut request = post(parts);
    request.headers_mut().insert("prefer", header::HeaderValue::from_static("wait=5"));
    request
}

#[tokio::test]
async fn a_request_of_the_same_name_is_the_same_job() {
    let front = front();
    let first = front.send(named(FORM, "order-7")).await;
    let again = front.send(named(FORM, "order-7")).await;
    assert_eq!((first.status, again.status), (StatusCode::ACCEPTED, StatusCode::ACCEPTED));
    assert_eq!(first.json(), again.json());
    let other = front.send(named(FORM, "order-8")).await;
    assert_ne!(first.json()["id"], other.json()["id"]);
    let mistaken = front.send(named(&[("file", GIF), ("bottom", b"tuesday")], "order-7")).await;
    assert_eq!(mistaken.refusal(), (422, ErrorCode::IdempotencyMismatch));
    let shown = front.send(named(&[FORM, &[("gallery", b"true")]].concat(), "order-7")).await;
    assert_eq!(shown.refusal(), (422, ErrorCode::IdempotencyMismatch));
}

#[tokio::test]
async fn a_request_whose_first_try_was_refused_is_queued_by_its_second() {
    let front = front_on(Broker::in_process_with(InProcessConfig { max_waiting_jobs: 1, ..InProcessConfig::default() }));
    let filler = front.post(&[("file", GIF), ("bottom", b"filler")]).await;
    assert_eq!(filler.status, StatusCode::ACCEPTED);
    assert_eq!(front.send(named(FORM, "order-7")).await.refusal(), (503, ErrorCode::BrokerUnavailable));
    next_message(&front.broker).await;
    let again = front.send(named(FORM, "order-7")).await;
    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(next_message(&front.broker).await.job.id.as_str(), again.json()["id"]);
    // Two jobs were recorded, and both will end: the refusal did not undo that.
    assert!(front.exposition.text().unwrap().contains("punchline_api_jobs_accepted_total 2\n"));
}

#[tokio::test]
async fn what_was_captioned_before_is_done_at_once() {
    let front = front();
    let first = front.post(FORM).await;
    let job = next_message(&front.broker).await.job;
    let id = fonts::output_id(&job.source.id, job.known_spec().unwrap(), &fonts::Fonts::built_in()).unwrap();
    front.store.put_output(&id, MediaType::Gif, Bytes::from_static(b"captioned")).await.unwrap();
    let Outcome::Done { output, stats, missing_glyphs, fidelity } = done(id) else { unreachable!() };
    front.store.put_summary(&OutputSummary { version: job::VERSION, output, stats, missing_glyphs, fidelity }).await.unwrap();
    let again = front.post(FORM).await;
    assert_eq!((again.status, &again.json()["state"]), (StatusCode::ACCEPTED, &json!("done")));
    assert_ne!(first.json()["id"], again.json()["id"]);
    assert_eq!(front.broker.depths().await.unwrap().waiting(), 0);
    let picture = front.get(&format!("/v1/jobs/{}/result", again.json()["id"].as_str().unwrap())).await;
    assert_eq!(picture.body, "captioned");
    assert_eq!(front.send(patient(FORM)).await.status, StatusCode::OK);
    let metrics = front.exposition.text().unwrap();
    assert!(metrics.contains("punchline_api_jobs_known_total 2\n"), "{metrics}");
}

#[tokio::test]
async fn who_waits_is_answered_when_the_job_ends() {
    let front = front();
    let (shutdown, hearing) = hearing(&front);
    let working = async {
        let job = next_message(&front.broker).await.job;
        front.finish(&job.id, done(OutputId::from_bytes([7; 32]))).await;
        // Again and again: the api may not listen yet.
        loop {
            front.broker.emit(&Event::of(&job, 1, News::Done));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let answer = tokio::select! {
        answer = front.send(patient(FORM)) => answer,
        () = working => unreachable!(),
    };
    assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::OK, &json!("done")));
    shutdown.cancel();
    hearing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_short_is_told_that_it_goes_on() {
    let answer = front().send(patient(FORM)).await;
    assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::ACCEPTED, &json!("queued")));
}

#[tokio::test]
async fn a_cancelled_job_stays_cancelled_and_a_finished_one_done() {
    let front = front();
    let mut heard = front.broker.subscribe(Filter::Cancellations).await.unwrap();
    let path = front.post(FORM).await.header("location").to_owned();
    let delete = |path: &str| Request::delete(path).body(Body::empty()).unwrap();
    for _ in 0..2 {
        let answer = front.send(delete(&path)).await;
        assert_eq!((answer.status, &answer.json()["state"]), (StatusCode::OK, &json!("cancelled")));
    }
    let job = next_message(&front.broker).await.job;
    let Some(Heard::Event(event)) = heard.next().await else { panic!("an event") };
    assert_eq!((&event.job, event.news), (&job.id, News::Cancelled));
    assert_eq!(front.get(&format!("{path}/result")).await.refusal(), (410, ErrorCode::Cancelled));

    let path = front.post(FORM).await.header("location").to_owned();
    let job = next_message(&front.broker).await.job;
    front.finish(&job.id, done(OutputId::from_bytes([7; 32]))).await;
    assert_eq!(front.send(delete(&path)).await.refusal(), (409, ErrorCode::AlreadyFinished));
    assert_eq!(front.send(delete("/v1/jobs/0192f0c1a2b37c4d8e9f001122334455")).await.refusal(), (404, ErrorCode::JobNotFound));
}
