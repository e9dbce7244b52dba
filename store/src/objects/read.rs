//! Reading objects: what is known of one, the whole in one buffer of its size, or a stream of pieces.
//!
//! Absence is an answer here, not an error. An object that comes shorter than it was announced is an error, however the
//! connection ended.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{Error as Cause, GetResult, GetResultPayload, ObjectStoreExt, path::Path};

use super::{ObjectInfo, Objects};
use crate::StoreError;

/// Read from a file at a time: each piece costs a hop to a thread that may block. `object_store`'s own are of 8 KiB.
const FILE_PIECE_BYTES: usize = 256 * 1024;

impl Objects {
    /// What is known of an object, if there is one.
    pub(crate) async fn head(&self, key: &str) -> Result<Option<ObjectInfo>, StoreError> {
        self.bounded("look for", key, self.head_once(key)).await
    }

    /// A whole object, if there is one.
    pub(crate) async fn get(&self, key: &str) -> Result<Option<(Bytes, ObjectInfo)>, StoreError> {
        self.get_up_to(key, u64::MAX).await
    }

    /// A whole object, if there is one.
    ///
    /// # Errors
    /// [`StoreError::RecordTooLarge`] if it has more than `max_bytes`: then it is not read.
    pub(crate) async fn get_up_to(&self, key: &str, max_bytes: u64) -> Result<Option<(Bytes, ObjectInfo)>, StoreError> {
        let read = async {
            let Some(object) = found(self.backend.get(&Path::from(key)).await)? else { return Ok(None) };
            let known = ObjectInfo::from(object.meta.clone());
            let bytes = if known.bytes > max_bytes { None } else { Some(whole(object).await?) };
            Ok(Some((bytes, known)))
        };
        match self.bounded("get", key, read).await? {
            Some((Some(bytes), known)) => Ok(Some((bytes, known))),
            Some((None, known)) => Err(StoreError::RecordTooLarge { key: key.to_owned(), got_bytes: known.bytes, max_bytes }),
            None => Ok(None),
        }
    }

    /// The length and the bytes of an object, in pieces, if there is one.
    pub(crate) async fn stream(
        &self,
        key: &str,
    ) -> Result<Option<(u64, BoxStream<'static, Result<Bytes, StoreError>>)>, StoreError> {
        let Some(object) = self.bounded("get", key, async { found(self.backend.get(&Path::from(key)).await) }).await? else {
            return Ok(None);
        };
        let len_bytes = object.meta.size;
        let pieces = match object.payload {
            GetResultPayload::File(file, _) => file_pieces(file, object.range),
            GetResultPayload::Stream(pieces) => pieces,
        };
        Ok(Some((len_bytes, self.bounded_items("get", key.to_owned(), of_length(pieces, len_bytes)))))
    }

    pub(super) async fn head_once(&self, key: &str) -> object_store::Result<Option<ObjectInfo>> {
        Ok(found(self.backend.head(&Path::from(key)).await)?.map(ObjectInfo::from))
    }
}

/// Absence as `None`. A missing bucket is not the absence of an object: a job would be failed for it.
fn found<T>(answer: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(Cause::NotFound { ref source, .. }) if !source.to_string().contains("NoSuchBucket") => Ok(None),
        Err(e) => Err(e),
    }
}

/// In one buffer of the announced size; without any copy where the backend has it in one piece.
async fn whole(object: GetResult) -> object_store::Result<Bytes> {
    let expected_bytes = object.meta.size;
    let bytes = object.bytes().await?;
    if bytes.len() as u64 == expected_bytes { Ok(bytes) } else { Err(cut_off(bytes.len() as u64, expected_bytes)) }
}

/// The same pieces, and an error instead of an early end.
fn of_length(
    pieces: BoxStream<'static, object_store::Result<Bytes>>,
    expected_bytes: u64,
) -> BoxStream<'static, object_store::Result<Bytes>> {
    futures::stream::try_unfold((pieces, 0_u64), move |(mut pieces, got_bytes)| async move {
        match pieces.next().await.transpose()? {
            Some(piece) => {
                let got_bytes = got_bytes + piece.len() as u64;
                Ok(Some((piece, (pieces, got_bytes))))
            }
            None if got_bytes == expected_bytes => Ok(None),
            None => Err(cut_off(got_bytes, expected_bytes)),
        }
    })
    .boxed()
}

/// A file's bytes. It ends early where the file does; the caller compares lengths.
fn file_pieces(file: File, range: Range<u64>) -> BoxStream<'static, object_store::Result<Bytes>> {
    futures::stream::try_unfold((file, range), |(mut file, Range { start, end })| async move {
        if start >= end {
            return Ok(None);
        }
        let wanted_bytes = usize::try_from(end - start).unwrap_or(usize::MAX).min(FILE_PIECE_BYTES);
        let read = tokio::task::spawn_blocking(move || -> io::Result<_> {
            let mut piece = Vec::with_capacity(wanted_bytes);
            file.seek(SeekFrom::Start(start))?;
            (&mut file).take(wanted_bytes as u64).read_to_end(&mut piece)?;
            Ok((piece, file))
        });
        let (piece, file) = read.await?.map_err(|cause| generic(Box::new(cause)))?;
        let next = start + piece.len() as u64;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (file, next..end))))
    })
    .boxed()
}

fn cut_off(got_bytes: u64, expected_bytes: u64) -> Cause {
    generic(format!("{expected_bytes} bytes were announced, got {got_bytes}").into())
}

fn generic(source: Box<dyn std::error::Error + Send + Sync>) -> Cause {
    Cause::Generic { store: "punchline", source }
}
