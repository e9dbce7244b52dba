//! The wire's spec in the engine's terms: fonts looked up, colours filled in.
//!
//! Whoever renders or previews uses it, so that a spec means the same everywhere.

use caption_layout::{At, Spec};
use proto_shared::{CaptionSpec, Colour, ErrorCode, Position, Size, SpecError, Style};

use crate::Fonts;

/// For what a style does not draw.
const BLACK: Colour = Colour { rgb: [0; 3] };

/// The spec names a font that is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no font is named `{name}`; there are {known}")]
pub struct UnknownFont {
    /// Which caption of the spec names it.
    pub caption: usize,
    /// The name.
    pub name: String,
    /// Those there are.
    pub known: String,
}

impl UnknownFont {
    /// The code for the job's result.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::UnknownFont
    }
}

impl From<UnknownFont> for SpecError {
    fn from(unknown: UnknownFont) -> Self {
        Self::new(unknown.code(), format!("captions[{}].font", unknown.caption), unknown.to_string())
    }
}

/// What the engine is to write.
///
/// # Errors
/// A font that is not loaded.
pub fn engine_spec(spec: &CaptionSpec, fonts: &Fonts) -> Result<Spec, UnknownFont> {
    let captions =
        spec.captions.iter().enumerate().map(|(i, caption)| engine_caption(i, caption, fonts)).collect::<Result<_, _>>()?;
    Ok(Spec { captions, fallbacks: fonts.fallbacks().to_vec() })
}

fn engine_caption(i: usize, caption: &proto_shared::Caption, fonts: &Fonts) -> Result<caption_layout::Caption, UnknownFont> {
    let unknown = || UnknownFont {
        caption: i,
        name: caption.font.clone(),
        known: fonts.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    };
    Ok(caption_layout::Caption {
        text: caption.text.clone(),
        at: match caption.at {
            Position::Top => At::Top,
            Position::Bottom => At::Bottom,
        },
        style: match caption.style {
            Style::Overlay => caption_layout::Style::Overlay,
            Style::Bar => caption_layout::Style::Bar,
        },
        font: fonts.get(&caption.font).ok_or_else(unknown)?.clone(),
        size_px: match caption.size {
            Size::Auto => None,
            Size::Px(px) => Some(px),
        },
        fill: caption.drawn_fill().rgb,
        stroke: caption.drawn_stroke().unwrap_or(BLACK).rgb,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> CaptionSpec {
        CaptionSpec::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn each_style_has_its_own_colours_unless_others_are_given() {
        let spec = read(r##"{"captions":[{"text":"a"},{"text":"b","at":"top","style":"bar","size":20,"stroke":"#123456"}]}"##);
        let spec = engine_spec(&spec, &Fonts::built_in()).unwrap();
        assert_eq!((spec.captions[0].fill, spec.captions[0].stroke, spec.captions[0].size_px), ([255; 3], [0; 3], None));
        assert_eq!((spec.captions[1].fill, spec.captions[1].stroke), ([0; 3], [0; 3]), "a bar has no outline");
        assert_eq!((spec.captions[1].at, spec.captions[1].size_px), (At::Top, Some(20)));
    }

    #[test]
    fn a_font_that_is_not_loaded_is_named_beside_those_that_are() {
        let spec = read(r#"{"captions":[{"text":"a","font":"impact"}]}"#);
        let error = engine_spec(&spec, &Fonts::built_in()).unwrap_err();
        assert_eq!(error.to_string(), "no font is named `impact`; there are `anton`, `sans`");
    }
}
