//! The fields of a form that make a spec: words anywhere, at any time, by a preset, or as the cues of a file.

use api::ApiConfig;

use super::*;

async fn captions(parts: &[Part<'_>]) -> Value {
    let answer = front().post(&[&[("file", GIF)], parts].concat()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{parts:?} {:?}", answer.body);
    answer.json()["spec"]["captions"].take()
}

#[tokio::test]
async fn words_stand_anywhere_and_have_every_field() {
    let made = captions(&[
        ("text", b"wait for it"),
        ("at", b"0.1,0.4,0.8,0.2"),
        ("align", b"left"),
        ("valign", b"top"),
        ("style", b"box"),
        ("size", b"20"),
        ("fill", b"gold"),
        ("stroke", b"000"),
        ("stroke_width", b"0.1"),
        ("background", b"#00000080"),
        ("case", b"upper"),
        ("line_spacing", b"1.5"),
        ("from", b"0.5"),
        ("to", b"2"),
        ("lang", b"en"),
        ("frames", b""),
    ])
    .await;
    let expected = json!([{
        "text": "wait for it", "at": {"x": 0.1, "y": 0.4, "width": 0.8, "height": 0.2}, "align": "left", "valign": "top", "style": "box",
        "font": "anton", "size": 20, "fill": "#ffd700", "stroke": "#000000", "stroke_width": 0.1, "background": "#00000080",
        "case": "upper", "line_spacing": 1.5, "from": 0.5, "to": 2.0, "lang": "en",
    }]);
    assert_eq!(made, expected);
    let three = captions(&[("top", b"a"), ("bottom", b"b"), ("text", b"c"), ("at", b"middle"), ("frames", b"3-9")]).await;
    assert_eq!(["top", "bottom", "middle"].map(|at| json!(at)), [0, 1, 2].map(|i| three[i]["at"].clone()));
    assert!(three.as_array().unwrap().iter().all(|caption| caption["frames"] == json!([3, 9])));
}

#[tokio::test]
async fn a_preset_fills_in_what_is_not_said() {
    let meme = captions(&[("top", b"me"), ("bottom", b"also me"), ("preset", b"meme"), ("size", b"30")]).await;
    for caption in [&meme[0], &meme[1]] {
        assert_eq!((&caption["case"], &caption["style"], &caption["size"]), (&json!("upper"), &json!("overlay"), &json!(30)));
    }
    assert_eq!(captions(&[("text", b"a"), ("preset", b"caption")]).await[0]["at"], "top");
    let answer = front().post(&[("file", GIF), ("text", b"a"), ("preset", b"mem")]).await;
    assert_eq!((answer.refusal(), &answer.json()["field"]), ((422, ErrorCode::UnknownPreset), &json!("preset")));

    let mut presets = proto_shared::Presets::shipped();
    presets.add("ours", br#"{"style":"shadow"}"#).unwrap();
    let front = front_with(&ApiConfig { presets, ..config() });
    let answer = front.post(&[("file", GIF), ("text", b"a"), ("preset", b"ours")]).await;
    assert_eq!(answer.json()["spec"]["captions"][0]["style"], "shadow");
    let info = front.get("/v1/info").await.json();
    assert_eq!(info["presets"]["ours"], json!({"style": "shadow"}));
    assert_eq!(info["presets"].as_object().unwrap().len(), 4);
}

#[tokio::test]
async fn each_cue_of_a_file_is_a_caption() {
    let file =
        "1\r\n00:00:00,500 --> 00:00:01,500\r\n<i>h\u{e9}llo</i>\r\n\r\n2\r\n00:00:01,500 --> 00:00:02,000\r\n{\\an8}up\r\n";
    let utf_16: Vec<u8> = format!("\u{feff}{file}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [file.as_bytes(), &utf_16] {
        let made = captions(&[("subtitles", bytes), ("style", b"shadow"), ("top", b"above"), ("to", b"9")]).await;
        let told = |i: usize| ["text", "at", "from", "to"].map(|name| made[i][name].clone());
        assert_eq!(told(0), [json!("above"), json!("top"), Value::Null, json!(9.0)]);
        assert_eq!(told(1), [json!("h\u{e9}llo"), json!("bottom"), json!(0.5), json!(1.5)]);
        assert_eq!(told(2), [json!("up"), json!("top"), json!(1.5), json!(2.0)]);
    }
    let cues = (10..55).map(|i| format!("{i}\n00:00:{i},000 --> 00:00:{i},900\nx\n\n"));
    let many = cues.collect::<Vec<_>>().concat();
    let answer = front().post(&[("file", GIF), ("subtitles", many.as_bytes())]).await;
    assert_eq!(answer.refusal(), (422, ErrorCode::BadSubtitles));
    let problem = answer.json();
    assert_eq!((&problem["field"], &problem["limit"], &problem["got"]), (&json!("subtitles"), &json!(32), &json!(45)));
}

#[tokio::test]
async fn what_is_wrong_is_said_of_its_part() {
    use ErrorCode as E;
    let spec = br#"{"captions":[{"text":"a"}]}"#.as_slice();
    let long = format!("1\n00:00:00,500 --> 00:00:01,500\n{}\n", "x".repeat(1_001));
    let cases: &[(u16, E, &str, &[Part<'_>])] = &[
        (422, E::EmptyText, "text", &[("text", b" ")]),
        (422, E::BadSpec, "at", &[("text", b"a"), ("at", b"left")]),
        (422, E::BadSpec, "at", &[("bottom", b"a"), ("at", b"top")]),
        (422, E::BadSpec, "at", &[("bottom", b"a"), ("text", b"b")]),
        (422, E::BadSpec, "to", &[("text", b"a"), ("from", b"2"), ("to", b"1")]),
        (422, E::BadSpec, "frames", &[("text", b"a"), ("frames", b"2-")]),
        (422, E::BadSpec, "stroke_width", &[("text", b"a"), ("stroke_width", b"1")]),
        (422, E::BadColour, "background", &[("text", b"a"), ("style", b"bar"), ("background", b"#00000080")]),
        (422, E::BadSubtitles, "subtitles", &[("subtitles", b"hello")]),
        (422, E::BadSubtitles, "subtitles", &[("subtitles", b"1\n00:00:02,000 --> 00:00:01,000\nx")]),
        (422, E::BadSpec, "from", &[("subtitles", b"1\n00:00:01,000 --> 00:00:02,000\nx"), ("from", b"1")]),
        (422, E::TextTooLong, "subtitles", &[("subtitles", long.as_bytes())]),
        (422, E::UnknownFont, "font", &[("bottom", b"a"), ("font", b"wingdings")]),
        (422, E::BadSize, "size", &[("bottom", b"a"), ("size", b"1001")]),
        (400, E::BadRequest, "subtitles", &[("spec", spec), ("subtitles", b"x")]),
        (400, E::BadRequest, "subtitles", &[("subtitles", &vec![b'x'; 200_000])]),
        (400, E::BadRequest, "text", &[("spec", spec), ("text", b"x")]),
    ];
    for (status, code, field, parts) in cases {
        let answer = front().post(&[&[("file", GIF)], *parts].concat()).await;
        assert_eq!((answer.refusal(), &answer.json()["field"]), ((*status, *code), &json!(field)), "{parts:?} {:?}", answer.body);
    }
    let large = front().post(&[("file", GIF), ("bottom", b"a"), ("size", b"1001")]).await.json();
    assert_eq!((&large["limit"], &large["got"]), (&json!(1_000), &json!(1_001)));
}
