//! PNG: the samples stay the kind that they are, and what the file says of them is kept where it still holds.
//!
//! `still` calls it. An indexed picture is painted in indices, any other in its own samples. A large picture goes by `by_rows`.

mod by_rows;
pub(crate) mod chunks;
mod entries;
mod indexed;
mod inflate;
mod kind;
mod merging;
mod paint;
pub(crate) mod read;
pub(crate) mod rows;
pub(crate) mod write;

#[cfg(test)]
mod tests;

use caption_layout::{
    Error, Fidelity, Limits, MediaType,
    reading::{by_rows::is_large, orientation::turn_of},
    rect::Rect,
};

pub(crate) use self::kind::samples_in;
use self::{
    indexed::{Indexed, Painted},
    kind::{as_direct, as_indexed, few_colours, key_of, samples_of},
    paint::Direct,
};
use super::{raster::Raster, rendered::RenderedStill};
use crate::{
    altered::Altered,
    mask::{DecodedSpec, Mask},
};

/// Whether its colour type is that of a palette (PNG, section 11.2.1: byte 9 of the first chunk's data).
pub(super) fn is_indexed(bytes: &[u8]) -> bool {
    bytes.get(25) == Some(&3)
}

pub(super) fn render<'a>(bytes: &[u8], spec: impl Into<DecodedSpec<'a>>, limits: &Limits) -> Result<RenderedStill, Error> {
    let spec = spec.into();
    if is_large(bytes.len() as u64, read::sides(bytes), limits) {
        return by_rows::render(bytes, spec, limits);
    }
    let mut png = read::read(bytes, limits)?;
    let turn = turn_of(bytes, MediaType::Png);
    let empty = Raster { width: 0, height: 0, pixel_bytes: 1, data: Vec::new() };
    let raster = std::mem::replace(&mut png.raster, empty).turned(turn);
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    let (width_px, height_px) = (side(raster.width), side(raster.height));
    let mask = Mask::draw(spec, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    let samples = samples_of(&png);

    // A row keeps its filter where it is the same row.
    let mut filters = vec![None; mask.picture_top_px as usize];
    if turn.is_none() {
        filters.extend(png.filters.iter().copied().map(Some));
    }
    let damage = png.damage.map(|damage| damage.to_string());
    if let Some(palette) = few_colours(&png, &mask) {
        let indexed = Indexed { raster, depth: png.depth, palette };
        let Painted { picture, altered, changed, captions } = indexed.paint(&mask, samples, spec.spec.exact);
        let bytes = as_indexed(&png, &picture, filters, bytes.len()).write();
        let mut marked = Altered::default();
        marked.add(0, mask.width_px, altered);
        let fidelity = Fidelity { captions, changed, damage, ..Fidelity::default() };
        return Ok(RenderedStill { bytes, mask, altered: marked, fidelity });
    }
    let mut painted = Direct { colour: png.colour, depth: png.depth, raster, key: key_of(&png) };
    painted.paint(&mask, samples);
    let bytes = as_direct(&png, &painted, filters, bytes.len()).write();
    let fidelity = Fidelity { captions: mask.told.clone(), damage, ..Fidelity::default() };
    Ok(RenderedStill { bytes, mask, altered: Altered::default(), fidelity })
}
