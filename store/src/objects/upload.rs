//! Uploading a file: small ones in one put, large ones in parts, so that no upload is in memory whole.
//!
//! Few run at a time, over all clients: a part of the file is all that an upload has in memory. An upload that fails or is dropped
//! half way leaves no object, and its parts are deleted.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    sync::Arc,
};

use bytes::Bytes;
use object_store::{MultipartUpload, PutMultipartOptions, PutPayload, path::Path};

use super::{FILE_ROOM_UNIT_BYTES, Objects, PART_BYTES};
use crate::StoreError;

/// What is read into one buffer. A part in one buffer is so large that the allocator keeps its place empty afterwards.
const PIECE_BYTES: usize = 64 * 1024;

impl Objects {
    /// Writes the first `len_bytes` of a file, replacing what was there. At most one part of it is in memory. The caller bounds
    /// how long it may wait for other uploads; once it has begun, it is bounded here.
    pub(crate) async fn put_file(
        &self,
        key: &str,
        mime: &'static str,
        file: Arc<File>,
        len_bytes: u64,
    ) -> Result<(), StoreError> {
        // Never closed.
        let _room = self.file_room.acquire_many(file_room_units(len_bytes)).await.ok();
        if len_bytes < PART_BYTES as u64 {
            let part = read_part(key, &file, 0, len_bytes).await?;
            return self.put(key, mime, part).await;
        }
        let options = PutMultipartOptions { attributes: self.attributes(mime), ..PutMultipartOptions::default() };
        let path = Path::from(key);
        let upload = self.bounded("begin to put", key, self.backend.put_multipart_opts(&path, options)).await?;
        let mut upload = Unfinished(Some(upload));
        let sent = self.send_parts(key, &mut upload, &file, len_bytes).await;
        match sent {
            Ok(()) => upload.0 = None,
            Err(_) => upload.abort(self, key).await,
        }
        sent
    }

    async fn send_parts(&self, key: &str, upload: &mut Unfinished, file: &Arc<File>, len_bytes: u64) -> Result<(), StoreError> {
        let Some(upload) = &mut upload.0 else { return Ok(()) };
        let mut offset = 0;
        while offset < len_bytes {
            let part = read_part(key, file, offset, len_bytes - offset).await?;
            offset += part.content_length() as u64;
            self.bounded("put a part of", key, upload.put_part(part)).await?;
        }
        self.bounded("complete", key, upload.complete()).await.map(drop)
    }
}

/// What a file has in memory at most.
fn file_room_units(len_bytes: u64) -> u32 {
    let most = len_bytes.min(PART_BYTES as u64).div_ceil(FILE_ROOM_UNIT_BYTES as u64);
    u32::try_from(most).unwrap_or(u32::MAX)
}

/// An upload whose parts are deleted unless it was completed, also when its future is dropped.
struct Unfinished(Option<Box<dyn MultipartUpload>>);

impl Unfinished {
    async fn abort(&mut self, objects: &Objects, key: &str) {
        if let Some(mut upload) = self.0.take() {
            // The upload's own error is the one worth telling; parts that stay cost room until the bucket's rule for
            // unfinished uploads removes them.
            if let Err(error) = objects.bounded("abort", key, upload.abort()).await {
                tracing::warn!(key, %error, "the parts of a failed upload may be left behind");
            }
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let (Some(mut upload), Ok(runtime)) = (self.0.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                let _ = upload.abort().await; // the caller is gone
            });
        }
    }
}

/// The next part of a file, of full length but for the last.
async fn read_part(key: &str, file: &Arc<File>, offset: u64, left_bytes: u64) -> Result<PutPayload, StoreError> {
    let len_bytes = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(PART_BYTES);
    let file = Arc::clone(file);
    // Made here, not there: the allocator keeps memory for each thread that asks, and there are many that may block.
    let piece = |start: usize| Vec::with_capacity(PIECE_BYTES.min(len_bytes - start));
    let mut pieces: Vec<Vec<u8>> = (0..len_bytes).step_by(PIECE_BYTES).map(piece).collect();
    let read = tokio::task::spawn_blocking(move || {
        (&*file).seek(SeekFrom::Start(offset))?;
        let mut left_bytes = len_bytes;
        for piece in &mut pieces {
            let wanted_bytes = PIECE_BYTES.min(left_bytes);
            if (&*file).take(wanted_bytes as u64).read_to_end(piece)? < wanted_bytes {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            left_bytes -= wanted_bytes;
        }
        Ok(pieces.into_iter().map(Bytes::from).collect())
    });
    let failed = |source| StoreError::UnreadableFile { key: key.to_owned(), source };
    read.await.map_err(|e| failed(io::Error::other(e)))?.map_err(failed)
}
