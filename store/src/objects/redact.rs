//! Removes credentials from what a backend says in its errors: S3 repeats a token that it refuses in its answer, which becomes
//! the text of an error, which is logged.
//!
//! `Objects` passes every error through it.

use std::{error::Error, sync::Arc};

use crate::S3Settings;

/// The element in which S3 repeats a token, also one of a role, which this process does not know.
const TOKEN: (&str, &str) = ("<Token-0>", "</Token-0>");
const HIDDEN: &str = "(hidden)";

/// Knows the secrets of the configuration.
#[derive(Clone, Default)]
pub(crate) struct Redactor(Arc<[String]>);

impl Redactor {
    pub(crate) fn new(settings: &S3Settings) -> Self {
        let given = [&settings.secret_access_key, &settings.session_token];
        Self(given.into_iter().flatten().filter(|secret| !secret.is_empty()).cloned().collect())
    }

    /// The same error, or its text without the secrets where it has any.
    pub(crate) fn error(&self, cause: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
        let texts: Vec<_> =
            std::iter::successors(Some(&cause as &(dyn Error + 'static)), |e| (**e).source()).map(ToString::to_string).collect();
        if texts.iter().all(|text| self.text(text) == *text) { Box::new(cause) } else { self.text(&texts.join(": ")).into() }
    }

    fn text(&self, whole: &str) -> String {
        let (begin, end) = TOKEN;
        let mut pieces = whole.split(begin);
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            // Where the token is cut off before its end, all that follows may be a part of it.
            let rest = piece.split_once(end).map_or("", |(_, rest)| rest);
            text = [text.as_str(), begin, HIDDEN, end, rest].concat();
        }
        self.0.iter().fold(text, |text, secret| text.replace(secret, HIDDEN))
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn redactor() -> Redactor {
        let settings = S3Settings {
            secret_access_key: Some("hush-secret".into()),
            session_token: Some("hush-token".into()),
            ..S3Settings::default()
        };
        Redactor::new(&settings)
    }

    /// What is logged of an error with a cause beneath it.
    fn told(text: &str) -> String {
        let error =
            redactor().error(object_store::Error::Generic { store: "S3", source: io::Error::other(text.to_owned()).into() });
        let chain = std::iter::successors(Some(&*error as &(dyn Error + 'static)), |e| (**e).source());
        chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    #[test]
    fn a_token_that_s3_repeats_is_not_told() {
        let answer = "400: <Error><Code>InvalidToken</Code><Token-0>of-a-role</Token-0><HostId>x</HostId></Error>";
        let shown = told(answer);
        assert!(shown.contains("<Token-0>(hidden)</Token-0><HostId>x</HostId>") && !shown.contains("of-a-role"), "{shown}");
        assert!(!told("<Token-0>of-a-role, cut off").contains("of-a-role"));
    }

    #[test]
    fn nothing_that_was_given_as_a_secret_is_told() {
        let shown = told("no such token hush-token for hush-secret");
        assert!(shown.contains("no such token (hidden) for (hidden)"), "{shown}");
    }

    #[test]
    fn an_error_without_a_secret_keeps_what_lies_beneath_it() {
        let error = redactor().error(object_store::Error::Generic { store: "S3", source: "connection refused".into() });
        assert!(error.source().is_some_and(|source| source.to_string() == "connection refused"));
    }
}
