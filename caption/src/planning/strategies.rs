//! The ways in which a palette comes to show the captions' colours, and which of them a table goes.
//!
//! Called by `palettes` for each table of a GIF by itself. Only what is said here to need the indices in use reads a stream. The
//! policy is the order of [`IN_ORDER`]: the price of a colour is paid where nobody sees it.

use caption_layout::reading::blocks::{Disposal, Frame, Gif};
use rayon::prelude::*;

use super::{
    fate::FramePlan,
    group::{Group, lacks},
    palette::Palette,
    room::{FrameCounts, MOST_DIFFERENCE, UNSEEN_DIFFERENCE},
};
use crate::{
    lzw::IndexSet,
    mask::{Cover, Ink, InkSet, Mask, Pair, in_turns},
    reading::streams::StreamReader,
};

/// A way to an entry for a colour. A later one costs more than an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    /// An entry that no pixel uses, or one behind the table's end that needs no longer codes. No pixel changes.
    FreeEntry,
    /// A table of each frame's own in place of the shared one: a frame by itself uses fewer entries. No pixel changes; the file
    /// grows by a table for each of the frames.
    OwnTables,
    /// A larger table. No pixel changes; the frames are coded again with longer codes.
    LongerCodes,
    /// Two entries of one colour become one. No pixel looks different.
    EqualEntries,
    /// Two entries that nobody can tell apart become one.
    UnseenMerge,
    /// Two entries that are hard to tell apart become one.
    Merge,
    /// As [`Self::OwnTables`], however many bytes it takes: each frame by itself has merges that are cheaper.
    OwnTablesAtAnyPrice,
}

/// Each is tried for the colours that have no entry yet. Where the last one leaves a colour without, the nearest entry is painted,
/// and it is told.
const IN_ORDER: [Strategy; 7] = [
    Strategy::FreeEntry,
    Strategy::OwnTables,
    Strategy::LongerCodes,
    Strategy::EqualEntries,
    Strategy::UnseenMerge,
    Strategy::Merge,
    Strategy::OwnTablesAtAnyPrice,
];

/// Entries that plates and shadows leave for what frames need by themselves: a transparent index, colours that they draw again.
const KEPT_FREE: usize = 32;

/// Tables of frames' own may take one byte in so many of the file.
const OWN_TABLES_ONE_IN: usize = 50;

/// What is known while strategies are chosen.
pub(super) struct Chooser<'a> {
    pub bytes: &'a [u8],
    pub gif: &'a Gif,
    pub mask: &'a Mask,
    pub plans: &'a [FramePlan],
    /// See [`super::palettes::Palettes::may_become_transparent`].
    pub may_become_transparent: bool,
    /// Whether no pixel outside the captions may look different.
    pub is_exact: bool,
    /// By frame: the indices that it may show, where that had to be found out.
    pub used: Vec<Option<IndexSet>>,
}

