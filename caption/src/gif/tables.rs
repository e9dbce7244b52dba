//! Which palette each frame is painted with: decided once for all frames that share a table, before any
//! is painted, so that letters don't change their colour from frame to frame.
//!
//! Called by `render` after planning. Most GIFs have near-white and near-black in every table, and nothing
//! but the tables is read; only else are streams scanned for entries that no pixel uses.

use std::{borrow::Cow, collections::BTreeMap};

use caption_layout::reading::blocks::{Disposal, Frame, Gif};
use rayon::prelude::*;

use super::{
    indices::Indices,
    palette::{Histogram, Merge, Pair, Palette},
    plan::FramePlan,
    scratch::Scratch,
};
use crate::mask::{Ink, Mask};

/// How a table comes to show a caption's colours. The later is taken only where the earlier does not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Policy {
    /// By entries near enough.
    Nearest,
    /// By entries that no pixel used.
    FreeSlot,
    /// By entries that are off but can be read: no pixel outside the caption changes.
    Readable,
    /// By entries whose pixels take a neighbouring colour.
    LeastLoss,
}

/// A palette, and which of its indices the frame's pixels must give up.
#[derive(Clone)]
pub(super) struct Table {
    pub palette: Palette,
    pub merges: Vec<Merge>,
}

/// The tables of a job.
pub(super) struct Tables<'a> {
    bytes: &'a [u8],
    global: Table,
    /// Of frames with a table of their own, by number, where it doesn't stay as it is.
    local: BTreeMap<usize, Table>,
    /// Whether `global` has to be written in place of the source's.
    global_is_changed: bool,
    /// By frame: the indices that it may show, where that had to be found out.
    pub used: Vec<Option<Indices>>,
}

impl<'a> Tables<'a> {
    /// Decides for all frames that `plans` touches.
    pub(super) fn decide(bytes: &'a [u8], gif: &Gif, mask: &Mask, plans: &[FramePlan]) -> Self {
        let used = vec![None; gif.frames.len()];
        let mut job = Deciding { bytes, gif, mask, plans, may_become_transparent: may_become_transparent(gif), used };
        let mut groups: Vec<Group> = job.groups().filter(|group| !group.pairs.is_empty()).collect();
        for group in &mut groups {
            job.find_policy(group);
        }
        let worst = groups.iter().map(|group| group.policy).max().unwrap_or(Policy::Nearest);
        for group in &mut groups {
            match (group.policy, worst) {
                // Some frames can't have the true colours: none has them, or letters would flicker.
                (Policy::FreeSlot, Policy::Readable) if group.is_readable() => group.table.palette = group.original.clone(),
                (Policy::Readable | Policy::LeastLoss, Policy::LeastLoss) => job.take_least_slots(group),
                _ => {}
            }
        }

        let mut tables = Self {
            bytes,
            global: Table::global(bytes, gif, plans),
            local: BTreeMap::new(),
            global_is_changed: false,
            used: job.used,
        };
        let sharing = gif.frames.iter().filter(|frame| frame.local_palette.is_none()).count();
        for group in groups {
            let gives_way = !group.table.merges.is_empty();
            // Frames that no caption touches are not coded again: what gives way is theirs as well.
            let is_for_all = group.frames.len() == sharing || !gives_way;
            if !gives_way && !group.table.palette.is_changed() {
                continue;
            }
            if group.frames.len() > 1 && is_for_all {
                tables.global = group.table;
                tables.global_is_changed = tables.global.palette.is_changed();
                tables.global.palette.mark_written();
            } else {
                tables.local.extend(group.frames.iter().map(|&frame| (frame, group.table.clone())));
            }
        }
        tables
    }

    /// The table of frame number `k`.
    pub(super) fn of(&self, k: usize, frame: &Frame) -> Cow<'_, Table> {
        if let Some(table) = self.local.get(&k) {
            return Cow::Borrowed(table);
        }
        match &frame.local_palette {
            None => Cow::Borrowed(&self.global),
            Some(range) => {
                let palette = Palette::new(Some(&self.bytes[range.clone()]), Indices::default());
                Cow::Owned(Table { palette, merges: Vec::new() })
            }
        }
    }

    /// The global table as it is to be written, if it is not the source's.
    pub(super) fn changed_global(&self) -> Option<Vec<u8>> {
        self.global_is_changed.then(|| self.global.palette.table())
    }
}

impl Table {
    /// The source's global table, for the touched frames that use it.
    fn global(bytes: &[u8], gif: &Gif, plans: &[FramePlan]) -> Self {
        let table = gif.global_palette.clone().map(|range| &bytes[range]);
        let users = gif.frames.iter().zip(plans).filter(|(frame, plan)| plan.touched && frame.local_palette.is_none());
        let transparent = users.filter_map(|(frame, _)| frame.transparent).collect();
        let mut palette = Palette::new(table, transparent);
        palette.reserve_index(gif.background);
        Self { palette, merges: Vec::new() }
    }
}

/// Whether a frame may get a transparent index without need. Where frames are disposed to background it may
/// not: decoders clear to a colour or to nothing by whether there is such an index.
pub(super) fn may_become_transparent(gif: &Gif) -> bool {
    gif.frames.iter().all(|frame| frame.disposal == Disposal::Keep)
}

/// Touched frames that share a table.
struct Group {
    frames: Vec<usize>,
    /// Colours that must be shown, of each caption that is painted on any of the frames.
    pairs: Vec<Pair>,
    policy: Policy,
    original: Palette,
    table: Table,
}

