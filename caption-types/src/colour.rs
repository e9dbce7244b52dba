//! Colours as a spec writes them.
//!
//! Part of the caption spec: `#rgb` and `#rrggbb` are read, the longer form is written. No name of a colour is known.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, spec_error::shown};

/// An opaque sRGB colour, written `#rgb` or `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour {
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

impl FromStr for Colour {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Self, SpecError> {
        let refuse =
            || SpecError::new(ErrorCode::BadColour, "colour", format!("`#rgb` or `#rrggbb` was expected, got `{}`", shown(text)));
        let hex = text.strip_prefix('#').filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit())).ok_or_else(refuse)?;
        let value = u32::from_str_radix(hex, 16).map_err(|_| refuse())?;
        let [_, r, g, b] = match hex.len() {
            3 => (((value & 0xF00) << 8 | (value & 0x0F0) << 4 | value & 0x00F) * 0x11).to_be_bytes(),
            6 => value.to_be_bytes(),
            _ => return Err(refuse()),
        };
        Ok(Self { rgb: [r, g, b] })
    }
}

impl TryFrom<String> for Colour {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map_err(|e: SpecError| e.message)
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> String {
        colour.to_string()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.rgb;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn colours_read_back(rgb: [u8; 3]) {
            let colour = Colour { rgb };
            prop_assert_eq!(colour.to_string().parse::<Colour>().unwrap(), colour);
        }
    }
}
