//! How large letters are to be: `"auto"`, pixels, or a part of the picture's width (`"10%"`), as JSON and forms say it.
//!
//! Part of the caption spec. It must refuse what no picture could hold, and name what it expected.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, WidthPercent, spec_error::shown};

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
    /// An em is this part of the picture's width, and at least as many pixels as may be asked for; shrunk as pixels are.
    OfWidth(WidthPercent),
}

/// What is read.
fn expected() -> String {
    let (least, most) = (SIZE_RANGE_PX.start(), SIZE_RANGE_PX.end());
    let (narrowest, widest) = (WidthPercent::LEAST, WidthPercent::MOST);
    format!("`auto`, {least} to {most} pixels, or {narrowest}% to {widest}% of the picture's width")
}

impl FromStr for Size {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let read = match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().and_then(|percent: f64| percent.try_into().ok()).map(Self::OfWidth),
            // What is allowed of a number is among the rules, which name the bound that it breaks.
            None => text.parse().ok().map(Self::Px),
        };
        read.ok_or_else(|| {
            SpecError::new(ErrorCode::BadSize, "size", format!("{} was expected, got `{}`", expected(), shown(text)))
        })
    }
}

impl Serialize for Size {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::Px(px) => serializer.serialize_u32(*px),
            Self::OfWidth(percent) => serializer.collect_str(&format_args!("{percent}%")),
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
            Err(_) => return Err(serde::de::Error::custom(format_args!("{} was expected", expected()))),
        };
        text.parse().map_err(|e: SpecError| serde::de::Error::custom(e.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_width_is_read_and_written_one_way() {
        for (text, written) in [("10%", "10%"), ("12.50%", "12.5%"), ("33.333%", "33.33%"), ("1%", "1%"), ("50.0%", "50%")] {
            let size: Size = text.parse().unwrap();
            assert!(matches!(size, Size::OfWidth(_)));
            let json = serde_json::to_string(&size).unwrap();
            assert_eq!(json, format!("\"{written}\""));
            assert_eq!(serde_json::from_str::<Size>(&json).unwrap(), size);
        }
        for text in ["0.9%", "50.01%", "%", "NaN%", "-10%", "10 %", "ten%", "10%%", "-3", "99999999999", "10.5", "big"] {
            let refused = text.parse::<Size>().unwrap_err();
            let whole = format!("`auto`, 4 to 1000 pixels, or 1% to 50% of the picture's width was expected, got `{text}`");
            assert_eq!((refused.code, refused.message), (ErrorCode::BadSize, whole));
        }
        assert!(serde_json::from_str::<Size>("[1]").unwrap_err().to_string().starts_with("`auto`, 4 to 1000 pixels, or 1%"));
    }
}
