//! How large letters are to be: `"auto"` or pixels, as JSON and forms say it.
//!
//! Part of the caption spec. It must refuse what no picture could hold, and name what it expected.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, spec_error::shown};

/// The smallest and largest size that may be asked for, in pixels per em.
pub const SIZE_RANGE_PX: std::ops::RangeInclusive<u32> = 4..=1_000;

/// The size of the letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Size {
    /// As large as reads well and fits.
    #[default]
    Auto,
    /// Pixels per em, shrunk only if the text would not fit.
    Px(u32),
}

impl FromStr for Size {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse::<u32>() {
            Ok(px) if SIZE_RANGE_PX.contains(&px) => Ok(Self::Px(px)),
            _ => Err(SpecError::new(
                ErrorCode::BadSize,
                "size",
                format!(
                    "`auto` or {} to {} pixels was expected, got `{}`",
                    SIZE_RANGE_PX.start(),
                    SIZE_RANGE_PX.end(),
                    shown(text)
                ),
            )),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Px(px) => serializer.serialize_u32(*px),
        }
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Wire {
            // To JSON 22 and 22.0 are one number, and some programs write the latter.
            Number(f64),
            Text(String),
        }
        let text = match Wire::deserialize(deserializer) {
            Ok(Wire::Number(px)) => px.to_string(),
            Ok(Wire::Text(text)) => text,
            Err(_) => return Err(serde::de::Error::custom("`auto` or a whole number of pixels was expected")),
        };
        text.parse().map_err(|e: SpecError| serde::de::Error::custom(e.message))
    }
}
