//! Looks at a picture from the outside: its kind, its size, its frames, against the limits.
//!
//! The block walk of `caption::probe`; never a decoder.

use bytes::Bytes;
use caption::{Limits, Media};
use proto_shared::{MediaType, SourceInfo};
use tokio::task::spawn_blocking;

use crate::error::ApiError;

/// What is known of these bytes, and under which id they stand or will stand in the store.
///
/// Off the runtime's threads: walking and hashing the largest file take tens of milliseconds.
pub(crate) async fn inspect(bytes: Bytes, limits: Limits) -> Result<SourceInfo, ApiError> {
    let looked = spawn_blocking(move || {
        let probe = caption::probe(&bytes, &limits)?;
        Ok(SourceInfo {
            id: store::source_id(&bytes),
            media: media_type(probe.media),
            bytes: bytes.len() as u64,
            width_px: probe.width_px,
            height_px: probe.height_px,
            frames: probe.frames,
        })
    });
    looked.await.unwrap_or_else(|e| Err(ApiError::Internal(format!("the block walk ended early: {e}"))))
}

fn media_type(media: Media) -> MediaType {
    match media {
        Media::Gif => MediaType::Gif,
        Media::Png => MediaType::Png,
        Media::Jpeg => MediaType::Jpeg,
        Media::Webp => MediaType::Webp,
    }
}
