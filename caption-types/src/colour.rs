//! Colours as a spec writes them.
//!
//! Part of the caption spec: hexadecimal digits with or without `#`, or a name of CSS (CSS Color 4, section 6.1), are read; `#rrggbb`
//! is written, and `#rrggbbaa` of one that is not opaque.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, spec_error::shown};

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour {
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

/// An sRGB colour through which what is behind it may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TranslucentColour {
    /// Red, green, blue; not premultiplied.
    pub rgb: [u8; 3],
    /// 255 hides what is behind it, 0 is not seen.
    pub alpha: u8,
}

fn refused(expected: &str, got: &str) -> SpecError {
    SpecError::new(ErrorCode::BadColour, "colour", format!("{expected} was expected, got `{}`", shown(got)))
}

/// Red, green, blue and alpha. Functions of CSS are not read: their numbers mean colours that a picture may not have.
fn read(text: &str) -> Option<[u8; 4]> {
    let is_word = text.strip_prefix('#').unwrap_or(text).bytes().all(|b| b.is_ascii_alphanumeric());
    csscolorparser::parse(text).ok().filter(|_| is_word).map(|colour| colour.to_rgba8())
}

impl FromStr for Colour {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match read(text) {
            Some([r, g, b, 255]) => Ok(Self { rgb: [r, g, b] }),
            Some(_) => Err(refused("an opaque colour", text)),
            None => Err(refused("`#rgb`, `#rrggbb` or the name of a colour", text)),
        }
    }
}

impl FromStr for TranslucentColour {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let [r, g, b, alpha] =
            read(text).ok_or_else(|| refused("`#rgb`, `#rrggbb`, `#rrggbbaa` or the name of a colour", text))?;
        Ok(Self { rgb: [r, g, b], alpha })
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.rgb;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl fmt::Display for TranslucentColour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rgb, alpha } = *self;
        Colour { rgb }.fmt(f)?;
        if alpha < 255 { write!(f, "{alpha:02x}") } else { Ok(()) }
    }
}

/// JSON has both as text.
macro_rules! as_text {
    ($($name:ident)+) => {
        $(impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse().map_err(|e: SpecError| e.message)
            }
        }

        impl From<$name> for String {
            fn from(colour: $name) -> Self {
                colour.to_string()
            }
        })+
    };
}

as_text!(Colour TranslucentColour);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_are_read_by_digits_and_by_name() {
        let of = |text: &str| text.parse::<Colour>().map(|colour| colour.rgb).map_err(|e| e.message);
        for orange in ["orange", "Orange", "#ffa500", "ffa500", "FFA500"] {
            assert_eq!(of(orange), Ok([255, 165, 0]), "{orange}");
        }
        assert_eq!((of("#f0c"), of("f0c"), of("#ffffffff")), (Ok([255, 0, 204]), Ok([255, 0, 204]), Ok([255; 3])));
        assert_eq!(of("#ffffff80").unwrap_err(), "an opaque colour was expected, got `#ffffff80`");
        assert_eq!(of("transparent").unwrap_err(), "an opaque colour was expected, got `transparent`");
        for none in ["", "#", "#12", "oranje", "rgb(1,2,3)", "#12345", "#ggg", "hsl(0 0% 0%)"] {
            assert!(of(none).is_err_and(|e| e.starts_with("`#rgb`, `#rrggbb` or")), "{none}");
        }
        let half: TranslucentColour = "00000080".parse().unwrap();
        assert_eq!((half.rgb, half.alpha, half.to_string().as_str()), ([0; 3], 128, "#00000080"));
    }

    proptest! {
        #[test]
        fn colours_read_back(rgb: [u8; 3], alpha: u8) {
            let colour = Colour { rgb };
            prop_assert_eq!(colour.to_string().parse::<Colour>().unwrap(), colour);
            let translucent = TranslucentColour { rgb, alpha };
            prop_assert_eq!(translucent.to_string().parse::<TranslucentColour>().unwrap(), translucent);
        }
    }
}
