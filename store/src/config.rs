//! What an operator may say about the store: where it is, the S3 settings, and how long to wait.
//!
//! The service's configuration fills these in; nothing here reads the environment. Secrets go in and
//! are never shown again: `Debug` says only whether they are set.

use std::{fmt, time::Duration};

/// Where the store is and how patient to be with it.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// `s3://bucket/prefix`, `file:///dir` or `memory:`.
    pub url: String,
    /// Used for `s3://` alone.
    pub s3: S3Settings,
    /// The longest that one operation may take, its retries included. A stream may take this long for each chunk.
    pub request_timeout: Duration,
    /// The longest that opening a connection may take.
    pub connect_timeout: Duration,
    /// How long after its first try a request may still be tried again. Short, because the queue retries
    /// a whole job for far longer.
    pub retry_timeout: Duration,
}

impl StoreConfig {
    /// The defaults around a URL: 30 s an operation, 5 s to connect, 5 s of retries.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            s3: S3Settings::default(),
            request_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            retry_timeout: Duration::from_secs(5),
        }
    }
}

/// The settings that go by AWS names. Empty fields mean what AWS's own tools take them to mean.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct S3Settings {
    /// `AWS_ACCESS_KEY_ID`. Without it and the secret, the usual chain of credentials is asked: web identity,
    /// container, EKS pod, instance.
    pub access_key_id: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`; given together with the key id or not at all.
    pub secret_access_key: Option<String>,
    /// `AWS_SESSION_TOKEN`, for keys that expire.
    pub session_token: Option<String>,
    /// `AWS_REGION`; `us-east-1` when absent.
    pub region: Option<String>,
    /// `AWS_ENDPOINT_URL`, for stores that are not Amazon's; `http://` is allowed here.
    pub endpoint: Option<String>,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secret = |value: &Option<String>| if value.is_some() { "set" } else { "unset" };
        f.debug_struct("S3Settings")
            .field("access_key_id", &secret(&self.access_key_id))
            .field("secret_access_key", &secret(&self.secret_access_key))
            .field("session_token", &secret(&self.session_token))
            .field("region", &self.region)
            .field("endpoint", &self.endpoint.as_deref().map(crate::location::without_secrets))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let mut config = StoreConfig::new("s3://gifs");
        config.s3 = S3Settings {
            access_key_id: Some("AKIAKEY".into()),
            secret_access_key: Some("hush".into()),
            session_token: Some("token".into()),
            region: Some("eu-west-1".into()),
            endpoint: Some("http://user:pass@s3.local:9000".into()),
        };
        let shown = format!("{config:?}");
        for secret in ["AKIAKEY", "hush", "\"token\"", "user", "pass"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("eu-west-1") && shown.contains("s3.local:9000"), "{shown}");
    }
}
