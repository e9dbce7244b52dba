//! Captions on a large PNG, a few rows at a time: inflated, unfiltered, drawn on, filtered and deflated before the next are read.
//!
//! `mod` calls it for what is too large to be held. It holds the source, the output and a band of rows, and never the picture. Indices
//! are read twice, as their palette is decided by all of them.

use std::ops::Range;

use caption_layout::{
    Error, Fidelity, Limits, MediaType,
    reading::orientation::{Turn, turn_of},
    rect::Rect,
};

use super::{
    indexed::{Asked, Indexed, colours},
    inflate::{End, Inflating},
    kind::{as_direct, as_indexed, few_colours, key_of, samples_of},
    paint::Direct,
    read::{self, Head, Header, Png, malformed, missing_pixel},
    rows::{Filter, passes, unpack},
    write::{Picture, RowWriter},
};
use crate::{
    altered::Altered,
    mask::{DecodedSpec, Mask},
    still::{damage::Damage, raster::Raster, rendered::RenderedStill},
};

/// Rows that are held at a time.
const BAND_ROWS: u32 = 16;

pub(super) fn render(bytes: &[u8], spec: DecodedSpec<'_>, limits: &Limits) -> Result<RenderedStill, Error> {
    let head = read::head(bytes, limits.longest_side_px())?;
    let turn = turn_of(bytes, MediaType::Png);
    let [width_px, height_px] = head.header.sides.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    if let Some(what) = obstacle(&head.header, turn) {
        return Err(Error::NotByRows { width_px, height_px, what, limit_px: limits.max_side_px });
    }
    let mask = Mask::draw(spec, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    let canvas = Canvas { head: &head, mask: &mask, turn, source_bytes: bytes.len() };
    let (bytes, altered, fidelity) = match few_colours(&head.png, &mask) {
        Some(palette) => canvas.indexed(&palette, spec.spec.exact)?,
        None => canvas.direct()?,
    };
    Ok(RenderedStill { bytes, mask, altered, fidelity })
}

/// What the probe refuses.
fn obstacle(header: &Header, turn: Turn) -> Option<&'static str> {
    if header.is_interlaced {
        return Some("an interlaced PNG");
    }
    (turn.swaps_axes || turn.flips_y).then_some("a PNG that its EXIF data turn")
}

/// A picture and what is drawn on it.
struct Canvas<'a> {
    head: &'a Head<'a>,
    mask: &'a Mask,
    turn: Turn,
    source_bytes: usize,
}

type Made = (Vec<u8>, Altered, Fidelity);

impl Canvas<'_> {
    fn direct(&self) -> Result<Made, Error> {
        let Self { head, mask, .. } = self;
        let samples = samples_of(&head.png);
        let of = |raster: Raster, rows: Range<u32>| {
            let mut direct = Direct { colour: head.png.colour, depth: head.png.depth, raster, key: key_of(&head.png) };
            direct.paint_rows(mask, samples, rows);
            direct
        };
        // Of no rows: what becomes of the samples' kind.
        let kind = of(head.png.raster.clone(), 0..0);
        let picture = as_direct(&head.png, &kind, self.filters_stay(), self.source_bytes);
        let mut bands = Bands::new(self);
        let mut writer = RowWriter::begin(&picture, mask.height_px as usize);
        while let Some((rows, raster, filters)) = bands.next()? {
            writer.add(&of(raster, rows).raster, stay(&picture, &filters));
        }
        let damage = bands.damage().map(|damage| damage.to_string());
        let fidelity = Fidelity { captions: mask.told.clone(), damage, ..Fidelity::default() };
        Ok((writer.finish(), Altered::default(), fidelity))
    }

    fn indexed(&self, palette: &[[u8; 4]], is_exact: bool) -> Result<Made, Error> {
        let Self { head, mask, .. } = self;
        let samples = samples_of(&head.png);
        let mut asked = Asked::default();
        let mut bands = Bands::new(self);
        while let Some((rows, raster, _)) = bands.next()? {
            asked.count(&raster);
            asked.want(&colours(palette, &self.among(raster, &rows), &rows, mask, samples));
        }
        let damage = bands.damage().map(|damage| damage.to_string());
        let decided = asked.decide(palette, head.png.depth, mask, samples, is_exact);

        let kind = Indexed { raster: head.png.raster.clone(), depth: decided.depth, palette: decided.palette() };
        let picture = as_indexed(&head.png, &kind, self.filters_stay(), self.source_bytes);
        let mut bands = Bands::new(self);
        let mut writer = RowWriter::begin(&picture, mask.height_px as usize);
        let (mut altered, mut count) = (Altered::default(), 0);
        while let Some((rows, raster, filters)) = bands.next()? {
            let mut raster = self.among(raster, &rows);
            let painted = colours(palette, &raster, &rows, mask, samples);
            let places = decided.apply(&mut raster, &rows, palette, &painted);
            altered.add(0, mask.width_px, places.inspect(|_| count += 1));
            writer.add(&raster, stay(&picture, &filters));
        }
        let (changed, captions) = (decided.changed(count), decided.captions(mask, samples));
        Ok((writer.finish(), altered, Fidelity { captions, changed, damage, ..Fidelity::default() }))
    }

    /// A list that is empty if the output's rows are others, so that their filters mean nothing.
    fn filters_stay(&self) -> Vec<Option<Filter>> {
        if self.turn.is_none() { vec![None] } else { Vec::new() }
    }

    /// Rows of the picture as rows of the canvas, with the bars' rows.
    fn among(&self, raster: Raster, rows: &Range<u32>) -> Raster {
        let top = self.mask.picture_top_px.clamp(rows.start, rows.end) - rows.start;
        raster.among_rows(top as usize, rows.len(), 0)
    }
}

