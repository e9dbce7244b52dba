//! The crate's front door: any kind of picture, one call.
//!
//! It decides by the probe which of the two ways a picture goes, a GIF's or a still's, and gives both
//! answers one shape.

use caption_layout::{Error, Limits, Media, Spec, probe, reading::probe::media_of};

use crate::{gif, mask::Mask, output::Output, still, watch::Watch};

/// A captioned picture and what is to be told of it.
pub struct Rendered {
    /// The picture, of its source's kind.
    pub output: Output,
    /// Its kind.
    pub media: Media,
    /// Its width.
    pub width_px: u32,
    /// Its height: the source's, or more where a bar was added.
    pub height_px: u32,
    /// What was done.
    pub stats: Stats,
    /// Characters that no font had, drawn as their replacement.
    pub missing_glyphs: Vec<char>,
    mask: Mask,
    altered: Vec<(u32, u32)>,
}

impl Rendered {
    /// A byte a pixel of the output, row by row: 255 where the caption may have changed a pixel, 0
    /// where it can't have.
    #[must_use]
    pub fn mask(&self) -> Vec<u8> {
        let mut gray = self.mask.to_gray();
        for &(x, y) in &self.altered {
            if let Some(pixel) = gray.get_mut(y as usize * self.width_px as usize + x as usize) {
                *pixel = 255;
            }
        }
        gray
    }

    /// The mask as a PNG of the output's size.
    ///
    /// # Errors
    /// [`Error::Encode`] if it can't be written.
    pub fn mask_png(&self) -> Result<Vec<u8>, Error> {
        still::gray_png(&self.mask(), self.width_px, self.height_px)
    }
}

/// How frames, and the segments of their LZW streams, came through. A still is one frame, recoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Frames of the source.
    pub frames: u32,
    /// Copied byte for byte.
    pub frames_copied: u32,
    /// Of which only the touched segments were coded again.
    pub frames_spliced: u32,
    /// Coded again whole.
    pub frames_recoded: u32,
    /// Segments, from one Clear code to the next, of all frames.
    pub segments: u32,
    /// Copied bit for bit.
    pub segments_copied: u32,
    /// Of which the codes before the first touched pixel were copied and the rest coded again.
    pub segments_spliced: u32,
    /// Coded again whole.
    pub segments_recoded: u32,
}

/// Captions a picture.
///
/// # Errors
/// Everything [`probe`] refuses, a text that can't be laid out, a still that can't be decoded.
pub fn render(bytes: &[u8], spec: &Spec, limits: &Limits) -> Result<Vec<u8>, Error> {
    render_with(bytes, spec, limits, &Watch::none()).map(|rendered| rendered.output.to_vec(bytes))
}

/// Captions a picture, watched, and tells what was done.
///
/// # Errors
/// As [`render`], and [`Error::Cancelled`] when the watch said so.
pub fn render_with(bytes: &[u8], spec: &Spec, limits: &Limits, watch: &Watch<'_>) -> Result<Rendered, Error> {
    prepare(bytes, spec, limits)?.render(watch)
}

/// A picture that was looked over: what there is to do is known, and no pixel decoded.
pub struct Prepared<'a>(Kind<'a>);

enum Kind<'a> {
    Gif(gif::render::PreparedGif<'a>),
    Still { bytes: &'a [u8], media: Media, spec: &'a Spec, limits: &'a Limits },
}

/// Looks a picture over, so that threads can be had for what there is to do.
///
/// # Errors
/// As [`render`], but for those that only decoding shows.
pub fn prepare<'a>(bytes: &'a [u8], spec: &'a Spec, limits: &'a Limits) -> Result<Prepared<'a>, Error> {
    Ok(Prepared(match media_of(bytes, limits)? {
        Media::Gif => Kind::Gif(gif::render::prepare(bytes, spec, limits)?),
        _ => Kind::Still { bytes, media: probe(bytes, limits)?.media, spec, limits },
    }))
}

impl Prepared<'_> {
    /// How many threads it keeps busy, at least one.
    #[must_use]
    pub fn busy_threads(&self) -> usize {
        match &self.0 {
            Kind::Gif(gif) => gif.busy_threads(),
            Kind::Still { .. } => 1,
        }
    }

    /// Captions it, on as many threads as the pool has that this is called in.
    ///
    /// # Errors
    /// As [`render_with`].
    pub fn render(self, watch: &Watch<'_>) -> Result<Rendered, Error> {
        let (output, media, mask, stats, altered) = match self.0 {
            Kind::Gif(gif) => {
                let gif::render::RenderedGif { output, mask, stats, altered } = gif::render::render(gif, watch)?;
                (output, Media::Gif, mask, stats, altered)
            }
            Kind::Still { bytes, media, spec, limits } => {
                let still::RenderedStill { bytes, mask } = still::render(bytes, media, spec, limits)?;
                (watch.progress)(1, 1);
                (Output::of(bytes), media, mask, Stats { frames: 1, frames_recoded: 1, ..Stats::default() }, Vec::new())
            }
        };
        let (width_px, height_px, missing_glyphs) = (mask.width_px, mask.height_px, mask.missing_glyphs.clone());
        Ok(Rendered { output, media, width_px, height_px, stats, missing_glyphs, mask, altered })
    }
}
