//! Which palette each frame is painted with: decided once for all frames that share a table, before any
//! is painted, so that letters don't change their colour from frame to frame.
//!
//! Called by `gif` when all frames are planned. Most GIFs have near-white and near-black in every table, and nothing
//! but the tables is read; only else are streams scanned for entries that no pixel uses.

use std::{borrow::Cow, collections::BTreeMap};

use caption_layout::reading::blocks::{Disposal, Frame, Gif};

use super::{
    fate::FramePlan,
    palette::Palette,
    strategies::{Chooser, PalettePlan, Strategy},
};
use crate::{lzw::IndexSet, mask::Mask};

/// The palettes of a GIF.
pub struct Palettes<'a> {
    bytes: &'a [u8],
    global: PalettePlan,
    /// Of frames with a table of their own, by number, where it doesn't stay as it is.
    local: BTreeMap<usize, PalettePlan>,
    /// Whether `global` has to be written in place of the source's.
    global_is_changed: bool,
    /// By frame: the indices that it may show, where that had to be found out.
    pub used: Vec<Option<IndexSet>>,
    /// Whether a frame may get a transparent index without need. Where frames are disposed to background it may
    /// not: decoders clear to a colour or to nothing by whether there is such an index.
    pub may_become_transparent: bool,
}

impl<'a> Palettes<'a> {
    /// Decides for all frames that `plans` touches.
    pub fn decide(bytes: &'a [u8], gif: &Gif, mask: &Mask, plans: &[FramePlan]) -> Self {
        let may_become_transparent = gif.frames.iter().all(|frame| frame.disposal == Disposal::Keep);
        let used = vec![None; gif.frames.len()];
        let mut chooser = Chooser { bytes, gif, mask, plans, may_become_transparent, used };
        let mut groups = chooser.groups();
        for group in &mut groups {
            chooser.choose(group);
        }
        let dearest = groups.iter().map(|group| group.strategy).max().unwrap_or(Strategy::Nearest);
        for group in &mut groups {
            match (group.strategy, dearest) {
                // Some frames can't have the true colours: none has them, or letters would flicker.
                (Strategy::FreeSlots, Strategy::Readable) if group.is_readable() => group.restore(),
                (Strategy::Readable | Strategy::LeastLoss, Strategy::LeastLoss) => chooser.take_least_slots(group),
                _ => {}
            }
        }

        let mut palettes = Self {
            bytes,
            global: PalettePlan::unchanged(chooser.global()),
            local: BTreeMap::new(),
            global_is_changed: false,
            used: chooser.used,
            may_become_transparent,
        };
        let sharing = gif.frames.iter().filter(|frame| frame.local_palette.is_none()).count();
        for group in groups {
            let gives_way = !group.plan.merges.is_empty();
            // Frames that no caption touches are not coded again: what gives way is theirs as well.
            let is_for_all = group.frames.len() == sharing || !gives_way;
            if !gives_way && !group.plan.palette.is_changed() {
                continue;
            }
            if group.frames.len() > 1 && is_for_all {
                palettes.global = group.plan;
                palettes.global_is_changed = palettes.global.palette.is_changed();
                palettes.global.palette.mark_written();
            } else {
                palettes.local.extend(group.frames.iter().map(|&frame| (frame, group.plan.clone())));
            }
        }
        palettes
    }

    /// What becomes of the palette of frame number `k`.
    pub fn of(&self, k: usize, frame: &Frame) -> Cow<'_, PalettePlan> {
        match (self.local.get(&k), &frame.local_palette) {
            (Some(plan), _) => Cow::Borrowed(plan),
            (None, None) => Cow::Borrowed(&self.global),
            (None, Some(range)) => {
                Cow::Owned(PalettePlan::unchanged(Palette::new(Some(&self.bytes[range.clone()]), IndexSet::default())))
            }
        }
    }

    /// The global table as it is to be written, if it is not the source's.
    pub(crate) fn changed_global(&self) -> Option<Vec<u8>> {
        self.global_is_changed.then(|| self.global.palette.table())
    }
}

#[cfg(test)]
mod tests;
