//! What every source of pictures is: what is known of it before a pixel is decoded, and its pictures one after another.
//!
//! Each kind of file has its own; `remake` plays them. Nothing here knows a kind.

use caption_layout::Error;

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
    /// Whether its delays mean what they say however short they are: programs show short frames of animations for longer.
    pub is_video: bool,
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
