//! A frame of an animated WebP is a still WebP's picture without its file around it (WebP container specification, "Animation").
//!
//! `animated::webp` calls it. It decodes and encodes as stills are.

use caption_layout::{Error, Limits};

use super::{
    container::{Metadata, add, chunks, chunks_in, find, picture, write},
    encode_as, pixels, quantiser,
};
use crate::still::raster::Raster;
use webp_encoder::{Effort, Kept};

/// The pixels of a frame of these sides, as RGBA. `data` are its chunks.
pub(crate) fn decode(data: &[u8], sides: [u32; 2]) -> Result<Raster, Error> {
    let limits = Limits { max_side_px: sides[0].max(sides[1]), ..Limits::default() };
    let raster = pixels(&write(&chunks_in(data), sides, &Metadata::default()), &limits)?;
    if [raster.width, raster.height] != sides.map(|side| side as usize) {
        return Err(Error::Malformed { what: "a frame whose picture is not of its size".to_owned() });
    }
    Ok(raster)
}

/// The mean quantiser index of a lossy frame, from 0 to 127.
pub(crate) fn quantiser_of(data: &[u8]) -> Option<f64> {
    find(&chunks_in(data), *b"VP8 ").and_then(|frame| quantiser::mean_index(frame.data))
}

/// A frame of RGBA pixels: at a quantiser index, or without loss.
pub(crate) fn encode(rgba: &[u8], sides: [u32; 2], quantiser: Option<f64>) -> Result<Vec<u8>, Error> {
    let kept = quantiser.map_or(Kept::Lossless, |index| {
        #[expect(clippy::cast_possible_truncation, reason = "a number from 0 to 100")]
        let quality = quantiser::quality_of(index) as f32;
        Kept::Lossy { quality }
    });
    encode_kept(rgba, sides, kept)
}

/// The same, kept so.
pub(crate) fn encode_kept(rgba: &[u8], sides: [u32; 2], kept: Kept) -> Result<Vec<u8>, Error> {
    let file = encode_as(rgba, sides, kept, Effort::Little)?;
    let mut data = Vec::with_capacity(file.len());
    picture(&chunks(&file)).for_each(|chunk| add(&mut data, chunk.kind, chunk.data));
    Ok(data)
}

/// A lossy frame's picture as it is, under another alpha: of each pixel of `rgba` no more is taken.
pub(crate) fn with_alpha(data: &[u8], rgba: &[u8], sides: [u32; 2]) -> Result<Vec<u8>, Error> {
    // The encoder packs no alpha by itself: what comes with it is a black picture.
    let black: Vec<u8> = rgba.chunks_exact(4).flat_map(|pixel| [0, 0, 0, pixel[3]]).collect();
    let file = encode_as(&black, sides, Kept::Lossy { quality: 0.0 }, Effort::Little)?;
    let mut framed = Vec::with_capacity(data.len());
    let (alpha, own) = (chunks(&file), chunks_in(data));
    for chunk in find(&alpha, *b"ALPH").into_iter().chain(find(&own, *b"VP8 ")) {
        add(&mut framed, chunk.kind, chunk.data);
    }
    Ok(framed)
}
