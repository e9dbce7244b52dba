//! A GIF from bytes to captioned bytes: walk, mask, plan, paint the touched frames in parallel,
//! write all in order.
//!
//! Called by the crate's `render`. Memory is the output and the frames in flight, a few for each
//! thread; the output is the same at any number of threads.

use std::{
    ops::Range,
    sync::atomic::{AtomicU32, Ordering},
};

use caption_layout::{Error, Limits, Spec, reading::blocks::Gif, rect::Rect};
use rayon::prelude::*;

use super::{
    canvas::Canvas,
    frame::{Job, Painted, Segments, size_field, write_screen},
    inked::Inked,
    plan::{FramePlan, plan, written_on},
    scratch::Scratch,
    tables::{Tables, may_become_transparent},
};
use crate::{Stats, Watch, mask::Mask, output::Output};

/// A captioned GIF and what is to be told of it.
pub(crate) struct RenderedGif {
    pub output: Output,
    pub mask: Mask,
    pub stats: Stats,
    /// Pixels outside the mask that took a neighbouring colour: (x, y).
    pub altered: Vec<(u32, u32)>,
}

/// Frames in flight for each thread: enough to even out small and large ones.
const FRAMES_PER_THREAD: usize = 32;
/// To start a thread costs about what it takes to caption so much of a GIF.
const BYTES_A_THREAD: usize = 64 * 1024;
/// Pixels of earlier frames that frames in flight may hold, or those of one frame where it has more.
const DAMAGED_AT_ONCE: usize = 1 << 18;
/// The largest side that a GIF can declare.
const MAX_SIDE_PX: u32 = u16::MAX as u32;

/// A GIF of which all is known that takes no look at its pixels.
pub(crate) struct PreparedGif<'a> {
    bytes: &'a [u8],
    gif: Gif,
    mask: Mask,
    plans: Vec<FramePlan>,
}

/// Walks a GIF, lays its captions out and plans its frames.
pub(crate) fn prepare<'a>(bytes: &'a [u8], spec: &Spec, limits: &Limits) -> Result<PreparedGif<'a>, Error> {
    let gif = Gif::walk(bytes, limits)?;
    let mask = Mask::draw(spec, gif.canvas.width(), gif.canvas.height(), written_on(&gif))?;
    let reach = gif.frames.iter().map(|f| f.rect.bottom + mask.picture_top_px).fold(mask.height_px, u32::max);
    if reach > MAX_SIDE_PX {
        return Err(Error::CanvasTooLarge { width_px: mask.width_px, height_px: reach, limit_px: MAX_SIDE_PX });
    }
    let plans = plan(&gif, &mask);
    // Frames that clear a caption are grown to draw it again, however small they were.
    limits.check_total_pixels(plans.iter().map(|plan| plan.drawn.area() as u64).sum())?;
    Ok(PreparedGif { bytes, gif, mask, plans })
}

impl PreparedGif<'_> {
    /// One thread for each frame that the captions touch, but none for less than pays for starting it.
    pub(crate) fn busy_threads(&self) -> usize {
        let touched = self.gif.frames.iter().zip(&self.plans).filter(|(_, plan)| plan.touched);
        let (frames, bytes) = touched.fold((0, 0), |(frames, bytes), (frame, _)| (frames + 1, bytes + frame.data.len()));
        bytes.div_ceil(BYTES_A_THREAD).min(frames).max(1)
    }
}

/// Captions what was prepared.
pub(crate) fn render(prepared: PreparedGif<'_>, watch: &Watch<'_>) -> Result<RenderedGif, Error> {
    let PreparedGif { bytes, gif, mask, plans } = prepared;
    let mut canvas = plans.iter().any(|p| !p.damaged.is_empty()).then(|| Canvas::new(bytes, &gif));

    let tables = Tables::decide(bytes, &gif, &mask, &plans);
    let inked: Vec<Inked<'_>> = mask.inks.iter().map(Inked::of).collect();

    let output = Output::of(header(bytes, &gif, &mask, tables.changed_global()));
    let mut writer = Writer { bytes, output, stats: Stats::default(), altered: Vec::new() };
    let done = AtomicU32::new(0);
    let total = u32::try_from(gif.frames.len()).unwrap_or(u32::MAX);
    let in_flight = rayon::current_num_threads() * FRAMES_PER_THREAD;
    let may_become_transparent = may_become_transparent(&gif);
    for batch in batches(&plans, in_flight) {
        let jobs: Vec<Job<'_>> = batch
            .map(|k| {
                let (frame, plan) = (&gif.frames[k], &plans[k]);
                let damaged = match &mut canvas {
                    Some(canvas) if !plan.damaged.is_empty() => canvas.before(k, on_source(plan.damaged, &mask)),
                    _ => Vec::new(),
                };
                let (table, used) = (tables.of(k, frame), tables.used[k]);
                Job {
                    bytes,
                    gif: &gif,
                    mask: &mask,
                    inked: &inked,
                    frame,
                    plan: *plan,
                    table,
                    used,
                    may_become_transparent,
                    damaged,
                }
            })
            .collect();
        let painted: Vec<Option<Painted>> = jobs
            .par_iter()
            // One at a time: frames differ too much for more to be handed over at once.
            .with_max_len(1)
            .map(|job| {
                if watch.cancelled.load(Ordering::Relaxed) {
                    return Err(Error::Cancelled);
                }
                let painted = job.plan.touched.then(|| Scratch::with(|scratch| job.paint(scratch)));
                (watch.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, total);
                Ok(painted)
            })
            .collect::<Result<_, _>>()?;
        for (job, painted) in jobs.iter().zip(painted) {
            writer.add(job, painted);
        }
    }
    let Writer { mut output, stats, altered, .. } = writer;
    output.add_source(gif.tail.clone());
    if gif.lacks_trailer {
        output.add(vec![0x3B]);
    }
    Ok(RenderedGif { output, mask, stats, altered })
}

