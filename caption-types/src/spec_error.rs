//! What is wrong with a spec: code, field and message.
//!
//! Every reader of a spec answers with it.

use crate::ErrorCode;

/// What is wrong with a spec, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct SpecError {
    /// Why, for programs.
    pub code: ErrorCode,
    /// The field, as a path: `captions[0].fill`.
    pub field: String,
    /// What was expected and what was got.
    pub message: String,
}

impl SpecError {
    /// What is wrong with a field.
    pub fn new(code: ErrorCode, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, field: field.into(), message: message.into() }
    }

    /// The same error, of a spec that is itself a field.
    #[must_use]
    pub fn below(self, root: &str) -> Self {
        let field = format!("{root}.{}", self.field);
        self.at(field)
    }

    /// The same error, said of another field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }
}

/// At most 40 characters of what was got: a message must not echo a megabyte.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
