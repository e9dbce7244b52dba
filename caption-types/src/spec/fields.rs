//! The fields of a caption without its words, each given or not: what a form and a command line say, what a preset and a cue hold.
//!
//! Whoever makes a spec of something other than JSON reads fields here, by the names and rules of [`Caption`]. It must know
//! every field of a caption but its words: what is missing here can't be asked for but in JSON.

use serde::{Deserialize, Serialize};

use super::{Align, Caption, Case, Position, Style, Valign};
use crate::{
    Colour, ErrorCode, Lang, LineSpacing, Seconds, Size, SpecError, StrokeWidth, TranslucentColour, bounds::default_font,
    spec_error::shown,
};

/// Declares the fields: each with its type and how it is read from text.
macro_rules! fields {
    ($($name:ident: $type:ty, $read:expr;)+) => {
        /// Fields of a caption. What is not given is another's to say, at last the defaults of a caption.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(deny_unknown_fields)]
        #[expect(missing_docs, reason = "they are those of a caption")]
        pub struct CaptionFields {
            $(
                #[serde(default, skip_serializing_if = "Option::is_none")]
                #[cfg_attr(feature = "openapi", schema(nullable = false))]
                pub $name: Option<$type>,
            )+
        }

        impl CaptionFields {
            /// The names of all fields, as JSON and forms have them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];

            /// Reads one field from text, as forms and command lines have it.
            ///
            /// # Errors
            /// A name that is no field's, or a value that the field does not take.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), SpecError> {
                match name {
                    $(stringify!($name) => self.$name = Some($read(text).map_err(|e: SpecError| e.at(name))?),)+
                    _ => return Err(SpecError::new(ErrorCode::BadSpec, shown(name), "no field of a caption has this name")),
                }
                Ok(())
            }

            /// The names of those that are given.
            pub fn given(&self) -> impl Iterator<Item = &'static str> {
                [$(self.$name.is_some().then_some(stringify!($name))),+].into_iter().flatten()
            }

            /// What is not given here as `under` has it.
            fn or(self, under: &Self) -> Self {
                Self { $($name: self.$name.or_else(|| under.$name.clone()),)+ }
            }
        }
    };
}

fields! {
    at: Position, str::parse;
    align: Align, str::parse;
    valign: Valign, str::parse;
    style: Style, str::parse;
    font: String, named;
    size: Size, str::parse;
    fill: Colour, str::parse;
    stroke: Colour, str::parse;
    stroke_width: StrokeWidth, str::parse;
    background: TranslucentColour, str::parse;
    case: Case, str::parse;
    line_spacing: LineSpacing, str::parse;
    from: Seconds, str::parse;
    to: Seconds, str::parse;
    frames: [u32; 2], frames;
    lang: Lang, str::parse;
}

/// Whether there is a font of the name is not known here.
#[expect(clippy::unnecessary_wraps, reason = "as all fields are read")]
fn named(text: &str) -> Result<String, SpecError> {
    Ok(text.to_owned())
}

/// `4-10`, or `4` for one frame.
fn frames(text: &str) -> Result<[u32; 2], SpecError> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    if let [Ok(first), Ok(last)] = [first, last].map(|number| number.trim().parse()) {
        return Ok([first, last]);
    }
    let message = format!("the first and the last frame were expected, such as `4-10`, got `{}`", shown(text));
    Err(SpecError::new(ErrorCode::BadSpec, "frames", message))
}

impl CaptionFields {
    /// These, and the others as `under` has them. What is only a default is left out where it means nothing beside a field that
    /// is given here: a band's colour beside plain letters, seconds beside frames.
    #[must_use]
    pub fn over(self, under: &Self) -> Self {
        let mut under = under.clone();
        if self.frames.is_some() {
            (under.from, under.to) = (None, None);
        }
        if self.from.is_some() || self.to.is_some() {
            under.frames = None;
        }
        if self.at.is_some_and(|at| !matches!(at, Position::Within(_))) {
            under.valign = None;
        }
        if let Some(style) = self.style {
            under.background = under.background.filter(|_| style.background().is_some());
            under.stroke = under.stroke.filter(|_| style != Style::Plain);
            under.stroke_width = under.stroke_width.filter(|_| matches!(style, Style::Overlay | Style::Box));
        }
        self.or(&under)
    }