/// Frames to be worked on at the same time, by number.
fn batches(plans: &[FramePlan], most_frames: usize) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut start, mut damaged) = (0, 0);
    for (k, plan) in plans.iter().enumerate() {
        damaged += plan.damaged.area();
        if k + 1 - start == most_frames || damaged > DAMAGED_AT_ONCE || k + 1 == plans.len() {
            batches.push(start..k + 1);
            (start, damaged) = (k + 1, 0);
        }
    }
    batches
}

/// The header, screen and global palette, with the screen enlarged for bars.
fn header(bytes: &[u8], gif: &Gif, mask: &Mask, changed_table: Option<Vec<u8>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(13 + 3 * 256);
    out.extend_from_slice(&bytes[..13]);
    if mask.height_px != gif.canvas.height() {
        // Sides were checked against MAX_SIDE_PX.
        write_screen(&mut out[6..10], mask);
    }
    match (changed_table, &gif.global_palette) {
        (Some(table), _) => {
            // The new table's size; its order is no longer known.
            out[10] = out[10] & 0xF0 | size_field(table.len() / 3);
            out.extend_from_slice(&table);
        }
        (None, Some(range)) => out.extend_from_slice(&bytes[range.clone()]),
        (None, None) => {}
    }
    out
}

/// A rectangle of the output, all of it on the picture, where the source has it.
fn on_source(rect: Rect, mask: &Mask) -> Rect {
    Rect { top: rect.top - mask.picture_top_px, bottom: rect.bottom - mask.picture_top_px, ..rect }
}

/// Puts frames together in order.
struct Writer<'a> {
    bytes: &'a [u8],
    output: Output,
    stats: Stats,
    altered: Vec<(u32, u32)>,
}

impl Writer<'_> {
    fn add(&mut self, job: &Job<'_>, painted: Option<Painted>) {
        self.stats.frames += 1;
        let (segments, change) = painted.map_or((Segments::default(), None), |painted| (painted.segments, painted.change));
        self.stats.segments_copied += segments.copied;
        self.stats.segments_spliced += segments.spliced;
        self.stats.segments_recoded += segments.recoded;
        self.stats.segments += segments.copied + segments.spliced + segments.recoded;
        match change {
            None => {
                self.stats.frames_copied += 1;
                self.copy(job);
            }
            Some(change) => {
                if change.is_recoded {
                    self.stats.frames_recoded += 1;
                } else {
                    self.stats.frames_spliced += 1;
                }
                if change.needs_89a {
                    self.output.set_in_first(4, b'9');
                }
                self.output.add(change.header);
                self.output.add(change.stream);
                self.altered.extend(change.altered);
            }
        }
    }

    /// Every byte of the frame as it was, but for its place below a bar.
    fn copy(&mut self, job: &Job<'_>) {
        let frame = job.frame;
        let mut start = frame.lead.start;
        if job.enlarges_second_screen() {
            self.output.add(job.lead());
            start = frame.descriptor.start;
        }
        let top = u16::try_from(job.plan.source.top).unwrap_or(u16::MAX).to_le_bytes();
        let place = frame.descriptor.start + 3..frame.descriptor.start + 5;
        if self.bytes[place.clone()] != top {
            self.output.add_source(start..place.start);
            self.output.add(top.to_vec());
            start = place.end;
        }
        self.output.add_source(start..frame.data.end);
        if !frame.terminated {
            self.output.add(vec![0]);
        }
    }
}
