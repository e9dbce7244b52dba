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
mod platform;
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
    platform::{Platform, Platforms},
    preset::Presets,
    recorded::RecordedSpec,
    style::{Case, Style},
};
use crate::{
    ByteSize, Colour, Format, ImageName, Lang, LineSpacing, OutputFields, Seconds, Size, SourceId, StrokeWidth,
    TranslucentColour, bounds::default_font,
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
    /// The kind of file that comes out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub format: Format,
    /// The most bytes that the output may have. As little as needed is given up for it, and told; what can't be had is a failure
    /// (`fit_not_possible`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::max_bytes, required = false))]
    pub max_bytes: Option<ByteSize>,
    /// The widest that the picture may be, bars included: a wider one is made smaller before it is captioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::max_side, required = false))]
    pub max_width: Option<u32>,
    /// The highest that the picture may be, bars included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::max_side, required = false))]
    pub max_height: Option<u32>,
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
        Self {
            captions,
            images: BTreeMap::new(),
            exact: false,
            strict: false,
            format: Format::Same,
            max_bytes: None,
            max_width: None,
            max_height: None,
        }
    }
}

impl CaptionSpec {
    /// What is said of the file that comes out.
    #[must_use]
    pub fn output(&self) -> OutputFields {
        let &Self { format, max_bytes, max_width, max_height, .. } = self;
        OutputFields { format, max_bytes, max_width, max_height }
    }

    /// The same spec with another output.
    #[must_use]
    pub fn with_output(self, output: OutputFields) -> Self {
        let OutputFields { format, max_bytes, max_width, max_height } = output;
        Self { format, max_bytes, max_width, max_height, ..self }
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
mod tests;
