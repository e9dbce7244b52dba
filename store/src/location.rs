//! Reads the store's URL: the three forms it may have, and what to say of any other.
//!
//! Called once, when the store is opened. It touches neither disk nor network, and what it says of a
//! URL never repeats user information or a query, because that is where people put keys.

use std::path::PathBuf;

use object_store::path::Path;
use url::Url;

use crate::StoreError;

/// Where objects are kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A bucket, and a prefix of every key in it (perhaps empty).
    S3 { bucket: String, prefix: Path },
    /// A directory.
    Directory(PathBuf),
    /// This process, for as long as it lives.
    Memory,
}

impl Location {
    /// Reads one of the forms named in [`crate::StoreConfig::url`].
    pub(crate) fn parse(text: &str) -> Result<Self, StoreError> {
        let refuse = |problem: &'static str| StoreError::BadUrl { problem, got: shown(text) };
        if text == "memory:" {
            return Ok(Self::Memory);
        }
        let is_s3 = text.starts_with("s3://");
        if !is_s3 && text.starts_with("file:") && !text.starts_with("file:///") {
            return Err(refuse("a directory needs three slashes and its whole path"));
        }
        if !is_s3 && !text.starts_with("file:///") {
            return Err(refuse("no such form"));
        }
        let url = Url::parse(text).map_err(|_| refuse("it is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("keys do not belong in the URL but in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"));
        }
        if url.query().is_some() || url.fragment().is_some() || url.port().is_some() {
            return Err(refuse("a port, `?` or `#` has no meaning here"));
        }
        if !is_s3 {
            return url.to_file_path().map(Self::Directory).map_err(|()| refuse("it names no directory of this machine"));
        }
        let bucket = url.host_str().filter(|name| is_bucket_name(name)).ok_or_else(|| refuse("it names no bucket"))?;
        let prefix = Path::from_url_path(url.path()).map_err(|_| refuse("its prefix cannot be part of a key"))?;
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix })
    }
}

/// A URL as it may be shown: without user information, query or fragment, and not at any length.
pub(crate) fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.rsplit_once('@').map_or_else(|| rest.to_owned(), |(_, host)| format!("***@{host}"));
    let whole = if scheme.is_empty() { rest } else { format!("{scheme}://{rest}") };
    whole.chars().take(80).collect()
}

fn shown(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{}`", without_secrets(text)) }
}

/// S3's rule, but for the capitals and underscores that old buckets still have.
fn is_bucket_name(name: &str) -> bool {
    (3..=255).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(bucket: &str, prefix: &str) -> Location {
        Location::S3 { bucket: bucket.into(), prefix: Path::from(prefix) }
    }

    #[test]
    fn the_three_forms_are_read() {
        assert_eq!(Location::parse("memory:").unwrap(), Location::Memory);
        assert_eq!(Location::parse("s3://gifs").unwrap(), s3("gifs", ""));
        assert_eq!(Location::parse("s3://gifs/").unwrap(), s3("gifs", ""));
        assert_eq!(Location::parse("s3://gifs/a/b/").unwrap(), s3("gifs", "a/b"));
        assert_eq!(Location::parse("file:///var/lib/p").unwrap(), Location::Directory("/var/lib/p".into()));
        assert_eq!(Location::parse("file:///with%20space").unwrap(), Location::Directory("/with space".into()));
    }

    #[test]
    fn anything_else_is_refused_with_the_forms_and_what_was_got() {
        for bad in [
            "",
            "memory",
            "memory:x",
            "/var/lib/p",
            "data",
            "file:data",
            "file://data/x",
            "file:///d?x=1",
            "s3:gifs",
            "s3://",
            "s3:///prefix",
            "s3://gifs:80/x",
            "s3://gifs/a//b",
            "https://bucket.s3.amazonaws.com",
        ] {
            let message = Location::parse(bad).unwrap_err().to_string();
            assert!(message.contains("PUNCHLINE_STORE_URL"), "{bad}: {message}");
            assert!(message.contains("s3://bucket/prefix") && message.contains("file:///dir"), "{bad}: {message}");
        }
    }

    #[test]
    fn a_refusal_repeats_no_secret() {
        for bad in ["s3://AKIA:hush@gifs/x", "s3://gifs/x?secret=hush", "hush@gifs", "s3://gifs#hush", "s3://a:hush/x@gifs"] {
            let message = Location::parse(bad).unwrap_err().to_string();
            assert!(!message.contains("hush") && !message.contains("AKIA:"), "{bad}: {message}");
        }
    }
}
