//! What is wrong with a spec: code, field and message, and the bound that a number broke.
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
    /// The same as numbers, where a count or a whole number is beyond its bound.
    pub beyond: Option<Beyond>,
}

/// A number that is beyond what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The bound that it broke.
    pub limit: u64,
    /// What was got.
    pub got: u64,
}

impl SpecError {
    /// What is wrong with a field.
    pub fn new(code: ErrorCode, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, field: field.into(), message: message.into(), beyond: None }
    }

    /// The same error, of a number that is beyond its bound.
    #[must_use]
    pub fn limit(self, limit: usize, got: usize) -> Self {
        let [limit, got] = [limit, got].map(|number| u64::try_from(number).unwrap_or(u64::MAX));
        self.beyond(limit, got)
    }

    /// The same, of any whole number.
    #[must_use]
    pub fn beyond(self, limit: u64, got: u64) -> Self {
        Self { beyond: Some(Beyond { limit, got }), ..self }
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
