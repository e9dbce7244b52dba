//! A frame's stream decoded, painted and encoded whole: where an index has to give way, a frame grows to
//! the side, pixels of earlier frames must be drawn again, or codes must be longer.
//!
//! Called by `frame` where `splice` does not serve. Pixels outside the mask keep their index, unless their
//! slot had to give way, which is reported.

use caption_layout::rect::Rect;

use super::{
    frame::{Job, NewStream, Segments},
    indices::Indices,
    lzw::Encoder,
    paint::{Painter, Sourced},
    palette::{Histogram, Merge, Palette},
    raster::{Present, Window, row_order},
    scratch::Scratch,
};
use crate::mask::Cover;

/// Recodes a frame opened in `scratch`; `None` where nothing came out different.
pub(super) fn recode(job: &Job<'_>, mut palette: Palette, through: Option<u8>, scratch: &mut Scratch) -> Option<NewStream> {
    let mut used = job.used(scratch);
    let mut pixels = Pixels::decode(job, scratch);
    for &merge in &job.table.merges {
        pixels.merge(merge);
    }
    for &colour in job.damaged.iter().flatten() {
        palette.reserve_exact(colour);
    }
    let grown = job.plan.drawn != job.plan.source;
    if grown || !pixels.present.is_whole() {
        if (grown || pixels.must_draw_absent()) && pixels.has_blanks() {
            let merge = palette.ensure_transparent(used, &mut pixels.count());
            if let Some(merge) = merge {
                pixels.merge(merge);
            }
        }
        pixels.blank_absent(&palette);
    }
    let raster = job.drawn();
    let mut painter = Painter::new(job, &palette, through, &mut scratch.brush);
    let first_changed =
        painter.paint(&mut Window { raster, first: 0, indices: &mut pixels.indices }, Sourced::Some(pixels.present));
    let mut extended = painter.extended;
    extended |= pixels.mend(&mut palette, &mut used);

    let is_changed = first_changed.is_some() || grown || extended || !pixels.altered.is_empty() || palette.is_changed();
    let Pixels { mut indices, present, altered, .. } = pixels;
    let answer = is_changed.then(|| {
        // A stream that was short stays short, unless something had to be drawn beyond its end.
        if !extended && !grown {
            indices.truncate(present.decoded);
        }
        let segments = Segments { recoded: scratch.scan.segments.len().try_into().unwrap_or(u32::MAX), ..Segments::default() };
        let bytes = encode(&indices, job.frame.min_code_size, &mut scratch.encoder);
        NewStream { bytes, palette, altered, segments }
    });
    scratch.indices = indices;
    answer
}

/// A stream with the source's code size, or a larger one if the indices need it.
fn encode(indices: &[u8], code_size: u8, encoder: &mut Encoder) -> Vec<u8> {
    let largest = indices.iter().copied().max().unwrap_or(0);
    let needed = u8::try_from((u8::BITS - largest.leading_zeros()).max(2)).unwrap_or(8);
    let code_size = code_size.max(needed);
    let mut bytes = vec![code_size];
    encoder.begin(code_size);
    encoder.encode(indices);
    encoder.finish(&mut bytes);
    bytes
}

/// All pixels of the rectangle that is drawn, in its stream's order.
struct Pixels<'a> {
    job: &'a Job<'a>,
    indices: Vec<u8>,
    present: Present,
    /// Pixels outside the mask that took a neighbouring colour.
    altered: Vec<(u32, u32)>,
}

impl<'a> Pixels<'a> {
    fn decode(job: &'a Job<'a>, scratch: &mut Scratch) -> Self {
        scratch.decode(job.frame);
        let (source, drawn) = (job.source(), job.drawn());
        let present = Present { source, decoded: scratch.scan.pixels };
        let mut indices = std::mem::take(&mut scratch.indices);
        if source == drawn {
            indices.truncate(present.decoded);
            indices.resize(drawn.rect.area(), 0);
        } else {
            let mut grown = vec![0; drawn.rect.area()];
            let order = row_order(source.rect.height(), source.interlaced);
            for (row, y) in indices[..present.decoded].chunks(source.rect.width() as usize).zip(order) {
                let start = drawn.position(source.rect.left, source.rect.top + y);
                grown[start..start + row.len()].copy_from_slice(row);
            }
            indices = grown;
        }
        Self { job, indices, present, altered: Vec::new() }
    }

    /// Counts the indices that the source has.
    fn count(&self) -> Histogram {
        let mut counts = [0; 256];
        self.each_present(|_, _, index| counts[usize::from(index)] += 1);
        counts
    }

    fn merge(&mut self, Merge { from, to }: Merge) {
        let mut altered = Vec::new();
        self.each_present(|x, y, index| {
            if index == from {
                altered.push((x, y));
            }
        });
        for &(x, y) in &altered {
            let position = self.job.drawn().position(x, y);
            self.indices[position] = to;
        }
        self.altered.extend(altered);
    }

    /// Pixels that the source does not have show what is beneath.
    fn blank_absent(&mut self, palette: &Palette) {
        let (drawn, blank) = (self.job.drawn(), palette.transparent().unwrap_or(0));
        for y in drawn.rect.top..drawn.rect.bottom {
            for x in drawn.rect.left..drawn.rect.right {
                if !self.present.has(x, y) {
                    self.indices[drawn.position(x, y)] = blank;
                }
            }
        }
    }

    /// Whether a caption has to be drawn where the frame's rectangle reaches but its stream does not.
    fn must_draw_absent(&self) -> bool {
        let plan = self.job.plan;
        !plan.damaged.is_empty() || self.covers_in_absent(plan.bare.intersect(plan.source)).next().is_some()
    }

    /// Whether pixels that the source does not have remain beside those that captions cover.
    fn has_blanks(&self) -> bool {
        let plan = self.job.plan;
        let sourced = plan.source.area().min(self.present.decoded);
        sourced + self.covers_in_absent(plan.bare.intersect(plan.drawn)).count() < plan.drawn.area()
    }

    fn covers_in_absent(&self, rect: Rect) -> impl Iterator<Item = (u32, u32, Cover)> {
        let covers = self.job.mask.inks.iter().flat_map(move |ink| ink.covers_in(rect));
        covers.filter(|&(x, y, cover)| cover.is_solid() && !self.present.has(x, y))
    }

    /// Draws again what the source still shows and the output's canvas has lost. Says whether there was any.
    fn mend(&mut self, palette: &mut Palette, used: &mut Indices) -> bool {
        let (drawn, damaged) = (self.job.drawn(), self.job.plan.damaged);
        let mut mended = false;
        for y in damaged.top..damaged.bottom {
            for x in damaged.left..damaged.right {
                let position = drawn.position(x, y);
                if let Some(colour) = self.job.damaged_at(x, y)
                    && Some(self.indices[position]) == palette.transparent()
                {
                    let (index, is_exact) = palette.exact_or_nearest(colour, used);
                    self.indices[position] = index;
                    mended = true;
                    if !is_exact {
                        self.altered.push((x, y));
                    }
                }
            }
        }
        mended
    }

    /// The pixels that the source has: x, y and index.
    fn each_present(&self, mut see: impl FnMut(u32, u32, u8)) {
        let (source, drawn) = (self.present.source.rect, self.job.drawn());
        for y in source.top..source.bottom {
            for x in source.left..source.right {
                if self.present.has(x, y) {
                    see(x, y, self.indices[drawn.position(x, y)]);
                }
            }
        }
    }
}
