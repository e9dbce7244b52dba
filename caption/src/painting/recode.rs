//! A frame's stream decoded, painted and encoded whole: where an index has to give way, a frame grows to
//! the side, pixels of earlier frames must be drawn again, or codes must be longer.
//!
//! Called by `frame` where `splice` does not serve. Pixels outside the mask keep their index, unless their
//! slot had to give way, which is reported.

use std::collections::{BTreeSet, HashMap};

use super::{
    painter::{Painter, Sourced},
    work::{FrameWork, NewStream, Tools},
};
use crate::{
    lzw::{Encoder, IndexSet},
    planning::{FrameCounts, MOST_DIFFERENCE, Merge, Palette},
    reading::{
        rows::{Present, Stretch, row_order},
        streams::{Histogram, StreamReader},
    },
};

/// What came of it.
pub(super) enum Recoded {
    /// Nothing came out different.
    Unchanged,
    Changed(Box<NewStream>),
    /// A transparent index is needed, and none can be had at a price that may be paid.
    NoRoom,
}

/// Recodes a frame opened in `reader`.
pub(super) fn recode(
    work: &FrameWork<'_>,
    mut palette: Palette,
    through: Option<u8>,
    reader: &mut StreamReader,
    tools: &mut Tools,
) -> Recoded {
    let mut used = work.used(reader);
    let mut pixels = Pixels::decode(work, reader);
    for &merge in &work.palette_plan.merges {
        pixels.merge(merge);
    }
    let giving_up_any = palette.clone();
    let lost_colours: BTreeSet<[u8; 3]> = work.lost_pixels().map(|(.., colour)| colour).collect();
    palette.reserve_exact(&lost_colours);
    let grown = work.plan.drawn() != work.plan.source;
    let mut is_made_whole = false;
    if grown || !pixels.present.is_whole() {
        if let Some(background) = work.background.filter(|_| grown) {
            // Not the nearest of what captions may use: there the background itself is shown.
            pixels.blank = Some(palette.exact_or_nearest(background, &mut used).0);
        } else if !work.leaves_gaps && (grown || pixels.must_draw_absent()) && pixels.has_blanks() {
            let mut counts = FrameCounts::of([pixels.count()]);
            // What was cleared too far must be drawn again at any price.
            let must_mend = !work.plan.cleared().is_empty() || work.plan.hides_any();
            let most_difference = match must_mend {
                false if work.is_exact => 0.0,
                false => MOST_DIFFERENCE,
                true => f32::MAX,
            };
            let mut found = palette.ensure_transparent(used, &mut counts, most_difference);
            if found.is_none() && must_mend {
                // All entries are of colours that must be drawn again: one of those goes, and its pixels take the nearest.
                palette = giving_up_any.with_all_usable();
                found = palette.ensure_transparent(used, &mut counts, f32::MAX);
                palette.reserve_exact(&lost_colours);
            }
            match found {
                Some(Some(merge)) => pixels.merge(merge),
                Some(None) => {}
                None => {
                    reader.indices = pixels.indices;
                    return Recoded::NoRoom;
                }
            }
        }
        // What a frame that is cut off lacks, browsers show as it was before: some other decoders show nothing at all.
        is_made_whole = work.frame.is_cut && palette.take_free_as_transparent(used);
        pixels.blank_absent(&palette);
    }
    let mut painter = Painter::new(work, &palette, through, &mut tools.brush);
    let mut all = Stretch { rows: work.drawn(), first: 0, indices: &mut pixels.indices };
    let first_changed = painter.paint(&mut all, Sourced::Some(pixels.present));
    let mut extended = painter.extended && !work.leaves_gaps || is_made_whole;
    let backgrounds_off = painter.backgrounds_off();
    extended |= pixels.mend(&mut palette, &mut used);

    let is_changed = first_changed.is_some()
        || grown
        || extended
        || work.frame.is_cut
        || !work.palette_plan.merges.is_empty()
        || !pixels.altered.is_empty()
        || palette.is_changed();
    let Pixels { mut indices, present, altered, largest_difference, .. } = pixels;
    // A stream that was short stays short, unless something had to be drawn beyond its end.
    if !extended && !grown {
        indices.truncate(present.decoded);
    }
    let bytes = is_changed.then(|| encode(&indices, work.frame.min_code_size, &mut tools.encoder));
    reader.indices = indices;
    match bytes {
        None => Recoded::Unchanged,
        Some(bytes) => Recoded::Changed(Box::new(NewStream { bytes, palette, altered, largest_difference, backgrounds_off })),
    }
}

/// A stream with the source's code size, or a larger one if the indices need it; longer codes than bytes need are not written.
fn encode(indices: &[u8], code_size: u8, encoder: &mut Encoder) -> Vec<u8> {
    let largest = indices.iter().copied().max().unwrap_or(0);
    let needed = u8::try_from((u8::BITS - largest.leading_zeros()).max(2)).unwrap_or(8);
    let code_size = code_size.clamp(needed, 8);
    let mut bytes = vec![code_size];
    encoder.begin(code_size);
    encoder.encode(indices);
    encoder.finish(&mut bytes);
    bytes
}

