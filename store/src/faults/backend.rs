//! The backend that does as it is told: every operation asks the plan first.
//!
//! It wraps any other and never decides anything itself.

use std::{fmt, ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryFutureExt, TryStreamExt, stream::BoxStream};
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart, path::Path,
};

use super::{
    handle::Faults,
    plan::{Fault, Operation},
};

/// A backend with faults before it.
pub(crate) fn wrap(inner: Arc<dyn ObjectStore>) -> (Arc<dyn ObjectStore>, Faults) {
    let faults = Faults::default();
    (Arc::new(Faulty { inner, faults: faults.clone() }), faults)
}

#[derive(Debug)]
struct Faulty {
    inner: Arc<dyn ObjectStore>,
    faults: Faults,
}

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with faults", self.inner)
    }
}

/// What is left to do once a fault has had its way with the beginning of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Do,
    Tear,
    LoseAnswer,
}

impl Faults {
    async fn strike(&self, operation: Operation, key: &str) -> Result<Then> {
        let fault = self.plan().strike(operation, key);
        match fault {
            None => Ok(Then::Do),
            Some(Fault::Fail) => Err(injected("refused")),
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::Tear) => Ok(Then::Tear),
            Some(Fault::LoseAnswer) => Ok(Then::LoseAnswer),
            Some(Fault::Delay(time)) => {
                tokio::time::sleep(time).await;
                Ok(Then::Do)
            }
        }
    }

    /// The same for operations that cannot be half done.
    async fn strike_whole(&self, operation: Operation, key: &str) -> Result<()> {
        if self.strike(operation, key).await? == Then::Do { Ok(()) } else { Err(injected("refused")) }
    }
}

#[async_trait]
impl ObjectStore for Faulty {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let operation = if options.mode == PutMode::Create { Operation::Create } else { Operation::Put };
        let then = self.faults.strike(operation, location.as_ref()).await?;
        if then == Then::Tear {
            let parts = PutMultipartOptions { attributes: options.attributes, ..PutMultipartOptions::default() };
            let mut upload = self.inner.put_multipart_opts(location, parts).await?;
            upload.put_part(half_of(&payload)).await?;
            return Err(injected("torn"));
        }
        let put = self.inner.put_opts(location, payload, options).await?;
        self.faults.plan().wrote(location.as_ref());
        if then == Then::LoseAnswer { Err(injected("done, and the answer lost")) } else { Ok(put) }
    }

    async fn put_multipart_opts(&self, location: &Path, options: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.faults.strike_whole(Operation::Put, location.as_ref()).await?;
        let inner = self.inner.put_multipart_opts(location, options).await?;
        Ok(Box::new(FaultyUpload { inner, location: location.clone(), faults: self.faults.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        if options.head {
            self.faults.strike_whole(Operation::Head, location.as_ref()).await?;
            let mut object = self.inner.get_opts(location, options).await?;
            self.faults.plan().age(&mut object.meta);
            return Ok(object);
        }
        let then = self.faults.strike(Operation::Get, location.as_ref()).await?;
        if then == Then::LoseAnswer {
            return Err(injected("refused"));
        }
        let mut object = self.inner.get_opts(location, options).await?;
        self.faults.plan().age(&mut object.meta);
        Ok(if then == Then::Tear { torn(object) } else { object })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.faults.strike_whole(Operation::Get, location.as_ref()).await?;
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let faults = self.faults.clone();
        // A deletion that is refused ends the stream of those to delete: those before it may be deleted, as with S3.
        let asked = locations.and_then(move |location| {
            let faults = faults.clone();
            async move {
                faults.strike_whole(Operation::Delete, location.as_ref()).await?;
                Ok(location)
            }
        });
        self.inner.delete_stream(asked.boxed())
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, faults) = (Arc::clone(&self.inner), self.faults.clone());
        let prefix = prefix.cloned().unwrap_or_default();
        async move {
            let then = faults.strike(Operation::List, prefix.as_ref()).await?;
            let aged = inner.list(Some(&prefix)).map_ok(move |mut meta| {
                faults.plan().age(&mut meta);
                meta
            });
            match then {
                Then::Do => Ok(aged.boxed()),
                Then::LoseAnswer => Err(injected("refused")),
                Then::Tear => {
                    let all: Vec<_> = aged.collect().await;
                    let half = all.len() / 2;
                    let broken = futures::stream::iter(all.into_iter().take(half).chain([Err(injected("torn"))]));
                    Ok(broken.boxed())
                }
            }
        }
        .try_flatten_stream()
        .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.faults.strike_whole(Operation::List, prefix.map_or("", AsRef::as_ref)).await?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.faults.strike_whole(Operation::Put, to.as_ref()).await?;
        self.inner.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.faults.strike_whole(Operation::Put, to.as_ref()).await?;
        self.inner.rename_opts(from, to, options).await
    }
}

#[derive(Debug)]
struct FaultyUpload {
    inner: Box<dyn MultipartUpload>,
    location: Path,
    faults: Faults,
}

#[async_trait]
impl MultipartUpload for FaultyUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (faults, key) = (self.faults.clone(), self.location.to_string());
        let part = self.inner.put_part(data);
        async move {
            faults.strike_whole(Operation::Put, &key).await?;
            part.await
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let then = self.faults.strike(Operation::Put, self.location.as_ref()).await?;
        if then == Then::Tear {
            return Err(injected("torn"));
        }
        let put = self.inner.complete().await?;
        self.faults.plan().wrote(self.location.as_ref());
        if then == Then::LoseAnswer { Err(injected("done, and the answer lost")) } else { Ok(put) }
    }

    async fn abort(&mut self) -> Result<()> {
        self.inner.abort().await
    }
}

fn injected(what: &'static str) -> Error {
    Error::Generic { store: "faults", source: format!("{what}, as the test asked").into() }
}

fn half_of(payload: &PutPayload) -> PutPayload {
    let bytes: Vec<u8> = payload.iter().flat_map(|piece| piece.iter().copied()).collect();
    PutPayload::from(bytes[..bytes.len() / 2].to_vec())
}

/// The same object, whose bytes end half way in an error.
fn torn(object: GetResult) -> GetResult {
    let GetResult { payload, meta, range, attributes, extensions } = object;
    let whole = GetResult {
        payload,
        meta: meta.clone(),
        range: range.clone(),
        attributes: attributes.clone(),
        extensions: extensions.clone(),
    };
    let half_bytes = usize::try_from(meta.size / 2).unwrap_or(usize::MAX);
    let pieces = async move {
        let bytes = whole.bytes().await?;
        let half = bytes.slice(..half_bytes.min(bytes.len()));
        Ok::<_, Error>(futures::stream::iter([Ok(half), Err(injected("torn"))]))
    };
    let payload = GetResultPayload::Stream(pieces.try_flatten_stream().boxed());
    GetResult { payload, meta, range, attributes, extensions }
}
