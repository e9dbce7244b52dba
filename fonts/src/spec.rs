//! A spec with its fonts looked up by name, and the files of its images beside it.
//!
//! All that render or preview use it, so that a spec means the same everywhere.

use caption_layout::{Images, LoadedCaption, LoadedSpec};
use proto_shared::{Caption, CaptionSpec, ErrorCode, SpecError};

use crate::Fonts;

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

/// Checks that there are the fonts that a spec names.
///
/// # Errors
/// A font that is not loaded.
pub fn check_fonts(spec: &CaptionSpec, fonts: &Fonts) -> Result<(), UnknownFont> {
    engine_spec(spec, fonts, Images::default()).map(drop)
}

/// What the engine is to write. `images` are the files of those that the spec's texts show.
///
/// # Errors
/// A font that is not loaded.
pub fn engine_spec(spec: &CaptionSpec, fonts: &Fonts, images: Images) -> Result<LoadedSpec, UnknownFont> {
    let load = |(i, caption): (usize, &Caption)| match fonts.get(&caption.font) {
        Some(font) => Ok(LoadedCaption { spec: caption.clone(), font: font.clone() }),
        None => Err(UnknownFont {
            caption: i,
            name: caption.font.clone(),
            known: fonts.names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        }),
    };
    let captions = spec.captions.iter().enumerate().map(load).collect::<Result<_, _>>()?;
    Ok(LoadedSpec {
        captions,
        fallbacks: fonts.fallbacks().to_vec(),
        images,
        exact: spec.exact,
        strict: spec.strict,
        output: spec.output(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> CaptionSpec {
        CaptionSpec::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn a_font_that_is_not_loaded_is_named_beside_those_that_are() {
        let spec = read(r#"{"captions":[{"text":"a","font":"impact"}]}"#);
        let error = check_fonts(&spec, &Fonts::built_in()).unwrap_err();
        let told = error.to_string();
        assert!(
            told.starts_with("no font is named `impact`; there are `anton`, `bangers`, ") && told.contains("`sans`"),
            "{told}"
        );
    }
}
