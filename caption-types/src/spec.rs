//! The caption spec: what someone wants written, as JSON says it and as fields of a form say it.
//!
//! One type, read and written in three ways: strictly where a client sends it (`request`), tolerantly where a record or message
//! of another release is read (`recorded`), in one canonical form where it is hashed (`canonical`). It knows the rules that need
//! no font and no picture; whether a font exists or a text fits is for later stages to say. How a field is added is told in
//! docs/ARCHITECTURE.md.

mod canonical;
mod recorded;
mod request;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::recorded::RecordedSpec;
use crate::{
    Colour, ErrorCode, Lang, Size, SpecError,
    bounds::{MAX_CAPTIONS, MAX_FONT_NAME_CHARS, MAX_TEXT_CHARS, default_font},
    size::SIZE_RANGE_PX,
    spec_error::shown,
    visible::is_visible,
};

/// The newest version of a job that this release understands. It is raised by each field or value that is added to a spec, and
/// a job says the version that it needs ([`CaptionSpec::needs_version`]): what asks for nothing new is understood by all.
pub const NEWEST_VERSION: u32 = 2;

/// Everything to be written on one picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptionSpec {
    /// At least one; at most one for each position and style.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::captions))]
    pub captions: Vec<Caption>,
    /// Whether no pixel outside the captions may look different, whatever becomes of their colours. Else a full palette gives up
    /// entries for them, where nobody sees it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub exact: bool,
    /// Whether a picture that differs from what was asked for is a failure (`not_as_asked`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub strict: bool,
}

/// One text at one place.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Caption {
    /// The words; `\n` breaks a line.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::caption_text))]
    pub text: String,
    /// Where.
    #[serde(default)]
    pub at: Position,
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
    /// The letters' colour; the style's own when absent (overlay white, bar black).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Colour>,
    /// The outline's colour, overlay only; black when absent. A bar has no outline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stroke: Option<Colour>,
    /// The language of the words: which forms its Han characters have. When absent, the text tells: Japanese by its kana, Korean
    /// by its hangul, traditional Chinese by its bopomofo, simplified Chinese else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
}

/// Which edge of the picture the text stands at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Position {
    /// The upper edge; for a bar, above the picture.
    Top,
    /// The lower edge; for a bar, below the picture.
    #[default]
    Bottom,
}

/// How the text meets the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Filled and outlined letters on the picture.
    #[default]
    Overlay,
    /// Letters on a white band outside the picture.
    Bar,
}

impl FromStr for Style {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text {
            "overlay" => Ok(Self::Overlay),
            "bar" => Ok(Self::Bar),
            _ => Err(SpecError::new(
                ErrorCode::UnknownStyle,
                "style",
                format!("`overlay` or `bar` was expected, got `{}`", shown(text)),
            )),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "its shape is serde's")]
fn is_false(value: &bool) -> bool {
    !value
}

impl CaptionSpec {
    /// Captions, with the defaults of everything else.
    #[must_use]
    pub fn of(captions: Vec<Caption>) -> Self {
        Self { captions, exact: false, strict: false }
    }

    /// The lowest version that understands all of this spec: 1 without anything that was added since.
    #[must_use]
    pub fn needs_version(&self) -> u32 {
        let own = if self.exact || self.strict { 2 } else { 1 };
        self.captions.iter().map(Caption::needs_version).fold(own, u32::max)
    }

    /// Checks the rules that need neither font nor picture.
    ///
    /// # Errors
    /// The first rule broken, with its field, the limit and what was got.
    pub fn validate(&self) -> Result<(), SpecError> {
        let count = self.captions.len();
        if count == 0 {
            return Err(SpecError::new(ErrorCode::EmptyText, "captions", "at least one caption was expected, got none"));
        }
        if count > MAX_CAPTIONS {
            return Err(SpecError::new(
                ErrorCode::BadSpec,
                "captions",
                format!("at most {MAX_CAPTIONS} captions are allowed, got {count}"),
            ));
        }
        for (i, caption) in self.captions.iter().enumerate() {
            caption.validate(&format!("captions[{i}]"))?;
            if self.captions[..i].iter().any(|c| (c.at, c.style) == (caption.at, caption.style)) {
                return Err(SpecError::new(
                    ErrorCode::BadSpec,
                    format!("captions[{i}].at"),
                    "another caption of the same style stands there already",
                ));
            }
        }
        Ok(())
    }
}

impl Caption {
    /// A caption with the defaults of everything but its words and place.
    #[must_use]
    pub fn new(text: impl Into<String>, at: Position, style: Style) -> Self {
        Self { text: text.into(), at, style, font: default_font(), size: Size::Auto, fill: None, stroke: None, lang: None }
    }

    fn needs_version(&self) -> u32 {
        if self.lang.is_some() { 2 } else { 1 }
    }

