//! GIF files (`GIF89a`) of RGBA frames.
//!
//! `caption` calls it to make GIFs of other animations, and to make a captioned GIF smaller. Two passes: a [`PaletteBuilder`] sees every frame's
//! colours, then an [`Encoder`] takes the frames one at a time and writes of each what has changed. It must never hold all frames: its
//! memory is a few canvases and the file. It reads no file, asks no clock, and gives the same bytes for the same frames on any machine.

mod blocks;
mod cluster;
mod distance;
mod encoder;
mod histogram;
mod lzw;
mod matcher;
mod oklab;
mod palette;
mod pixel;
mod plan;
mod search;
mod tables;
mod trie;

pub use encoder::Encoder;
pub use palette::{MOST_ENTRIES, Palette, PaletteBuilder};

/// The longest side that the format has room for.
pub const MAX_SIDE_PX: u32 = 65_535;

/// One picture of an animation: the whole canvas.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Row by row, alpha not premultiplied. A pixel with an alpha under 128 is transparent, others are opaque.
    pub pixels: &'a [[u8; 4]],
    /// How long it is shown, in hundredths of a second.
    pub delay_cs: u16,
    /// One byte a pixel, not 0 where the pixel is shown by the nearest entry of the palette whatever the settings say. None is nowhere.
    pub kept: Option<&'a [u8]>,
}

/// Which colours may be shown in place of a frame's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// None: what the file shows is what was given. Frames whose changed colours aren't all in the palette get a table of their own. The
    /// palette should be [exact](Palette::is_exact), or [the most frequent colours](PaletteBuilder::build_most_frequent).
    Exact,
    /// Those of the palette, and more freely what follows.
    Palette {
        /// How far a pixel may be off, beyond what the palette is off by, where that makes the data shorter: about as far as
        /// `gifsicle --lossy` with this number lets it. 0 is without loss.
        lossiness: u16,
        /// How far, on the scale of `lossiness`, a pixel that is shown may be off before it is drawn again. Noise in still areas is
        /// not recoded then. It is measured against what is shown, so errors don't add up from frame to frame. As much as `lossiness` gave
        /// the most SSIM in as many bytes.
        tolerance: u16,
        /// What becomes of colours between two entries.
        dither: Dither,
    },
}

/// What becomes of colours that no entry is close to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dither {
    /// They become the nearest entry.
    None,
    /// They become a pattern of two entries, the same in every frame.
    Ordered {
        /// 255 keeps the mean of the pattern at the colour. Less is a weaker pattern.
        strength: u8,
    },
}

/// How frames are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What may be given up.
    pub fidelity: Fidelity,
    /// Whether a frame that changes nothing is written all the same, as a pixel. If not, the one before is shown longer.
    pub keeps_frames: bool,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A side is 0 or longer than the format has room for.
    #[error("{width_px} x {height_px} pixels are no canvas that a GIF can have")]
    Sides {
        /// The width that was given.
        width_px: u32,
        /// The height that was given.
        height_px: u32,
    },
    /// A frame, or its mask of kept pixels, isn't of the canvas' size.
    #[error("a frame has {got} pixels, and its canvas has {wanted}")]
    Pixels {
        /// How many pixels the canvas has.
        wanted: usize,
        /// How many were given.
        got: usize,
    },
    /// [`Fidelity::Exact`] was asked for, and a frame changes more colours than a table holds. Nothing of the file is of use then.
    #[error("frame {frame} changes more colours than a GIF's frame can hold")]
    TooManyColours {
        /// Which one, from 0.
        frame: usize,
    },
    /// A frame has transparent pixels, and the palette was built without any.
    #[error("frame {frame} has transparent pixels, and the palette has no transparent entry")]
    NoTransparentEntry {
        /// Which one, from 0.
        frame: usize,
    },
    /// There was no frame.
    #[error("a GIF needs a frame")]
    NoFrame,
}

/// Half of the alphas and more.
fn is_opaque(alpha: u8) -> bool {
    alpha >= 128
}
