//! Looks at a picture from the outside: its kind, its size, its frames, against the limits.
//!
//! The block walk of `caption_layout::probe`; never a decoder. A file is looked at where it is.

use std::{fs::File, io, sync::Arc};

use bytes::Bytes;
use caption_layout::Probe;
use proto_shared::{Limits, SourceId, SourceInfo};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::spool::{Content, SpoolRefusal, Spooled};
use crate::problem::{Defect, refusals};

refusals! {
    /// Why a picture is not taken.
    pub(crate) enum PictureRefusal: Picture(caption_layout::Error), Spool(SpoolRefusal), Defect(Defect) {
        /// The picture is a video, and this service takes none.
        VideosOff = UNPROCESSABLE_ENTITY VideoOff, "the file is a video, and this service takes none: its setting PUNCHLINE_VIDEO is off";
    }
}

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
    takes_videos: bool,
    walks: Arc<Semaphore>,
}

impl Inspector {
    pub(crate) fn new(limits: Limits, takes_videos: bool) -> Self {
        Self { limits, takes_videos, walks: Arc::new(Semaphore::new(WALKS)) }
    }

    /// What is known of an upload.
    pub(crate) async fn upload(&self, upload: &Spooled) -> Result<Inspected, PictureRefusal> {
        let (id, len_bytes) = (upload.id.clone(), upload.len_bytes);
        match &upload.content {
            Content::Memory(bytes) => self.stored(id, bytes.clone()).await,
            Content::File(file) => {
                // Two handles share one position in the file: each reader begins with a seek to its start.
                let file: File = file.try_clone().map_err(SpoolRefusal::from)?;
                self.walk(id, len_bytes, move |limits| caption_layout::probe_file(file, limits)).await
            }
        }
    }

    /// What is known of a picture from the store.
    pub(crate) async fn stored(&self, id: SourceId, bytes: Bytes) -> Result<Inspected, PictureRefusal> {
        let len_bytes = bytes.len() as u64;
        self.walk(id, len_bytes, move |limits| Ok(caption_layout::probe(&bytes, limits))).await
    }

    /// Off the runtime's threads: walking the largest file takes tens of milliseconds.
    async fn walk(
        &self,
        id: SourceId,
        len_bytes: u64,
        probe: impl FnOnce(&Limits) -> io::Result<Result<Probe, caption_layout::Error>> + Send + 'static,
    ) -> Result<Inspected, PictureRefusal> {
        let ended = |e: &dyn std::fmt::Display| Defect(format!("the block walk ended early: {e}"));
        let place = self.walks.clone().acquire_owned().await.map_err(|e| ended(&e))?;
        let limits = self.limits;
        let walked = spawn_blocking(move || {
            let _place = place;
            probe(&limits)
        });
        let walked = walked.await.map_err(|e| ended(&e))?.map_err(SpoolRefusal::from)?;
        if !self.takes_videos && is_video(&walked) {
            return Err(PictureRefusal::VideosOff);
        }
        let probe = walked?;
        let source = SourceInfo {
            id,
            media: probe.media,
            bytes: len_bytes,
            width_px: probe.width_px,
            height_px: probe.height_px,
            frames: probe.frames,
        };
        Ok(Inspected { source, total_pixels: probe.total_pixels })
    }
}

/// Whether what was walked is a video, be it one that is read or not.
fn is_video(walked: &Result<Probe, caption_layout::Error>) -> bool {
    use caption_layout::Error::{TooManyVideoFrames, UnsupportedVideo, VideoTooLong};
    match walked {
        Ok(probe) => probe.media.is_video(),
        Err(error) => matches!(error, UnsupportedVideo { .. } | TooManyVideoFrames { .. } | VideoTooLong { .. }),
    }
}
