//! Many captions for one picture in one request.

use super::*;

async fn batch(front: &Front, parts: &[Part<'_>]) -> Answer {
    let (mut head, body) = post(parts).into_parts();
    head.uri = "/v1/batches".parse().unwrap();
    front.send(Request::from_parts(head, body)).await
}

fn specs(texts: &[&str]) -> String {
    let specs: Vec<_> = texts.iter().map(|text| json!({"captions": [{"text": text}]})).collect();
    json!(specs).to_string()
}

#[tokio::test]
async fn each_spec_is_a_job_and_the_picture_comes_once() {
    let front = front();
    let answer = batch(&front, &[("file", GIF), ("specs", specs(&["one", "two", "three"]).as_bytes())]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{:?}", answer.body);
    let jobs = answer.json()["jobs"].as_array().unwrap().clone();
    let texts: Vec<_> = jobs.iter().map(|job| job["spec"]["captions"][0]["text"].clone()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    for job in &jobs {
        assert_eq!(job["source"], jobs[0]["source"]);
        assert_eq!(front.get(&format!("/v1/jobs/{}", job["id"].as_str().unwrap())).await.json(), *job);
    }
    assert_eq!(front.broker.depths().await.unwrap().waiting(), 3);
    let metrics = front.exposition.text().unwrap();
    assert!(metrics.contains(&format!("punchline_api_upload_bytes_total {}\n", GIF.len())), "{metrics}");
}

#[tokio::test]
async fn one_bad_spec_refuses_them_all_by_its_place() {
    let front = front();
    let too_many = specs(&["a"; 101]);
    let cases = [
        (r#"[{"captions":[{"text":"a"}]},{"captions":[{"text":" "}]}]"#, 422, ErrorCode::EmptyText, "specs[1].captions[0].text"),
        (r#"[{"captions":[{"text":"a","style":"x"}]}]"#, 422, ErrorCode::UnknownStyle, "specs[0].captions[0].style"),
        (r#"[{"captions":[{"text":"a","font":"x"}]}]"#, 422, ErrorCode::UnknownFont, "specs[0].captions[0].font"),
        ("[]", 422, ErrorCode::BadSpec, "specs"),
        ("{}", 422, ErrorCode::BadSpec, "specs"),
        ("[", 400, ErrorCode::BadRequest, "specs"),
        (&too_many, 422, ErrorCode::BadSpec, "specs"),
    ];
    for (specs, status, code, field) in cases {
        let answer = batch(&front, &[("file", GIF), ("specs", specs.as_bytes())]).await;
        assert_eq!((answer.refusal(), &answer.json()["field"]), ((status, code), &json!(field)), "{specs:.100}");
    }
    let with_fields = batch(&front, &[("file", GIF), ("specs", b"[]"), ("bottom", b"a")]).await;
    assert_eq!((with_fields.refusal(), &with_fields.json()["field"]), ((400, ErrorCode::BadRequest), &json!("bottom")));
    let without = batch(&front, &[("specs", specs(&["a"]).as_bytes())]).await;
    assert_eq!(without.refusal(), (400, ErrorCode::MissingFile));
    let single = front.post(&[("file", GIF), ("specs", specs(&["a"]).as_bytes())]).await;
    assert_eq!((single.refusal(), &single.json()["field"]), ((400, ErrorCode::BadRequest), &json!("specs")));
    assert_eq!(front.store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap(), []);
}

#[tokio::test]
async fn a_batch_of_the_same_name_is_the_same_jobs() {
    let front = front();
    let named = async || {
        let specs = specs(&["one", "two"]);
        let (mut head, body) = post(&[("file", GIF), ("specs", specs.as_bytes())]).into_parts();
        head.uri = "/v1/batches".parse().unwrap();
        head.headers.insert("idempotency-key", header::HeaderValue::from_static("order-7"));
        front.send(Request::from_parts(head, body)).await.json()
    };
    let first = named().await;
    assert_eq!(first, named().await);
    assert_ne!(first["jobs"][0]["id"], first["jobs"][1]["id"]);
}

#[tokio::test]
async fn what_the_queue_has_no_room_for_is_refused_by_itself() {
    let front = front_on(Broker::in_process_with(InProcessConfig { max_waiting_jobs: 2, ..InProcessConfig::default() }));
    let answer = batch(&front, &[("file", GIF), ("specs", specs(&["one", "two", "three"]).as_bytes())]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let outcomes: Vec<_> =
        answer.json()["jobs"].as_array().unwrap().iter().map(|job| job["error"]["code"].as_str().map(str::to_owned)).collect();
    assert_eq!(outcomes.iter().filter(|refused| refused.is_none()).count(), 2, "{outcomes:?}");
    assert!(
        outcomes.contains(&Some("broker_unavailable".to_owned())) || outcomes.contains(&Some("overloaded".to_owned())),
        "{outcomes:?}"
    );
    let full = batch(&front, &[("file", GIF), ("specs", specs(&["four"]).as_bytes())]).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE, "{:?}", full.body);
}
