//! The front's description of itself against its answers: every answer of every test here is held against it.

use std::{fs, path::Path, sync::LazyLock};

use service::{Health, ops};
use tokio_util::sync::CancellationToken;

use super::*;

/// The document of an open front.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let get = async { front().send_open(Request::get("/openapi.json").body(Body::empty()).unwrap()).await };
    let read = async { axum::body::to_bytes(get.await.into_body(), 1_000_000).await.unwrap() };
    // A thread of its own: the caller is in a runtime already.
    let bytes = std::thread::spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(read))
        .join()
        .unwrap();
    serde_json::from_slice(&bytes).unwrap()
});

/// Holds an answer against the document: its status, its type, its body, and its headers.
pub(crate) fn check(method: &str, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path.split('?').next().unwrap()) else { return };
    let at = format!("{method} {path}: {}", answer.status);
    let response = &operation["responses"][answer.status.as_str()];
    assert!(response.is_object(), "{at} is not described");
    for name in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        // Of 409 only some say when to come again.
        assert!(answer.headers.contains_key(name) || answer.status == StatusCode::CONFLICT, "{at} has no {name}");
    }
    let Some(mime) = answer.headers.get("content-type").map(|mime| mime.to_str().unwrap()) else {
        assert!(response["content"].is_null() && answer.body.is_empty(), "{at} has no type");
        return;
    };
    let content = &response["content"][mime];
    assert!(content.is_object(), "{at} as {mime} is not described");
    if mime.ends_with("json") {
        let faults = faults(&content["schema"], &answer.json());
        assert!(faults.is_empty(), "{at}: {faults:#?}\n{}", answer.json());
    }
}

/// Holds the data of an event against its schema.
pub(crate) fn check_event(data: &Value) {
    let faults = faults(&json!({"$ref": "#/components/schemas/Event"}), data);
    assert!(faults.is_empty(), "{faults:#?}\n{data}");
}

fn faults(schema: &Value, instance: &Value) -> Vec<String> {
    let root = json!({"components": DOCUMENT["components"], "allOf": [schema]});
    let validator = jsonschema::options().should_validate_formats(true).build(&root).unwrap();
    validator.iter_errors(instance).map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let (_, item) = DOCUMENT["paths"].as_object().unwrap().iter().find(|(template, _)| {
        let (given, wanted): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        given.len() == wanted.len() && given.iter().zip(wanted).all(|(given, wanted)| wanted.starts_with('{') || *given == wanted)
    })?;
    item.get(method.to_lowercase())
}

#[tokio::test]
async fn the_document_is_for_everyone_and_comes_once() {
    let front = front();
    let first = front.get("/openapi.json").await;
    assert_eq!((first.status, first.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(first.json()["openapi"], "3.1.0");
    let again = Request::get("/openapi.json").header(header::IF_NONE_MATCH, first.header("etag")).body(Body::empty()).unwrap();
    let again = front.send(again).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn what_is_described_is_answered_and_what_is_not_is_refused() {
    let front = front();
    let health = ops::health(Health::new(CancellationToken::new()));
    let front = Front { router: front.router.clone().merge(health), ..front };
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "0192f0c1a2b37c4d8e9f001122334455");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let request = Request::builder().method(method).uri(&path).body(Body::empty()).unwrap();
            let answer = front.send(request).await;
            let is_described = item.get(method.to_lowercase()).is_some();
            assert_eq!(answer.status == StatusCode::METHOD_NOT_ALLOWED, !is_described, "{method} {path}");
            if is_described {
                let is_fallback = answer.status == StatusCode::NOT_FOUND && answer.refusal().1 == ErrorCode::NotFound;
                assert!(!is_fallback, "{method} {path}");
            } else {
                assert!(answer.headers.contains_key(header::ALLOW), "{method} {path}");
            }
        }
    }
}

/// Routes that are added beside the document would answer undescribed.
#[test]
fn every_route_of_the_api_is_in_the_document() {
    fn sources(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![fs::read_to_string(path).unwrap()] }).collect()
    }
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(!sources.iter().any(|source| source.contains(".route(\"/v1")), "routed past the document");
    let described: usize = sources.iter().map(|source| source.matches("#[utoipa::path(").count()).sum();
    let paths = DOCUMENT["paths"].as_object().unwrap().values();
    let operations: usize = paths.map(|item| item.as_object().unwrap().len()).sum();
    assert_eq!(operations, described + 3, "those of health are the service's");
}

#[test]
fn every_example_is_what_its_schema_says() {
    fn walk(value: &Value, seen: &mut usize) {
        if let (Some(schema), Some(examples)) = (value.get("schema"), value.get("examples").and_then(Value::as_object)) {
            for (name, example) in examples {
                assert_eq!(faults(schema, &example["value"]), [""; 0], "{name}");
                *seen += 1;
            }
        }
        match value {
            Value::Object(members) => members.values().for_each(|member| walk(member, seen)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, seen)),
            _ => {}
        }
    }
    let mut seen = 0;
    walk(&DOCUMENT["paths"], &mut seen);
    assert!(seen > 20, "{seen} examples");
}

#[test]
fn every_reference_leads_to_a_schema() {
    fn walk(value: &Value) {
        if let Some(to) = value.get("$ref").and_then(Value::as_str) {
            assert!(DOCUMENT.pointer(to.trim_start_matches('#')).is_some(), "{to}");
        }
        match value {
            Value::Object(members) => members.values().for_each(walk),
            Value::Array(items) => items.iter().for_each(walk),
            _ => {}
        }
    }
    walk(&DOCUMENT);
}

