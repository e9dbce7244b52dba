//! What a backend says when it refuses, without what it repeats of our credentials: S3 puts a token that it does not like
//! into its answer, which becomes the text of an error, which is logged.
//!
//! `Objects` passes every error through it.

use std::{error::Error, sync::Arc};

use crate::S3Settings;

/// The element in which S3 repeats a token, be it from a role that this process knows nothing of.
const TOKEN: (&str, &str) = ("<Token-0>", "</Token-0>");
const HIDDEN: &str = "(hidden)";

/// Knows the secrets that were given by name.
#[derive(Clone, Default)]
pub(crate) struct Hush(Arc<[String]>);

impl Hush {
    pub(crate) fn new(settings: &S3Settings) -> Self {
        let given = [&settings.secret_access_key, &settings.session_token];
        Self(given.into_iter().flatten().filter(|secret| !secret.is_empty()).cloned().collect())
    }

    /// The same error, or its text alone where that tells a secret.
    pub(crate) fn error(&self, cause: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
        let told: Vec<_> =
            std::iter::successors(Some(&cause as &(dyn Error + 'static)), |e| (**e).source()).map(ToString::to_string).collect();
        if told.iter().all(|text| self.text(text) == *text) { Box::new(cause) } else { self.text(&told.join(": ")).into() }
    }

    fn text(&self, told: &str) -> String {
        let (begin, end) = TOKEN;
        let mut pieces = told.split(begin);
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            // Cut off before its end, nothing behind it is known to be harmless.
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

    fn hush() -> Hush {
        let settings = S3Settings {
            secret_access_key: Some("hush-secret".into()),
            session_token: Some("hush-token".into()),
            ..S3Settings::default()
        };
        Hush::new(&settings)
    }

    /// What is logged of an error with a cause beneath it.
    fn told(text: &str) -> String {
        let error = hush().error(object_store::Error::Generic { store: "S3", source: io::Error::other(text.to_owned()).into() });
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
        let error = hush().error(object_store::Error::Generic { store: "S3", source: "connection refused".into() });
        assert!(error.source().is_some_and(|source| source.to_string() == "connection refused"));
    }
}
