//! What a spec means, and what is refused of it by code and field.

use super::*;
use crate::{ErrorCode, bounds::MAX_TEXT_CHARS};
use proptest::prelude::*;

fn code_of(json: &str) -> (ErrorCode, String) {
    let e = CaptionSpec::from_json(json.as_bytes()).unwrap_err();
    (e.code, e.field)
}

#[test]
fn the_design_example_reads_and_the_short_form_means_the_same() {
    let full = br##"{"captions":[{"text":"when it compiles","at":"bottom","style":"overlay","font":"anton","size":"auto","fill":"#fff","stroke":"#000"}]}"##;
    let spec = CaptionSpec::from_json(full).unwrap();
    assert_eq!(spec.captions[0].fill, Some(Colour { rgb: [255; 3] }));
    let short = CaptionSpec::from_json(br#"{"captions":[{"text":"when it compiles"}]}"#).unwrap();
    assert_eq!(short.captions[0], Caption::new("when it compiles", Position::Bottom, Style::Overlay));
}

#[test]
fn each_style_has_its_own_colours_unless_others_are_given() {
    let overlay = Caption::new("a", Position::Top, Style::Overlay);
    assert_eq!((overlay.drawn_fill().rgb, overlay.drawn_stroke()), ([255; 3], Some(Colour { rgb: [0; 3] })));
    let bar = Caption { stroke: Some(Colour { rgb: [1; 3] }), ..Caption::new("a", Position::Top, Style::Bar) };
    assert_eq!((bar.drawn_fill().rgb, bar.drawn_stroke()), ([0; 3], None), "a bar has no outline");
}

#[test]
fn only_a_caption_of_a_language_needs_a_newer_release() {
    let of = |json: &str| CaptionSpec::from_json(json.as_bytes()).unwrap();
    assert_eq!(of(r#"{"captions":[{"text":"a","lang":null}]}"#).needs_version(), 1);
    let spec = of(r#"{"captions":[{"text":"a"},{"text":"b","at":"top","lang":"ZH-hant"}]}"#);
    assert_eq!((spec.needs_version(), spec.captions[1].lang.as_ref().map(Lang::as_str)), (2, Some("zh-Hant")));
    assert!(!serde_json::to_string(&of(r#"{"captions":[{"text":"a"}]}"#)).unwrap().contains("lang"));
    assert_eq!(of(r#"{"captions":[{"text":"a","size":40}]}"#).needs_version(), 1);
    assert_eq!(of(r#"{"captions":[{"text":"a","size":"10%"}]}"#).needs_version(), 2, "a part of the width is newer");
}

#[test]
fn each_mistake_has_its_code_and_names_its_field() {
    let field = |name: &str| format!("captions[0].{name}");
    assert_eq!(code_of(r#"{"captions":[{"text":"a","style":"banner"}]}"#), (ErrorCode::UnknownStyle, field("style")));
    assert_eq!(code_of(r##"{"captions":[{"text":"a","fill":"#12"}]}"##), (ErrorCode::BadColour, field("fill")));
    assert_eq!(code_of(r#"{"captions":[{"text":"a","stroke":"reddish"}]}"#), (ErrorCode::BadColour, field("stroke")));
    assert_eq!(code_of(r#"{"captions":[{"text":"a","size":3}]}"#), (ErrorCode::BadSize, field("size")));
    assert_eq!(code_of(r#"{"captions":[{"text":"a","size":"huge"}]}"#), (ErrorCode::BadSize, field("size")));
    assert_eq!(code_of(r#"{"captions":[{"text":"a","size":"60%"}]}"#), (ErrorCode::BadSize, field("size")));
    assert_eq!(code_of(r#"{"captions":[{"text":"a","lang":"zh_Hant"}]}"#), (ErrorCode::BadSpec, field("lang")));
    assert_eq!(code_of(r#"{"captions":[{"text":" \n\t"}]}"#), (ErrorCode::EmptyText, field("text")));
    let invisible = "{\"captions\":[{\"text\":\" \u{3164}\u{200D}\"}]}";
    assert_eq!(code_of(invisible), (ErrorCode::NoVisibleText, field("text")));
    assert_eq!(code_of(r#"{"captions":[]}"#), (ErrorCode::EmptyText, "captions".into()));
    assert_eq!(code_of(r#"{"captions":[{"text":"a","colour":"x"}]}"#).0, ErrorCode::BadSpec);
    assert_eq!(code_of(r#"{"captions":[{"text":"a"},{"text":"b"}]}"#), (ErrorCode::BadSpec, "captions[1].at".into()));
    assert_eq!(code_of(r#"{"captions":["#).0, ErrorCode::BadRequest);
    assert_eq!(code_of(r#"{"captions":[{"text":"a"}]} x"#).0, ErrorCode::BadRequest);
    for (fields, name) in [
        (r#""at":"middle","style":"bar""#, "at"),
        (r#""at":{"x":0.5,"y":0,"width":0.6,"height":1}"#, "at"),
        (r#""at":{"x":0.5,"y":0,"width":0,"height":1}"#, "at"),
        (r#""at":"left""#, "at"),
        (r#""at":{"x":0.5,"y":0,"width":-1,"height":1}"#, "at.width"),
        (r#""valign":"top""#, "valign"),
        (r#""align":"justify""#, "align"),
        (r##""background":"#fff""##, "background"),
        (r#""style":"plain","stroke":"black""#, "stroke"),
        (r#""style":"shadow","stroke_width":0.1"#, "stroke_width"),
        (r#""stroke_width":0.5"#, "stroke_width"),
        (r#""line_spacing":0"#, "line_spacing"),
        (r#""from":2,"to":2"#, "to"),
        (r#""to":0"#, "to"),
        (r#""from":-1"#, "from"),
        (r#""from":1,"frames":[0,1]"#, "frames"),
        (r#""frames":[2,1]"#, "frames"),
        (r#""to":1,"style":"bar""#, "to"),
        (r#""frames":[2]"#, "frames"),
        (r#""frames":[-1,2]"#, "frames[0]"),
    ] {
        let json = format!(r#"{{"captions":[{{"text":"a",{fields}}}]}}"#);
        assert_eq!(code_of(&json), (ErrorCode::BadSpec, field(name)), "{fields}");
    }
    let half = r##"{"captions":[{"text":"a","style":"bar","background":"#ffffff80"}]}"##;
    assert_eq!(code_of(half), (ErrorCode::BadColour, field("background")));
    let unread = r##"{"captions":[{"text":"a","style":"box","background":"#ff"}]}"##;
    assert_eq!(code_of(unread), (ErrorCode::BadColour, field("background")));
    let unknown = r#"{"captions":[{"text":"a","at":{"x":0,"y":0,"width":1,"height":1,"depth":1}}]}"#;
    assert_eq!(code_of(unknown), (ErrorCode::BadSpec, field("at.depth")));
    let long = format!(r#"{{"captions":[{{"text":"{}"}}]}}"#, "a".repeat(MAX_TEXT_CHARS + 1));
    assert_eq!(code_of(&long), (ErrorCode::TextTooLong, field("text")));
}

#[test]
fn a_character_of_which_nothing_is_drawn_is_refused_by_its_place() {
    for c in ['\u{0}', '\u{7}', '\u{1b}', '\u{7f}', '\u{80}', '\u{9f}'] {
        let json = serde_json::json!({"captions": [{"text": format!("ab{c}")}]}).to_string();
        let refused = CaptionSpec::from_json(json.as_bytes()).unwrap_err();
        assert_eq!((refused.code, refused.field.as_str()), (ErrorCode::BadSpec, "captions[0].text"));
        assert!(refused.message.ends_with(&format!("got U+{:04X} as character 3", u32::from(c))), "{refused}");
    }
    let drawn = "tab\tand breaks\n\r\n\r\u{b}\u{c}\u{85}\u{2028} e\u{301} \u{200d}\u{fe0f} 中";
    let json = serde_json::json!({"captions": [{"text": drawn}]}).to_string();
    assert_eq!(CaptionSpec::from_json(json.as_bytes()).unwrap().captions[0].text, drawn);
}

#[test]
fn a_still_has_no_time() {
    let of = |json: &str| CaptionSpec::from_json(json.as_bytes()).unwrap();
    let timed = of(r#"{"captions":[{"text":"a"},{"text":"b","at":"top","to":1}]}"#);
    assert!(timed.suits(crate::MediaType::Gif, 1).is_ok() && timed.suits(crate::MediaType::Png, 2).is_ok());
    assert_eq!(timed.suits(crate::MediaType::Jpeg, 1).unwrap_err().field, "captions[1].to");
    assert!(of(r#"{"captions":[{"text":"a"}]}"#).suits(crate::MediaType::Png, 1).is_ok());
}

#[test]
fn captions_of_one_place_may_take_turns() {
    let of = |second: &str| {
        CaptionSpec::from_json(format!(r#"{{"captions":[{{"text":"a","to":1}},{{"text":"b",{second}}}]}}"#).as_bytes())
    };
    assert!(of(r#""from":1"#).is_ok() && of(r#""frames":[3,3]"#).is_ok() && of(r#""align":"left""#).is_ok());
    let many = |count| format!(r#"{{"captions":[{}]}}"#, vec![r#"{"text":"a","to":1}"#; count].join(","));
    assert_eq!(CaptionSpec::from_json(many(32).as_bytes()).unwrap().needs_version(), 2);
    assert_eq!(code_of(&many(33)), (ErrorCode::BadSpec, "captions".into()));
}

proptest! {
    #[test]
    fn no_bytes_panic_the_reader(bytes: Vec<u8>) {
        let _ = CaptionSpec::from_json(&bytes);
    }

    #[test]
    fn what_is_written_reads_back(text in "\\PC{0,20}[a-z]", top: bool, px in 4u32..1000) {
        let mut caption = Caption::new(text, if top { Position::Top } else { Position::Bottom }, Style::Bar);
        caption.size = Size::Px(px);
        let spec = CaptionSpec::of(vec![caption]);
        prop_assert_eq!(CaptionSpec::from_json(&serde_json::to_vec(&spec).unwrap()).unwrap(), spec);
    }
}
