//! One frame from its codes to its new codes: decode, paint, encode.
//!
//! Called by `render` for every touched frame, from any of rayon's threads; it sees one frame, its
//! plan and the mask, never the canvas's history.

use super::{
    blocks::{Frame, Gif},
    canvas::Shown,
    interlace::row_order,
    lzw::{Decoder, Encoder},
    paint::Painter,
    palette::Palette,
    pixels::{Pixels, Present},
    plan::FramePlan,
};
use crate::mask::Mask;

/// What one thread needs again and again.
#[derive(Default)]
pub(super) struct Scratch {
    decoder: Decoder,
    encoder: Encoder,
    /// Pixels in the stream's order.
    stream: Vec<u8>,
    /// Pixels in the canvas's order.
    rows: Vec<u8>,
    blends: Vec<u16>,
}

/// A frame painted anew.
pub(super) struct Painted {
    /// Everything from the extensions before it to its last sub-block.
    pub bytes: Vec<u8>,
    /// Whether the bytes need a `GIF89a` header.
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
        let (pixels, present) = self.decode(scratch);
        let mut painter = Painter::new(self, pixels, present);
        painter.paint(&mut scratch.blends);
        let Painter { pixels, palette, altered, changed, extended, .. } = painter;
        let answer = changed.then(|| {
            // A stream that was short stays short, unless something had to be drawn beyond its end.
            let length = if extended || self.plan.drawn != self.plan.source { self.plan.drawn.area() } else { present.decoded };
            let (bytes, needs_89a) = self.write(&palette, &pixels, length, scratch);
            Painted { bytes, needs_89a, altered }
        });
        scratch.rows = pixels.rows;
        answer
    }

    /// The colour table that the file has for this frame.
    pub(super) fn table(&self) -> Option<&[u8]> {
        let range = self.frame.local_palette.clone().or_else(|| self.gif.global_palette.clone());
        range.map(|range| &self.bytes[range])
    }

    /// What the source's canvas shows where the output's was cleared too far.
    pub(super) fn damaged_at(&self, x: u32, y: u32) -> Shown {
        let damaged = self.plan.damaged;
        if !damaged.contains(x, y) {
            return None;
        }
        let i = (y - damaged.top) as usize * damaged.width() as usize + (x - damaged.left) as usize;
        self.damaged.get(i).copied().flatten()
    }

    /// The frame's indices as the rows of `plan.drawn`, and how many the stream had.
    fn decode(&self, scratch: &mut Scratch) -> (Pixels, Present) {
        let (source, drawn, interlaced) = (self.plan.source, self.plan.drawn, self.frame.interlaced);
        scratch.stream.resize(source.area(), 0);
        let decoded = scratch.decoder.decode(&self.bytes[self.frame.data.clone()], self.frame.min_code_size, &mut scratch.stream);
        if source == drawn && !interlaced {
            std::mem::swap(&mut scratch.stream, &mut scratch.rows);
        } else {
            scratch.rows.clear();
            scratch.rows.resize(drawn.area(), 0);
            let order = row_order(source.height(), interlaced);
            for (row, y) in scratch.stream[..decoded].chunks(source.width() as usize).zip(order) {
                let above = (source.top + y - drawn.top) as usize;
                let start = above * drawn.width() as usize + (source.left - drawn.left) as usize;
                scratch.rows[start..start + row.len()].copy_from_slice(row);
            }
        }
        let pixels = Pixels { rect: drawn, rows: std::mem::take(&mut scratch.rows) };
        (pixels, Present { source, interlaced, decoded })
    }

    /// The frame's bytes, with `length` pixels, and whether they need a `GIF89a` header.
    fn write(&self, palette: &Palette, pixels: &Pixels, length: usize, scratch: &mut Scratch) -> (Vec<u8>, bool) {
        let (frame, drawn) = (self.frame, self.plan.drawn);
        let mut out = Vec::with_capacity(frame.data.end - frame.lead.start + 1024);
        out.extend_from_slice(&self.bytes[frame.lead.clone()]);
        let is_newly_transparent = palette.transparent() != frame.transparent;
        if let (true, Some(transparent)) = (is_newly_transparent, palette.transparent()) {
            if let Some(control) = frame.control {
                let at = control - frame.lead.start;
                out[at] |= 1;
                out[at + 3] = transparent;
            } else {
                out.extend_from_slice(&[0x21, 0xF9, 4, 1, 0, 0, transparent, 0]);
            }
        }

        let changed_table = palette.changed_table();
        let descriptor = &self.bytes[frame.descriptor.clone()];
        out.push(descriptor[0]);
        for side in [drawn.left, drawn.top, drawn.width(), drawn.height()] {
            #[expect(clippy::cast_possible_truncation, reason = "render refuses canvases beyond 65,535 pixels")]
            out.extend_from_slice(&(side as u16).to_le_bytes());
        }
        if let Some(table) = changed_table {
            // Interlaced as it was; the new table's size; its order is no longer known.
            out.push(descriptor[9] & 0x58 | 0x80 | size_field(table.len() / 3));
            out.extend_from_slice(&table);
        } else {
            out.push(descriptor[9]);
            out.extend_from_slice(&self.bytes[frame.local_palette.clone().unwrap_or_default()]);
        }

        scratch.stream.clear();
        for y in row_order(drawn.height(), frame.interlaced) {
            let start = y as usize * drawn.width() as usize;
            scratch.stream.extend_from_slice(&pixels.rows[start..start + drawn.width() as usize]);
        }
        scratch.stream.truncate(length);
        let largest = scratch.stream.iter().copied().max().unwrap_or(0);
        let needed = u8::try_from((u8::BITS - largest.leading_zeros()).max(2)).unwrap_or(8);
        let code_size = frame.min_code_size.max(needed);
        out.push(code_size);
        scratch.encoder.encode(&scratch.stream, code_size, &mut out);
        (out, is_newly_transparent)
    }
}

/// The three bits that say how many entries a table has (`GIF89a`, section 20).
fn size_field(entries: usize) -> u8 {
    u8::try_from(entries.trailing_zeros().saturating_sub(1)).unwrap_or(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_sizes_are_written_as_powers() {
        assert_eq!([2, 4, 128, 256].map(size_field), [0, 1, 6, 7]);
    }
}
