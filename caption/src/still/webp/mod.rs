//! WebP: a lossy picture comes back lossy at its own quantiser, a lossless one lossless.
//!
//! `still` calls it, and animations, whose frames are such pictures (`frames`). The `image` crate decodes, in Rust; libwebp encodes our own pixels and reads nothing.

mod container;
pub(crate) mod frames;
mod quantiser;

#[cfg(test)]
mod tests;

use std::io::Cursor;

use image::{DynamicImage, codecs::webp::WebPDecoder};
use webp_encoder::{Effort, Kept, encode};

use caption_layout::{CaptionFidelity, Error, Fidelity, Limits, MediaType, reading::orientation::turn_of, rect::Rect};

use self::container::{Chunk, Metadata, chunks, find};
use super::{
    beside::Beside,
    damage::{Damage, percent},
    exif::exif_without_turn,
    raster::Raster,
    rendered::RenderedStill,
    shown::MeanColours,
};
use crate::mask::{Cover, DecodedSpec, Mask};

/// The output may weigh so much of its source, in hundredths, before it gets a coarser quantiser than that.
const MOST_WEIGHT: usize = 115;

/// How often the quality is corrected until the quantiser is the source's.
const MOST_CORRECTIONS: u32 = 2;

/// The largest quantiser index.
const COARSEST: f64 = 127.0;

/// Steps of the quantiser index, one after another, while the output weighs too much. Letters on a small picture may still: it is not
/// spoiled further for their sake.
const COARSER: [f64; 4] = [2.0, 3.0, 5.0, 8.0];

/// Whether its pixels are VP8's, which loses some of a picture.
pub(crate) fn is_lossy(file: &[u8]) -> bool {
    find(&chunks(file), *b"VP8 ").is_some()
}

