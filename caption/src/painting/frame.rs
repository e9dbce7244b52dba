//! One frame's steps from its bytes to its new stream: its palette, its segments, and then spliced where that serves, coded
//! again whole where not.
//!
//! Called by `gif` for every touched frame, from any of rayon's threads; it sees one frame, its
//! plan and the captions, never the canvas's history.

use super::{
    recode::{Recoded, recode},
    splice::{Spliced, can_splice, splice},
    work::{FrameWork, NewStream, SegmentCounts, Tools},
};
use crate::{
    planning::{FramePlan, Palette},
    reading::streams::StreamReader,
};

/// How a frame came out.
pub struct PaintedFrame {
    pub segments: SegmentCounts,
    /// What differs; where nothing does, the source's bytes will do.
    pub change: Change,
    /// The plan that it was painted by.
    pub plan: FramePlan,
    /// Whether captions were left undrawn where the source has no pixel.
    pub leaves_gaps: bool,
}

/// What differs in a frame.
pub enum Change {
    Nothing,
    /// Only touched segments were coded again.
    Spliced(NewStream),
    /// All of it was coded again.
    Recoded(NewStream),
}

/// Paints a frame. Where it has no room for a transparent index, which what it is enlarged by would show, only its own pixels are painted.
pub fn paint(work: &FrameWork<'_>, reader: &mut StreamReader, tools: &mut Tools) -> PaintedFrame {
    let painted = attempt(work, reader, tools).or_else(|| attempt(&work.leaving_gaps(), reader, tools));
    let unchanged = || PaintedFrame {
        segments: SegmentCounts::of_copied(reader.scan.segments.len()),
        change: Change::Nothing,
        plan: work.plan.without_growth(),
        leaves_gaps: true,
    };
    painted.unwrap_or_else(unchanged)
}

/// Paints it as planned; `None` where it has no room.
fn attempt(work: &FrameWork<'_>, reader: &mut StreamReader, tools: &mut Tools) -> Option<PaintedFrame> {
    let (palette, through) = open(work, reader);
    let spliced =
        if can_splice(work, &palette, reader) { splice(work, &palette, through, reader, tools) } else { Spliced::Cannot };
    let segments = reader.scan.segments.len();
    let (segments, change) = match spliced {
        Spliced::Unchanged => (SegmentCounts::of_copied(segments), Change::Nothing),
        Spliced::Changed(stream, segments) => (segments, Change::Spliced(*stream)),
        Spliced::Cannot => match recode(work, palette, through, reader, tools) {
            Recoded::NoRoom => return None,
            Recoded::Unchanged => (SegmentCounts::of_copied(segments), Change::Nothing),
            Recoded::Changed(stream) => (SegmentCounts::of_recoded(segments), Change::Recoded(*stream)),
        },
    };
    Some(PaintedFrame { segments, change, plan: work.plan, leaves_gaps: work.leaves_gaps })
}

/// Opens the frame in `reader`. Answers its palette, and the index by which pixels that a caption hides show the one
/// that stands on the canvas already: a transparent pixel shows it as well as a painted one; it is smaller, and letters keep one
/// colour from palette to palette. `None` where the caption stands nowhere, or no index can be had.
fn open(work: &FrameWork<'_>, reader: &mut StreamReader) -> (Palette, Option<u8>) {
    let mut palette = work.palette_plan.palette.of_frame(work.frame.transparent);
    for runs in work.inks {
        runs.ink.colours().into_iter().for_each(|colour| palette.reserve(colour));
    }
    let shows_through = !work.plan.bare().covers(work.plan.drawn());
    if !shows_through || palette.transparent().is_some() || !work.may_become_transparent {
        reader.open(work.bytes, work.frame);
        let through = palette.transparent().filter(|_| shows_through);
        return (palette, through);
    }
    match work.used {
        Some(_) => reader.open(work.bytes, work.frame),
        None => reader.open_and::<true>(work.bytes, work.frame),
    }
    let through = palette.take_unused_as_transparent(work.used(reader));
    (palette, through)
}
