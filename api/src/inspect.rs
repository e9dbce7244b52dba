//! Looks at a picture from the outside: its kind, its size, its frames, against the limits.
//!
//! The block walk of `caption_layout::probe`; never a decoder. A file is looked at where it is.

use std::{fs::File, io, sync::Arc};

use bytes::Bytes;
use caption_layout::{Limits, Media, Probe};
use proto_shared::{MediaType, SourceId, SourceInfo};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{
    error::ApiError,
    spool::{Content, Spooled},
};

/// Walks at one time: each takes a thread and, of a file, a window and its frames' places.
const WALKS: usize = 8;

/// What was found.
#[derive(Clone)]
pub(crate) struct Inspected {
    pub(crate) source: SourceInfo,
    /// Over all frames.
    pub(crate) total_pixels: u64,
}

/// Looks at pictures, so many at a time.
#[derive(Clone)]
pub(crate) struct Inspector {
    limits: Limits,
    walks: Arc<Semaphore>,
}

impl Inspector {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, walks: Arc::new(Semaphore::new(WALKS)) }
    }

    /// What is known of an upload.
    pub(crate) async fn upload(&self, upload: &Spooled) -> Result<Inspected, ApiError> {
        let (id, len_bytes) = (upload.id.clone(), upload.len_bytes);
        match upload.content() {
            Content::Memory(bytes) => self.stored(id, bytes.clone()).await,
            Content::File(file) => {
                // Two handles on one open file: whoever reads it next begins at its start.
                let file: File = file.try_clone().map_err(ApiError::Spool)?;
                self.walk(id, len_bytes, move |limits| caption_layout::probe_file(file, limits)).await
            }
        }
    }

    /// What is known of a picture from the store.
    pub(crate) async fn stored(&self, id: SourceId, bytes: Bytes) -> Result<Inspected, ApiError> {
        let len_bytes = bytes.len() as u64;
        self.walk(id, len_bytes, move |limits| Ok(caption_layout::probe(&bytes, limits))).await
    }

    /// Off the runtime's threads: walking the largest file takes tens of milliseconds.
    async fn walk(
        &self,
        id: SourceId,
        len_bytes: u64,
        probe: impl FnOnce(&Limits) -> io::Result<Result<Probe, caption_layout::Error>> + Send + 'static,
    ) -> Result<Inspected, ApiError> {
        let ended = |e: &dyn std::fmt::Display| ApiError::Internal(format!("the block walk ended early: {e}"));
        let place = self.walks.clone().acquire_owned().await.map_err(|e| ended(&e))?;
        let limits = self.limits;
        let walked = spawn_blocking(move || {
            let _place = place;
            probe(&limits)
        });
        let probe = walked.await.map_err(|e| ended(&e))?.map_err(ApiError::Spool)??;
        let source = SourceInfo {
            id,
            media: media_type(probe.media),
            bytes: len_bytes,
            width_px: probe.width_px,
            height_px: probe.height_px,
            frames: probe.frames,
        };
        Ok(Inspected { source, total_pixels: probe.total_pixels })
    }
}

fn media_type(media: Media) -> MediaType {
    match media {
        Media::Gif => MediaType::Gif,
        Media::Png => MediaType::Png,
        Media::Jpeg => MediaType::Jpeg,
        Media::Webp => MediaType::Webp,
    }
}
