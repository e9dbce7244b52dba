//! A new GIF of whole pictures.
//!
//! `make` calls it. Pictures whose colours fit come out as they are, by a table of their own where they need one; of others a palette is
//! chosen for all of them, in which the captions' colours have entries. The pictures are played twice for it.

use caption_layout::Error;
use gif_encoder::{Dither, EncodeError, Encoder, Fidelity, Frame, Palette, PaletteBuilder, Settings};

use super::{
    pictures::{Picture, Pictures},
    steps::Step,
};
use crate::mask::{Ink, InkSet, Mask};

/// The most entries of a palette.
const MOST_COLOURS: u16 = 256;
/// How strong the pattern of colours between two entries is: half as strong shows few dots, and no bands.
const DITHER_STRENGTH: u8 = 128;
/// How far, of 100, a pixel that is shown may be off before it is drawn again: so much is noise.
const TOLERANCE: u16 = 6;

/// A file.
pub(super) struct Written {
    pub file: Vec<u8>,
    /// How many colours there are, where there were more.
    pub left_colours: Option<u16>,
    /// Whether pixels that were translucent are not.
    pub has_lost_translucency: bool,
}

/// Writes all pictures.
pub(super) fn write(
    pictures: &mut Pictures<'_>,
    loop_count: Option<u16>,
    step: &Step,
    is_exact: bool,
    report: impl Fn(usize),
) -> Result<Written, Error> {
    let mut builder = PaletteBuilder::new();
    let mut has_lost_translucency = false;
    while let Some(Picture { pixels, .. }) = pictures.next()? {
        builder.add(&pixels);
        has_lost_translucency |= pixels.iter().any(|pixel| !matches!(pixel[3], 0 | u8::MAX));
    }
    if is_exact && has_lost_translucency {
        return Err(Error::NotAsAsked { what: "a GIF has no translucent pixels, and the picture has some".to_owned() });
    }
    let letters: Vec<[u8; 3]> = pictures.mask.inks.iter().flat_map(Ink::colours).collect();
    builder.add_kept(&letters);

    let is_still = pictures.shown.len() == 1;
    let is_lossless = step.lossiness == 0 && step.colours >= MOST_COLOURS;
    if is_lossless {
        let of = |entries| builder.build_most_frequent(entries).unwrap_or_else(|| builder.build(entries));
        let palette = with_transparent(is_still, MOST_COLOURS, of);
        match encode(pictures, loop_count, palette, Fidelity::Exact, &report)? {
            Ok(file) => return Ok(Written { file, left_colours: None, has_lost_translucency }),
            Err(EncodeError::TooManyColours { frame }) if is_exact => {
                let what = format!("a GIF's frame holds 256 colours, and frame {frame} has more");
                return Err(Error::NotAsAsked { what });
            }
            Err(EncodeError::TooManyColours { .. }) => {}
            Err(error) => return Err(unwritten(&error)),
        }
    }
    let palette = with_transparent(is_still, step.colours, |entries| builder.build(entries));
    let colours = u16::try_from(palette.colours().len()).unwrap_or(MOST_COLOURS);
    let left_colours = (!palette.is_exact()).then_some(colours);
    let dither = if is_lossless { Dither::Ordered { strength: DITHER_STRENGTH } } else { Dither::None };
    // As much as that gives the most for the same bytes.
    let tolerance = if pictures.is_captioned { 0 } else { TOLERANCE }.max(step.lossiness);
    let fidelity = Fidelity::Palette { lossiness: step.lossiness, tolerance, dither };
    let file = encode(pictures, loop_count, palette, fidelity, &report)?.map_err(|e| unwritten(&e))?;
    Ok(Written { file, left_colours, has_lost_translucency })
}

/// A palette in which an entry is transparent, so that pixels of an animation may stay as they are shown: colours that fill a table whole
/// would have every frame drawn whole.
fn with_transparent(is_still: bool, entries: u16, build: impl Fn(u16) -> Palette) -> Palette {
    let palette = build(entries);
    if is_still || palette.has_transparent() { palette } else { build(entries - 1) }
}

/// The second pass. The outer error is of the pictures, the inner one of the file.
fn encode(
    pictures: &mut Pictures<'_>,
    loop_count: Option<u16>,
    palette: Palette,
    fidelity: Fidelity,
    report: impl Fn(usize),
) -> Result<Result<Vec<u8>, EncodeError>, Error> {
    pictures.rewind();
    let sides = [pictures.mask.width_px, pictures.mask.height_px];
    let settings = Settings { fidelity, keeps_frames: true };
    let mut encoder = match Encoder::new(sides, loop_count, palette, settings) {
        Ok(encoder) => encoder,
        Err(error) => return Ok(Err(error)),
    };
    let mut letters = Letters::default();
    let mut done = 0;
    while let Some(Picture { pixels, delay, source }) = pictures.next()? {
        let kept = letters.of(pictures.mask, source);
        let delay_cs = u16::try_from(delay).unwrap_or(u16::MAX);
        if let Err(error) = encoder.add(Frame { pixels: &pixels, delay_cs, kept: Some(kept) }) {
            return Ok(Err(error));
        }
        done += 1;
        report(done);
    }
    Ok(encoder.finish())
}

/// Where captions are, which must not become unclear: the same for one picture after another, most often.
#[derive(Default)]
struct Letters {
    shown: Option<InkSet>,
    mask: Vec<u8>,
}

impl Letters {
    fn of(&mut self, mask: &Mask, source: usize) -> &[u8] {
        let shown = mask.shown_in(source);
        if self.shown != Some(shown) {
            self.mask = mask.to_gray(shown);
            self.shown = Some(shown);
        }
        &self.mask
    }
}

fn unwritten(error: &EncodeError) -> Error {
    Error::Encode { what: error.to_string() }
}
