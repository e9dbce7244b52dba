//! A captioned GIF put together: its header, and frame by frame what is the source's, by name, and what is new.
//!
//! Called by `gif`, in the frames' order. It decides nothing: what differs is told by plans, palettes and painted frames.

use std::collections::BTreeMap;

use caption_layout::{
    ChangedPixels, Hundredths, RenderStats, WhyOff,
    reading::blocks::{Frame, Gif},
    rect::Rect,
};

use crate::{
    altered::Altered,
    mask::Mask,
    output::Output,
    painting::{Change, NewStream, PaintedFrame},
    planning::FramePlan,
};

/// A GIF in the making.
pub(crate) struct Writer<'a> {
    bytes: &'a [u8],
    gif: &'a Gif,
    mask: &'a Mask,
    pub output: Output,
    pub stats: RenderStats,
    /// Pixels outside the captions that took a neighbouring colour.
    pub altered: Altered,
    /// How many there are, and how far one of them is off at most, in dE.
    pub changed: ChangedPixels,
    /// By number of the caption: how far its plate or shadow is off in the frame where it is most.
    pub backgrounds_off: BTreeMap<usize, Hundredths>,
    /// Whether the last frame was copied, and is cut off.
    ends_cut: bool,
}

impl<'a> Writer<'a> {
    /// Begins with the header, the screen, enlarged for bars, and the global palette.
    pub(crate) fn new(bytes: &'a [u8], gif: &'a Gif, mask: &'a Mask, changed_table: Option<Vec<u8>>) -> Self {
        let mut header = Vec::with_capacity(13 + 3 * 256);
        header.extend_from_slice(&bytes[..13]);
        if mask.height_px != gif.canvas.height() {
            write_screen(&mut header[6..10], mask);
        }
        if let Some(table) = changed_table {
            // The new table's size; its order is no longer known.
            header[10] = header[10] & 0xF0 | size_field(table.len() / 3);
            header.extend_from_slice(&table);
        } else {
            header.extend_from_slice(&bytes[gif.global_palette.clone().unwrap_or_default()]);
        }
        Self {
            bytes,
            gif,
            mask,
            output: Output::of(header),
            stats: RenderStats::default(),
            altered: Altered::default(),
            changed: ChangedPixels::default(),
            backgrounds_off: BTreeMap::new(),
            ends_cut: false,
        }
    }

    /// Adds a frame: painted, or one that was not opened.
    pub(crate) fn add(&mut self, frame: &Frame, plan: &FramePlan, painted: Option<PaintedFrame>) {
        let (segments, change) = painted.map_or((None, Change::Nothing), |painted| (Some(painted.segments), painted.change));
        let stats = &mut self.stats;
        stats.frames += 1;
        if let Some(segments) = segments {
            stats.segments_copied += segments.copied;
            stats.segments_spliced += segments.spliced;
            stats.segments_recoded += segments.recoded;
            stats.segments += segments.copied + segments.spliced + segments.recoded;
        }
        match change {
            Change::Nothing => {
                stats.frames_copied += 1;
                self.copy(frame, plan);
            }
            Change::Spliced(stream) => {
                stats.frames_spliced += 1;
                self.add_new(frame, plan, stream);
            }
            Change::Recoded(stream) => {
                stats.frames_recoded += 1;
                self.add_new(frame, plan, stream);
            }
        }
    }

    /// Ends with what follows the last frame.
    pub(crate) fn finish(&mut self) {
        self.output.add_source(self.gif.tail.clone());
        // It would be read as the next byte of a frame that is cut off.
        if self.gif.lacks_trailer && !self.ends_cut {
            self.output.add(vec![0x3B]);
        }
    }

    /// Every byte of the frame as it was, but for its place below a bar.
    fn copy(&mut self, frame: &Frame, plan: &FramePlan) {
        let mut start = frame.lead.start;
        if self.enlarges_second_screen(frame) || plan.is_cleared {
            self.output.add(self.lead(frame, plan));
            start = frame.descriptor.start;
        }
        let top = u16::try_from(plan.source.top).unwrap_or(u16::MAX).to_le_bytes();
        let place = frame.descriptor.start + 3..frame.descriptor.start + 5;
        if self.bytes[place.clone()] != top {
            self.output.add_source(start..place.start);
            self.output.add(top.to_vec());
            start = place.end;
        }
        self.output.add_source(start..frame.data.end);
        if frame.is_cut {
            self.ends_cut = true;
        } else if !frame.terminated {
            self.output.add(vec![0]);
        }
    }

