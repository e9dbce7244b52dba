//! One frame from its codes to its new codes: decode, paint the caption's pixels, encode.
//!
//! Called by `render` for every touched frame, from any of rayon's threads; it sees one frame, its
//! plan and the mask, never the canvas's history. Pixels outside the mask keep their index, unless
//! their slot had to give way, which the answer then tells.

use std::ops::Range;

use super::{
    blocks::{Frame, Gif},
    canvas::Shown,
    interlace::row_order,
    lzw::{Decoder, Encoder},
    palette::{Histogram, Merge, Palette},
    plan::FramePlan,
};
use crate::{
    mask::{Cover, Ink, Mask},
    rect::Rect,
};

/// What one thread needs again and again.
#[derive(Default)]
pub(super) struct Scratch {
    decoder: Decoder,
    encoder: Encoder,
    /// Pixels in the stream's order, then the rows in the canvas's order.
    stream: Vec<u8>,
    rows: Vec<u8>,
    /// For one ink: the index that stands for (cover, index beneath), plus one; zero is unknown.
    blends: Vec<u16>,
}

/// A frame painted anew.
pub(super) struct Painted {
    /// Everything from the extensions before it to its last sub-block.
    pub bytes: Vec<u8>,
    /// Whether the bytes need a GIF89a header.
    pub needs_89a: bool,
    /// Pixels outside the mask that took a neighbouring colour: (x, y) on the output's canvas.
    pub altered: Vec<(u32, u32)>,
}

/// What a frame is painted with.
pub(super) struct Job<'a> {
    pub bytes: &'a [u8],
    pub gif: &'a Gif,
    pub mask: &'a Mask,
    pub frame: &'a Frame,
    pub plan: FramePlan,
    /// Whether a frame may get a transparent index without need. Where frames are disposed to background
    /// it may not: decoders clear to a colour or to nothing by whether there is such an index.
    pub may_become_transparent: bool,
    /// The source's canvas in `plan.damaged`, where that is not empty.
    pub damaged: Vec<Shown>,
}