impl Chooser<'_> {
    /// The touched frames, grouped by the palette that they share. A group without a pixel that must be painted in a caption's
    /// colour is left out: it needs no entry.
    pub(super) fn groups(&self) -> Vec<Group> {
        let touched = |k: &usize| self.plans[*k].is_touched();
        let (own, shared): (Vec<usize>, Vec<usize>) =
            (0..self.gif.frames.len()).filter(touched).partition(|&k| self.gif.frames[k].local_palette.is_some());
        let own = own.into_iter().map(|k| self.by_itself(k));
        let shared = (!shared.is_empty()).then(|| Group::of(shared.clone(), self.painted(&shared), self.global()));
        own.chain(shared).filter(|group| !group.is_unpainted()).collect()
    }

    /// A frame with a table of its own, or with the shared one written for it alone.
    fn by_itself(&self, k: usize) -> Group {
        let frame = &self.gif.frames[k];
        let table = frame.local_palette.clone().or_else(|| self.gif.global_palette.clone()).map(|range| &self.bytes[range]);
        let mut palette = Palette::new(table, frame.transparent.into_iter().collect());
        self.keep_background(&mut palette);
        Group::of(vec![k], self.painted(&[k]), palette)
    }

    /// The colours of the captions that are painted on frames, and those of their emoji.
    fn painted(&self, frames: &[usize]) -> (Vec<Pair>, Vec<[u8; 3]>) {
        let is_painted = |place: usize, ink: &Ink| {
            let paints =
                |k: usize| self.plans[k].shown.contains(place) && paints_opaque(&self.gif.frames[k], &self.plans[k], ink);
            frames.iter().any(|&k| paints(k))
        };
        let (mut pairs, mut emoji) = (Vec::new(), Vec::new());
        let painted = self.mask.inks.iter().enumerate().filter(|&(place, ink)| is_painted(place, ink));
        for (_, ink) in painted {
            match ink.emoji() {
                // A plate that the picture shows through has no colour of its own.
                None if ink.colours().is_empty() => {}
                None => pairs.push(ink.pair()),
                Some(colours) => emoji.push(colours.wanted.clone()),
            }
        }
        (pairs, in_turns(&emoji))
    }

    /// The source's global table, for the touched frames that use it.
    pub(super) fn global(&self) -> Palette {
        let table = self.gif.global_palette.clone().map(|range| &self.bytes[range]);
        let users =
            self.gif.frames.iter().zip(self.plans).filter(|(frame, plan)| plan.is_touched() && frame.local_palette.is_none());
        let mut palette = Palette::new(table, users.filter_map(|(frame, _)| frame.transparent).collect());
        self.keep_background(&mut palette);
        palette
    }

    /// Keeps the entries that some decoders show where no frame has drawn: that of the background, and the first one, which others take
    /// for it.
    fn keep_background(&self, palette: &mut Palette) {
        if !shows_no_background(self.gif) {
            palette.reserve_index(self.gif.background);
            palette.reserve_index(0);
        }
    }

    /// Finds entries for all colours of a group but those of `accepted`, for which it has one that is near enough. Answers the
    /// group, or the frames of it one by one.
    pub(super) fn find_room(&mut self, mut group: Group, accepted: &[[u8; 3]]) -> Vec<Group> {
        let mut missing: Vec<[u8; 3]> = group.wanted();
        missing.retain(|wanted| {
            let is_there = accepted.contains(wanted) || group.plan.palette.has(*wanted);
            if is_there {
                group.plan.palette.reserve(*wanted);
            }
            !is_there
        });
        // After letters and outlines, and only where nothing like it is there: see `lacks`.
        missing.extend(&group.emoji);
        missing.retain(|&wanted| lacks(&group.emoji, &mut group.plan.palette, wanted));
        let edges_are_hard = || !group.missing_steps().is_empty();
        let backgrounds = self.backgrounds(&group.frames);
        if !group.original.has_table() || (missing.is_empty() && backgrounds.is_empty() && !edges_are_hard()) {
            return vec![group];
        }
        let mut used = self.used(&group.frames);
        let code_len = self.longest_codes(&group.frames);
        // Where the picture changes beneath an emoji, its soft edges change with it, if that costs nothing.
        let paints_edges = !group.emoji.is_empty() && has_free(group.plan.palette.clone(), &missing, used, code_len);
        if !paints_edges && self.lets_show_through(&group, used) {
            group.restore();
            group.shows_through = true;
            return vec![group];
        }
        missing.extend(group.want_backgrounds(&backgrounds, used));
        let mut counts = None;
        for strategy in IN_ORDER {
            if missing.is_empty() {
                break;
            }
            let (palette, emoji) = (&mut group.plan.palette, &group.emoji);
            match strategy {
                Strategy::FreeEntry => {
                    missing.retain(|&wanted| lacks(emoji, palette, wanted) && !palette.take_free(wanted, &mut used, code_len));
                }
                Strategy::LongerCodes => {
                    missing.retain(|&wanted| lacks(emoji, palette, wanted) && !palette.take_free(wanted, &mut used, 256));
                }
                Strategy::OwnTables | Strategy::OwnTablesAtAnyPrice => {
                    let may_split = group.frames.len() > 1
                        && (strategy == Strategy::OwnTablesAtAnyPrice || self.own_tables_are_cheap(&group.frames));
                    if may_split {
                        let frames = group.frames.iter().map(|&k| self.by_itself(k)).filter(|frame| !frame.is_unpainted());
                        let frames: Vec<Group> = frames.collect();
                        return frames.into_iter().flat_map(|frame| self.find_room(frame, accepted)).collect();
                    }
                }
                Strategy::EqualEntries | Strategy::UnseenMerge | Strategy::Merge => {
                    let most_difference = match strategy {
                        Strategy::EqualEntries => 0.0,
                        _ if self.is_exact => continue,
                        Strategy::UnseenMerge => UNSEEN_DIFFERENCE,
                        _ => MOST_DIFFERENCE,
                    };
                    let counts = counts.get_or_insert_with(|| self.count(&group.frames));
                    let merges = &mut group.plan.merges;
                    missing.retain(|&wanted| {
                        if !lacks(emoji, palette, wanted) {
                            return false;
                        }
                        let merge = palette.take_merged(wanted, counts, most_difference);
                        merges.extend(merge);
                        merge.is_none()
                    });
                }
            }
        }
        for step in group.missing_steps() {
            group.plan.palette.take_free(step, &mut used, code_len);
        }
        for colour in group.missing_through_backgrounds(&backgrounds, used) {
            if group.plan.palette.free_len(used, code_len) > KEPT_FREE {
                group.plan.palette.take_free(colour, &mut used, code_len);
            }
        }
        vec![group]
    }

    /// The plates and shadows on frames that the picture shows through: how much of it they hide, and their colours.
    fn backgrounds(&self, frames: &[usize]) -> Vec<(Cover, [u8; 3])> {
        let shown = frames.iter().fold(InkSet::default(), |shown, &k| shown.union(self.plans[k].shown));
        self.mask.inks_of(shown).flat_map(|ink| ink.see_through().iter().map(|&cover| (cover, ink.fill))).collect()
    }

    /// Whether a frame without a transparent index can have one, and shows a standing caption by it.
    fn lets_show_through(&self, group: &Group, used: IndexSet) -> bool {
        let [only] = group.frames[..] else { return false };
        let plan = &self.plans[only];
        let stands = plan.bare().intersect(plan.drawn()).is_empty() && plan.damaged().is_empty();
        let mut palette = group.original.clone();
        // As it will be asked when the frame is painted, where edges still need the nearest entries.
        self.mask.inks.iter().flat_map(Ink::colours).for_each(|wanted| palette.reserve(wanted));
        stands
            && self.may_become_transparent
            && palette.transparent().is_none()
            && palette.take_unused_as_transparent(used).is_some()
    }

    /// How many indices the frames' codes can tell apart, in the frame with the longest.
    fn longest_codes(&self, frames: &[usize]) -> usize {
        frames.iter().map(|&k| 1 << self.gif.frames[k].min_code_size.min(8)).max().unwrap_or(256)
    }

    /// Whether a table for each frame that paints a caption is little beside the file.
    fn own_tables_are_cheap(&self, frames: &[usize]) -> bool {
        let table_bytes = self.gif.global_palette.as_ref().map_or(0, ExactSizeIterator::len);
        let painted = frames.iter().filter(|&&k| self.painted(&[k]) != (Vec::new(), Vec::new())).count();
        painted * table_bytes * OWN_TABLES_ONE_IN <= self.bytes.len()
    }

    /// The indices that occur in any frame which a change of the table would show in: where it is one
    /// frame, the table is written for it alone.
    fn used(&mut self, frames: &[usize]) -> IndexSet {
        let sharing = self.gif.frames.iter().enumerate().filter(|(_, frame)| frame.local_palette.is_none());
        let frames = if let [only] = frames { vec![*only] } else { sharing.map(|(k, _)| k).collect() };
        let of_one = |k: usize| {
            let known = self.used[k];
            (k, known.unwrap_or_else(|| StreamReader::with(|reader| reader.used(self.bytes, &self.gif.frames[k]))))
        };
        let found: Vec<(usize, IndexSet)> = frames.into_par_iter().map(of_one).collect();
        found.into_iter().fold(IndexSet::default(), |all, (k, used)| {
            self.used[k] = Some(used);
            all.union(used)
        })
    }

    fn count(&self, frames: &[usize]) -> FrameCounts {
        let of_one = |&k: &usize| StreamReader::with(|reader| reader.count(self.bytes, &self.gif.frames[k]));
        FrameCounts::of(frames.par_iter().map(of_one).collect::<Vec<_>>())
    }
}

/// Whether letters or ground of `ink` must be painted on this frame, rather than shown through.
fn paints_opaque(frame: &Frame, plan: &FramePlan, ink: &Ink) -> bool {
    let here = ink.rect.intersect(plan.drawn());
    let meets = |rect| !here.intersect(rect).is_empty();
    !here.is_empty() && (frame.transparent.is_none() || meets(plan.bare()) || meets(plan.damaged()))
}

/// Whether no decoder shows the background's entry: the first frame draws the whole screen, or clears it to nothing, and so does
/// each frame that is cleared away.
fn shows_no_background(gif: &Gif) -> bool {
    let begins_covered = gif.frames.first().is_some_and(|first| first.transparent.is_some() || first.rect.covers(gif.canvas));
    begins_covered && gif.frames.iter().all(|f| f.disposal != Disposal::Background || f.transparent.is_some())
}

/// Whether a palette has free entries for all colours, and one more to be transparent by.
fn has_free(mut palette: Palette, missing: &[[u8; 3]], mut used: IndexSet, code_len: usize) -> bool {
    missing.iter().all(|&wanted| palette.take_free(wanted, &mut used, code_len))
        && palette.take_unused_as_transparent(used).is_some()
}
