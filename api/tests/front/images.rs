//! Emoji of one's own: files of a form, pictures that are stored already, and what is refused of either.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;

const WORDS: Part<'_> = ("bottom", b"it compiles :dot:");
/// Two frames of one pixel.
const MOVING: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

/// Signature, IHDR and the beginning of IDAT: as much as is looked at.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec();
    out.extend(width.to_be_bytes());
    out.extend(height.to_be_bytes());
    out.extend(b"\x08\x06\0\0\0crc!\0\0\0\x02IDAT..crc!");
    out
}

fn spec(text: &str, images: &Value) -> Vec<u8> {
    json!({"captions": [{"text": text}], "images": images}).to_string().into_bytes()
}

#[tokio::test]
async fn a_file_is_stored_as_a_source_and_named_in_the_spec() {
    let front = front();
    let id = source_id(MOVING);
    let empty = front.post(&[("file", GIF), WORDS, ("images.dot", MOVING), ("images.none", b"")]).await;
    assert_eq!((empty.status, empty.json()["field"].as_str()), (StatusCode::UNSUPPORTED_MEDIA_TYPE, Some("images.none")));
    let answer = front.post(&[("file", GIF), WORDS, ("images.dot", MOVING)]).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{:?}", answer.body);
    assert_eq!(answer.json()["spec"]["images"], json!({"dot": id.as_str()}));
    assert_eq!(front.store.get_source(&id).await.unwrap(), MOVING);
    let message = next_message(&front.broker).await;
    assert_eq!((message.job.version, message.job.known_spec().unwrap().images.len()), (2, 1));

    // By its name alone, and beside the file of the same.
    let named = spec("<:dot:7>", &json!({"dot": id.as_str()}));
    for parts in [&[("file", GIF), ("spec", &named[..])][..], &[("file", GIF), ("spec", &named), ("images.dot", MOVING)]] {
        let answer = front.post(parts).await;
        assert_eq!((answer.status, answer.json()["spec"]["images"]["dot"].as_str()), (StatusCode::ACCEPTED, Some(id.as_str())));
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_image_is_said_of_it_with_the_limit() {
    use ErrorCode as E;
    let front = front();
    let (large, long, long_name) = (png(4_096, 16), vec![0_u8; 256_001], format!("images.{}", "x".repeat(33)));
    let unknown = spec(":dot:", &json!({"dot": "0".repeat(64)}));
    let other = spec(":dot:", &json!({"dot": source_id(GIF).as_str()}));
    let cases: &[(u16, E, &str, Value, Vec<Part<'_>>)] = &[
        (422, E::CanvasTooLarge, "images.dot", json!([512, 4_096]), vec![WORDS, ("images.dot", &large)]),
        (413, E::FileTooLarge, "images.dot", json!([256_000, 256_001]), vec![WORDS, ("images.dot", &long)]),
        (415, E::UnsupportedMedia, "images.dot", json!([null, null]), vec![WORDS, ("images.dot", b"<svg>")]),
        (422, E::BadSpec, "images", json!([null, null]), vec![WORDS, ("images.a b", GIF)]),
        (422, E::BadSpec, "images", json!([32, 33]), vec![WORDS, (&long_name, GIF)]),
        (400, E::BadRequest, "images.dot", json!([null, null]), vec![WORDS, ("images.dot", GIF), ("images.dot", GIF)]),
        (422, E::UnknownSource, "images.dot", json!([null, null]), vec![("spec", &unknown)]),
        (400, E::BadRequest, "images.dot", json!([null, null]), vec![("spec", &other), ("images.dot", MOVING)]),
    ];
    for (status, code, field, numbers, parts) in cases {
        let answer = front.post(&[&[("file", GIF)], &parts[..]].concat()).await;
        let problem = answer.json();
        assert_eq!((answer.refusal(), &problem["field"]), ((*status, *code), &json!(field)), "{problem}");
        assert_eq!(&json!([problem["limit"], problem["got"]]), numbers, "{problem}");
    }
    let fields: Vec<String> = (0..17).map(|i| format!("images.n{i}")).collect();
    let parts: Vec<Part<'_>> =
        [("file", GIF), WORDS].into_iter().chain(fields.iter().map(|field| (field.as_str(), GIF))).collect();
    assert_eq!(front.post(&parts).await.refusal(), (422, E::BadSpec));
    assert_eq!(front.post(&parts[..18]).await.status, StatusCode::ACCEPTED);
    // A stored picture that is no emoji is not read.
    let picture = [GIF, &vec![0; 300_000]].concat();
    let stored = front.post(&[("file", &picture), ("bottom", b"large")]).await.json();
    let named = spec(":dot:", &json!({"dot": stored["source"]["id"]}));
    let answer = front.post(&[("file", GIF), ("spec", &named)]).await;
    assert_eq!(answer.refusal(), (413, E::FileTooLarge));
    assert_eq!((&answer.json()["field"], &answer.json()["limit"]), (&json!("images.dot"), &json!(256_000)));
}

#[tokio::test]
async fn a_repeat_is_the_same_request_by_its_images_too() {
    let front = front();
    let send = async |image: &[u8]| {
        let mut request = post(&[("file", GIF), WORDS, ("images.dot", image)]);
        request.headers_mut().insert("idempotency-key", "order-7".parse().unwrap());
        front.send(request).await
    };
    let first = send(MOVING).await.json();
    assert_eq!(send(MOVING).await.json()["id"], first["id"]);
    assert_eq!(send(GIF).await.refusal(), (422, ErrorCode::IdempotencyMismatch));
}

#[tokio::test]
async fn a_batch_has_its_images_in_every_spec() {
    let front = front();
    let specs = json!([{"captions": [{"text": ":dot:"}]}, {"captions": [{"text": "plain"}]}]).to_string();
    let (parts, body) = post(&[("file", GIF), ("specs", specs.as_bytes()), ("images.dot", MOVING)]).into_parts();
    let mut request = Request::from_parts(parts, body);
    *request.uri_mut() = "/v1/batches".parse().unwrap();
    let answer = front.send(request).await.json();
    let images = |i: usize| answer["jobs"][i]["spec"]["images"]["dot"].as_str().map(str::to_owned);
    assert_eq!([0, 1].map(images), [0, 1].map(|_| Some(source_id(MOVING).to_string())));
    assert!(front.store.get_source(&source_id(MOVING)).await.is_ok());
}

#[tokio::test]
async fn a_layout_has_the_file_of_an_image_without_its_motion() {
    let front = front();
    let id = source_id(MOVING);
    front.store.put_source(&id, Bytes::from_static(MOVING)).await.unwrap();
    let asked = |id: &str| {
        let captions = json!([{"text": "a :dot: <a:dot:1>🎉", "size": 40}]);
        let asked = json!({"width_px": 400, "height_px": 200, "captions": captions, "images": {"dot": id, "other": id}});
        Request::post("/v1/layout").body(Body::from(asked.to_string())).unwrap()
    };
    let told = front.send(asked(id.as_str())).await.json();
    assert_eq!(told["captions"][0]["lines"], json!(["a :dot: :dot:🎉"]));
    let [glyph, image] = told["images"].as_array().unwrap().as_slice() else { panic!("two pictures: {told}") };
    assert!(glyph.as_str().unwrap().starts_with("data:image/png;base64,"));
    let file = image.as_str().unwrap().strip_prefix("data:image/gif;base64,").unwrap();
    let still = [&MOVING[..34], b"\x3b"].concat();
    assert_eq!(STANDARD.decode(file).unwrap(), still, "the first frame");
    let emoji = told["captions"][0]["emoji"].as_array().unwrap();
    assert_eq!(emoji.iter().map(|emoji| emoji["image"].clone()).collect::<Vec<_>>(), [json!(1), json!(1), json!(0)]);
    assert_eq!([&emoji[0]["width_px"], &emoji[0]["height_px"]], [&json!(46.0), &json!(46.0)]);
    let answer = front.send(asked(&"0".repeat(64))).await;
    assert_eq!((answer.refusal(), &answer.json()["field"]), ((422, ErrorCode::UnknownSource), &json!("images.dot")));
}
