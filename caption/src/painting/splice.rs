//! A frame's stream with only its touched segments opened: the others are copied bit for bit, and so are
//! the codes of a touched one before its first changed pixel.
//!
//! Called by `frame` where it serves: the frame keeps its width, and the new pixels need no
//! longer codes. It must leave every pixel outside the captions alone.

use std::ops::Range;

use caption_layout::rect::Rect;

use super::{
    merging::Merging,
    painter::{Painter, Sourced},
    work::{FrameWork, NewStream, SegmentCounts, Tools},
};
use crate::{
    lzw::{COPY_LEN, SPLICED_CODE_SIZES},
    planning::{Palette, largest_difference},
    reading::{
        rows::{FrameRows, Present, Stretch},
        streams::{StreamReader, room},
    },
};

/// What came of it.
pub enum Spliced {
    /// Nothing came out different.
    Unchanged,
    Changed(Box<NewStream>, SegmentCounts),
    /// The painted pixels need longer codes than the stream has.
    Cannot,
}

/// Whether a frame, opened in `reader`, can be spliced.
pub fn can_splice(work: &FrameWork<'_>, palette: &Palette, reader: &StreamReader) -> bool {
    let (source, drawn) = (work.plan.source, work.plan.drawn());
    let present = Present { source: work.source(), decoded: reader.scan.pixels };
    let is_whole = present.is_whole();
    let reaches = if source == drawn {
        is_whole || work.absent_covers(work.plan.bare().intersect(source), present).next().is_none()
    } else {
        // Whole rows are added before and behind.
        let keeps_rows =
            drawn.covers(source) && source.left == drawn.left && source.right == drawn.right && !work.frame.interlaced;
        // A transparent index that no pixel of the frame has may be beyond what its codes can say.
        let has_blank = palette.transparent().is_some_and(|index| usize::from(index) < 1 << work.frame.min_code_size.min(8));
        let may_be_blank = has_blank || new_rows(work).into_iter().all(|rows| is_all_band(work, rows));
        let may_follow = source.bottom == drawn.bottom || !reader.scan.overshoots;
        keeps_rows && is_whole && may_be_blank && may_follow
    };
    reaches
        && !work.frame.is_cut
        && SPLICED_CODE_SIZES.contains(&work.frame.min_code_size)
        && work.plan.damaged().is_empty()
        && (is_whole || work.palette_plan.merges.is_empty())
}

/// Splices a frame that [`can_splice`].
pub fn splice(
    work: &FrameWork<'_>,
    palette: &Palette,
    through: Option<u8>,
    reader: &mut StreamReader,
    tools: &mut Tools,
) -> Spliced {
    let StreamReader { stream, scan, decoder, indices } = reader;
    let Tools { encoder, brush } = tools;
    let (code_size, rows) = (work.frame.min_code_size, work.drawn());
    let touched = Touched::by(work);
    let mut painter = Painter::new(work, palette, through, brush);
    let merging = Merging::of(&work.palette_plan.merges, rows);
    let mut altered = Vec::new();
    let mut segments = SegmentCounts::default();
    let mut is_changed = palette.is_changed() || work.plan.drawn() != work.plan.source;
    let [above, below] = new_rows(work);

    encoder.begin(code_size);
    encoder.encode(new_indices(above, rows, palette, &mut painter, indices));
    for segment in &scan.segments {
        let first = above.area() + segment.first_pixel;
        let len = segment.end_pixel - segment.first_pixel;
        let mut place = None;
        let merging = merging.as_ref().filter(|merging| merging.concerns(stream, code_size, segment));
        if merging.is_some() || touched.meets(first..first + len) {
            let decoded = room(indices, len + COPY_LEN);
            decoder.decode(stream, code_size, segment, decoded);
            let decoded = &mut decoded[..len];
            let merged = merging.and_then(|merging| merging.merge(first, decoded, &mut altered));
            let captioned = painter.paint(&mut Stretch { rows, first, indices: decoded }, Sourced::All);
            place = merged.into_iter().chain(captioned).min();
        }
        let Some(place) = place else {
            segments.copied += 1;
            encoder.copy(stream, segment);
            continue;
        };
        is_changed = true;
        let kept = decoder.before(place);
        if kept.codes > 0 {
            segments.spliced += 1;
            encoder.keep(stream, segment, decoder, kept, &indices[..len]);
        } else {
            segments.recoded += 1;
        }
        encoder.encode(&indices[kept.pixels..len]);
    }
    encoder.encode(new_indices(below, rows, palette, &mut painter, indices));

    if !is_changed {
        return Spliced::Unchanged;
    }
    if usize::from(painter.largest) >= 1 << code_size {
        return Spliced::Cannot;
    }
    let mut bytes = vec![code_size];
    encoder.finish(&mut bytes);
    Spliced::Changed(
        Box::new(NewStream {
            bytes,
            palette: palette.clone(),
            altered,
            largest_difference: largest_difference(&work.palette_plan.merges),
            backgrounds_off: painter.backgrounds_off(),
        }),
        segments,
    )
}

/// The rows that the frame is grown by, above it and below.
fn new_rows(work: &FrameWork<'_>) -> [Rect; 2] {
    let (source, drawn) = (work.plan.source, work.plan.drawn());
    [Rect { bottom: source.top, ..drawn }, Rect { top: source.bottom, ..drawn }]
}

/// Paints rows that the source doesn't have.
fn new_indices<'i>(
    new: Rect,
    rows: FrameRows,
    palette: &Palette,
    painter: &mut Painter<'_>,
    indices: &'i mut Vec<u8>,
) -> &'i [u8] {
    let indices = room(indices, new.area());
    if !new.is_empty() {
        indices.fill(palette.transparent().unwrap_or(0));
        painter.paint(&mut Stretch { rows, first: rows.row_start(new.top), indices }, Sourced::None);
    }
    indices
}

/// Whether bars cover all of `rows`, so that no pixel of them stays blank.
fn is_all_band(work: &FrameWork<'_>, rows: Rect) -> bool {
    let is_band = |y| {
        let row = Rect { top: y, bottom: y + 1, ..rows };
        work.plan.bare().covers(row) && work.inks.iter().any(|runs| runs.ink.is_band && runs.ink.rect.covers(row))
    };
    (rows.top..rows.bottom).all(is_band)
}

/// The stretches of a frame's stream that hold captions' pixels: one for each row, in the stream's order.
struct Touched(Vec<Range<usize>>);

impl Touched {
    fn by(work: &FrameWork<'_>) -> Self {
        let frame_rows = work.drawn();
        let mut stretches = Vec::new();
        for ink in work.inks.iter().map(|runs| runs.ink) {
            let here = ink.rect.intersect(frame_rows.rect);
            for y in here.top..here.bottom {
                let Some(columns) = ink.touched_columns(y) else { continue };
                let (left, right) = (columns.start.max(here.left), columns.end.min(here.right));
                if left < right {
                    let start = frame_rows.position(left, y);
                    stretches.push(start..start + (right - left) as usize);
                }
            }
        }
        stretches.sort_unstable_by_key(|stretch| stretch.start);
        Self(stretches)
    }

    fn meets(&self, range: Range<usize>) -> bool {
        // Stretches of two captions in one row may overlap, so that ends need not rise: the rows before
        // cannot reach far.
        let begun = self.0.partition_point(|stretch| stretch.start < range.end);
        self.0[..begun].iter().rev().any(|stretch| stretch.end > range.start)
    }
}

#[cfg(test)]
mod tests;
