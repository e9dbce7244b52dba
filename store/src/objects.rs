//! Bytes under keys: put, create-only put, get, head, list, each bounded in time and with one error type.
//!
//! The layer between `Store` and `object_store`. It knows nothing of jobs or pictures.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{
    Attribute, Attributes, Error as Cause, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, path::Path,
};

use crate::{StoreConfig, StoreError, backend};

/// Waits between tries of a create-only put that met a conflict nobody had won yet.
const CONFLICT_WAITS: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
    Duration::from_millis(800),
];

/// An opened backend with its bounds.
#[derive(Clone)]
pub(crate) struct Objects {
    backend: Arc<dyn ObjectStore>,
    takes_attributes: bool,
    timeout: Duration,
}

impl Objects {
    /// Opens what the configuration names.
    pub(crate) fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let backend = backend::open(config)?;
        Ok(Self { backend: backend.objects, takes_attributes: backend.takes_attributes, timeout: config.request_timeout })
    }

    /// Writes an object, over what stood there.
    pub(crate) async fn put(&self, key: &str, mime: &'static str, bytes: Bytes) -> Result<(), StoreError> {
        self.bounded("put", key, self.put_once(key, mime, bytes, PutMode::Overwrite)).await.map(drop)
    }

    /// Writes an object where none stands: `true` if this call wrote it.
    ///
    /// A conflict alone does not prove that an object stands there: S3 also answers one for two writers at
    /// once, of whom neither may have won. So the object is looked for, and the put tried again without it.
    pub(crate) async fn create(&self, key: &str, mime: &'static str, bytes: Bytes) -> Result<bool, StoreError> {
        self.bounded("create", key, async {
            let mut waits = CONFLICT_WAITS.iter();
            loop {
                match self.put_once(key, mime, bytes.clone(), PutMode::Create).await {
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

    /// The length of an object, if it stands there.
    pub(crate) async fn head_bytes(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.bounded("look for", key, self.head_once(key)).await
    }

    /// A whole object, if it stands there.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<Bytes>, StoreError> {
        self.bounded("get", key, async {
            match found(self.backend.get(&Path::from(key)).await)? {
                Some(object) => object.bytes().await.map(Some),
                None => Ok(None),
            }
        })
        .await
    }

    /// A whole object that should be small, if it stands there: its bytes, or only its length if that is above `max_bytes`.
    pub(crate) async fn get_small(&self, key: &str, max_bytes: u64) -> Result<Option<Result<Bytes, u64>>, StoreError> {
        self.bounded("get", key, async {
            match found(self.backend.get(&Path::from(key)).await)? {
                Some(object) if object.meta.size > max_bytes => Ok(Some(Err(object.meta.size))),
                Some(object) => object.bytes().await.map(|bytes| Some(Ok(bytes))),
                None => Ok(None),
            }
        })
        .await
    }

    /// The length and the bytes of an object, in pieces, if it stands there.
    pub(crate) async fn stream(
        &self,
        key: &str,
    ) -> Result<Option<(u64, BoxStream<'static, Result<Bytes, StoreError>>)>, StoreError> {
        let Some(object) = self.bounded("get", key, async { found(self.backend.get(&Path::from(key)).await) }).await? else {
            return Ok(None);
        };
        Ok(Some((object.meta.size, self.chunks(key.to_owned(), object))))
    }

    /// Every key below a prefix, in no order.
    pub(crate) fn list(&self, prefix: &'static str) -> BoxStream<'static, Result<String, StoreError>> {
        let listing = self.backend.list(Some(&Path::from(prefix))).map_ok(|object| String::from(object.location));
        self.bounded_items("list", prefix.to_owned(), listing.boxed())
    }

    fn chunks(&self, key: String, object: GetResult) -> BoxStream<'static, Result<Bytes, StoreError>> {
        self.bounded_items("get", key, object.into_stream())
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

    async fn put_once(&self, key: &str, mime: &'static str, bytes: Bytes, mode: PutMode) -> object_store::Result<()> {
        let mut options = PutOptions::from(mode);
        if self.takes_attributes {
            options.attributes = Attributes::from_iter([(Attribute::ContentType, mime)]);
        }
        self.backend.put_opts(&Path::from(key), PutPayload::from(bytes), options).await.map(drop)
    }

    async fn head_once(&self, key: &str) -> object_store::Result<Option<u64>> {
        Ok(found(self.backend.head(&Path::from(key)).await)?.map(|object| object.size))
    }

    async fn bounded<T>(
        &self,
        action: &'static str,
        key: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, StoreError> {
        match tokio::time::timeout(self.timeout, work).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(cause)) => Err(StoreError::Unavailable { action, key: key.to_owned(), source: Box::new(cause) }),
            Err(_) => Err(StoreError::Timeout { action, key: key.to_owned(), timeout: self.timeout }),
        }
    }
}

/// Absence as `None`. A missing bucket is not the absence of an object: the job would be blamed for it.
fn found<T>(answer: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Cause::NotFound { ref source, .. }) if !source.to_string().contains("NoSuchBucket") => Ok(None),
        Err(e) => Err(e),
    }
}