impl Group {
    fn is_readable(&self) -> bool {
        self.pairs.iter().all(|&pair| self.original.is_readable(pair))
    }
}

struct Deciding<'a> {
    bytes: &'a [u8],
    gif: &'a Gif,
    mask: &'a Mask,
    plans: &'a [FramePlan],
    may_become_transparent: bool,
    used: Vec<Option<Indices>>,
}

impl Deciding<'_> {
    fn groups(&self) -> impl Iterator<Item = Group> {
        let touched = |k: &usize| self.plans[*k].touched;
        let (own, shared): (Vec<usize>, Vec<usize>) =
            (0..self.gif.frames.len()).filter(touched).partition(|&k| self.gif.frames[k].local_palette.is_some());
        let own = own.into_iter().map(|k| vec![k]);
        own.chain((!shared.is_empty()).then_some(shared)).map(|frames| self.group(frames))
    }

    fn group(&self, frames: Vec<usize>) -> Group {
        let table = match (&frames[..], &self.gif.frames[frames[0]]) {
            (_, Frame { local_palette: Some(range), transparent, .. }) => {
                let palette = Palette::new(Some(&self.bytes[range.clone()]), transparent.iter().copied().collect());
                Table { palette, merges: Vec::new() }
            }
            _ => Table::global(self.bytes, self.gif, self.plans),
        };
        let is_painted = |ink: &&Ink| frames.iter().any(|&k| paints_opaque(&self.gif.frames[k], &self.plans[k], ink));
        let pairs = self.mask.inks.iter().filter(is_painted).map(|ink| [ink.fill, ink.under]).collect();
        Group { frames, pairs, policy: Policy::Nearest, original: table.palette.clone(), table }
    }

    fn find_policy(&mut self, group: &mut Group) {
        let palette = &mut group.table.palette;
        let is_close = group.pairs.iter().all(|&pair| palette.is_close(pair));
        if is_close && !group.pairs.iter().any(|&pair| palette.is_coarse(pair)) {
            return;
        }
        let mut used = self.used(&group.frames);
        if self.lets_show_through(group, used) {
            return;
        }
        let palette = &mut group.table.palette;
        let all_fit = group.pairs.iter().all(|&pair| palette.take_free_slots(pair, &mut used));
        if all_fit {
            for &pair in &group.pairs {
                palette.take_mixtures(pair, &mut used);
            }
            group.policy = if is_close { Policy::Nearest } else { Policy::FreeSlot };
            return;
        }
        *palette = group.original.clone();
        let may_lose = palette.has_table() && !group.is_readable();
        group.policy = if may_lose { Policy::LeastLoss } else { Policy::Readable };
    }

    /// Whether a frame without a transparent index can have one, and shows a standing caption by it.
    fn lets_show_through(&self, group: &Group, used: Indices) -> bool {
        let [only] = group.frames[..] else { return false };
        let plan = &self.plans[only];
        let stands = plan.bare.intersect(plan.drawn).is_empty() && plan.damaged.is_empty();
        let mut palette = group.original.clone();
        // As it will be asked when the frame is painted, where edges still need the nearest entries.
        for ink in &self.mask.inks {
            palette.rely_on([ink.fill, ink.under]);
        }
        stands
            && self.may_become_transparent
            && palette.transparent().is_none()
            && palette.take_unused_as_transparent(used).is_some()
    }

    fn take_least_slots(&mut self, group: &mut Group) {
        let mut used = self.used(&group.frames);
        group.table.palette = group.original.clone();
        for &pair in &group.pairs {
            group.table.palette.take_free_slots(pair, &mut used);
        }
        let mut kept = self.count(&group.frames);
        for &pair in &group.pairs {
            group.table.merges.extend(group.table.palette.take_least_slots(pair, &mut kept));
        }
    }

    /// The indices that occur in any frame which a change of the table would show in: where it is one
    /// frame, the table is written for it alone.
    fn used(&mut self, frames: &[usize]) -> Indices {
        let sharing = self.gif.frames.iter().enumerate().filter(|(_, frame)| frame.local_palette.is_none());
        let frames = if let [only] = frames { vec![*only] } else { sharing.map(|(k, _)| k).collect() };
        let of_one = |k: usize| {
            let known = self.used[k];
            (k, known.unwrap_or_else(|| Scratch::with(|scratch| scratch.used(self.bytes, &self.gif.frames[k]))))
        };
        let found: Vec<(usize, Indices)> = frames.into_par_iter().map(of_one).collect();
        found.into_iter().fold(Indices::default(), |all, (k, used)| {
            self.used[k] = Some(used);
            all.union(used)
        })
    }

    fn count(&self, frames: &[usize]) -> Histogram {
        let of_one = |&k: &usize| Scratch::with(|scratch| scratch.count(self.bytes, &self.gif.frames[k]));
        let sum = |a: Histogram, b: Histogram| std::array::from_fn(|i| a[i].saturating_add(b[i]));
        frames.par_iter().map(of_one).reduce(|| [0; 256], sum)
    }
}

/// Whether letters or ground of `ink` must be painted on this frame, rather than shown through.
fn paints_opaque(frame: &Frame, plan: &FramePlan, ink: &Ink) -> bool {
    let here = ink.rect.intersect(plan.drawn);
    let meets = |rect| !here.intersect(rect).is_empty();
    !here.is_empty() && (frame.transparent.is_none() || meets(plan.bare) || meets(plan.damaged))
}

#[cfg(test)]
mod tests;
