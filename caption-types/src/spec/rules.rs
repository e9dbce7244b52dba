//! What a spec may ask for: the rules that need neither font nor picture, and the release that understands it.
//!
//! Part of the caption spec. Each rule that is broken names its field, the limit and what was got. Of fields that mean nothing to a
//! style it refuses those that came after the first release: a spec of that one means what it meant.

use super::{Align, Caption, CaptionSpec, Case, Position, Style, Valign};
use crate::{
    ErrorCode, MediaType, OutputFields, Seconds, Size, SpecError,
    bounds::{MAX_CAPTIONS, MAX_FONT_NAME_CHARS, MAX_TEXT_CHARS},
    size::SIZE_RANGE_PX,
    visible::is_visible,
};

/// Captions that the first release took.
const FIRST_MAX_CAPTIONS: usize = 4;

impl CaptionSpec {
    /// The lowest version that understands all of this spec: 1 without anything that was added since.
    #[must_use]
    pub fn needs_version(&self) -> u32 {
        let has_new = self.exact || self.strict || !self.images.is_empty() || self.output() != OutputFields::default();
        let own = if has_new || self.captions.len() > FIRST_MAX_CAPTIONS { 2 } else { 1 };
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
            let message = format!("at most {MAX_CAPTIONS} captions are allowed, got {count}");
            return Err(SpecError::new(ErrorCode::BadSpec, "captions", message).limit(MAX_CAPTIONS, count));
        }
        self.validate_images()?;
        self.output().validate()?;
        for (i, caption) in self.captions.iter().enumerate() {
            caption.validate(&format!("captions[{i}]"))?;
            if self.captions[..i].iter().any(|other| other.hides_behind(caption)) {
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

impl CaptionSpec {
    /// Checks what can be asked of a picture of this kind and of so many frames: a still has no time.
    ///
    /// # Errors
    /// The field that means nothing to it.
    pub fn suits(&self, media: MediaType, frames: u32) -> Result<(), SpecError> {
        if media == MediaType::Gif || frames > 1 {
            return Ok(());
        }
        let timed = self.captions.iter().enumerate().find_map(|(i, caption)| Some((i, caption.time_field()?)));
        timed.map_or(Ok(()), |(i, field)| {
            let message = format!("a still picture has no time, and this one is `{}`", media.mime());
            Err(SpecError::new(ErrorCode::BadSpec, format!("captions[{i}].{field}"), message))
        })
    }
}

impl Caption {
    /// The first field that gives it a time.
    fn time_field(&self) -> Option<&'static str> {
        let fields = [("frames", self.frames.is_some()), ("from", self.from.is_some()), ("to", self.to.is_some())];
        fields.into_iter().find_map(|(field, is_there)| is_there.then_some(field))
    }

    fn needs_version(&self) -> u32 {
        // Taken apart, so that a field that is added is not forgotten here.
        let Self { text: _, at, align, valign, style, font: _, size, fill: _, stroke: _, lang, .. } = self;
        let Self { stroke_width, background, case, line_spacing, from, to, frames, .. } = self;
        let is_first = matches!(at, Position::Top | Position::Bottom)
            && matches!(style, Style::Overlay | Style::Bar)
            && (*align, *valign, *case) == (Align::default(), Valign::default(), Case::default())
            && lang.is_none()
            && !matches!(size, Size::OfWidth(_))
            && (stroke_width.is_none() && background.is_none() && line_spacing.is_none())
            && (from.is_none() && to.is_none() && frames.is_none());
        if is_first { 1 } else { 2 }
    }

    /// Whether the other, which is drawn later, stands at the same edge all the time: the words of neither could be read.
    fn hides_behind(&self, other: &Self) -> bool {
        let is_at_edge = !matches!(self.at, Position::Within(_));
        is_at_edge
            && (self.at, self.style, self.align) == (other.at, other.style, other.align)
            && !self.is_timed()
            && !other.is_timed()
    }

    fn validate(&self, field: &str) -> Result<(), SpecError> {
        self.validate_words(field)?;
        self.validate_looks().and_then(|()| self.validate_time()).map_err(|e| e.below(field))
    }

    /// What it is drawn with and where, each field beside those that give it a meaning.
    fn validate_looks(&self) -> Result<(), SpecError> {
        let err = |name: &str, message: &str| Err(SpecError::new(ErrorCode::BadSpec, name, message));
        let style = self.style.as_str();
        match (self.style, self.at) {
            (Style::Bar, Position::Middle | Position::Within(_)) => return err("at", "`top` or `bottom` was expected of a bar"),
            (_, Position::Within(area)) => {
                if let Some(fault) = area.fault() {
                    return err("at", &fault);
                }
            }
            _ => {}
        }
        if self.valign != Valign::default() && !matches!(self.at, Position::Within(_)) {
            return err("valign", "it means something only in a box: `at` was expected to be one");
        }
        match (self.background, self.style) {
            (None, _) | (Some(_), Style::Box) => {}
            (Some(colour), Style::Bar) if colour.alpha == u8::MAX => {}
            (Some(colour), Style::Bar) => {
                return Err(SpecError::new(
                    ErrorCode::BadColour,
                    "background",
                    format!("an opaque colour was expected of a bar, got `{colour}`"),
                ));
            }
            (Some(_), Style::Overlay | Style::Shadow | Style::Plain) => {
                return err("background", &format!("`bar` or `box` has one, got the style `{style}`"));
            }
        }
        if self.stroke.is_some() && self.style == Style::Plain {
            return err("stroke", "plain letters have neither outline nor shadow");
        }
        if self.stroke_width.is_some_and(|width| width.steps() > 0) && self.drawn_stroke().is_none() {
            return err("stroke_width", &format!("it means something only with an outline, got the style `{style}` without"));
        }
        Ok(())
    }

    fn validate_time(&self) -> Result<(), SpecError> {
        let err = |name: &str, message: String| Err(SpecError::new(ErrorCode::BadSpec, name, message));
        if let (Style::Bar, Some(field)) = (self.style, self.time_field()) {
            let message =
                "a bar makes the picture higher, so it is there all the time; leave the time out, or take another style";
            return err(field, message.to_owned());
        }
        match (self.from, self.to, self.frames) {
            (from, to, Some(_)) if from.is_some() || to.is_some() => {
                err("frames", "either frames or seconds were expected, got both".to_owned())
            }
            (_, _, Some([first, last])) if first > last => {
                err("frames", format!("the last frame was expected not to come before the first, got {first} and {last}"))
            }
            (from, Some(to), None) if to.steps() <= from.map_or(0, Seconds::steps) => {
                err("to", format!("more than `from`, which is {}, was expected, got {to}", from.map_or(0.0, Seconds::get)))
            }
            _ => Ok(()),
        }
    }

    fn validate_words(&self, field: &str) -> Result<(), SpecError> {
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
            let message = format!("at most {MAX_TEXT_CHARS} characters are allowed, got {chars}");
            return err(ErrorCode::TextTooLong, "text", message).map_err(|e| e.limit(MAX_TEXT_CHARS, chars));
        }
        let name_chars = self.font.chars().count();
        if name_chars == 0 || name_chars > MAX_FONT_NAME_CHARS {
            let limit = if name_chars == 0 { 1 } else { MAX_FONT_NAME_CHARS };
            let message = format!("a name of 1 to {MAX_FONT_NAME_CHARS} characters was expected, got {name_chars}");
            return err(ErrorCode::UnknownFont, "font", message).map_err(|e| e.limit(limit, name_chars));
        }
        if let Size::Px(px) = self.size
            && !SIZE_RANGE_PX.contains(&px)
        {
            let (least, most) = (SIZE_RANGE_PX.start(), SIZE_RANGE_PX.end());
            let limit = if px < *least { least } else { most };
            let message = format!("{least} to {most} pixels are allowed, got {px}");
            return err(ErrorCode::BadSize, "size", message).map_err(|e| e.limit(*limit as usize, px as usize));
        }
        Ok(())
    }
}

/// Whether nothing is drawn of a character and nothing is laid out by it: all control characters but a tab, which is drawn as a
/// space, and those that break a line.
fn is_undrawable(c: char) -> bool {
    c.is_control() && !matches!(c, '\t'..='\r' | '\u{85}')
}