/// All pixels of the rectangle that is drawn, in its stream's order.
struct Pixels<'a> {
    work: &'a FrameWork<'a>,
    indices: Vec<u8>,
    present: Present,
    /// Pixels outside the mask that took a neighbouring colour.
    altered: Vec<(u32, u32)>,
    /// How far one of them is off at most, in dE.
    largest_difference: f32,
    /// The index of pixels that the source does not have, if it is not the transparent one.
    blank: Option<u8>,
}

impl<'a> Pixels<'a> {
    fn decode(work: &'a FrameWork<'a>, reader: &mut StreamReader) -> Self {
        reader.decode(work.frame.min_code_size);
        let (source, drawn) = (work.source(), work.drawn());
        let present = Present { source, decoded: reader.scan.pixels };
        let mut indices = std::mem::take(&mut reader.indices);
        if source == drawn {
            indices.truncate(present.decoded);
            indices.resize(drawn.rect.area(), 0);
        } else {
            let mut grown = vec![0; drawn.rect.area()];
            let order = row_order(source.rect.height(), source.interlaced);
            for (row, y) in indices[..present.decoded].chunks(source.rect.width() as usize).zip(order) {
                // What lies beyond the screen may have been cut off.
                let y = source.rect.top + y;
                let (left, right) = (source.rect.left.max(drawn.rect.left), source.rect.right.min(drawn.rect.right));
                let row = row.get((left - source.rect.left) as usize..).unwrap_or_default();
                let row = &row[..row.len().min(right.saturating_sub(left) as usize)];
                if (drawn.rect.top..drawn.rect.bottom).contains(&y) && !row.is_empty() {
                    let start = drawn.position(left, y);
                    grown[start..start + row.len()].copy_from_slice(row);
                }
            }
            indices = grown;
        }
        Self { work, indices, present, altered: Vec::new(), largest_difference: 0.0, blank: None }
    }

    /// Calls `see` for every pixel to write: whether the source has it, its x and y, and its index.
    fn each(&mut self, mut see: impl FnMut(bool, [u32; 2], &mut u8)) {
        let rows = self.work.drawn();
        for y in rows.rect.top..rows.rect.bottom {
            let start = rows.row_start(y);
            for (x, index) in (rows.rect.left..rows.rect.right).zip(&mut self.indices[start..]) {
                see(self.present.has(x, y), [x, y], index);
            }
        }
    }

    /// Counts the indices that the source has.
    fn count(&mut self) -> Histogram {
        let mut counts = [0; 256];
        self.each(|is_present, _, index| counts[usize::from(*index)] += u32::from(is_present));
        counts
    }

    fn merge(&mut self, Merge { from, to, difference }: Merge) {
        let mut altered = std::mem::take(&mut self.altered);
        self.largest_difference = self.largest_difference.max(difference);
        self.each(|is_present, [x, y], index| {
            if is_present && *index == from {
                *index = to;
                if difference > 0.0 {
                    altered.push((x, y));
                }
            }
        });
        self.altered = altered;
    }

    /// Pixels that the source does not have show what is beneath.
    fn blank_absent(&mut self, palette: &Palette) {
        let blank = self.blank.or(palette.transparent()).unwrap_or(0);
        let mut altered = std::mem::take(&mut self.altered);
        let is_seen = self.blank.is_some();
        self.each(|is_present, [x, y], index| {
            if !is_present {
                *index = blank;
                if is_seen {
                    altered.push((x, y));
                }
            }
        });
        self.altered = altered;
    }

    /// Whether a caption has to be drawn where the frame's rectangle reaches but its stream does not.
    fn must_draw_absent(&self) -> bool {
        let plan = self.work.plan;
        !plan.damaged().is_empty() || self.work.absent_covers(plan.bare().intersect(plan.source), self.present).next().is_some()
    }

    /// Whether pixels that the source does not have remain beside those that captions cover.
    fn has_blanks(&self) -> bool {
        let (plan, drawn) = (self.work.plan, self.work.drawn());
        let mut is_covered = vec![false; drawn.rect.area()];
        for (x, y, _) in self.work.absent_covers(plan.bare().intersect(drawn.rect), self.present) {
            is_covered[drawn.position(x, y)] = true;
        }
        let is_blank = |x, y| !is_covered[drawn.position(x, y)] && !self.present.has(x, y);
        (drawn.rect.top..drawn.rect.bottom).any(|y| (drawn.rect.left..drawn.rect.right).any(|x| is_blank(x, y)))
    }

    /// Draws again what the source still shows and the output's canvas has lost. Says whether there was any.
    fn mend(&mut self, palette: &mut Palette, used: &mut IndexSet) -> bool {
        let drawn = self.work.drawn();
        let mut entries: HashMap<[u8; 3], (u8, bool)> = HashMap::new();
        for (x, y, colour) in self.work.lost_pixels() {
            let position = drawn.position(x, y);
            let own = self.indices[position];
            // Browsers draw nothing for an index behind the table's end.
            if Some(own) != palette.transparent() && !palette.is_behind_end(own) {
                continue;
            }
            let (index, is_exact) = *entries.entry(colour).or_insert_with(|| palette.exact_or_nearest(colour, used));
            self.indices[position] = index;
            if !is_exact {
                self.largest_difference = self.largest_difference.max(palette.off(colour));
                self.altered.push((x, y));
            }
        }
        !entries.is_empty()
    }
}
