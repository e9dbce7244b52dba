//! The caption spec: what someone wants written, as JSON says it and as fields of a form say it.
//!
//! One type, read and written in three ways: strictly where a client sends it (`request`), tolerantly where a record or message
//! of another release is read (`recorded`), in one canonical form where it is hashed (`canonical`). It knows the rules that need
//! no font and no picture; whether a font exists or a text fits is for later stages to say. How a field is added is told in
//! docs/ARCHITECTURE.md.

mod canonical;
mod fields;
pub mod images;
mod place;
mod preset;
mod recorded;
mod request;
mod rules;
mod style;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::{
    fields::CaptionFields,
    place::{Align, Area, Position, Valign},
    preset::Presets,
    recorded::RecordedSpec,
    style::{Case, Style},
};
use crate::{
    Colour, ImageName, Lang, LineSpacing, Seconds, Size, SourceId, StrokeWidth, TranslucentColour, bounds::default_font,
};

/// The newest version of a job that this release understands. It is raised by each field or value that is added to a spec, and
/// a job says the version that it needs ([`CaptionSpec::needs_version`]): what asks for nothing new is understood by all.
pub const NEWEST_VERSION: u32 = 2;

/// Everything to be written on one picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptionSpec {
    /// At least one. Where they overlap, a later one lies above an earlier one.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::captions))]
    pub captions: Vec<Caption>,
    /// Emoji of one's own: the stored picture that `:name:` in a text shows, by its name. A name that is not here is text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::images, required = false))]
    pub images: BTreeMap<ImageName, SourceId>,
    /// Whether no pixel outside the captions may look different, whatever becomes of their colours. Else a full palette gives up
    /// entries for them, where nobody sees it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub exact: bool,
    /// Whether a picture that differs from what was asked for is a failure (`not_as_asked`).
    #[serde(default, skip_serializing_if = "is_default")]
    pub strict: bool,
}

/// One text at one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Caption {
    /// The words; `\n` breaks a line.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::caption_text))]
    pub text: String,
    /// Where. A bar stands at `top` or `bottom`.
    #[serde(default)]
    pub at: Position,
    /// Where the lines stand between left and right.
    #[serde(default, skip_serializing_if = "is_default")]
    pub align: Align,
    /// Where the text stands in its box between top and bottom; only with a box.
    #[serde(default, skip_serializing_if = "is_default")]
    pub valign: Valign,
    /// How.
    #[serde(default)]
    pub style: Style,
    /// A font that the worker knows by this name.
    #[serde(default = "default_font")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::font))]
    pub font: String,
    /// How large.
    #[serde(default)]
    pub size: Size,
    /// The letters' colour; the style's own when absent (bar black, else white).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Colour>,
    /// The outline's colour: black of an overlay when absent, none of a box when absent. The colour of a shadow: black when absent.
    /// A bar and plain letters have neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stroke: Option<Colour>,
    /// How wide the outline is on each side, in ems; 0.065 when absent. Only with an outline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stroke_width: Option<StrokeWidth>,
    /// What lies behind the words of a bar or a box: white, and black of 70 % when absent. A bar's is opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<TranslucentColour>,
    /// Whether the words are written in capitals.
    #[serde(default, skip_serializing_if = "is_default")]
    pub case: Case,
    /// How far lines stand apart; 1 when absent, which is what the font asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_spacing: Option<LineSpacing>,
    /// When it begins to be shown, by the position within each loop; at the first frame when absent. An animation's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Seconds>,
    /// When it is not shown any more; after the last frame when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Seconds>,
    /// The first and the last frame that show it, counted from 0, in place of `from` and `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::frames, required = false))]
    pub frames: Option<[u32; 2]>,
    /// The language of the words: which forms its Han characters have. When absent, the text tells: Japanese by its kana, Korean
    /// by its hangul, traditional Chinese by its bopomofo, simplified Chinese else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl CaptionSpec {
    /// Captions, with the defaults of everything else.
    #[must_use]
    pub fn of(captions: Vec<Caption>) -> Self {
        Self { captions, images: BTreeMap::new(), exact: false, strict: false }
    }
}

impl Caption {
    /// A caption with the defaults of everything but its words and place.
    #[must_use]
    pub fn new(text: impl Into<String>, at: Position, style: Style) -> Self {
        Self {
            text: text.into(),
            at,
            align: Align::default(),
            valign: Valign::default(),
            style,
            font: default_font(),
            size: Size::Auto,
            fill: None,
            stroke: None,
            stroke_width: None,
            background: None,
            case: Case::default(),
            line_spacing: None,
            from: None,
            to: None,
            frames: None,
            lang: None,
        }
    }

    /// The letters' colour: the one given, or the style's own.
    #[must_use]
    pub fn drawn_fill(&self) -> Colour {
        self.fill.unwrap_or(self.style.fill())
    }

    /// The outline's colour, if one is drawn: the one given, or an overlay's black.
    #[must_use]
    pub fn drawn_stroke(&self) -> Option<Colour> {
        match self.style {
            Style::Overlay => Some(self.stroke.unwrap_or(Colour { rgb: [0; 3] })),
            Style::Box => self.stroke,
            Style::Bar | Style::Shadow | Style::Plain => None,
        }
        .filter(|_| self.stroke_width.is_none_or(|width| width.steps() > 0))
    }

    /// The outline's width on each side in ems, where one is drawn.
    #[must_use]
    pub fn drawn_stroke_width(&self) -> Option<StrokeWidth> {
        self.drawn_stroke().map(|_| self.stroke_width.unwrap_or(DEFAULT_STROKE_WIDTH))
    }

    /// The shadow's colour, if one is drawn.
    #[must_use]
    pub fn drawn_shadow(&self) -> Option<Colour> {
        (self.style == Style::Shadow).then(|| self.stroke.unwrap_or(Colour { rgb: [0; 3] }))
    }

    /// The colour of what lies behind the words, if anything does: the one given, or the style's own.
    #[must_use]
    pub fn drawn_background(&self) -> Option<TranslucentColour> {
        self.style.background().map(|own| self.background.unwrap_or(own))
    }

    /// Whether it is shown a part of the time.
    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.from.is_some() || self.to.is_some() || self.frames.is_some()
    }
}

/// An outline's width where none is given.
const DEFAULT_STROKE_WIDTH: StrokeWidth = StrokeWidth::of_steps(650);

#[cfg(test)]
mod tests {
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
        assert!(timed.suits(crate::MediaType::Gif).is_ok());
        assert_eq!(timed.suits(crate::MediaType::Jpeg).unwrap_err().field, "captions[1].to");
        assert!(of(r#"{"captions":[{"text":"a"}]}"#).suits(crate::MediaType::Png).is_ok());
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
}
