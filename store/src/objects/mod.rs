//! Bytes under keys: put, create-only put, delete, list, each bounded in time and with one error type.
//!
//! The layer between `Store` and `object_store`; reading and uploading in parts have files of their own below it. It
//! knows nothing of jobs or pictures. One handle holds one client, so that a process keeps one pool of connections.

mod backend;
mod read;
pub(crate) mod records;
mod redact;
mod upload;

use std::{future::Future, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{Attribute, Attributes, Error as Cause, ObjectMeta, ObjectStore, PutMode, PutOptions, PutPayload, path::Path};
use tokio::sync::Semaphore;

use crate::{
    StoreConfig, StoreError,
    objects::{backend::Backend, redact::Redactor},
};

/// Waits between tries of a create-only put that met a conflict nobody had won yet.
const CONFLICT_WAITS: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// The length of a part of an upload, and the length from which on there are parts at all. S3 accepts no shorter ones.
pub(crate) const PART_BYTES: usize = 5 * 1024 * 1024;
/// All files that are being uploaded have at most one part and 1 MiB in memory together: one large file, or several small ones.
/// More uploads at a time would share the same network, and all end later.
const FILE_ROOM_UNIT_BYTES: usize = 1024;

/// An opened backend with its bounds.
#[derive(Clone)]
pub(crate) struct Objects {
    backend: Arc<dyn ObjectStore>,
    takes_attributes: bool,
    /// The directory that it is, if it is one.
    pub(crate) directory: Option<PathBuf>,
    timeout: Duration,
    redactor: Redactor,
    /// In units of [`FILE_ROOM_UNIT_BYTES`].
    file_room: Arc<Semaphore>,
}

/// What a listing or a HEAD says of an object.
#[derive(Clone, Debug)]
pub(crate) struct ObjectInfo {
    pub(crate) key: String,
    pub(crate) bytes: u64,
    /// When it was last written, by the backend's clock.
    pub(crate) modified_ms: u64,
}

impl From<ObjectMeta> for ObjectInfo {
    fn from(meta: ObjectMeta) -> Self {
        let modified_ms = u64::try_from(meta.last_modified.timestamp_millis()).unwrap_or_default();
        Self { key: meta.location.into(), bytes: meta.size, modified_ms }
    }
}

impl Objects {
    /// Opens what the configuration names.
    pub(crate) fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        Ok(Self::over(backend::open(config)?, config))
    }

    /// The same with faults at the tests' command between it and the backend.
    #[cfg(feature = "faults")]
    pub(crate) fn open_with_faults(config: &StoreConfig) -> Result<(Self, crate::Faults), StoreError> {
        let mut backend = backend::open(config)?;
        let (objects, faults) = crate::faults::wrap(backend.objects);
        backend.objects = objects;
        Ok((Self::over(backend, config), faults))
    }

    fn over(backend: Backend, config: &StoreConfig) -> Self {
        let Backend { objects, takes_attributes, directory } = backend;
        let (timeout, redactor) = (config.request_timeout, Redactor::new(&config.s3));
        let file_room = Arc::new(Semaphore::new(PART_BYTES / FILE_ROOM_UNIT_BYTES + 1024));
        Self { backend: objects, takes_attributes, directory, timeout, redactor, file_room }
    }

    /// Whether listings come in the order of keys.
    pub(crate) fn lists_in_key_order(&self) -> bool {
        self.directory.is_none()
    }

    /// Writes an object, replacing what was there.
    pub(crate) async fn put(&self, key: &str, mime: &'static str, bytes: impl Into<PutPayload>) -> Result<(), StoreError> {
        self.bounded("put", key, self.put_once(key, mime, bytes.into(), PutMode::Overwrite)).await.map(drop)
    }

    /// Writes an object where there is none: `true` if this call wrote it.
    ///
    /// A conflict alone does not prove that an object exists: S3 also answers one for two writers at
    /// once, of whom neither may have won. So the object is looked for, and the put tried again without it.
    pub(crate) async fn create(&self, key: &str, mime: &'static str, bytes: Bytes) -> Result<bool, StoreError> {
        self.bounded("create", key, async {
            let mut waits = CONFLICT_WAITS.iter();
            loop {
                match self.put_once(key, mime, bytes.clone().into(), PutMode::Create).await {
                    Ok(()) => return Ok(true),
                    Err(conflict @ Cause::AlreadyExists { .. }) => {
                        if self.head_once(key).await?.is_some() {
                            return Ok(false);
                        }
                        let Some(&wait) = waits.next() else { return Err(conflict) };
                        tokio::time::sleep(wait).await;
                    }
                    Err(e) => return Err(e),
                }
            }
        })
        .await
    }

    /// Asks the backend once to create an object: `false` when it answers that one exists, or that it knows no such request.
    /// Nothing is looked up afterwards: this is for finding out whether the answer can be trusted.
    pub(crate) async fn create_by_its_word(&self, key: &str, mime: &'static str, bytes: Bytes) -> Result<bool, StoreError> {
        self.bounded("create", key, async {
            match self.put_once(key, mime, bytes.into(), PutMode::Create).await {
                Ok(()) => Ok(true),
                Err(Cause::AlreadyExists { .. }) => Ok(false),
                Err(e) => Err(e),
            }
        })
        .await
    }

    /// Removes an object; that there is none is no error.
    pub(crate) async fn delete(&self, key: String) -> Result<(), StoreError> {
        self.delete_all(vec![key]).await.map(drop)
    }

    /// Removes objects, on S3 a thousand with each request and in no order; returns how many the backend says it removed.
    pub(crate) async fn delete_all(&self, keys: Vec<String>) -> Result<u64, StoreError> {
        let Some(first) = keys.first().cloned() else { return Ok(0) };
        let paths = futures::stream::iter(keys.into_iter().map(|key| Ok(Path::from(key)))).boxed();
        // Another sweep at the same time may have been faster.
        let removed = self.backend.delete_stream(paths).filter_map(async |removed| match removed {
            Err(Cause::NotFound { .. }) => None,
            other => Some(other.map(drop)),
        });
        let mut removed = self.bounded_items("delete", first, removed.boxed());
        let mut count = 0;
        while let Some(()) = removed.try_next().await? {
            count += 1;
        }
        Ok(count)
    }

    /// Every object below a prefix, in no order that all backends share.
    pub(crate) fn list(&self, prefix: &str) -> BoxStream<'static, Result<ObjectInfo, StoreError>> {
        let listing = self.backend.list(Some(&Path::from(prefix))).map_ok(ObjectInfo::from);
        self.bounded_items("list", prefix.to_owned(), listing.boxed())
    }

    /// The same stream, with a bound on the wait for each item.
    fn bounded_items<T: Send + 'static>(
        &self,
        action: &'static str,
        key: String,
        items: BoxStream<'static, object_store::Result<T>>,
    ) -> BoxStream<'static, Result<T, StoreError>> {
        let objects = self.clone();
        futures::stream::try_unfold((items, objects, key), move |(mut items, objects, key)| async move {
            let item = objects.bounded(action, &key, items.try_next()).await?;
            Ok(item.map(|item| (item, (items, objects, key))))
        })
        .boxed()
    }

    async fn put_once(&self, key: &str, mime: &'static str, bytes: PutPayload, mode: PutMode) -> object_store::Result<()> {
        let options = PutOptions { attributes: self.attributes(mime), ..PutOptions::from(mode) };
        self.backend.put_opts(&Path::from(key), bytes, options).await.map(drop)
    }

    fn attributes(&self, mime: &'static str) -> Attributes {
        if self.takes_attributes { Attributes::from_iter([(Attribute::ContentType, mime)]) } else { Attributes::new() }
    }

    async fn bounded<T>(
        &self,
        action: &'static str,
        key: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(cause)) => Err(StoreError::Unavailable { action, key: key.to_owned(), source: self.redactor.error(cause) }),
            Err(_) => Err(StoreError::Timeout { action, key: key.to_owned(), timeout: self.timeout }),
        }
    }
}
