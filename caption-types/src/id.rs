//! Ids of hexadecimal digits, and the one that a spec may hold: that of a stored picture.
//!
//! `proto-shared` makes its own ids by the same macro. A value of these types is safe to put in an object key or a path: nothing a
//! user typed gets further than `parse`.

/// The text is not an id of this kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id of {expected_len} lowercase hexadecimal digits was expected")]
pub struct BadId {
    /// Digits that it should have.
    pub expected_len: usize,
}

/// Declares a newtype of a string that holds exactly so many lowercase hexadecimal digits.
#[macro_export]
macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes lowercase hexadecimal digits of exactly the right number.
            ///
            /// # Errors
            /// Anything else is a [`BadId`]($crate::BadId).
            pub fn parse(text: &str) -> Result<Self, $crate::BadId> {
                let well_formed = text.len() == $len
                    && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
                if well_formed { Ok(Self(text.to_owned())) } else { Err($crate::BadId { expected_len: $len }) }
            }

            /// The id whose digits spell these bytes: a digest or a UUID.
            #[must_use]
            pub fn from_bytes(bytes: [u8; $len / 2]) -> Self {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
                Self(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect())
            }

            /// The digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::BadId;
            fn try_from(text: String) -> Result<Self, $crate::BadId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

hex_id!(
    /// A source: the SHA-256 of its bytes.
    SourceId,
    64
);
