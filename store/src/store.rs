//! The handle to the store: opened once a process, cloned freely, asked whether its backend answers and keeps its word.
//!
//! What it does for jobs, pictures, dead letters, retention stands in the files named after them. Every clone speaks to
//! the same backend over the same pool of connections.

use std::fmt;

use bytes::Bytes;
use futures::TryStreamExt;

use crate::{
    StoreConfig, StoreError,
    objects::{Objects, records},
};

/// Below it nothing is ever stored, so listing it costs one small answer.
const READY_PREFIX: &str = "ready";

/// A handle to the configured backend.
#[derive(Clone)]
pub struct Store {
    pub(crate) objects: Objects,
}

impl Store {
    /// Opens the store that the configuration names. A missing directory is made; S3 is not spoken to until
    /// the first operation, so ask [`Store::ready`]. Open one a process and clone it: each has connections of its own.
    ///
    /// # Errors
    /// A URL or setting that cannot be used, by the name of its variable.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Ok(Self { objects: Objects::open(config)? })
    }

    /// The same, with a handle by which a test makes operations fail, hang, tear, or wait.
    ///
    /// # Errors
    /// As for [`Store::open`].
    #[cfg(feature = "faults")]
    pub fn open_with_faults(config: &StoreConfig) -> Result<(Self, crate::Faults), StoreError> {
        let (objects, faults) = Objects::open_with_faults(config)?;
        Ok((Self { objects }, faults))
    }

    /// Whether the backend answers, credentials and bucket included.
    ///
    /// # Errors
    /// It does not, and why.
    pub async fn ready(&self) -> Result<(), StoreError> {
        self.objects.list(READY_PREFIX).try_next().await.map(drop)
    }

    /// Whether the backend keeps its word on create-only puts, on which every "first writer wins" here rests. api and worker ask at
    /// their start.
    ///
    /// Creates an object of a random name twice and removes it again.
    ///
    /// # Errors
    /// [`StoreError::OverwritesOnCreate`] if the second time went through as well: some S3 servers pass
    /// `If-None-Match` over. Or the backend did not answer.
    pub async fn probe_conditional_puts(&self) -> Result<(), StoreError> {
        let key = format!("probe/{:032x}.json", fastrand::u128(..));
        let create = |text: &'static [u8]| self.objects.create_by_its_word(&key, records::MIME, Bytes::from_static(text));
        let second = match create(b"1").await {
            Ok(_) => create(b"2").await,
            Err(e) => Err(e),
        };
        // Even after a failure: an answer may have been lost. What stays behind is a few bytes that nothing reads.
        if let Err(error) = self.objects.delete(key.clone()).await {
            tracing::debug!(key, %error, "a probe stays behind");
        }
        if second? { Err(StoreError::OverwritesOnCreate) } else { Ok(()) }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive() // the backend's own Debug may show keys
    }
}