    /// The letters' colour: the one given, or the style's own.
    #[must_use]
    pub fn drawn_fill(&self) -> Colour {
        self.fill.unwrap_or(match self.style {
            Style::Overlay => Colour { rgb: [255; 3] },
            Style::Bar => Colour { rgb: [0; 3] },
        })
    }

    /// The outline's colour, if the style draws one: the one given, or black.
    #[must_use]
    pub fn drawn_stroke(&self) -> Option<Colour> {
        match self.style {
            Style::Overlay => Some(self.stroke.unwrap_or(Colour { rgb: [0; 3] })),
            Style::Bar => None,
        }
    }

    fn validate(&self, field: &str) -> Result<(), SpecError> {
        let err = |code, name: &str, message: String| Err(SpecError::new(code, format!("{field}.{name}"), message));
        let chars = self.text.chars().count();
        if self.text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            return err(ErrorCode::EmptyText, "text", "words were expected, got none".to_owned());
        }
        if !self.text.chars().any(is_visible) {
            return err(ErrorCode::NoVisibleText, "text", "characters that can be seen were expected, got none".to_owned());
        }
        if let Some((i, c)) = self.text.chars().enumerate().find(|&(_, c)| is_undrawable(c)) {
            let message = format!(
                "characters that can be drawn, tabs and line breaks are allowed, got U+{:04X} as character {}",
                u32::from(c),
                i + 1
            );
            return err(ErrorCode::BadSpec, "text", message);
        }
        if chars > MAX_TEXT_CHARS {
            return err(ErrorCode::TextTooLong, "text", format!("at most {MAX_TEXT_CHARS} characters are allowed, got {chars}"));
        }
        let name_chars = self.font.chars().count();
        if name_chars == 0 || name_chars > MAX_FONT_NAME_CHARS {
            return err(
                ErrorCode::UnknownFont,
                "font",
                format!("a name of 1 to {MAX_FONT_NAME_CHARS} characters was expected, got {name_chars}"),
            );
        }
        if let Size::Px(px) = self.size
            && !SIZE_RANGE_PX.contains(&px)
        {
            let (least, most) = (SIZE_RANGE_PX.start(), SIZE_RANGE_PX.end());
            return err(ErrorCode::BadSize, "size", format!("{least} to {most} pixels are allowed, got {px}"));
        }
        Ok(())
    }
}

/// Whether nothing is drawn of a character and nothing is laid out by it: all control characters but a tab, which is drawn as a
/// space, and those that break a line.
fn is_undrawable(c: char) -> bool {
    c.is_control() && !matches!(c, '\t'..='\r' | '\u{85}')
}

#[cfg(test)]
mod tests {
    use super::*;
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
    }

    #[test]
    fn each_mistake_has_its_code_and_names_its_field() {
        let field = |name: &str| format!("captions[0].{name}");
        assert_eq!(code_of(r#"{"captions":[{"text":"a","style":"banner"}]}"#), (ErrorCode::UnknownStyle, field("style")));
        assert_eq!(code_of(r##"{"captions":[{"text":"a","fill":"#12"}]}"##), (ErrorCode::BadColour, field("fill")));
        assert_eq!(code_of(r#"{"captions":[{"text":"a","stroke":"red"}]}"#), (ErrorCode::BadColour, field("stroke")));
        assert_eq!(code_of(r#"{"captions":[{"text":"a","size":3}]}"#), (ErrorCode::BadSize, field("size")));
        assert_eq!(code_of(r#"{"captions":[{"text":"a","size":"huge"}]}"#), (ErrorCode::BadSize, field("size")));
        assert_eq!(code_of(r#"{"captions":[{"text":"a","lang":"zh_Hant"}]}"#), (ErrorCode::BadSpec, field("lang")));
        assert_eq!(code_of(r#"{"captions":[{"text":" \n\t"}]}"#), (ErrorCode::EmptyText, field("text")));
        let invisible = "{\"captions\":[{\"text\":\" \u{3164}\u{200D}\"}]}";
        assert_eq!(code_of(invisible), (ErrorCode::NoVisibleText, field("text")));
        assert_eq!(code_of(r#"{"captions":[]}"#), (ErrorCode::EmptyText, "captions".into()));
        assert_eq!(code_of(r#"{"captions":[{"text":"a","colour":"x"}]}"#).0, ErrorCode::BadSpec);
        assert_eq!(code_of(r#"{"captions":[{"text":"a"},{"text":"b"}]}"#), (ErrorCode::BadSpec, "captions[1].at".into()));
        assert_eq!(code_of(r#"{"captions":["#).0, ErrorCode::BadRequest);
        assert_eq!(code_of(r#"{"captions":[{"text":"a"}]} x"#).0, ErrorCode::BadRequest);
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
