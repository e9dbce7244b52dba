//! How a caption looks: its style, and which of the other fields mean something to it.
//!
//! Part of the caption spec.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::place::words;
use crate::{Colour, ErrorCode, SpecError, TranslucentColour, spec_error::shown};

/// How the text meets the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// Filled and outlined letters on the picture.
    #[default]
    Overlay,
    /// Letters on a band outside the picture.
    Bar,
    /// Letters on a plate, through which the picture shows as far as its colour lets it.
    Box,
    /// Letters above their soft shadow.
    Shadow,
    /// Letters alone.
    Plain,
}

/// Which letters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// Those of the text.
    #[default]
    Same,
    /// Capitals.
    Upper,
}

words!(Case, "case", "same" => Same, "upper" => Upper);

impl Style {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Overlay, Self::Bar, Self::Box, Self::Shadow, Self::Plain];

    /// As a spec writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overlay => "overlay",
            Self::Bar => "bar",
            Self::Box => "box",
            Self::Shadow => "shadow",
            Self::Plain => "plain",
        }
    }

    /// The letters' colour where none is given.
    pub(super) const fn fill(self) -> Colour {
        match self {
            Self::Bar => Colour { rgb: [0; 3] },
            Self::Overlay | Self::Box | Self::Shadow | Self::Plain => Colour { rgb: [255; 3] },
        }
    }

    /// The colour of what lies behind the words where none is given: the band's or the plate's.
    pub(super) const fn background(self) -> Option<TranslucentColour> {
        match self {
            Self::Bar => Some(TranslucentColour { rgb: [255; 3], alpha: 255 }),
            // Words of white are read on it above any picture.
            Self::Box => Some(TranslucentColour { rgb: [0; 3], alpha: 0xB3 }),
            Self::Overlay | Self::Shadow | Self::Plain => None,
        }
    }
}

impl FromStr for Style {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::ALL.into_iter().find(|style| style.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.map(|style| format!("`{}`", style.as_str())).join(", ");
            SpecError::new(ErrorCode::UnknownStyle, "style", format!("one of {known} was expected, got `{}`", shown(text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_read_as_they_are_written() {
        for style in Style::ALL {
            assert_eq!(style.as_str().parse::<Style>().unwrap(), style);
            assert_eq!(serde_json::to_string(&style).unwrap(), format!("\"{}\"", style.as_str()));
        }
        let refused = "banner".parse::<Style>().unwrap_err();
        assert_eq!(refused.message, "one of `overlay`, `bar`, `box`, `shadow`, `plain` was expected, got `banner`");
    }
}
