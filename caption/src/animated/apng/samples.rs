//! What an animated PNG's samples are, in the source and in the output.
//!
//! `mod` asks when all blocks are known. The kind stays where captions can be drawn in it; indices, few bits and one transparent
//! colour become RGB or RGBA, because every frame has the same kind (PNG, third edition, section 4.9.3).

use caption_layout::{
    Error,
    reading::{animation::Dispose, apng::Apng},
    rect::Rect,
};

use super::super::canvas::Sample;
use crate::{
    mask::{Ink, Mask},
    still::{
        colour_space::Samples,
        png::{
            chunks::{Chunk, Chunks},
            read::{Colour, Header},
            samples_in,
        },
        raster::Raster,
    },
};

/// How the source stores its pixels.
pub(super) struct Stored {
    pub colour: Colour,
    pub depth: u8,
    palette: Vec<[u8; 4]>,
    /// The samples of the one colour that is transparent.
    key: Option<Vec<u32>>,
}

/// How the output does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    pub colour: Colour,
    pub depth: u8,
}

/// Both, and what samples mean.
pub(super) struct Kinds {
    pub stored: Stored,
    pub written: Kept,
    pub samples: Samples,
    is_interlaced: bool,
}

impl Kinds {
    pub(super) fn of(bytes: &[u8], header: &Header, apng: &Apng, mask: &Mask) -> Result<Self, Error> {
        let stored = Stored::of(bytes, header)?;
        let is_grey = mask.inks.iter().all(Ink::is_grey);
        let is_plain = stored.key.is_none() && header.depth >= 8;
        // The room of a bar that is not shown all the time is empty otherwise.
        let is_shown = |ink: &Ink| (0..apng.frames.len()).all(|k| mask.times[ink.number].contains(&k));
        let is_opaque = stored.is_always_opaque(apng) && mask.inks.iter().filter(|ink| ink.is_band).all(is_shown);
        let depth = header.depth.max(8);
        let colour = match header.colour {
            colour @ Colour::Rgba => colour,
            colour @ Colour::GreyAlpha if is_grey => colour,
            colour @ (Colour::Rgb | Colour::Grey) if is_plain && is_opaque && (is_grey || colour == Colour::Rgb) => colour,
            _ if is_opaque => Colour::Rgb,
            _ => Colour::Rgba,
        };
        let written = Kept { colour, depth };
        Ok(Self { stored, written, samples: samples_in(bytes), is_interlaced: header.is_interlaced })
    }

    /// Whether a frame of the source may stand in the output as it is.
    pub(super) fn are_same(&self) -> bool {
        let Stored { colour, depth, .. } = self.stored;
        !self.is_interlaced && self.written == Kept { colour, depth }
    }

    /// Whether a grey picture is grey still, or one in colour in colour.
    pub(super) fn have_same_channels(&self) -> bool {
        let is_grey = |colour| matches!(colour, Colour::Grey | Colour::GreyAlpha);
        is_grey(self.stored.colour) == is_grey(self.written.colour)
    }

    /// Stored pixels as colours with alpha.
    pub(super) fn pixels<S: Sample>(&self, raster: &Raster) -> Vec<[S; 4]> {
        raster.data.chunks_exact(raster.pixel_bytes).map(|pixel| self.stored.rgba(pixel)).collect()
    }
}

impl Kept {
    pub(super) fn has_alpha(self) -> bool {
        matches!(self.colour, Colour::Rgba | Colour::GreyAlpha)
    }

    /// How many bytes a pixel has.
    pub(super) fn pixel_bytes(self) -> usize {
        self.colour.channels() * usize::from(self.depth / 8)
    }

    /// Appends a pixel's bytes.
    pub(super) fn write<S: Sample>(self, [r, g, b, a]: [S; 4], out: &mut Vec<u8>) {
        let samples: &[S] = match self.colour {
            Colour::Rgba => &[r, g, b, a],
            Colour::Rgb => &[r, g, b],
            Colour::GreyAlpha => &[r, a],
            Colour::Grey | Colour::Indexed => &[r],
        };
        for &sample in samples {
            let [.., high, low] = sample.into().to_be_bytes();
            if self.depth == 16 {
                out.push(high);
            }
            out.push(low);
        }
    }
}