impl Job<'_> {
    /// Paints the frame; `None` where nothing came out different and the source's bytes will do.
    pub(super) fn paint(&self, scratch: &mut Scratch) -> Option<Painted> {
        let (frame, drawn) = (self.frame, self.plan.drawn);
        let decoded = self.decode(scratch);
        let mut pixels = Pixels { rect: drawn, rows: std::mem::take(&mut scratch.rows) };
        let present = Present { source: self.plan.source, interlaced: frame.interlaced, decoded };

        let table =
            frame.local_palette.clone().or_else(|| self.gif.global_palette.clone()).map(|range: Range<usize>| &self.bytes[range]);
        let mut palette = Palette::new(table, frame.transparent);
        let mut kept = self.count_kept(&pixels, &present);
        let mut altered = Vec::new();
        if drawn != self.plan.source || self.must_draw_absent(&present) {
            let merge = palette.ensure_transparent(&mut kept);
            self.merge(merge, &mut pixels, &present, &mut altered);
        }
        let blank = palette.transparent().unwrap_or(0);
        self.blank_absent(&mut pixels, &present, blank);
        let mut changed = false;
        let mut painted_absent = false;
        // Where the caption stands on the canvas already and hides what is beneath, a transparent pixel
        // shows it as well as a painted one: smaller, and the letters keep one colour from palette to palette.
        let through = if self.plan.bare.covers(drawn) {
            None
        } else if self.may_become_transparent {
            palette.transparent_or_unused(&mut kept)
        } else {
            palette.transparent()
        };
        for ink in self.mask.inks.iter().filter(|ink| self.paints_opaque(ink, through)) {
            for merge in palette.ensure_pair(ink.fill, ink.under, &mut kept) {
                self.merge(Some(merge), &mut pixels, &present, &mut altered);
            }
        }
        for ink in &self.mask.inks {
            self.paint_ink(ink, &palette, through, &present, &mut scratch.blends, &mut pixels, |x, y| {
                changed = true;
                painted_absent |= !present.has(x, y);
            });
        }
        if !self.plan.damaged.is_empty() {
            painted_absent |= self.mend(&mut palette, &mut kept, &mut pixels);
        }
        if !changed && !painted_absent && drawn == self.plan.source && altered.is_empty() {
            scratch.rows = pixels.rows;
            return None;
        }

        // A stream that was short stays short, unless something had to be drawn beyond its end.
        let length = if painted_absent || drawn != self.plan.source { drawn.area() } else { decoded };
        let painted = self.write(&palette, &pixels, length, scratch);
        scratch.rows = pixels.rows;
        Some(Painted { altered, ..painted })
    }

    /// Decodes into `scratch.rows`, the rows of `plan.drawn`. Answers how many pixels came.
    fn decode(&self, scratch: &mut Scratch) -> usize {
        let (rect, drawn) = (self.plan.source, self.plan.drawn);
        scratch.stream.resize(rect.area(), 0);
        let decoded = scratch.decoder.decode(&self.bytes[self.frame.data.clone()], self.frame.min_code_size, &mut scratch.stream);
        if rect == drawn && !self.frame.interlaced {
            std::mem::swap(&mut scratch.stream, &mut scratch.rows);
            return decoded;
        }
        scratch.rows.clear();
        scratch.rows.resize(drawn.area(), 0);
        let width = rect.width() as usize;
        let order = row_order(rect.height(), self.frame.interlaced);
        for (row, y) in scratch.stream[..decoded].chunks(width).zip(order) {
            let start = (rect.top + y - drawn.top) as usize * drawn.width() as usize + (rect.left - drawn.left) as usize;
            scratch.rows[start..start + row.len()].copy_from_slice(row);
        }
        decoded
    }

    /// Counts the indices that must keep their colour: all that the caption does not hide.
    fn count_kept(&self, pixels: &Pixels, present: &Present) -> Histogram {
        let mut kept = [0u32; 256];
        for (y, row) in pixels.rows_of(self.plan.source) {
            let shown = present.in_row(y, row.len());
            for &index in &row[shown] {
                kept[usize::from(index)] += 1;
            }
        }
        for ink in &self.mask.inks {
            for (x, y, cover) in ink.covers_in(self.plan.source) {
                if cover.is_opaque() && present.has(x, y) {
                    kept[usize::from(pixels.at(x, y))] -= 1;
                }
            }
        }
        kept
    }

    /// Whether a caption has to be drawn where the frame's rectangle reaches but its stream does not.
    fn must_draw_absent(&self, present: &Present) -> bool {
        if present.decoded >= self.plan.source.area() {
            return false;
        }
        let bare = self.plan.bare.intersect(self.plan.source);
        let is_absent = |(x, y, cover): (u32, u32, Cover)| cover.is_solid() && !present.has(x, y);
        !self.plan.damaged.is_empty() || self.mask.inks.iter().any(|ink| ink.covers_in(bare).any(is_absent))
    }

    /// Pixels that the source does not have show what is beneath.
    fn blank_absent(&self, pixels: &mut Pixels, present: &Present, blank: u8) {
        if self.plan.drawn == self.plan.source && present.decoded >= self.plan.source.area() {
            return;
        }
        for y in pixels.rect.top..pixels.rect.bottom {
            for x in pixels.rect.left..pixels.rect.right {
                if !present.has(x, y) {
                    *pixels.at_mut(x, y) = blank;
                }
            }
        }
    }

    fn merge(&self, merge: Option<Merge>, pixels: &mut Pixels, present: &Present, altered: &mut Vec<(u32, u32)>) {
        let Some(Merge { from, to }) = merge else { return };
        let source = self.plan.source;
        for y in source.top..source.bottom {
            for x in source.left..source.right {
                if present.has(x, y) && pixels.at(x, y) == from {
                    *pixels.at_mut(x, y) = to;
                    altered.push((x, y));
                }
            }
        }
    }

    /// Whether the caption is on the canvas before this frame.
    fn stands_at(&self, x: u32, y: u32) -> bool {
        !self.plan.bare.contains(x, y) && !self.plan.damaged.contains(x, y)
    }

    /// Whether letters or ground of `ink` must be painted here, rather than shown through.
    fn paints_opaque(&self, ink: &Ink, through: Option<u8>) -> bool {
        let here = ink.rect.intersect(self.plan.drawn);
        let meets = |rect: Rect| !here.intersect(rect).is_empty();
        !here.is_empty() && (through.is_none() || meets(self.plan.bare) || meets(self.plan.damaged))
    }

    /// Paints one caption's pixels, and tells `on_paint` of each.
    fn paint_ink(
        &self,
        ink: &Ink,
        palette: &Palette,
        through: Option<u8>,
        present: &Present,
        blends: &mut Vec<u16>,
        pixels: &mut Pixels,
        mut on_paint: impl FnMut(u32, u32),
    ) {
        blends.clear();
        blends.resize(256 * 256, 0);
        for (x, y, cover) in ink.covers_in(self.plan.drawn) {
            if cover == Cover::NONE {
                continue;
            }
            let pixel = pixels.at_mut(x, y);
            let is_opaque = present.has(x, y) && Some(*pixel) != palette.transparent();
            let index = if let (true, true, Some(through)) = (is_opaque, cover.is_opaque() && self.stands_at(x, y), through) {
                through
            } else if is_opaque {
                let beneath = if cover.is_opaque() { 0 } else { *pixel };
                let known = &mut blends[usize::from(cover.0) << 8 | usize::from(beneath)];
                if *known == 0 {
                    let blend = cover.blend(ink.fill, ink.under, palette.colour(*pixel));
                    *known = u16::from(palette.nearest(blend).0) + 1;
                }
                #[expect(clippy::cast_possible_truncation, reason = "an index plus one")]
                let index = (*known - 1) as u8;
                index
            } else if let Some(beneath) = self.damaged_at(x, y) {
                palette.nearest(cover.blend(ink.fill, ink.under, Some(beneath))).0
            } else if self.plan.bare.contains(x, y) && cover.is_solid() {
                palette.nearest(cover.blend(ink.fill, ink.under, None)).0
            } else {
                // Transparent over a caption that stands: it goes on standing.
                continue;
            };
            *pixel = index;
            on_paint(x, y);
        }
    }

    /// Draws again what the source still shows and the output's canvas has lost. Answers whether
    /// there was any.
    fn mend(&self, palette: &mut Palette, kept: &mut Histogram, pixels: &mut Pixels) -> bool {
        let mut any = false;
        let damaged = self.plan.damaged;
        for y in damaged.top..damaged.bottom {
            for x in damaged.left..damaged.right {
                if let Some(colour) = self.damaged_at(x, y)
                    && Some(pixels.at(x, y)) == palette.transparent()
                {
                    *pixels.at_mut(x, y) = palette.exact_or_nearest(colour, kept);
                    any = true;
                }
            }
        }
        any
    }

    fn damaged_at(&self, x: u32, y: u32) -> Shown {
        let damaged = self.plan.damaged;
        if !damaged.contains(x, y) {
            return None;
        }
        let i = (y - damaged.top) as usize * damaged.width() as usize + (x - damaged.left) as usize;
        self.damaged.get(i).copied().flatten()
    }

    fn write(&self, palette: &Palette, pixels: &Pixels, length: usize, scratch: &mut Scratch) -> Painted {
        let (frame, drawn) = (self.frame, self.plan.drawn);
        let mut out = Vec::with_capacity(frame.data.end - frame.lead.start + 1024);
        out.extend_from_slice(&self.bytes[frame.lead.clone()]);
        let needs_89a = palette.transparent() != frame.transparent;
        if let (true, Some(transparent)) = (needs_89a, palette.transparent()) {
            if let Some(control) = frame.control {
                let at = control - frame.lead.start;
                out[at] |= 1;
                out[at + 3] = transparent;
            } else {
                out.extend_from_slice(&[0x21, 0xF9, 4, 1, 0, 0, transparent, 0]);
            }
        }

        let source_table = frame.local_palette.clone().map(|range| self.bytes[range].to_vec());
        let changed_table = palette.changed_table();
        let descriptor = &self.bytes[frame.descriptor.clone()];
        let flags = match &changed_table {
            // Interlaced as it was; of the new table only the size is known, not an order.
            Some(table) => descriptor[9] & 0x58 | 0x80 | size_field(table.len() / 3),
            None => descriptor[9],
        };
        out.push(descriptor[0]);
        for side in [drawn.left, drawn.top, drawn.width(), drawn.height()] {
            #[expect(clippy::cast_possible_truncation, reason = "render refuses canvases beyond 65,535 pixels")]
            out.extend_from_slice(&(side as u16).to_le_bytes());
        }
        out.push(flags);
        out.extend(changed_table.or(source_table).unwrap_or_default());

        scratch.stream.clear();
        for y in row_order(drawn.height(), frame.interlaced) {
            scratch.stream.extend_from_slice(&pixels.rows[y as usize * drawn.width() as usize..][..drawn.width() as usize]);
        }
        scratch.stream.truncate(length);
        let largest = scratch.stream.iter().copied().max().unwrap_or(0);
        let needed = u8::try_from((u8::BITS - largest.leading_zeros()).max(2)).unwrap_or(8);
        let code_size = frame.min_code_size.max(needed);
        out.push(code_size);
        scratch.encoder.encode(&scratch.stream, code_size, &mut out);
        Painted { bytes: out, needs_89a, altered: Vec::new() }
    }
}

