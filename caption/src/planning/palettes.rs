//! Which palette each frame is painted with: decided once for all frames that share a table, before any
//! is painted, so that letters don't change their colour from frame to frame.
//!
//! Called by `gif` when all frames are planned. Most GIFs have near-white and near-black in every table, and nothing
//! but the tables is read; only else are streams scanned for entries that no pixel uses.

use std::{borrow::Cow, collections::BTreeMap};

use caption_layout::{
    Colour, ColourFidelity, Hundredths, NEAR_DELTA_E, WhyOff,
    reading::blocks::{Disposal, Frame, Gif},
};

use super::{
    fate::FramePlan,
    group::{Group, PalettePlan},
    palette::Palette,
    strategies::Chooser,
};
use crate::{
    difference::difference,
    lzw::IndexSet,
    mask::{Ink, Mask},
};

/// The palettes of a GIF.
pub struct Palettes<'a> {
    bytes: &'a [u8],
    global: PalettePlan,
    /// Of frames with a table of their own, by number, where it doesn't stay as it is.
    local: BTreeMap<usize, PalettePlan>,
    /// Whether `global` has to be written in place of the source's.
    global_is_changed: bool,
    /// By number of the caption in the mask: its letters' colour as shown where it is farthest off, and that under them.
    pub shown: Vec<[ColourFidelity; 2]>,
    /// By number of the ink in the mask: how far its emoji's pixels are off on the mean, in the frames where that is most; 0 of letters.
    pub(crate) emoji_off: Vec<Hundredths>,
    /// By frame: the indices that it may show, where that had to be found out.
    pub used: Vec<Option<IndexSet>>,
    /// Whether a frame may get a transparent index without need. Where frames are disposed to background it may
    /// not: decoders clear to a colour or to nothing by whether there is such an index.
    pub may_become_transparent: bool,
}

impl<'a> Palettes<'a> {
    /// Decides for all frames that `plans` touches. With `is_exact`, no pixel outside the captions may look different.
    pub fn decide(bytes: &'a [u8], gif: &Gif, mask: &Mask, plans: &[FramePlan], is_exact: bool) -> Self {
        let may_become_transparent = gif.frames.iter().all(|frame| frame.disposal == Disposal::Keep);
        let used = vec![None; gif.frames.len()];
        let mut chooser = Chooser { bytes, gif, mask, plans, may_become_transparent, is_exact, used };
        let groups = chooser.groups();
        let accepted = near_and_alike(&groups);
        let groups: Vec<Group> = groups.into_iter().flat_map(|group| chooser.find_room(group, &accepted)).collect();

        let mut palettes = Self {
            shown: mask.inks.iter().map(|ink| ink.pair().map(|wanted| farthest_shown(wanted, ink, &groups))).collect(),
            emoji_off: mask.inks.iter().map(|ink| emoji_off(ink, &groups)).collect(),
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
            let is_shared = gif.frames[group.frames[0]].local_palette.is_none();
            if !gives_way && !group.plan.palette.is_changed() {
                // What is transparent in other frames is a colour to a frame that was looked at by itself.
                if let (true, &[only]) = (is_shared, &group.frames[..]) {
                    palettes.local.insert(only, group.plan);
                }
                continue;
            }
            if is_shared && is_for_all && (group.frames.len() > 1 || sharing == 1) {
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

/// What the groups' frames show of one colour of a caption, where it is farthest off.
fn farthest_shown(wanted: [u8; 3], ink: &Ink, groups: &[Group]) -> ColourFidelity {
    let mut farthest = ColourFidelity::exact(Colour { rgb: wanted });
    for group in groups.iter().filter(|group| group.paints(ink.pair())) {
        let shown = group.shown(wanted);
        let delta_e = difference(shown, wanted).into();
        if delta_e > NEAR_DELTA_E {
            farthest.frames_off += u32::try_from(group.frames.len()).unwrap_or(u32::MAX);
            farthest.why_off = Some(WhyOff::PaletteFull);
        }
        if delta_e > farthest.delta_e {
            (farthest.shown, farthest.delta_e) = (Colour { rgb: shown }, delta_e);
        }
    }
    farthest
}

/// How far the groups' frames show emoji from their pictures, in dE on the mean, where it is most.
fn emoji_off(ink: &Ink, groups: &[Group]) -> Hundredths {
    let Some(colours) = ink.emoji() else { return Hundredths::default() };
    let painted = groups.iter().filter(|group| group.paints_emoji(colours));
    let off = painted.map(|group| colours.mean_difference(group.plan.palette.usable().map(|(_, colour)| colour)));
    off.max().unwrap_or_default()
}

/// The colours for which every table has an entry that is near enough, though it may not be of the very colour: letters must not
/// change their colour from frame to frame.
fn near_and_alike(groups: &[Group]) -> Vec<[u8; 3]> {
    let mut wanted: Vec<[u8; 3]> = groups.iter().flat_map(Group::wanted).collect();
    wanted.sort_unstable();
    wanted.dedup();
    wanted.retain(|&wanted| {
        if !groups.iter().all(|group| group.plan.palette.has_entries()) {
            return false;
        }
        let mut shown = groups.iter().filter(|group| group.wanted().contains(&wanted)).map(|group| group.shown(wanted));
        let Some(first) = shown.next() else { return false };
        let is_alike = |other: [u8; 3]| first.iter().zip(other).all(|(&one, other)| one.abs_diff(other) <= MOST_JUMP_LEVELS);
        let is_near = |shown: [u8; 3]| Hundredths::from(difference(shown, wanted)) <= NEAR_DELTA_E;
        is_near(first) && shown.all(|other| is_alike(other) && is_near(other))
    });
    wanted
}

/// Levels of a channel by which a caption's colour may change between two frames, at most.
const MOST_JUMP_LEVELS: u8 = 1;

#[cfg(test)]
mod tests;
