//! The front end to end: real HTTP messages into the router, over a store in memory and a broker in the process.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

mod accepting;
mod batch;
mod described;
mod events;
mod fixture;
#[path = "../forms/mod.rs"]
mod forms;
mod images;
mod previews;
mod repeats;
mod words;

use std::time::Duration;

use api::{ApiConfig, ApiParts, Clients, Fairness, Ids};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use broker::{Broker, Filter, Heard, InProcessConfig};
use bytes::Bytes;
use futures::TryStreamExt as _;
use proto_shared::{ErrorCode, Event, JobId, MediaType, Outcome, OutputInfo, RenderStats, job};
use serde_json::{Value, json};
use service::{Eventual, listener::Peer, metrics::registry};
use store::{Store, StoreConfig, source_id};
use tower::ServiceExt as _;

use fixture::*;
use forms::{Part, post};

#[tokio::test]
async fn an_upload_becomes_a_record_a_source_and_a_message() {
    let front = front();
    let answer = front.post(&[("file", GIF), ("top", b"up"), ("bottom", b"down"), ("style", b"bar"), ("font", b"sans")]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{:?}", answer.body);
    let job = answer.json();
    assert_eq!(answer.header("location"), "/v1/jobs/00000000000000000000000000000000");
    assert_eq!(job["state"], "queued");
    assert_eq!(job["created_at"], "2023-11-14T22:13:20.123Z");
    assert_eq!(job["source"]["media"], "gif");
    assert_eq!(job["source"]["frames"], 1);
    assert_eq!(job["spec"]["captions"][0], json!({"text":"up","at":"top","style":"bar","font":"sans","size":"auto"}));
    assert_eq!(job["spec"]["captions"][1]["at"], "bottom");

    let message = next_message(&front.broker).await;
    assert_eq!(message.attempt, 1);
    assert_eq!(front.store.get_job(&message.job.id).await.unwrap(), Some(message.job.clone()));
    assert_eq!(front.store.get_source(&message.job.source.id).await.unwrap(), GIF);
    assert_eq!(front.get(answer.header("location")).await.json(), job);

    let metrics = front.exposition.text().unwrap();
    assert!(metrics.contains("punchline_api_jobs_accepted_total 1\n"), "{metrics}");
    assert!(metrics.contains("punchline_api_upload_bytes_total 43\n"), "{metrics}");
    assert!(metrics.contains(r#"punchline_api_requests_total{route="/v1/jobs",status="202"} 1"#), "{metrics}");
}

#[tokio::test]
async fn a_stored_source_and_a_json_spec_make_a_job_too() {
    let front = front();
    let source = source_id(GIF);
    front.store.put_source(&source, Bytes::from_static(GIF)).await.unwrap();
    let spec = br##"{"captions":[{"text":"a","fill":"#f00"}]}"##;
    let answer = front.post(&[("source", source.as_str().as_bytes()), ("spec", spec), ("top", b"")]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{:?}", answer.body);
    assert_eq!(answer.json()["source"]["id"], source.as_str());
    assert_eq!(answer.json()["spec"]["captions"][0]["fill"], "#ff0000");
}

#[tokio::test]
async fn each_mistake_has_its_status_and_its_code() {
    use ErrorCode as E;
    let front = front();
    let unknown = "0".repeat(64);
    let wide = [&GIF[..6], b"\xff\xff\x01\x00", &GIF[10..]].concat();
    let cases: &[(u16, E, &[Part<'_>])] = &[
        (400, E::MissingFile, &[("bottom", b"a")]),
        (400, E::BadRequest, &[("file", GIF), ("file", GIF)]),
        (400, E::BadRequest, &[("file", GIF), ("colour", b"red")]),
        (400, E::BadRequest, &[("file", GIF), ("bottom", b"a"), ("bottom", b"b")]),
        (400, E::BadRequest, &[("file", GIF), ("bottom", b"\xff")]),
        (400, E::BadRequest, &[("file", GIF), ("spec", b"{")]),
        (400, E::BadRequest, &[("file", GIF), ("spec", br#"{"captions":[{"text":"a"}]}"#), ("top", b"b")]),
        (400, E::BadRequest, &[("file", GIF), ("source", unknown.as_bytes()), ("top", b"b")]),
        (400, E::BadRequest, &[("source", b"../../etc/passwd"), ("top", b"b")]),
        (422, E::UnknownSource, &[("source", unknown.as_bytes()), ("top", b"b")]),
        (415, E::UnsupportedMedia, &[("file", b"<svg/>"), ("bottom", b"a")]),
        (422, E::Truncated, &[("file", &GIF[..9]), ("bottom", b"a")]),
        (422, E::CanvasTooLarge, &[("file", &wide), ("bottom", b"a")]),
        (422, E::EmptyText, &[("file", GIF)]),
        (422, E::EmptyText, &[("file", GIF), ("bottom", b"  ")]),
        (422, E::NoVisibleText, &[("file", GIF), ("bottom", "\u{3164} \u{200D}".as_bytes())]),
        (422, E::UnknownStyle, &[("file", GIF), ("bottom", b"a"), ("style", b"banner")]),
        (422, E::UnknownFont, &[("file", GIF), ("bottom", b"a"), ("font", b"wingdings")]),
        (422, E::BadColour, &[("file", GIF), ("bottom", b"a"), ("fill", b"reddish")]),
        (422, E::BadSize, &[("file", GIF), ("bottom", b"a"), ("size", b"1")]),
        (422, E::BadSpec, &[("file", GIF), ("spec", br#"{"captions":[{"text":"a","wat":1}]}"#)]),
        (422, E::UnknownStyle, &[("file", GIF), ("spec", br#"{"captions":[{"text":"a","style":"x"}]}"#)]),
    ];
    for (status, code, parts) in cases {
        let answer = front.post(parts).await;
        assert_eq!(answer.refusal(), (*status, *code), "{parts:?} {:?}", answer.body);
    }
    assert_eq!(front.broker.depths().await.unwrap().waiting(), 0, "nothing refused reaches the queue");
    assert_eq!(front.store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap(), []);
    let metrics = front.exposition.text().unwrap();
    assert!(metrics.contains(r#"punchline_api_refused_total{code="bad_colour"} 1"#), "{metrics}");
}

#[tokio::test]
async fn a_refusal_names_the_field_the_limit_and_what_was_got() {
    let front = front();
    let empty = front.post(&[("file", GIF), ("top", b"a"), ("bottom", b" ")]).await.json();
    assert_eq!(empty["field"], "bottom");
    let wide = [&GIF[..6], b"\xff\xff\x01\x00", &GIF[10..]].concat();
    let wide = front.post(&[("file", &wide), ("bottom", b"a")]).await.json();
    assert_eq!((&wide["field"], &wide["limit"], &wide["got"]), (&json!("file"), &json!(4096), &json!(65535)));
    let long = front.post(&[("file", GIF), ("bottom", &vec![b'a'; 200_000])]).await.json();
    assert_eq!((&long["field"], &long["limit"]), (&json!("bottom"), &json!(196_608)));
    assert!(long["got"].as_u64().is_some_and(|got| got > 196_608), "{long}");
    assert_eq!(wide["type"], "urn:punchline:problem:canvas_too_large");
}

#[tokio::test]
async fn a_file_too_large_is_refused_by_its_declared_length_without_reading_it() {
    let front = front();
    // A body that never comes: reading any of it would hang.
    let body = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    let request = Request::post("/v1/jobs")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::CONTENT_LENGTH, 100_000_000)
        .body(body)
        .unwrap();
    let answer = front.send(request).await;
    assert_eq!(answer.refusal(), (413, ErrorCode::FileTooLarge));
    let problem = answer.json();
    assert_eq!((&problem["limit"], &problem["got"]), (&json!(1_000_000), &json!(100_000_000)));
}

#[tokio::test]
async fn a_file_too_large_is_refused_at_the_first_byte_too_many() {
    let front = front();
    let answer = front.post(&[("file", &vec![0; 1_000_001]), ("bottom", b"a")]).await;
    assert_eq!(answer.refusal(), (413, ErrorCode::FileTooLarge));
    // Without a declared length, and with more of it than the whole body may have.
    let head = Bytes::from_static(b"--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n");
    let chunks = std::iter::once(head).chain(std::iter::repeat(Bytes::from(vec![0; 10_000])));
    let endless = Body::from_stream(futures::stream::iter(chunks.map(Ok::<_, std::io::Error>)));
    let request =
        Request::post("/v1/jobs").header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge").body(endless).unwrap();
    assert_eq!(front.send(request).await.refusal(), (413, ErrorCode::FileTooLarge));
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let front = front();
    let json = Request::post("/v1/jobs").header(header::CONTENT_TYPE, "application/json").body(Body::from("{}")).unwrap();
    assert_eq!(front.send(json).await.refusal(), (400, ErrorCode::BadRequest));
    let cut = Request::post("/v1/jobs")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .body(Body::from("--edge\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nGIF89a"))
        .unwrap();
    assert_eq!(front.send(cut).await.refusal(), (400, ErrorCode::BadRequest));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused_in_the_same_form() {
    let front = front();
    assert_eq!(front.get("/v2/jobs").await.refusal(), (404, ErrorCode::NotFound));
    let answer = front.get("/v1/jobs").await;
    assert_eq!(answer.refusal(), (405, ErrorCode::NotFound));
    assert_eq!(answer.header("allow"), "POST");
    for id in ["0192f0c1a2b37c4d8e9f001122334455", "nonsense"] {
        assert_eq!(front.get(&format!("/v1/jobs/{id}")).await.refusal(), (404, ErrorCode::JobNotFound));
        assert_eq!(front.get(&format!("/v1/jobs/{id}/result")).await.refusal(), (404, ErrorCode::JobNotFound));
    }
}

#[tokio::test]
async fn uploads_beyond_the_room_set_aside_are_answered_503() {
    let front = front_with(&ApiConfig { uploads_in_flight_bytes: 1_000_000, ..config() });
    // The first has declared nearly all the memory and is still sending.
    let held = Request::post("/v1/jobs")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .header(header::CONTENT_LENGTH, 1_200_000)
        .body(Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>()))
        .unwrap();
    let mut first = tokio_test_task(&front, held);
    assert!(futures::poll!(&mut first).is_pending());
    let another = |parts: &[Part<'_>], ip: [u8; 4]| {
        let mut request = post(parts);
        request.extensions_mut().insert(Peer((ip, 1).into()));
        request
    };
    let answer = front.send(another(&[("file", &vec![0; 100_000]), ("bottom", b"a")], [203, 0, 113, 1])).await;
    assert_eq!(answer.refusal(), (503, ErrorCode::Overloaded));
    assert_eq!(answer.header("retry-after"), "5");
    // Of the same client it is too much for one.
    let answer = front.post(&[("file", &vec![0; 100_000]), ("bottom", b"a")]).await;
    assert_eq!(answer.refusal(), (429, ErrorCode::TooManyUploads));
    assert_eq!(answer.header("retry-after"), "5");
    let problem = answer.json();
    assert_eq!(problem["limit"], 1_000_000 + 256 * 1024);
    assert!(problem["got"].as_u64() > problem["limit"].as_u64(), "{problem}");
    drop(first);
    assert_eq!(front.post(&[("file", GIF), ("bottom", b"a")]).await.status, StatusCode::ACCEPTED);
}

fn tokio_test_task(front: &Front, request: Request<Body>) -> futures::future::BoxFuture<'static, ()> {
    let router = front.router.clone();
    Box::pin(async move {
        let _ = router.oneshot(request).await;
    })
}

#[tokio::test]
async fn without_a_broker_the_client_is_told_to_come_back() {
    let front = front();
    front.broker.close().await;
    let answer = front.post(&[("file", GIF), ("bottom", b"a")]).await;
    assert_eq!(answer.refusal(), (503, ErrorCode::BrokerUnavailable));
    assert_eq!(answer.header("retry-after"), "5");

    let store = Store::open(&StoreConfig::new("memory:")).unwrap();
    let clients = Clients::new(Fairness::default());
    let parts = ApiParts {
        broker: Eventual::default(),
        store: store.clone(),
        ids: Ids::system(),
        keys: None,
        clients,
        subscribers: api::EventSubscribers::default(),
        sources: None,
        callbacks: api::Callbacks::default(),
        acceptances: api::Acceptances::default(),
    };
    let not_yet = Front { router: api::router(&config(), parts, &mut registry()), store, ..front };
    let answer = not_yet.post(&[("file", GIF), ("bottom", b"a")]).await;
    assert_eq!(answer.refusal(), (503, ErrorCode::BrokerUnavailable));
    assert_eq!(not_yet.store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap(), [], "no record without a broker");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_dribbles_is_ended() {
    let front = front();
    let body = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    let request =
        Request::post("/v1/jobs").header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge").body(body).unwrap();
    assert_eq!(front.send(request).await.refusal(), (408, ErrorCode::Timeout));
}

#[tokio::test]
async fn a_result_is_streamed_with_all_that_a_cache_needs() {
    let front = front();
    let accepted = front.post(&[("file", GIF), ("bottom", b"a")]).await;
    let message = next_message(&front.broker).await;
    let path = format!("{}/result", accepted.header("location"));
    let waiting = front.get(&path).await;
    assert_eq!(waiting.refusal(), (409, ErrorCode::NotReady));
    assert_eq!(waiting.header("retry-after"), "1");

    let id = proto_shared::OutputId::from_bytes([7; 32]);
    front.store.put_output(&id, MediaType::Gif, Bytes::from_static(GIF)).await.unwrap();
    let output = OutputInfo { id: id.clone(), media: MediaType::Gif, bytes: GIF.len() as u64, width_px: 1, height_px: 1 };
    let outcome = Outcome::Done {
        output,
        stats: RenderStats::default(),
        missing_glyphs: vec!['\u{1f600}'],
        fidelity: proto_shared::Fidelity::default(),
    };
    front.finish(&message.job.id, outcome).await;

    let job = front.get(accepted.header("location")).await.json();
    assert_eq!(job["state"], "done");
    assert_eq!(job["finished_at"], "2023-11-14T22:13:21.123Z");
    assert_eq!(job["output"]["url"], path);
    assert_eq!(job["missing_glyphs"], json!(["\u{1f600}"]));

    let answer = front.get(&path).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, GIF));
    assert_eq!(answer.header("content-type"), "image/gif");
    assert_eq!(answer.header("content-length"), "43");
    assert_eq!(answer.header("content-disposition"), format!("inline; filename=\"{}.gif\"", message.job.id));
    assert!(answer.header("cache-control").contains("immutable"));
    let etag = answer.header("etag").to_owned();
    assert_eq!(etag, format!("\"{id}\""));

    let again = Request::get(&path).header(header::IF_NONE_MATCH, &etag).body(Body::empty()).unwrap();
    let unchanged = front.send(again).await;
    assert_eq!((unchanged.status, unchanged.body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(unchanged.header("etag"), etag);
    let other = Request::get(&path).header(header::IF_NONE_MATCH, "\"other\"").body(Body::empty()).unwrap();
    assert_eq!(front.send(other).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_failed_job_says_why_and_its_result_is_gone() {
    let front = front();
    let accepted = front.post(&[("file", GIF), ("bottom", b"a")]).await;
    let id = next_message(&front.broker).await.job.id;
    front.finish(&id, Outcome::Failed { code: ErrorCode::TextDoesNotFit, message: "too long".into(), field: None }).await;
    let job = front.get(accepted.header("location")).await.json();
    assert_eq!(job["state"], "failed");
    assert_eq!(job["error"], json!({"code":"text_does_not_fit","message":"too long"}));
    let answer = front.get(&format!("{}/result", accepted.header("location"))).await;
    assert_eq!(answer.refusal(), (410, ErrorCode::JobFailed));
}

#[tokio::test]
async fn every_answer_carries_a_request_id() {
    let front = front();
    let request = Request::get("/nowhere").header("x-request-id", "from-the-caller").body(Body::empty()).unwrap();
    assert_eq!(front.send(request).await.header("x-request-id"), "from-the-caller");
    assert_eq!(front.get("/nowhere").await.header("x-request-id").len(), 32);
}
