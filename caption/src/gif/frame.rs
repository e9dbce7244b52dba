//! One frame from its bytes to its new bytes: its stream spliced where that serves, coded again whole
//! where not, and everything before it as the source has it, but for what had to change.
//!
//! Called by `render` for every touched frame, from any of rayon's threads; it sees one frame, its
//! plan and the mask, never the canvas's history.

use std::borrow::Cow;

use caption_layout::reading::blocks::{Frame, Gif};

use super::{
    canvas::Shown,
    indices::Indices,
    inked::Inked,
    palette::Palette,
    plan::FramePlan,
    raster::Raster,
    recode::recode,
    scratch::Scratch,
    splice::{Spliced, can_splice, splice},
    tables::Table,
};
use crate::mask::Mask;

/// How a frame came out.
pub(super) struct Painted {
    pub segments: Segments,
    /// What differs; `None` where the source's bytes will do.
    pub change: Option<Change>,
}

/// A frame that came out different.
pub(super) struct Change {
    /// Everything from the extensions before it to its palette.
    pub header: Vec<u8>,
    /// The minimum code size and the sub-blocks.
    pub stream: Vec<u8>,
    /// Whether the bytes need a `GIF89a` header.
    pub needs_89a: bool,
    /// Pixels outside the mask that took a neighbouring colour: (x, y) on the output's canvas.
    pub altered: Vec<(u32, u32)>,
    /// Whether its stream was coded again whole.
    pub is_recoded: bool,
}

/// How the segments of frames came through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Segments {
    pub copied: u32,
    pub spliced: u32,
    pub recoded: u32,
}

/// A new stream for a frame.
pub(super) struct NewStream {
    /// The minimum code size and the sub-blocks.
    pub bytes: Vec<u8>,
    /// The palette that its indices are of.
    pub palette: Palette,
    pub altered: Vec<(u32, u32)>,
    pub segments: Segments,
}

/// What a frame is painted with.
pub(super) struct Job<'a> {
    pub bytes: &'a [u8],
    pub gif: &'a Gif,
    pub mask: &'a Mask,
    /// Of the mask's inks, in their order.
    pub inked: &'a [Inked<'a>],
    pub frame: &'a Frame,
    pub plan: FramePlan,
    pub table: Cow<'a, Table>,
    /// The indices that it may show, if that is known.
    pub used: Option<Indices>,
    /// See [`super::tables::may_become_transparent`].
    pub may_become_transparent: bool,
    /// The source's canvas in `plan.damaged`, where that is not empty.
    pub damaged: Vec<Shown>,
}

impl Job<'_> {
    pub(super) fn paint(&self, scratch: &mut Scratch) -> Painted {
        let mut palette = self.table.palette.of_frame(self.frame.transparent);
        for ink in &self.mask.inks {
            palette.rely_on([ink.fill, ink.under]);
        }
        // Where the caption stands on the canvas already and hides what is beneath, a transparent pixel
        // shows it as well as a painted one: smaller, and letters keep one colour from palette to palette.
        let shows_through = !self.plan.bare.covers(self.plan.drawn);
        let through = if shows_through && palette.transparent().is_none() && self.may_become_transparent {
            match self.used {
                Some(_) => scratch.open(self.bytes, self.frame),
                None => scratch.open_for_used(self.bytes, self.frame),
            }
            palette.take_unused_as_transparent(self.used(scratch))
        } else {
            scratch.open(self.bytes, self.frame);
            palette.transparent().filter(|_| shows_through)
        };
        let spliced =
            if can_splice(self, &palette, scratch) { splice(self, &palette, through, scratch) } else { Spliced::Cannot };
        let (stream, is_recoded) = match spliced {
            Spliced::Unchanged => (None, false),
            Spliced::Changed(stream) => (Some(*stream), false),
            Spliced::Cannot => (recode(self, palette, through, scratch), true),
        };
        match stream {
            None => {
                let copied = scratch.scan.segments.len().try_into().unwrap_or(u32::MAX);
                Painted { segments: Segments { copied, ..Segments::default() }, change: None }
            }
            Some(stream) => Painted { segments: stream.segments, change: Some(self.write(stream, is_recoded)) },
        }
    }

    /// The indices that the frame, opened in `scratch`, may show.
    pub(super) fn used(&self, scratch: &mut Scratch) -> Indices {
        self.used.unwrap_or_else(|| scratch.used_of_opened(self.frame))
    }

    /// Where the frame's own pixels stand.
    pub(super) fn source(&self) -> Raster {
        Raster { rect: self.plan.source, interlaced: self.frame.interlaced }
    }

    /// Where the pixels to write stand.
    pub(super) fn drawn(&self) -> Raster {
        Raster { rect: self.plan.drawn, interlaced: self.frame.interlaced }
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

    /// Whether a second screen is declared before the frame, and a bar enlarges it.
    pub(super) fn enlarges_second_screen(&self) -> bool {
        self.frame.second_screen.is_some() && self.mask.height_px != self.gif.canvas.height()
    }

    /// The extensions before the frame.
    pub(super) fn lead(&self) -> Vec<u8> {
        let mut lead = self.bytes[self.frame.lead.clone()].to_vec();
        if let (Some(at), true) = (self.frame.second_screen, self.enlarges_second_screen()) {
            let at = at - self.frame.lead.start;
            write_screen(&mut lead[at..at + 4], self.mask);
        }
        lead
    }

    /// The frame with its new stream.
    fn write(&self, stream: NewStream, is_recoded: bool) -> Change {
        let (frame, drawn, palette) = (self.frame, self.plan.drawn, stream.palette);
        let mut out = self.lead();
        let needs_89a = palette.transparent() != frame.transparent;
        if let (true, Some(transparent)) = (needs_89a, palette.transparent()) {
            if let Some(at) = frame.control {
                let at = at - frame.lead.start;
                out[at] |= 1;
                out[at + 3] = transparent;
            } else {
                out.extend_from_slice(&[0x21, 0xF9, 4, 1, 0, 0, transparent, 0]);
            }
        }
        let descriptor = &self.bytes[frame.descriptor.clone()];
        out.push(descriptor[0]);
        for side in [drawn.left, drawn.top, drawn.width(), drawn.height()] {
            #[expect(clippy::cast_possible_truncation, reason = "render refuses canvases beyond 65,535 pixels")]
            out.extend_from_slice(&(side as u16).to_le_bytes());
        }
        if palette.is_changed() {
            let table = palette.table();
            // Interlaced as it was; the new table's size; its order is no longer known.
            out.push(descriptor[9] & 0x58 | 0x80 | size_field(table.len() / 3));
            out.extend_from_slice(&table);
        } else {
            out.push(descriptor[9]);
            out.extend_from_slice(&self.bytes[frame.local_palette.clone().unwrap_or_default()]);
        }
        Change { header: out, stream: stream.bytes, needs_89a, altered: stream.altered, is_recoded }
    }
}

/// Writes the size of the output's screen.
pub(super) fn write_screen(at: &mut [u8], mask: &Mask) {
    for (at, side) in at.as_chunks_mut::<2>().0.iter_mut().zip([mask.width_px, mask.height_px]) {
        *at = u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes();
    }
}

/// The three bits that say how many entries a table has (`GIF89a`, section 20).
pub(super) fn size_field(entries: usize) -> u8 {
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