impl Stored {
    pub(super) fn of(bytes: &[u8], header: &Header) -> Result<Self, Error> {
        let before: Vec<Chunk<'_>> = Chunks::of(bytes).take_while(|chunk| chunk.kind != *b"IDAT").collect();
        let data = |kind| before.iter().find(|chunk| chunk.kind == kind && chunk.is_sound).map(|chunk| chunk.data);
        let transparency = data(*b"tRNS").unwrap_or_default();
        let palette = match (header.colour, data(*b"PLTE")) {
            (Colour::Indexed, None) => {
                return Err(Error::Malformed { what: "an indexed PNG without a sound palette".to_owned() });
            }
            (Colour::Indexed, Some(entries)) => {
                let alphas = transparency.iter().copied().chain(std::iter::repeat(u8::MAX));
                entries.as_chunks::<3>().0.iter().zip(alphas).map(|(&[r, g, b], alpha)| [r, g, b, alpha]).collect()
            }
            _ => Vec::new(),
        };
        let wanted = match header.colour {
            Colour::Grey => 1,
            Colour::Rgb => 3,
            _ => 0,
        };
        let key = transparency.as_chunks::<2>().0;
        let low_bits = (1_u32 << header.depth) - 1;
        let key = (wanted > 0 && key.len() == wanted)
            .then(|| key.iter().map(|&pair| u32::from(u16::from_be_bytes(pair)) & low_bits).collect());
        Ok(Self { colour: header.colour, depth: header.depth, palette, key })
    }

    /// Whether an animation of such pixels shows opaque ones alone: the first frame is whole, and nothing is cleared.
    fn is_always_opaque(&self, apng: &Apng) -> bool {
        let [width, height] = apng.sides_px;
        let is_whole = apng.frames.first().is_some_and(|frame| frame.rect == Rect::at(0, 0, width, height));
        !self.may_be_transparent() && is_whole && apng.frames.iter().all(|frame| frame.dispose != Dispose::Background)
    }

    /// Whether any pixel may be seen through.
    fn may_be_transparent(&self) -> bool {
        let has_alpha = matches!(self.colour, Colour::Rgba | Colour::GreyAlpha);
        has_alpha || self.key.is_some() || self.palette.iter().any(|entry| entry[3] != u8::MAX)
    }

    /// A stored pixel. An index behind the palette's end is black, as libpng has it.
    pub(super) fn rgba<S: Sample>(&self, pixel: &[u8]) -> [S; 4] {
        let most = S::MOST;
        if self.colour == Colour::Indexed {
            let entry = self.palette.get(usize::from(pixel[0])).copied().unwrap_or([0, 0, 0, u8::MAX]);
            return entry.map(|channel| S::of(channel.into()));
        }
        let sample = |i: usize| match self.depth {
            16 => u32::from(pixel[2 * i]) << 8 | u32::from(pixel[2 * i + 1]),
            _ => u32::from(pixel[i]),
        };
        let is_key = self.key.as_ref().is_some_and(|key| key.iter().enumerate().all(|(i, &of_key)| sample(i) == of_key));
        let scale = if self.depth < 8 { 255 / ((1 << self.depth) - 1) } else { 1 };
        let channel = |i: usize| S::of(sample(i) * scale);
        let [r, g, b, alpha] = match self.colour {
            Colour::Grey | Colour::Indexed => [channel(0), channel(0), channel(0), most],
            Colour::GreyAlpha => [channel(0), channel(0), channel(0), channel(1)],
            Colour::Rgb => [channel(0), channel(1), channel(2), most],
            Colour::Rgba => [0, 1, 2, 3].map(channel),
        };
        if is_key { [S::default(); 4] } else { [r, g, b, alpha] }
    }
}
