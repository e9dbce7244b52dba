//! A source as whole pictures in colours, one after another, whatever kind of file it is.
//!
//! `remake` plays them, as often as it takes: each kind can begin again. No more than a few pictures are in memory. Nothing here knows a
//! caption.

mod apng;
mod gif;
mod still;
mod webp;

use caption_layout::{Error, Limits, MediaType};

/// RGBA, alpha not premultiplied.
pub(in crate::remake) type Pixels = Vec<[u8; 4]>;

/// What is known of a source before a pixel is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::remake) struct Facts {
    /// Width and height of every picture.
    pub sides_px: [u32; 2],
    /// How long each picture is shown.
    pub delays_us: Vec<u64>,
    /// How often it repeats, as a GIF counts it: 0 is for ever, absent is once.
    pub loop_count: Option<u16>,
    /// Whether its pixels have lost something already, so that losing a little more is no harm.
    pub is_lossy: bool,
}

/// The pictures of one source.
pub(in crate::remake) trait Frames: Send {
    fn facts(&self) -> &Facts;

    /// The next picture; none after the last.
    fn next(&mut self) -> Result<Option<Pixels>, Error>;

    /// Begins again.
    fn rewind(&mut self);

    /// What is wrong with the file, where what can be read of it is shown.
    fn damage(&self) -> Option<String> {
        None
    }
}

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
        media => Box::new(still::StillFrames::open(bytes, media, limits)?),
    })
}
