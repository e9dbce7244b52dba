//! What a page asks for beside jobs: what there is, where words will stand, the source, and what others made.

use proto_shared::OutputId;

use super::*;

const FORM: &[Part<'_>] = &[("file", GIF), ("bottom", b"monday")];

async fn lay_out(front: &Front, body: impl Into<Body>) -> Answer {
    front.send(Request::post("/v1/layout").body(body.into()).unwrap()).await
}

#[tokio::test]
async fn the_service_says_what_it_takes() {
    let info = front().get("/v1/info").await.json();
    assert_eq!((&info["fonts"][0], &info["keys_required"]), (&json!("anton"), &json!(false)));
    assert_eq!(info["fonts"].as_array().unwrap().len(), caption_layout::BUILTIN_FONT_NAMES.len());
    for font in info["fonts"].as_array().unwrap() {
        let sample = &info["font_samples"][font.as_str().unwrap()];
        assert!(&sample["text"] == font && sample["em"] == 100 && sample["top"].as_i64().unwrap() < -40, "{font} {sample}");
        assert!(sample["path"].as_str().unwrap().starts_with('M'), "{font}");
    }
    assert!(info.to_string().len() < 60_000, "{} bytes", info.to_string().len());
    assert_eq!((&info["limits"]["max_captions"], &info["presets"]["meme"]["case"]), (&json!(32), &json!("upper")));
    assert_eq!((&info["limits"]["max_upload_bytes"], &info["limits"]["max_text_chars"]), (&json!(1_000_000), &json!(1_000)));
}

#[tokio::test]
async fn words_stand_in_a_layout_as_in_a_result() {
    let front = front();
    let asked = json!({"width_px": 300, "height_px": 200, "captions": [
        {"text": "one\ntwo ሰ", "style": "bar", "at": "top", "size": 20, "fill": "#f00"},
        {"text": "below"},
    ]});
    let answer = lay_out(&front, asked.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let told = answer.json();
    let band = &told["captions"][0]["band"];
    let band_px = band["height_px"].as_u64().unwrap();
    assert_eq!(*band, json!({"left_px": 0, "top_px": 0, "width_px": 300, "height_px": band_px}));
    assert_eq!(told["picture"], json!({"left_px": 0, "top_px": band_px, "width_px": 300, "height_px": 200}));
    assert_eq!((&told["width_px"], &told["height_px"]), (&json!(300), &json!(200 + band_px)));
    let [bar, overlay] = told["captions"].as_array().unwrap().as_slice() else { panic!("two captions: {told}") };
    assert_eq!((&bar["lines"], &bar["missing_glyphs"]), (&json!(["one", "two ሰ"]), &json!(["ሰ"])));
    assert_eq!((&bar["fill"], &bar["stroke_px"], &bar["size_px"]), (&json!("#ff0000"), &json!(0.0), &json!(20.0)));
    assert_eq!((&overlay["fill"], &overlay["stroke"], &overlay["band"]), (&json!("#ffffff"), &json!("#000000"), &Value::Null));
    assert!(overlay["stroke_px"].as_f64().unwrap() > 1.0 && overlay["path"].as_str().unwrap().starts_with('M'));
}

#[tokio::test]
async fn a_layout_tells_plates_shadows_and_times() {
    let front = front();
    let asked = json!({"width_px": 300, "height_px": 200, "captions": [
        {"text": "a box", "style": "box", "at": {"x": 0, "y": 0, "width": 0.5, "height": 0.5}, "background": "#ff000080", "from": 0.5, "to": 2},
        {"text": "shade", "style": "shadow", "at": "middle", "size": 40, "stroke": "navy", "frames": [3, 9]},
        {"text": "bar", "style": "bar", "background": "gold"},
        {"text": "plain", "style": "plain", "at": "top"},
    ]});
    let told = lay_out(&front, asked.to_string()).await.json();
    let [boxed, shade, bar, plain] = told["captions"].as_array().unwrap().as_slice() else { panic!("four captions: {told}") };
    let side = |name: &str| boxed["plate"][name].as_f64().unwrap();
    assert!(side("radius_px") > 0.0 && side("width_px") <= 150.0 && side("height_px") <= 100.0, "{boxed}");
    assert!(side("left_px") <= boxed["box"]["left_px"].as_f64().unwrap(), "{boxed}");
    assert_eq!((&boxed["background"], &boxed["from"], &boxed["to"]), (&json!("#ff000080"), &json!(0.5), &json!(2.0)));
    assert_eq!((&shade["shadow"]["colour"], &shade["frames"]), (&json!("#000080"), &json!([3, 9])));
    assert!(
        shade["shadow"]["blur_px"].as_f64().unwrap() > 1.0 && shade["shadow"]["offset_px"].as_f64().unwrap() >= 1.0,
        "{shade}"
    );
    assert_eq!((&bar["background"], &bar["plate"]), (&json!("#ffd700"), &Value::Null));
    assert!(["plate", "band", "background", "shadow", "from", "frames"].iter().all(|name| plain.get(name).is_none()), "{plain}");
    assert_eq!((&plain["stroke_px"], &shade["stroke_px"]), (&json!(0.0), &json!(0.0)));
}

#[tokio::test]
async fn emoji_come_as_small_pictures_each_once() {
    let front = front();
    let of = |text: &str, size: u32| {
        json!({"width_px": 1_000, "height_px": 1_000, "captions": [{"text": text, "size": size}]}).to_string()
    };
    let told = lay_out(&front, of("ok 🎉👍🏽🎉", 40)).await.json();
    let emoji = told["captions"][0]["emoji"].as_array().unwrap();
    let images: Vec<_> = emoji.iter().map(|emoji| emoji["image"].as_u64().unwrap()).collect();
    assert_eq!((images[0], images.len()), (images[2], 3));
    let lefts: Vec<_> = emoji.iter().map(|emoji| emoji["left_px"].as_f64().unwrap()).collect();
    assert!(lefts.is_sorted() && (40.0..60.0).contains(&(lefts[2] - lefts[1])), "{lefts:?}");
    assert_eq!((told["images"].as_array().unwrap().len(), &told["captions"][0]["missing_glyphs"]), (2, &json!([])));
    assert!(told["images"][0].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"));
    // However large and many they are, the answer stays small.
    for (text, size) in
        [("🎉", 700), ("🦁🐯🐱🐶🐺🐻🐻‍❄️🐨🐼🐹🐭🐰🦊🦝🐮🐷🐽🐗🦄🐴🐸🐲🦎🐉🦖🦕🐢🐊🐍🐁", 200), (&"🎉".repeat(1_000), 12)]
    {
        let answer = lay_out(&front, of(text, size)).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.len() < 1_000_000, "{text}: {} bytes", answer.body.len());
    }
    let plain = lay_out(&front, of("plain", 40)).await.json();
    assert!(plain.get("images").is_none() && plain["captions"][0].get("emoji").is_none());
}

#[tokio::test]
async fn a_layout_that_can_not_be_names_its_field() {
    let front = front();
    let long = "w".repeat(1_001);
    let cases = [
        (json!({"width_px": 0, "height_px": 1, "captions": [{"text": "a"}]}), 422, ErrorCode::ZeroSized, "width_px"),
        (json!({"width_px": 1, "height_px": 9_999, "captions": [{"text": "a"}]}), 422, ErrorCode::CanvasTooLarge, "height_px"),
        (json!({"width_px": 9, "height_px": 9, "captions": []}), 422, ErrorCode::EmptyText, "captions"),
        (json!({"width_px": 90, "height_px": 90, "captions": [{"text": " "}]}), 422, ErrorCode::EmptyText, "captions[0].text"),
        (json!({"width_px": 90, "height_px": 90, "captions": [{"text": long}]}), 422, ErrorCode::TextTooLong, "captions[0].text"),
        (
            json!({"width_px": 90, "height_px": 30, "captions": [{"text": "a"}, {"text": "much too long ".repeat(60), "at": "top"}]}),
            422,
            ErrorCode::TextDoesNotFit,
            "captions[1].text",
        ),
        (
            json!({"width_px": 90, "height_px": 30, "captions": [{"text": "a", "font": "x"}]}),
            422,
            ErrorCode::UnknownFont,
            "captions[0].font",
        ),
        (
            json!({"width_px": 9, "height_px": 9, "captions": [{"text": "a", "fill": "redd"}]}),
            422,
            ErrorCode::BadColour,
            "captions[0].fill",
        ),
        (
            json!({"width_px": 9, "height_px": 9, "captions": [{"text": "a", "colour": "red"}]}),
            422,
            ErrorCode::BadSpec,
            "captions[0].colour",
        ),
        (json!({"width_px": 9, "height_px": 9, "captions": 7}), 422, ErrorCode::BadSpec, "captions"),
        (json!({"width_px": "wide", "height_px": 30, "captions": []}), 400, ErrorCode::BadRequest, "width_px"),
        (json!([]), 400, ErrorCode::BadRequest, "body"),
    ];
    for (body, status, code, field) in cases {
        let answer = lay_out(&front, body.to_string()).await;
        assert_eq!((answer.refusal(), &answer.json()["field"]), ((status, code), &json!(field)), "{body}");
    }
    let endless = Body::from_stream(futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"          "))));
    assert_eq!(lay_out(&front, endless).await.refusal(), (400, ErrorCode::BadRequest));
}