pub(super) fn render<'a>(bytes: &[u8], spec: impl Into<DecodedSpec<'a>>, limits: &Limits) -> Result<RenderedStill, Error> {
    let spec = spec.into();
    let found = chunks(bytes);
    let (raster, damage) = decode(bytes, &found, limits)?;
    let raster = raster.turned(turn_of(bytes, MediaType::Webp));
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let (width_px, height_px) = (side(raster.width), side(raster.height));
    let mask = Mask::draw(spec, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    let mut raster = raster.on_canvas(&mask, u8::MAX);
    for ink in &mask.inks {
        for (x, y, cover) in ink.covers_in(ink.rect).filter(|&(.., cover)| cover != Cover::NONE) {
            let [fill, under] = ink.pair_at(x, y);
            let pixel = raster.pixel_mut(x, y);
            let beneath = pixel.first_chunk::<4>().copied().unwrap_or_default();
            pixel.copy_from_slice(&cover.composite(fill, under, beneath, u8::MAX));
        }
    }

    let sides = [mask.width_px, mask.height_px];
    let file = match find(&found, *b"VP8 ") {
        // Without loss every pixel beside the captions stays what it was, whatever that weighs.
        Some(_) if spec.spec.exact => encode_as(&raster.data, sides, Kept::Lossless, Effort::Usual)?,
        Some(frame) => encode_lossy(&raster.data, sides, frame, width_px as usize * height_px as usize)?,
        None => encode_as(&raster.data, sides, Kept::Lossless, Effort::Usual)?,
    };
    let data = |kind| find(&found, kind).filter(|chunk| chunk.data.len() == chunk.len).map(|chunk| chunk.data);
    let metadata = Metadata {
        icc: data(*b"ICCP").map(<[u8]>::to_vec),
        exif: data(*b"EXIF").map(exif_without_turn),
        xmp: data(*b"XMP ").map(<[u8]>::to_vec),
    };
    let bytes = container::write(&chunks(&file), sides, &metadata);
    let (captions, Beside { altered, changed }) = if find(&found, *b"VP8 ").is_some() && !spec.spec.exact {
        // With its bars it may be larger than a source may be.
        let output = pixels(&bytes, &Limits { max_side_px: mask.width_px.max(mask.height_px), ..*limits })?;
        let rows = mask.picture_top_px..mask.picture_top_px + height_px;
        let [before, after] = [&raster, &output].map(|raster| move |x: u32, y: u32| raster.visible_rgb(x, y));
        (lossy_colours(&output, &mask), Beside::of_rows(rows, &mask, before, after))
    } else {
        (mask.told.clone(), Beside::default())
    };
    let fidelity = Fidelity { captions, changed, damage: damage.map(|damage| damage.to_string()), ..Fidelity::default() };
    Ok(RenderedStill { bytes, mask, altered, fidelity })
}

/// The captions' colours as the output shows them.
fn lossy_colours(output: &Raster, mask: &Mask) -> Vec<CaptionFidelity> {
    let mut colours = MeanColours::of(mask);
    for (number, ink) in mask.inks.iter().enumerate() {
        for (x, y, cover) in ink.covers_in(ink.rect) {
            if let Some(&shown) = output.pixel(x, y).first_chunk::<3>() {
                colours.add(number, [x, y], cover, shown);
            }
        }
    }
    colours.told()
}

/// Its pixels as RGBA. A lossy frame that is cut off is read to its end as if zeros followed: what is missing then is what the decoder
/// predicts. A lossless one is not, as nothing of it is right behind the cut.
fn decode(bytes: &[u8], found: &[Chunk<'_>], limits: &Limits) -> Result<(Raster, Option<Damage>), Error> {
    let cut = found.iter().find(|chunk| chunk.data.len() < chunk.len);
    let Some(cut) = cut else { return Ok((pixels(bytes, limits)?, None)) };
    let is_picture = cut.kind == *b"VP8 ";
    if matches!(&cut.kind, b"VP8L" | b"ALPH" | b"ICCP") || is_picture && cut.len as u64 > limits.max_bytes {
        return Err(Error::Truncated { at_byte: bytes.len() as u64, inside: "the picture's data" });
    }
    let mut frame = cut.data.to_vec();
    if is_picture {
        frame.resize(cut.len, 0);
    }
    // Only the chunks of the picture are written; what else is cut is left out.
    let whole: Vec<Chunk<'_>> =
        found.iter().map(|chunk| if chunk.data.len() < chunk.len { Chunk { data: &frame, ..*chunk } } else { *chunk }).collect();
    let canvas = find(found, *b"VP8X").and_then(|chunk| sides_of(chunk.data));
    let raster = pixels(&container::write(&whole, canvas.unwrap_or([1, 1]), &Metadata::default()), limits)?;
    if canvas.is_some_and(|sides| sides.map(|side| side as usize) != [raster.width, raster.height]) {
        return Err(Error::Malformed { what: "a WebP whose frame is not of its canvas' size".to_owned() });
    }
    let percent_shown = percent(cut.data.len(), cut.len);
    Ok((raster, Some(if is_picture { Damage::CutOff { percent_shown } } else { Damage::NoEnd })))
}

/// The sides of the canvas that VP8X names.
fn sides_of(data: &[u8]) -> Option<[u32; 2]> {
    let [_, _, _, _, w0, w1, w2, h0, h1, h2, ..] = *data else { return None };
    Some([u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1])
}

fn pixels(webp: &[u8], limits: &Limits) -> Result<Raster, Error> {
    let unreadable = |e: image::ImageError| Error::Malformed { what: e.to_string() };
    let mut decoder = WebPDecoder::new(Cursor::new(webp)).map_err(unreadable)?;
    let mut bounds = image::Limits::default();
    bounds.max_image_width = Some(limits.max_side_px);
    bounds.max_image_height = Some(limits.max_side_px);
    image::ImageDecoder::set_limits(&mut decoder, bounds).map_err(unreadable)?;
    let picture = DynamicImage::from_decoder(decoder).map_err(unreadable)?.into_rgba8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Raster { width, height, pixel_bytes: 4, data: picture.into_raw() })
}

/// A lossy file of RGB pixels, for tests of other files.
#[cfg(test)]
pub(super) fn lossy(rgb: &[u8], sides: [u32; 2]) -> Vec<u8> {
    let rgba: Vec<u8> = rgb.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect();
    encode_as(&rgba, sides, Kept::Lossy { quality: 80.0 }, Effort::Usual).unwrap()
}

fn encode_as(rgba: &[u8], [width_px, height_px]: [u32; 2], kept: Kept, effort: Effort) -> Result<Vec<u8>, Error> {
    encode(rgba, width_px, height_px, kept, effort).map_err(|e| Error::Encode { what: e.to_string() })
}

/// At the quantiser of the source's frame, or so much coarser that the output does not weigh much more. `source_area` is how many
/// pixels the frame has.
fn encode_lossy(rgba: &[u8], sides: [u32; 2], source: Chunk<'_>, source_area: usize) -> Result<Vec<u8>, Error> {
    let index =
        quantiser::mean_index(source.data).ok_or_else(|| Error::Malformed { what: "a VP8 frame without a header".to_owned() })?;
    let area = sides[0] as usize * sides[1] as usize;
    let most_bytes = source.len / 100 * MOST_WEIGHT * area / source_area.max(1);
    let attempt = |aimed: f64| -> Result<(Vec<u8>, usize, f64), Error> {
        #[expect(clippy::cast_possible_truncation, reason = "a number from 0 to 100")]
        let quality = quantiser::quality_of(aimed) as f32;
        let file = encode_as(rgba, sides, Kept::Lossy { quality }, Effort::Usual)?;
        let (frame_bytes, got) = match find(&chunks(&file), *b"VP8 ") {
            Some(frame) => (frame.data.len(), quantiser::mean_index(frame.data).unwrap_or(index)),
            None => (file.len(), index),
        };
        Ok((file, frame_bytes, got))
    };
    // The encoder spreads its segments around what it is asked for, by the picture: what came out says by how much.
    let mut aimed = index;
    let (mut file, mut frame_bytes, mut got) = attempt(aimed)?;
    for _ in 0..MOST_CORRECTIONS {
        if (got - index).abs() <= 1.0 {
            break;
        }
        aimed = (aimed + index - got).clamp(0.0, COARSEST);
        (file, frame_bytes, got) = attempt(aimed)?;
    }
    for coarser in COARSER {
        if frame_bytes <= most_bytes {
            break;
        }
        aimed = (aimed + coarser).min(COARSEST);
        (file, frame_bytes, _) = attempt(aimed)?;
    }
    Ok(file)
}
