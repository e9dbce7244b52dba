//! A source as whole pictures in colours, one after another, whatever kind of file it is.
//!
//! `remake` plays them, as often as it takes: each kind can begin again. No more than a few pictures are in memory. Nothing here knows a
//! caption.

mod apng;
mod facts;
mod gif;
mod still;
#[cfg(feature = "video")]
mod video;
mod webp;

use caption_layout::{Error, Limits, MediaType};

pub(in crate::remake) use self::facts::{Facts, Frames, Pixels};

/// Opens a source.
pub(in crate::remake) fn open<'a>(
    bytes: &'a [u8],
    media: MediaType,
    is_animation: bool,
    limits: &Limits,
) -> Result<Box<dyn Frames + 'a>, Error> {
    Ok(match media {
        MediaType::Gif => Box::new(gif::GifFrames::open(bytes, limits)?),
        MediaType::Png if is_animation => Box::new(apng::ApngFrames::open(bytes, limits)?),
        MediaType::Webp if is_animation => Box::new(webp::WebpFrames::open(bytes, limits)?),
        #[cfg(feature = "video")]
        MediaType::Mp4 => Box::new(video::Video::open(bytes, limits)?),
        #[cfg(not(feature = "video"))]
        // What is wrong with it goes before what is missing here.
        MediaType::Mp4 => return Err(caption_layout::probe(bytes, limits).err().unwrap_or(Error::VideoNotBuiltIn)),
        media => Box::new(still::StillFrames::open(bytes, media, limits)?),
    })
}