#[tokio::test]
async fn a_source_comes_back_as_it_went_in() {
    let front = front();
    let path = front.post(FORM).await.header("location").to_owned();
    let source = front.get(&format!("{path}/source")).await;
    assert_eq!((source.header("content-type"), &source.body[..]), ("image/gif", GIF));
    let known =
        Request::get(format!("{path}/source")).header("if-none-match", source.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(front.send(known).await.status, StatusCode::NOT_MODIFIED);
    for none in ["0192f0c1a2b37c4d8e9f001122334455", "x", "%ff"] {
        for picture in ["source", "result"] {
            let answer = front.get(&format!("/v1/jobs/{none}/{picture}")).await;
            assert_eq!(answer.refusal(), (404, ErrorCode::JobNotFound), "{none}/{picture}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_gallery_shows_what_is_done_and_was_meant_for_it_newest_first() {
    let front = front();
    let mut ids = Vec::new();
    for gallery in ["on", "", "true", "off", "1"] {
        let form = [("file", GIF), ("bottom", b"monday".as_slice()), ("gallery", gallery.as_bytes())];
        assert_eq!(front.post(&form).await.status, StatusCode::ACCEPTED);
        ids.push(next_message(&front.broker).await.job.id);
    }
    let shown = async |path: &str| {
        // Longer than an answer is kept.
        tokio::time::advance(Duration::from_secs(5)).await;
        let gallery = front.get(path).await.json();
        gallery["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shown("/v1/gallery").await, [""; 0], "none is done");
    for id in &ids[..4] {
        front.finish(id, done(OutputId::from_bytes([7; 32]))).await;
    }
    front.finish(&ids[4], Outcome::Cancelled).await;
    let mut expected = [ids[0].to_string(), ids[2].to_string()];
    let got = shown("/v1/gallery").await;
    expected.sort();
    expected.reverse();
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(expected.iter().all(|id| got.contains(id)), "{got:?}");
    assert_eq!(shown("/v1/gallery?limit=1").await.len(), 1);
    assert_eq!(front.get("/v1/gallery?limit=many").await.refusal(), (400, ErrorCode::BadRequest));
    let odd = front.post(&[("file", GIF), ("bottom", b"a"), ("gallery", b"perhaps")]).await;
    assert_eq!((odd.refusal(), &odd.json()["field"]), ((400, ErrorCode::BadRequest), &json!("gallery")));
}
