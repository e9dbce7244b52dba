//! Touched frames that share a table: the colours that they are painted in, and what becomes of the table.
//!
//! Made and changed by `strategies`, read by `palettes`. It reads no stream and decides nothing.

use super::{palette::Palette, room::Merge};
use crate::{
    lzw::IndexSet,
    mask::{Cover, EmojiColours, Pair, representatives},
};

/// What becomes of a palette: which one a frame is painted with, and which of its indices the frame's pixels must give up.
#[derive(Clone, Debug)]
pub struct PalettePlan {
    pub palette: Palette,
    pub merges: Vec<Merge>,
}

impl PalettePlan {
    /// The table stays as it is.
    pub fn unchanged(palette: Palette) -> Self {
        Self { palette, merges: Vec::new() }
    }
}

/// Touched frames that share a table.
pub(super) struct Group {
    pub frames: Vec<usize>,
    /// The colours of each caption that is painted on any of the frames.
    pub pairs: Vec<Pair>,
    /// Those of their emoji, each once; then those that stand for what plates and shadows make of the picture.
    pub(super) emoji: Vec<[u8; 3]>,
    pub(super) original: Palette,
    pub plan: PalettePlan,
    /// Whether the caption that stands on the canvas shows through, so that no pixel of it is painted but at its edges.
    pub(super) shows_through: bool,
}

impl Group {
    pub(super) fn of(frames: Vec<usize>, (pairs, mut emoji): (Vec<Pair>, Vec<[u8; 3]>), original: Palette) -> Self {
        // What letters have is theirs.
        emoji.retain(|colour| !pairs.iter().flatten().any(|of_letters| of_letters == colour));
        Self { frames, pairs, emoji, plan: PalettePlan::unchanged(original.clone()), original, shows_through: false }
    }

    /// Whether no caption is painted on any of the frames.
    pub(super) fn is_unpainted(&self) -> bool {
        self.pairs.is_empty() && self.emoji.is_empty()
    }

    /// The colours that must be shown, each once, letters first.
    pub(super) fn wanted(&self) -> Vec<[u8; 3]> {
        let mut wanted: Vec<[u8; 3]> = Vec::new();
        for colour in [0, 1].iter().flat_map(|&part| self.pairs.iter().map(move |pair| pair[part])) {
            if !wanted.contains(&colour) {
                wanted.push(colour);
            }
        }
        wanted
    }

    /// The colour that is painted for `wanted`.
    pub(super) fn shown(&self, wanted: [u8; 3]) -> [u8; 3] {
        self.plan.palette.shown(wanted)
    }

    /// Whether a caption of these colours is painted on any of the frames.
    pub(super) fn paints(&self, pair: Pair) -> bool {
        !self.shows_through && self.pairs.contains(&pair)
    }

    /// Whether emoji of these colours are.
    pub(super) fn paints_emoji(&self, colours: &EmojiColours) -> bool {
        let is_of_letters = |colour| self.pairs.iter().flatten().any(|of_letters| of_letters == colour);
        !self.shows_through && colours.wanted.iter().all(|colour| self.emoji.contains(colour) || is_of_letters(colour))
    }

    /// Takes back what was changed.
    pub(super) fn restore(&mut self) {
        self.plan = PalettePlan::unchanged(self.original.clone());
    }

    /// What plates and shadows of these covers and colours make of the colours in use.
    fn through(&self, backgrounds: &[(Cover, [u8; 3])], used: IndexSet) -> impl Iterator<Item = [u8; 3]> {
        let in_use = self.original.usable().filter(move |&(index, _)| used.contains(index));
        in_use.flat_map(move |(_, beneath)| backgrounds.iter().map(move |&(cover, own)| cover.blend(own, own, Some(beneath))))
    }

    /// Wants the few colours that stand for what plates and shadows show. Answers those that no entry looks like.
    pub(super) fn want_backgrounds(&mut self, backgrounds: &[(Cover, [u8; 3])], used: IndexSet) -> Vec<[u8; 3]> {
        let shades: Vec<([u8; 3], u32)> = self.through(backgrounds, used).map(|shade| (shade, 1)).collect();
        let wanted = representatives(&shades, COLOURS_OF_BACKGROUNDS);
        self.emoji.extend(&wanted);
        let Self { emoji, plan, .. } = self;
        wanted.into_iter().filter(|&wanted| lacks(emoji, &mut plan.palette, wanted)).collect()
    }

    /// What plates and shadows make of the colours in use, as far as no entry is near to it.
    pub(super) fn missing_through_backgrounds(&self, backgrounds: &[(Cover, [u8; 3])], used: IndexSet) -> Vec<[u8; 3]> {
        self.through(backgrounds, used).filter(|&colour| self.plan.palette.off(colour) > BACKGROUND_DIFFERENCE).collect()
    }

    /// The steps between the two colours of each caption that soft edges need, and that no entry is near to.
    pub(super) fn missing_steps(&self) -> Vec<[u8; 3]> {
        let steps = self.pairs.iter().copied().flat_map(steps_between);
        steps.filter(|&step| self.plan.palette.off(step) > STEP_DIFFERENCE).collect()
    }
}

/// How far an entry may be off a colour of an emoji, in dE, before one of its own is sought for it: beside one another seven more stand
/// for it, and each of its pixels takes the nearest of all.
const EMOJI_DIFFERENCE: f32 = 4.0;

/// Entries that all plates and shadows of a frame may use at any price.
const COLOURS_OF_BACKGROUNDS: usize = 8;

/// How far an entry may be off a colour that shows through a plate or shadow, in dE, before one of its own is sought for it.
const BACKGROUND_DIFFERENCE: f32 = 4.0;

/// How far an entry for a soft edge may be off, in dE, before one of its own is sought for it.
const STEP_DIFFERENCE: f32 = 8.0;

/// A half and the quarters of the way between two colours.
fn steps_between([fill, under]: Pair) -> [[u8; 3]; 3] {
    [2, 1, 3].map(|quarters| {
        std::array::from_fn(|c| {
            let sum = u32::from(fill[c]) * quarters + u32::from(under[c]) * (4 - quarters);
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        })
    })
}

/// Whether a colour that had no entry still has none. One of an emoji may have been given to another that looks like it; its entry is
/// kept from then on.
pub(super) fn lacks(emoji: &[[u8; 3]], palette: &mut Palette, wanted: [u8; 3]) -> bool {
    let is_there = emoji.contains(&wanted) && palette.has_entries() && palette.off(wanted) <= EMOJI_DIFFERENCE;
    if is_there {
        palette.reserve(wanted);
    }
    !is_there
}
