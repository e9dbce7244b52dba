//! Opens the `object_store` that a configuration names: S3, a directory, or memory.
//!
//! Called by `Store::open` alone. It decides timeouts, retries, durability and create-only mode; it
//! sends nothing yet, so a server that is down shows in `ready`, not here.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use object_store::{
    BackoffConfig, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3Builder, S3ConditionalPut},
    local::LocalFileSystem,
    memory::InMemory,
    path::Path as Key,
    prefix::PrefixStore,
};

use crate::{S3Settings, StoreConfig, StoreError, location::Location};

/// A connection that nobody uses is kept for so long. A network that lost its state leaves connections that take requests and
/// never answer. Whoever has waited for one, in vain and for the whole of `request_timeout`, must not find another: with many
/// in the pool, jobs would wait for minutes after the network is back.
const KEPT_IDLE: Duration = Duration::from_secs(10);

/// An opened backend and the ways in which they differ.
pub(crate) struct Backend {
    pub(crate) objects: Arc<dyn ObjectStore>,
    /// Whether an object may be given a `Content-Type`; files cannot.
    pub(crate) takes_attributes: bool,
    /// The directory, if it is one. Its listings come in the file system's order, not in that of keys, and killed
    /// writers leave files in it.
    pub(crate) directory: Option<PathBuf>,
}

/// Opens what `config.url` names.
pub(crate) fn open(config: &StoreConfig) -> Result<Backend, StoreError> {
    let (objects, directory): (Arc<dyn ObjectStore>, _) = match Location::parse(&config.url)? {
        Location::Memory => (Arc::new(InMemory::new()), None),
        Location::Directory(path) => (Arc::new(open_directory(&path)?), Some(path)),
        Location::S3 { bucket, prefix } => (Arc::new(open_s3(config, &bucket, prefix)?), None),
    };
    Ok(Backend { objects, takes_attributes: directory.is_none(), directory })
}

/// Files are written beside their place under `name#1`, flushed, then renamed or linked into it: a process
/// killed in between leaves a stray `name#1`, which is never listed or read and in time expires, and no torn object. File and
/// directory are flushed before a put returns, so a power cut loses nothing that was answered for, as far as the
/// disk keeps its word. Create-only is a hard link: file systems without those cannot hold a store. A folder whose
/// last file is deleted goes with it, or a listing would walk through the empty ones of every job there ever was.
fn open_directory(path: &Path) -> Result<LocalFileSystem, StoreError> {
    let refuse = |source| StoreError::BadDirectory { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(refuse)?;
    let files = LocalFileSystem::new_with_prefix(path).map_err(|e| refuse(e.into()))?;
    Ok(files.with_fsync(true).with_automatic_cleanup(true))
}

fn open_s3(config: &StoreConfig, bucket: &str, prefix: Key) -> Result<impl ObjectStore, StoreError> {
    let settings = &config.s3;
    let client = ClientOptions::new()
        .with_connect_timeout(config.connect_timeout)
        // A bound on silence, not on the whole answer: an output may be streamed to a slow reader. `Objects`
        // bounds whole operations.
        .with_timeout_disabled()
        .with_read_timeout(config.request_timeout)
        .with_pool_idle_timeout(KEPT_IDLE)
        .with_allow_http(plain_http(settings)?);
    let retry = RetryConfig {
        backoff: BackoffConfig { max_backoff: config.retry_timeout, ..BackoffConfig::default() },
        max_retries: 10,
        retry_timeout: config.retry_timeout,
    };
    let mut builder = with_credentials(settings)?
        .with_bucket_name(bucket)
        .with_region(settings.region.as_deref().unwrap_or("us-east-1"))
        .with_client_options(client)
        .with_retry(retry)
        .with_conditional_put(S3ConditionalPut::ETagMatch);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let s3 = builder.build().map_err(|e| StoreError::BadSetting { variable: "AWS_*", problem: e.to_string() })?;
    Ok(PrefixStore::new(s3, prefix))
}

fn with_credentials(settings: &S3Settings) -> Result<AmazonS3Builder, StoreError> {
    let missing = |variable, other: &str| {
        let problem = format!("a value was expected because {other} is set, got none");
        Err(StoreError::BadSetting { variable, problem })
    };
    match (&settings.access_key_id, &settings.secret_access_key) {
        (Some(key_id), Some(secret)) => {
            let builder = AmazonS3Builder::new().with_access_key_id(key_id).with_secret_access_key(secret);
            Ok(match &settings.session_token {
                Some(token) => builder.with_token(token),
                None => builder,
            })
        }
        (None, Some(_)) => missing("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        (Some(_), None) => missing("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        // Roles of a pod, a container or an instance announce themselves in variables that only the builder knows.
        (None, None) => Ok(AmazonS3Builder::from_env()),
    }
}

/// Whether the endpoint is spoken to without TLS.
fn plain_http(settings: &S3Settings) -> Result<bool, StoreError> {
    let Some(endpoint) = &settings.endpoint else { return Ok(false) };
    let authority = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    match authority {
        Some(host) if !host.is_empty() && !host.contains(['@', '?', '#']) => Ok(endpoint.starts_with("http://")),
        _ => {
            let got = crate::location::without_secrets(endpoint);
            let problem = format!("`https://host:port` or `http://host:port` was expected, got `{got}`");
            Err(StoreError::BadSetting { variable: "AWS_ENDPOINT_URL", problem })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(settings: S3Settings) -> Result<Backend, StoreError> {
        open(&StoreConfig { s3: settings, ..StoreConfig::new("s3://gifs/here") })
    }

    fn refusal(settings: S3Settings) -> String {
        s3(settings).err().unwrap().to_string()
    }

    #[test]
    fn half_a_pair_of_keys_is_refused_by_name() {
        let only_id = S3Settings { access_key_id: Some("id".into()), ..S3Settings::default() };
        assert!(refusal(only_id).starts_with("AWS_SECRET_ACCESS_KEY:"));
        let only_secret = S3Settings { secret_access_key: Some("hush".into()), ..S3Settings::default() };
        let message = refusal(only_secret);
        assert!(message.starts_with("AWS_ACCESS_KEY_ID:") && !message.contains("hush"), "{message}");
    }

    #[test]
    fn an_endpoint_is_a_plain_http_or_https_url() {
        for good in ["http://127.0.0.1:9000", "https://s3.example.org"] {
            assert!(s3(S3Settings { endpoint: Some(good.into()), ..S3Settings::default() }).is_ok(), "{good}");
        }
        for bad in ["", "127.0.0.1:9000", "http://", "ftp://x", "http://me:hush@host"] {
            let message = refusal(S3Settings { endpoint: Some(bad.into()), ..S3Settings::default() });
            assert!(message.starts_with("AWS_ENDPOINT_URL:") && !message.contains("hush"), "{message}");
        }
    }

    #[test]
    fn a_directory_is_made_when_missing_and_a_file_in_its_place_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let url = |name: &str| format!("file://{}/{name}", dir.path().display());
        assert!(open(&StoreConfig::new(url("a/b"))).is_ok());
        assert!(dir.path().join("a/b").is_dir());
        std::fs::write(dir.path().join("file"), "x").unwrap();
        assert!(matches!(open(&StoreConfig::new(url("file"))), Err(StoreError::BadDirectory { .. })));
    }
}
