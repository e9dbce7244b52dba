//! Sources and outputs: named by what is in them, so that writing one twice is harmless and storing it twice impossible.
//!
//! A source is kept by the hash of its bytes, an output by that of its source, spec and engine version, with a summary
//! beside it from which the same request is answered without rendering. No output is ever in memory whole here but in
//! the worker that made it.

use std::{fmt, fs::File, sync::Arc};

use bytes::Bytes;
use futures::stream::BoxStream;
use proto_shared::{MediaType, OutputId, OutputSummary, SourceId, bounds::MAX_IMAGE_BYTES, keys};
use sha2::{Digest, Sha256};

use crate::{Store, StoreError, objects::records, retention::age};

/// What a source is to S3. Its kind stands in the job's record.
const SOURCE_MIME: &str = "application/octet-stream";

/// A picture on its way out.
pub struct PictureStream {
    /// The length of the whole.
    pub len_bytes: u64,
    /// Its bytes, in order. An error ends it: what came before is then not the whole.
    pub stream: BoxStream<'static, Result<Bytes, StoreError>>,
}

/// The id of a source: the SHA-256 of its bytes, so that what is stored twice stands once. Changing what goes into it orphans every
/// source stored before. (Outputs are named by `fonts`, which knows what they are made of.)
#[must_use]
pub fn source_id(bytes: &[u8]) -> SourceId {
    SourceId::from_bytes(Sha256::digest(bytes).into())
}

