//! The name of an emoji of one's own.
//!
//! A spec has its images by name, and what a render did tells of some by theirs. A value of the type is safe to echo.

use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, SpecError, bounds::MAX_IMAGE_NAME_CHARS, spec_error::shown};

/// The name of an image: 1 to 32 of A-Z, a-z, 0-9 and _, as Discord has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageName(String);

impl ImageName {
    /// Takes a name.
    ///
    /// # Errors
    /// It is none: what was expected and what was got, of the field `images`.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        if (1..=MAX_IMAGE_NAME_CHARS).contains(&text.len()) && text.bytes().all(is_of_name) {
            return Ok(Self(text.to_owned()));
        }
        let message = format!("a name of 1 to {MAX_IMAGE_NAME_CHARS} of A-Z, a-z, 0-9 and _ was expected, got `{}`", shown(text));
        let refused = SpecError::new(ErrorCode::BadSpec, "images", message);
        let is_too_long = text.len() > MAX_IMAGE_NAME_CHARS;
        Err(if is_too_long { refused.limit(MAX_IMAGE_NAME_CHARS, text.chars().count()) } else { refused })
    }

    /// The name, without colons.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The field of a spec, and the part of a form, that gives its image.
    #[must_use]
    pub fn field(&self) -> String {
        format!("images.{self}")
    }
}

impl TryFrom<String> for ImageName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|e| e.message)
    }
}

impl From<ImageName> for String {
    fn from(name: ImageName) -> Self {
        name.0
    }
}

impl Borrow<str> for ImageName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a name may have this byte.
pub(crate) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_letters_of_discords() {
        for good in ["a", "A_9", &"x".repeat(32)] {
            assert_eq!(ImageName::parse(good).unwrap().field(), format!("images.{good}"));
        }
        for bad in ["", "a b", "ä", ":a:", "a-b", &"x".repeat(33)] {
            assert_eq!(ImageName::parse(bad).unwrap_err().field, "images", "{bad}");
        }
    }
}