/// The filters of a band's rows, if rows of the output are rows of the source.
fn stay<'f>(picture: &Picture<'_>, filters: &'f [Option<Filter>]) -> &'f [Option<Filter>] {
    if picture.filters.is_empty() { &[] } else { filters }
}

/// Which rows of the canvas, the picture's rows among them, and the filters that the rows of the canvas had.
type Band = (Range<u32>, Raster, Vec<Option<Filter>>);

/// The canvas band by band.
struct Bands<'a> {
    header: &'a Header,
    png: &'a Png<'a>,
    head: &'a Head<'a>,
    turn: Turn,
    /// The rows of the canvas that are the picture's, and how many the canvas has.
    picture: Range<u32>,
    height: u32,
    next: u32,
    data: Inflating<'a>,
    row_bytes: usize,
    missing: Vec<u8>,
    /// The row that is read, with its filter, and the one before.
    row: Vec<u8>,
    above: Vec<u8>,
    rows_read: usize,
    /// Whether rows come still; and if not, whether a filter that does not exist is why.
    has_more: bool,
    is_out_of_rows: bool,
}

impl<'a> Bands<'a> {
    fn new(canvas: &Canvas<'a>) -> Self {
        let Canvas { head, mask, turn, .. } = *canvas;
        let header = &head.header;
        let row_bytes = passes(header.sides, false).first().map_or(0, |pass| header.row_bytes(pass));
        let top = mask.picture_top_px;
        Self {
            header,
            png: &head.png,
            head,
            turn,
            picture: top..top + u32::try_from(header.sides[1]).unwrap_or(u32::MAX),
            height: mask.height_px,
            next: 0,
            data: Inflating::new(head.data.clone(), (row_bytes + 1) * header.sides[1]),
            row_bytes,
            missing: missing_pixel(header, &head.png.palette, head.png.transparency),
            row: vec![0; row_bytes + 1],
            above: Vec::new(),
            rows_read: 0,
            has_more: true,
            is_out_of_rows: true,
        }
    }

    fn next(&mut self) -> Result<Option<Band>, Error> {
        let rows = self.next..(self.next + BAND_ROWS).min(self.height);
        if rows.is_empty() {
            return Ok(None);
        }
        self.next = rows.end;
        let mut raster = Raster { height: 0, data: Vec::new(), ..self.png.raster };
        let mut filters = Vec::new();
        for y in rows.clone() {
            filters.push(if self.picture.contains(&y) { self.add_row(&mut raster)? } else { None });
        }
        Ok(Some((rows, raster, filters)))
    }

    /// Appends the picture's next row. Returns its filter, if the file has the row.
    fn add_row(&mut self, raster: &mut Raster) -> Result<Option<Filter>, Error> {
        raster.height += 1;
        let filter = self.read_row();
        if self.rows_read == 0 {
            return Err(malformed("a PNG of which not one row can be read"));
        }
        if filter.is_none() {
            raster.data.extend(self.missing.repeat(raster.width));
            return Ok(None);
        }
        let begin = raster.data.len();
        let stored = self.above.as_slice();
        if self.header.depth < 8 {
            raster.data.extend(unpack(stored, self.header.depth, raster.width));
        } else {
            raster.data.extend_from_slice(stored);
        }
        if self.turn.flips_x {
            let row = &mut raster.data[begin..];
            let pixel_bytes = raster.pixel_bytes;
            row.reverse();
            row.chunks_exact_mut(pixel_bytes).for_each(<[u8]>::reverse);
        }
        Ok(filter)
    }

    /// Reads a row, which is `above` then.
    fn read_row(&mut self) -> Option<Filter> {
        self.has_more = self.has_more && self.data.fill(&mut self.row);
        if !self.has_more {
            return None;
        }
        let (filter, row) = self.row.split_first_mut()?;
        let Some(filter) = Filter::of(*filter) else {
            (self.has_more, self.is_out_of_rows) = (false, false);
            return None;
        };
        filter.undo(row, &self.above, self.header.bits_per_pixel().div_ceil(8));
        self.above.clear();
        self.above.extend_from_slice(row);
        self.rows_read += 1;
        Some(filter)
    }

    /// What is wrong with the file, once all bands were had.
    fn damage(self) -> Option<Damage> {
        let each = self.row_bytes + 1;
        let end: End = self.data.end();
        self.head.damage(self.rows_read * each, each * self.header.sides[1], end, self.is_out_of_rows)
    }
}