#[test]
fn a_spec_that_is_read_is_one_by_its_schema() {
    let schema = json!({"$ref": "#/components/schemas/CaptionSpec"});
    let cases = [
        r##"{"captions":[{"text":"a","at":"top","style":"bar","font":"x","size":20,"fill":"#fff","stroke":"#00FF00"}]}"##,
        r#"{"captions":[{"text":"a","size":"auto","fill":null}]}"#,
        r#"{"captions":[{"text":" a","size":20.0}]}"#,
        r#"{"captions":[{"text":"a","size":20.5}]}"#,
        r#"{"captions":[]}"#,
        r#"{"captions":[{"text":"a"}],"more":1}"#,
        r#"{"captions":[{"text":"a","more":1}]}"#,
        r#"{"captions":[{"text":""}]}"#,
        r#"{"captions":[{"text":" \n\u0007"}]}"#,
        r#"{"captions":[{"text":"a\u0000b"}]}"#,
        r#"{"captions":[{"text":"a\u009f"}]}"#,
        r#"{"captions":[{"text":"\u001ba"}]}"#,
        r#"{"captions":[{"text":"a\r\n\tb\u0085\u000bc\u2028d"}]}"#,
        r#"{"captions":[{"text":"a","size":3}]}"#,
        r#"{"captions":[{"text":"a","size":1001}]}"#,
        r##"{"captions":[{"text":"a","fill":"#ff"}]}"##,
        r#"{"captions":[{"text":"a","font":""}]}"#,
        r#"{"captions":[{"text":"a","lang":"zh-Hant-HK"}]}"#,
        r#"{"captions":[{"text":"a","lang":"en-u-ca-gregory-x-ab"}]}"#,
        r#"{"captions":[{"text":"a","lang":"sl-rozaj-biske-1994"}]}"#,
        r#"{"captions":[{"text":"a","lang":"ja_JP"}]}"#,
        r#"{"captions":[{"text":"a","lang":"x"}]}"#,
        r#"{"captions":[{"text":"a","lang":"i-klingon"}]}"#,
        r#"{"captions":[{"text":"a","lang":"en-x-abcdefgh-abcdefgh-abcdefgh-abc3"}]}"#,
        r#"{"captions":[{}]}"#,
        r#"{"captions":[{"text":"a","frames":[0,1]}]}"#,
        r#"{"captions":[{"text":"a","frames":null,"from":0,"to":2.5}]}"#,
        r#"{"captions":[{"text":"a","frames":[]}]}"#,
        r#"{"captions":[{"text":"a","frames":[0,1,2]}]}"#,
        r#"{"captions":[{"text":"a","frames":[-1,2]}]}"#,
        r#"{"captions":[{"text":"a","from":-1}]}"#,
        r#"{"captions":[{"text":"a","to":86401}]}"#,
        r#"{"captions":[{"text":"a","at":{"x":0,"y":0.5,"width":1,"height":0.5},"valign":"top","align":"right"}]}"#,
        r#"{"captions":[{"text":"a","at":"middle"}]}"#,
        r#"{"captions":[{"text":"a","at":"left"}]}"#,
        r#"{"captions":[{"text":"a","at":{"x":0,"y":0,"width":1}}]}"#,
        r#"{"captions":[{"text":"a","at":{"x":0,"y":0,"width":1,"height":2}}]}"#,
        r#"{"captions":[{"text":"a","at":{"x":0,"y":0,"width":1,"height":1,"depth":1}}]}"#,
        r##"{"captions":[{"text":"a","style":"box","background":"#00000080","stroke":"gold","stroke_width":0.25,"case":"upper"}]}"##,
        r#"{"captions":[{"text":"a","stroke_width":0.3}]}"#,
        r#"{"captions":[{"text":"a","line_spacing":0.4}]}"#,
        r#"{"captions":[{"text":"a","case":"lower"}]}"#,
        r#"{"captions":[{"text":":a:"}],"images":{}}"#,
        r#"{"captions":[{"text":":a:"}],"images":{"a":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}"#,
        r#"{"captions":[{"text":":a:"}],"images":{"a b":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}"#,
        r#"{"captions":[{"text":":a:"}],"images":{"a":"party.png"}}"#,
        r#"{"captions":[{"text":":a:"}],"images":[]}"#,
    ];
    let long = |chars: usize| json!({"captions": [{"text": "é".repeat(chars)}]}).to_string();
    for json in cases.into_iter().map(str::to_owned).chain([long(1_000), long(1_001)]) {
        let is_read = proto_shared::CaptionSpec::from_json(json.as_bytes()).is_ok();
        let faults = faults(&schema, &serde_json::from_str(&json).unwrap());
        assert_eq!(faults.is_empty(), is_read, "{json}: {faults:?}");
    }
}

#[tokio::test]
async fn the_page_says_all_that_the_document_says_and_loads_nothing_but_its_style() {
    let front = front();
    let answer = front.get("/docs").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'"));
    let page = std::str::from_utf8(&answer.body).unwrap();
    for item in DOCUMENT["paths"].as_object().unwrap().values().chain(DOCUMENT["webhooks"].as_object().unwrap().values()) {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(page.contains(&format!("<h3 id=\"{id}\">")), "{id}");
            assert!(id == "jobEnded" || operation["x-codeSamples"][0]["source"].is_string(), "{id} has no example");
        }
    }
    for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("<h3 id=\"schema-{name}\">")), "{name}");
    }
    for code in ErrorCode::ALL {
        assert!(page.contains(&format!("<code>{code}</code>")), "{code}");
    }
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "#{target} leads nowhere");
    }
    for bad in ["<script", "<style", " style=", "http://", "https://", "<img"] {
        assert!(!page.contains(bad), "{bad}");
    }
    let style = front.get("/docs/docs.css").await;
    assert_eq!((style.status, style.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(!String::from_utf8_lossy(&style.body).contains("url("));
}
