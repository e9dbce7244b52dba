//! A frame's stream with only its touched segments opened: the others are copied bit for bit, and so are
//! the codes of a touched one before its first changed pixel.
//!
//! Called by `frame` where it serves: the frame keeps its width, and the new pixels need no
//! longer codes. It must leave every pixel outside the captions alone.

use std::ops::Range;

use caption_layout::rect::Rect;

use super::{
    frame::{Job, NewStream, Segments},
    lzw::{COPY_LEN, SPLICED_CODE_SIZES},
    merging::Merging,
    paint::{Painter, Sourced},
    palette::Palette,
    raster::{Present, Raster, Window},
    scratch::Scratch,
};
use crate::mask::Cover;

/// What came of it.
pub(super) enum Spliced {
    /// Nothing came out different.
    Unchanged,
    Changed(Box<NewStream>),
    /// The painted pixels need longer codes than the stream has.
    Cannot,
}

/// Whether a frame, opened in `scratch`, can be spliced.
pub(super) fn can_splice(job: &Job<'_>, palette: &Palette, scratch: &Scratch) -> bool {
    let (source, drawn) = (job.plan.source, job.plan.drawn);
    let is_whole = scratch.scan.pixels == source.area();
    let reaches = if source == drawn {
        is_whole || !reaches_absent(job, scratch)
    } else {
        // Whole rows are added before and behind.
        let keeps_rows = source.left == drawn.left && source.right == drawn.right && !job.frame.interlaced;
        let may_be_blank = palette.transparent().is_some() || new_rows(job).into_iter().all(|rows| is_all_band(job, rows));
        let may_follow = source.bottom == drawn.bottom || !scratch.scan.overshoots;
        keeps_rows && is_whole && may_be_blank && may_follow
    };
    reaches
        && SPLICED_CODE_SIZES.contains(&job.frame.min_code_size)
        && job.plan.damaged.is_empty()
        && (is_whole || job.table.merges.is_empty())
}

/// Splices a frame that [`can_splice`].
pub(super) fn splice(job: &Job<'_>, palette: &Palette, through: Option<u8>, scratch: &mut Scratch) -> Spliced {
    let Scratch { stream, scan, decoder, encoder, brush, indices } = scratch;
    let (code_size, raster) = (job.frame.min_code_size, job.drawn());
    let touched = Touched::by(job);
    let mut painter = Painter::new(job, palette, through, brush);
    let merging = Merging::of(job);
    let mut altered = Vec::new();
    let mut segments = Segments::default();
    let mut is_changed = palette.is_changed() || job.plan.drawn != job.plan.source;
    let [above, below] = new_rows(job);

    encoder.begin(code_size);
    encoder.encode(new_indices(above, raster, palette, &mut painter, indices));
    for segment in &scan.segments {
        let first = above.area() + segment.first_pixel;
        let len = segment.end_pixel - segment.first_pixel;
        let mut place = None;
        let merging = merging.as_ref().filter(|merging| merging.concerns(stream, code_size, segment));
        if merging.is_some() || touched.meets(first..first + len) {
            let window = room(indices, len + COPY_LEN);
            decoder.decode(stream, code_size, segment, window);
            let window = &mut window[..len];
            let merged = merging.and_then(|merging| merging.merge(first, window, &mut altered));
            let captioned = painter.paint(&mut Window { raster, first, indices: window }, Sourced::All);
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
    encoder.encode(new_indices(below, raster, palette, &mut painter, indices));

    if !is_changed {
        return Spliced::Unchanged;
    }
    if usize::from(painter.largest) >= 1 << code_size {
        return Spliced::Cannot;
    }
    let mut bytes = vec![code_size];
    encoder.finish(&mut bytes);
    Spliced::Changed(Box::new(NewStream { bytes, palette: palette.clone(), altered, segments }))
}

/// The rows that the frame is grown by, above it and below.
fn new_rows(job: &Job<'_>) -> [Rect; 2] {
    let (source, drawn) = (job.plan.source, job.plan.drawn);
    [Rect { bottom: source.top, ..drawn }, Rect { top: source.bottom, ..drawn }]
}

/// Paints rows that the source doesn't have.
fn new_indices<'i>(
    rows: Rect,
    raster: Raster,
    palette: &Palette,
    painter: &mut Painter<'_>,
    indices: &'i mut Vec<u8>,
) -> &'i [u8] {
    let indices = room(indices, rows.area());
    if !rows.is_empty() {
        indices.fill(palette.transparent().unwrap_or(0));
        painter.paint(&mut Window { raster, first: raster.row_start(rows.top), indices }, Sourced::None);
    }
    indices
}

/// The first `len` of the indices, whatever they are. They are never given back: a window is as large as the
/// largest before it.
fn room(indices: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if indices.len() < len {
        indices.resize(len, 0);
    }
    &mut indices[..len]
}

/// Whether bars cover all of `rows`, so that no pixel of them stays blank.
fn is_all_band(job: &Job<'_>, rows: Rect) -> bool {
    let is_band = |y| {
        let row = Rect { top: y, bottom: y + 1, ..rows };
        job.plan.bare.covers(row) && job.mask.inks.iter().any(|ink| ink.is_band && ink.rect.covers(row))
    };
    (rows.top..rows.bottom).all(is_band)
}

/// Whether a caption has to be drawn where the frame's rectangle reaches but its stream does not.
fn reaches_absent(job: &Job<'_>, scratch: &Scratch) -> bool {
    let present = Present { source: job.source(), decoded: scratch.scan.pixels };
    let bare = job.plan.bare.intersect(job.plan.source);
    let is_absent = |(x, y, cover): (u32, u32, Cover)| cover.is_solid() && !present.has(x, y);
    job.mask.inks.iter().any(|ink| ink.covers_in(bare).any(is_absent))
}

/// The stretches of a frame's stream that hold captions' pixels: one for each row, in the stream's order.
struct Touched(Vec<Range<usize>>);

impl Touched {
    fn by(job: &Job<'_>) -> Self {
        let raster = job.drawn();
        let mut stretches = Vec::new();
        for ink in &job.mask.inks {
            let here = ink.rect.intersect(raster.rect);
            for y in here.top..here.bottom {
                let Some(columns) = ink.touched_columns(y) else { continue };
                let (left, right) = (columns.start.max(here.left), columns.end.min(here.right));
                if left < right {
                    let start = raster.position(left, y);
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