    /// The frame with its new stream, and everything before it as the source has it, but for what had to change.
    fn add_new(&mut self, frame: &Frame, plan: &FramePlan, stream: NewStream) {
        let (drawn, palette) = (plan.drawn(), stream.palette);
        let mut header = self.lead(frame, plan);
        if palette.transparent() != frame.transparent {
            // Transparency came with GIF89a.
            self.output.set_in_first(4, b'9');
            if let Some(transparent) = palette.transparent() {
                if let Some(at) = frame.control {
                    let at = at - frame.lead.start;
                    header[at] |= 1;
                    header[at + 3] = transparent;
                } else {
                    header.extend_from_slice(&[0x21, 0xF9, 4, 1, 0, 0, transparent, 0]);
                }
            }
        }
        let descriptor = &self.bytes[frame.descriptor.clone()];
        header.push(descriptor[0]);
        for side in [drawn.left, drawn.top, drawn.width(), drawn.height()] {
            #[expect(clippy::cast_possible_truncation, reason = "`gif` refuses canvases beyond 65,535 pixels")]
            header.extend_from_slice(&(side as u16).to_le_bytes());
        }
        if palette.is_changed() {
            let table = palette.table();
            // Interlaced as it was; the new table's size; its order is no longer known.
            header.push(descriptor[9] & 0x58 | 0x80 | size_field(table.len() / 3));
            header.extend_from_slice(&table);
        } else {
            header.push(descriptor[9]);
            header.extend_from_slice(&self.bytes[frame.local_palette.clone().unwrap_or_default()]);
        }
        self.output.add(header);
        self.output.add(stream.bytes);
        for (caption, off) in stream.backgrounds_off {
            let most = self.backgrounds_off.entry(caption).or_default();
            *most = (*most).max(off.into());
        }
        let number = (self.stats.frames as usize).saturating_sub(1);
        let is_covered = |x, y| self.mask.touches(plan.shown, Rect::at(x, y, 1, 1));
        let outside: Vec<(u32, u32)> = stream.altered.into_iter().filter(|&(x, y)| !is_covered(x, y)).collect();
        if !outside.is_empty() {
            self.changed.count += outside.len() as u64;
            self.changed.delta_e = self.changed.delta_e.max(stream.largest_difference.into());
            self.changed.why = Some(WhyOff::PaletteFull);
        }
        self.altered.add(number, self.mask.width_px, outside);
    }

    /// Whether a second screen is declared before the frame, and a bar enlarges it.
    fn enlarges_second_screen(&self, frame: &Frame) -> bool {
        frame.second_screen.is_some() && self.mask.height_px != self.gif.canvas.height()
    }

    /// The extensions before the frame.
    fn lead(&self, frame: &Frame, plan: &FramePlan) -> Vec<u8> {
        let mut lead = self.bytes[frame.lead.clone()].to_vec();
        if let (Some(at), true) = (frame.second_screen, self.enlarges_second_screen(frame)) {
            let at = at - frame.lead.start;
            write_screen(&mut lead[at..at + 4], self.mask);
        }
        if let (Some(at), true) = (frame.control, plan.is_cleared) {
            // `GIF89a`, section 23: restore to background color.
            let flags = &mut lead[at - frame.lead.start];
            *flags = *flags & !0x1C | 2 << 2;
        }
        lead
    }
}

/// Writes the size of the output's screen; its sides were held against what a GIF can declare.
fn write_screen(at: &mut [u8], mask: &Mask) {
    for (at, side) in at.as_chunks_mut::<2>().0.iter_mut().zip([mask.width_px, mask.height_px]) {
        *at = u16::try_from(side).unwrap_or(u16::MAX).to_le_bytes();
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