    /// The first field that gives a time.
    #[must_use]
    pub fn time_field(&self) -> Option<&'static str> {
        self.given().find(|name| matches!(*name, "from" | "to" | "frames"))
    }

    /// A caption of these words; it is not checked.
    #[must_use]
    pub fn caption(self, text: impl Into<String>) -> Caption {
        let Self { at, align, valign, style, font, size, fill, stroke, stroke_width, background, .. } = self;
        let Self { case, line_spacing, from, to, frames, lang, .. } = self;
        Caption {
            text: text.into(),
            at: at.unwrap_or_default(),
            align: align.unwrap_or_default(),
            valign: valign.unwrap_or_default(),
            style: style.unwrap_or_default(),
            font: font.unwrap_or_else(default_font),
            size: size.unwrap_or_default(),
            fill,
            stroke,
            stroke_width,
            background,
            case: case.unwrap_or_default(),
            line_spacing,
            from,
            to,
            frames,
            lang,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CaptionSpec;

    fn of(fields: &[(&str, &str)]) -> CaptionFields {
        let mut made = CaptionFields::default();
        for (name, text) in fields {
            made.set(name, text).unwrap();
        }
        made
    }

    #[test]
    fn every_field_of_a_caption_but_its_words_is_read_from_text() {
        let all = [
            ("at", "0.1,0.4,0.8,0.2"),
            ("align", "left"),
            ("valign", "top"),
            ("style", "box"),
            ("font", "sans"),
            ("size", "20"),
            ("fill", "red"),
            ("stroke", "#00f"),
            ("stroke_width", "0.1"),
            ("background", "00000080"),
            ("case", "upper"),
            ("line_spacing", "1.5"),
            ("from", "0.5"),
            ("to", "2"),
            ("frames", "4-10"),
            ("lang", "ja"),
        ];
        assert_eq!(all.map(|(name, _)| name), CaptionFields::NAMES);
        let fields = of(&all);
        assert_eq!(fields.given().collect::<Vec<_>>(), CaptionFields::NAMES);
        let caption = fields.caption("words");
        let written = serde_json::to_value(&caption).unwrap();
        let names: Vec<&String> = written.as_object().unwrap().keys().filter(|name| *name != "text").collect();
        assert_eq!(names.len(), all.len(), "{names:?}");
        assert_eq!(caption.frames, Some([4, 10]));
        assert_eq!(CaptionFields::default().caption("words"), Caption::new("words", Position::Bottom, Style::Overlay));
    }

    #[test]
    fn what_is_no_value_is_said_of_its_field() {
        for (name, text) in [("at", "left"), ("to", "x"), ("stroke_width", "9"), ("fill", "redd"), ("frames", "4-"), ("wat", "1")]
        {
            let error = CaptionFields::default().set(name, text).unwrap_err();
            assert_eq!(error.field, name);
            assert!(name == "wat" || error.message.contains(&format!("got `{text}`")) || text == "9", "{error}");
        }
        assert_eq!(of(&[("frames", "7")]).frames, Some([7, 7]));
    }

    #[test]
    fn what_is_given_counts_more_and_leaves_out_defaults_that_mean_nothing_beside_it() {
        let under =
            of(&[("style", "bar"), ("background", "red"), ("size", "20"), ("from", "1"), ("at", "0,0,1,1"), ("valign", "top")]);
        let over = of(&[("style", "plain"), ("frames", "0-1"), ("at", "middle")]).over(&under);
        assert_eq!(over, of(&[("style", "plain"), ("frames", "0-1"), ("at", "middle"), ("size", "20")]));
        let timed = of(&[("to", "2")]).over(&of(&[("from", "1"), ("stroke_width", "0.1")]));
        assert_eq!(timed, of(&[("from", "1"), ("to", "2"), ("stroke_width", "0.1")]));
        let outlined = of(&[("style", "shadow")]).over(&of(&[("stroke", "red"), ("stroke_width", "0.1")]));
        assert_eq!(outlined, of(&[("style", "shadow"), ("stroke", "red")]));
        CaptionSpec::of(vec![over.caption("a")]).validate().unwrap();
    }
}