/// The three bits that say how many entries a table has (section 20).
fn size_field(entries: usize) -> u8 {
    u8::try_from(entries.trailing_zeros().saturating_sub(1)).unwrap_or(7)
}

/// Palette indices of a rectangle, row by row.
struct Pixels {
    rect: Rect,
    rows: Vec<u8>,
}

impl Pixels {
    fn position(&self, x: u32, y: u32) -> usize {
        (y - self.rect.top) as usize * self.rect.width() as usize + (x - self.rect.left) as usize
    }

    fn at(&self, x: u32, y: u32) -> u8 {
        self.rows[self.position(x, y)]
    }

    fn at_mut(&mut self, x: u32, y: u32) -> &mut u8 {
        let position = self.position(x, y);
        &mut self.rows[position]
    }

    /// The rows of a rectangle within ours, with their y.
    fn rows_of(&self, rect: Rect) -> impl Iterator<Item = (u32, &[u8])> {
        (rect.top..rect.bottom).map(move |y| {
            let start = self.position(rect.left, y);
            (y, &self.rows[start..start + rect.width() as usize])
        })
    }
}

/// Which pixels of the frame its stream really had.
struct Present {
    source: Rect,
    interlaced: bool,
    decoded: usize,
}

impl Present {
    fn has(&self, x: u32, y: u32) -> bool {
        self.source.contains(x, y) && self.in_row(y, self.source.width() as usize).contains(&((x - self.source.left) as usize))
    }

    /// The columns of a row that are there.
    fn in_row(&self, y: u32, width: usize) -> Range<usize> {
        if self.decoded >= self.source.area() {
            return 0..width;
        }
        let before = stream_row(y - self.source.top, self.source.height(), self.interlaced) as usize * width;
        0..self.decoded.saturating_sub(before).min(width)
    }
}

/// How many rows come before row `y` in the stream.
fn stream_row(y: u32, height: u32, interlaced: bool) -> u32 {
    if !interlaced {
        return y;
    }
    let eighths = height.div_ceil(8);
    let fours = (height + 3) / 8;
    let twos = (height + 1) / 4;
    match y % 8 {
        0 => y / 8,
        4 => eighths + y / 8,
        2 | 6 => eighths + fours + y / 4,
        _ => eighths + fours + twos + y / 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_row_in_the_stream_agrees_with_the_order() {
        for height in 1..50 {
            for (place, y) in row_order(height, true).enumerate() {
                assert_eq!(stream_row(y, height, true) as usize, place, "row {y} of {height}");
            }
        }
    }

    #[test]
    fn table_sizes_are_written_as_powers() {
        assert_eq!([2, 4, 128, 256].map(size_field), [0, 1, 6, 7]);
    }
}