impl Store {
    /// Stores the source `id`, unless it stands there already. The caller has hashed it while it came; it is not hashed
    /// again.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_source(&self, id: &SourceId, bytes: Bytes) -> Result<(), StoreError> {
        if self.has_fresh_source(id, bytes.len() as u64).await? {
            return Ok(());
        }
        self.objects.put(&keys::source(id), SOURCE_MIME, bytes).await
    }

    /// Stores the first `len_bytes` of a file as the source `id`, unless it stands there already. The caller has hashed
    /// them while it wrote them down; they are not hashed again. At most 5 MiB are in memory at a time: a longer file
    /// goes up in parts, and of an upload that fails or is given up none stays.
    ///
    /// # Errors
    /// [`StoreError::UnreadableFile`], or the backend did not take it.
    pub async fn put_source_file(&self, id: &SourceId, file: File, len_bytes: u64) -> Result<(), StoreError> {
        if self.has_fresh_source(id, len_bytes).await? {
            return Ok(());
        }
        self.objects.put_file(&keys::source(id), SOURCE_MIME, Arc::new(file), len_bytes).await
    }

    /// A whole source, in one buffer of its size.
    ///
    /// # Errors
    /// [`StoreError::SourceNotFound`], or the backend did not give it.
    pub async fn get_source(&self, id: &SourceId) -> Result<Bytes, StoreError> {
        let source = self.objects.get(&keys::source(id)).await?;
        source.map(|(bytes, _)| bytes).ok_or_else(|| StoreError::SourceNotFound(id.clone()))
    }

    /// A source, piece by piece.
    ///
    /// # Errors
    /// [`StoreError::SourceNotFound`], or the backend did not give it.
    pub async fn stream_source(&self, id: &SourceId) -> Result<PictureStream, StoreError> {
        let found = self.objects.stream(&keys::source(id)).await?;
        let (len_bytes, stream) = found.ok_or_else(|| StoreError::SourceNotFound(id.clone()))?;
        Ok(PictureStream { len_bytes, stream })
    }

    /// A whole source that a new job is to name: one that has stood for long is written again first, so that
    /// retention does not take it away while the job is being made.
    ///
    /// # Errors
    /// [`StoreError::SourceNotFound`], or the backend did not give or take it.
    pub async fn reuse_source(&self, id: &SourceId) -> Result<Bytes, StoreError> {
        let key = keys::source(id);
        let (bytes, found) = self.objects.get(&key).await?.ok_or_else(|| StoreError::SourceNotFound(id.clone()))?;
        if !age::is_reliable(found.modified_ms) {
            self.objects.put(&key, SOURCE_MIME, bytes.clone()).await?;
        }
        Ok(bytes)
    }

    /// A source that is an image of one's own. A larger one than those may be is not read.
    ///
    /// # Errors
    /// [`StoreError::SourceNotFound`], [`StoreError::ImageTooLarge`], or the backend did not give it.
    pub async fn get_image(&self, id: &SourceId) -> Result<Bytes, StoreError> {
        self.small_source(id).await.map(|(bytes, _)| bytes)
    }

    /// The same of a source that a new job is to name as such an image: see [`Self::reuse_source`].
    ///
    /// # Errors
    /// As [`Self::get_image`], or the backend did not take it.
    pub async fn reuse_image(&self, id: &SourceId) -> Result<Bytes, StoreError> {
        let (bytes, modified_ms) = self.small_source(id).await?;
        if !age::is_reliable(modified_ms) {
            self.objects.put(&keys::source(id), SOURCE_MIME, bytes.clone()).await?;
        }
        Ok(bytes)
    }

    /// The bytes of a source, and when it was written.
    async fn small_source(&self, id: &SourceId) -> Result<(Bytes, u64), StoreError> {
        match self.objects.get_up_to(&keys::source(id), MAX_IMAGE_BYTES).await {
            Ok(Some((bytes, found))) => Ok((bytes, found.modified_ms)),
            Ok(None) => Err(StoreError::SourceNotFound(id.clone())),
            Err(StoreError::RecordTooLarge { got_bytes, max_bytes, .. }) => {
                Err(StoreError::ImageTooLarge { id: id.clone(), got_bytes, max_bytes })
            }
            Err(error) => Err(error),
        }
    }

    /// Stores an output. A rerun writes the same bytes over themselves.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_output(&self, id: &OutputId, media: MediaType, bytes: Bytes) -> Result<(), StoreError> {
        self.objects.put(&keys::output(id, media), media.mime(), bytes).await
    }

    /// An output, piece by piece.
    ///
    /// # Errors
    /// [`StoreError::OutputNotFound`], or the backend did not give it.
    pub async fn get_output(&self, id: &OutputId, media: MediaType) -> Result<PictureStream, StoreError> {
        let found = self.objects.stream(&keys::output(id, media)).await?;
        let (len_bytes, stream) = found.ok_or_else(|| StoreError::OutputNotFound(id.clone()))?;
        Ok(PictureStream { len_bytes, stream })
    }

    /// Writes what is known of an output, once the output itself is stored.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_summary(&self, summary: &OutputSummary) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::output_summary(&summary.output.id), summary).await
    }

    /// What is known of an output that stands there, so that a new job may say it is done with it. `None` when there is no
    /// summary, or none that can be read, or the picture it names is gone or of another length: then the job must be
    /// rendered. A summary that has stood for long is written again first, which keeps the picture beside it.
    ///
    /// # Errors
    /// The backend did not answer.
    pub async fn get_summary(&self, id: &OutputId) -> Result<Option<OutputSummary>, StoreError> {
        let read = records::get_with_time::<OutputSummary>(&self.objects, &keys::output_summary(id)).await;
        let Some((summary, modified_ms)) = records::readable(read)? else { return Ok(None) };
        if summary.output.id != *id {
            return Ok(None);
        }
        if !age::is_reliable(modified_ms) {
            self.put_summary(&summary).await?;
        }
        // The picture last: it may have been deleted until the summary was fresh.
        let picture = self.objects.head(&keys::output(id, summary.output.media)).await?;
        Ok(picture.filter(|picture| picture.bytes == summary.output.bytes).map(|_| summary))
    }

    /// Whether a source stands there whole and need not be written again for a new job.
    async fn has_fresh_source(&self, id: &SourceId, len_bytes: u64) -> Result<bool, StoreError> {
        let found = self.objects.head(&keys::source(id)).await?;
        Ok(found.is_some_and(|found| found.bytes == len_bytes && age::is_reliable(found.modified_ms)))
    }
}

impl fmt::Debug for PictureStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PictureStream").field("len_bytes", &self.len_bytes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_its_sha_256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(source_id(b"abc").as_str(), abc);
    }
}
