//! JPEG: captions are painted in coefficients. Blocks that they don't touch stay bit for bit, and those that they do get the source's own
//! steps and subsampling.
//!
//! `still` calls it. No pixel of the picture is decoded but those around a caption, unless a bar or a turn moves the picture by less
//! than whole MCUs: all of it is coded again then. A large picture goes by `rows`.

mod bits;
mod colour;
mod dct;
mod frame;
mod huffman;
mod mcus;
mod paint;
mod passes;
mod place;
mod read;
mod rows;
mod scan;
mod standard_tables;
mod strips;
mod write;

#[cfg(test)]
mod tests;

use caption_layout::{
    Error, Fidelity, Limits, MediaType,
    reading::{by_rows::is_large, orientation::turn_of},
    rect::Rect,
};

use self::frame::{Jpeg, Model};
use super::{beside::Beside, exif::exif_without_turn, rendered::RenderedStill};
use crate::mask::{DecodedSpec, Ink, Mask};

/// How a segment with a piece of an ICC profile begins (ICC.1, section B.4).
const PROFILE: &[u8] = b"ICC_PROFILE\0";

pub(super) fn render<'a>(bytes: &[u8], spec: impl Into<DecodedSpec<'a>>, limits: &Limits) -> Result<RenderedStill, Error> {
    let spec = spec.into();
    let sides = read::sides(bytes);
    if is_large(bytes.len() as u64, sides, limits) {
        return rows::render(bytes, spec, limits);
    }
    let jpeg = read::read(bytes, limits)?;
    let damage = jpeg.damage.map(|damage| damage.to_string());
    let turn = turn_of(bytes, MediaType::Jpeg);
    let [width_px, height_px] = turn.sides(jpeg.sides).map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mask = Mask::draw(spec, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    place::check_rows(&mask)?;

    let (was, sides) = (jpeg.model, jpeg.sides);
    let top = mask.picture_top_px;
    let source = if jpeg.keeps_blocks(turn, top as usize) { None } else { Some(jpeg.pixels()) };
    let mut jpeg = jpeg.placed(turn, top as usize, mask.height_px as usize);
    if !mask.inks.iter().all(Ink::is_grey) {
        jpeg = jpeg.in_colour();
    }
    let mut beside = jpeg.paint(&mask);
    if let Some(source) = source {
        let output = jpeg.pixels();
        let before = |x: u32, y: u32| {
            let [x, y] = turn.stored_at([x as usize, (y - top) as usize], sides);
            source[y * sides[0] + x]
        };
        beside = Beside::of_rows(top..top + height_px, &mask, before, |x, y| output[y as usize * width_px as usize + x as usize]);
    }
    let Beside { altered, changed } = beside;
    let fidelity = Fidelity { captions: jpeg.shown(&mask), changed, damage, ..Fidelity::default() };
    jpeg.keep_segments(was);
    Ok(RenderedStill { bytes: jpeg.write(), mask, altered, fidelity })
}

impl Jpeg {
    /// Keeps the segments that hold for the output, whose source had this model.
    fn keep_segments(&mut self, was: Model) {
        let segments = std::mem::take(&mut self.segments);
        let profile_fits = fits(&segments, self.model);
        let adobe_holds = self.model == was;
        self.segments = segments.into_iter().filter_map(|segment| kept(segment, profile_fits, adobe_holds)).collect();
    }
}

/// A JPEG as it is stored.
pub(super) struct Stored {
    pub sides: [usize; 2],
    pub pixels: Vec<[u8; 3]>,
    /// The ICC profile, of all its pieces.
    pub profile: Option<Vec<u8>>,
    /// What is wrong with the file, where what can be read of it is here.
    pub damage: Option<String>,
}

/// The pixels of one, as far as they can be read.
pub(super) fn pixels(bytes: &[u8], limits: &Limits) -> Result<Stored, Error> {
    let jpeg = read::read(bytes, limits)?;
    let pieces = jpeg.segments.iter().filter(|(marker, data)| *marker == 0xE2 && data.starts_with(PROFILE));
    // Behind its name, its number, and how many there are.
    let pieces: Vec<&[u8]> = pieces.filter_map(|(_, data)| data.get(PROFILE.len() + 2..)).collect();
    let profile = (!pieces.is_empty()).then(|| pieces.concat());
    let damage = jpeg.damage.as_ref().map(ToString::to_string);
    Ok(Stored { sides: jpeg.sides, pixels: jpeg.pixels(), profile, damage })
}

/// A segment of the source as it holds for the output.
fn kept((marker, mut data): (u8, Vec<u8>), profile_fits: bool, adobe_holds: bool) -> Option<(u8, Vec<u8>)> {
    let holds = match marker {
        0xE1 if data.starts_with(b"Exif\0\0") => {
            data = exif_without_turn(&data);
            true
        }
        0xE2 if data.starts_with(PROFILE) => profile_fits,
        // Pictures behind this one, by where they are in a file that is not this one.
        0xE2 => !data.starts_with(b"MPF\0"),
        0xEE => !data.starts_with(b"Adobe") || adobe_holds,
        _ => true,
    };
    holds.then_some((marker, data))
}

/// Whether a profile is for the channels that the output has: what its header calls its colour space (ICC.1, section 7.2.6). A profile
/// without a header is kept.
fn fits(segments: &[(u8, Vec<u8>)], model: Model) -> bool {
    let space: &[u8] = match model {
        Model::Grey => b"GRAY",
        Model::Ycc | Model::Rgb => b"RGB ",
        Model::Cmyk { .. } | Model::Ycck { .. } => b"CMYK",
    };
    // The name, the number of the piece, how many there are, and the profile: its first piece has the header.
    let pieces = segments.iter().filter(|(marker, data)| *marker == 0xE2 && data.starts_with(PROFILE));
    let first = pieces.filter(|(_, data)| data.get(12) == Some(&1)).find_map(|(_, data)| data.get(14 + 16..14 + 20));
    first.is_none_or(|first| first == space)
}
