//! The ways in which a palette comes to show the captions' colours, and which of them a table can go.
//!
//! Called by `palettes` for each table of a GIF by itself; that all tables agree is settled there. Only what is said here to
//! need the indices in use reads a stream.

use caption_layout::reading::blocks::{Frame, Gif};
use rayon::prelude::*;

use super::{
    fate::FramePlan,
    palette::{Merge, Palette},
};
use crate::{
    lzw::IndexSet,
    mask::{Ink, Mask, Pair},
    reading::streams::{Histogram, StreamReader},
};

/// How a table comes to show the colours of the captions. A later one costs more than an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strategy {
    /// By entries near enough. Nothing but the table is read.
    Nearest,
    /// By the caption that stands on the canvas already, through an index that becomes transparent when the frame is painted.
    ShowThrough,
    /// By entries near enough, and soft edges by entries that no pixel used: the table is small.
    SoftEdges,
    /// By entries that no pixel used.
    FreeSlots,
    /// By entries that are off but can be read: no pixel outside the caption changes.
    Readable,
    /// By entries whose pixels take a neighbouring colour.
    LeastLoss,
}

/// The first that fits a table is its strategy; the last always does.
const IN_ORDER: [Strategy; 6] =
    [Strategy::Nearest, Strategy::ShowThrough, Strategy::SoftEdges, Strategy::FreeSlots, Strategy::Readable, Strategy::LeastLoss];

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
    /// Colours that must be shown, of each caption that is painted on any of the frames.
    pub pairs: Vec<Pair>,
    pub strategy: Strategy,
    original: Palette,
    pub plan: PalettePlan,
}

impl Group {
    /// Whether its captions can be read in the colours that the table has.
    pub(super) fn is_readable(&self) -> bool {
        self.pairs.iter().all(|&pair| self.original.is_readable(pair))
    }

    fn is_close(&self) -> bool {
        self.pairs.iter().all(|&pair| self.original.is_close(pair))
    }

    /// Takes back what was changed.
    pub(super) fn restore(&mut self) {
        self.plan = PalettePlan::unchanged(self.original.clone());
    }

    /// Gives each colour that no entry shows well enough a free slot, and then soft edges one. Says whether all colours
    /// found one; else nothing is changed.
    fn take_free_slots(&mut self, mut used: IndexSet) -> bool {
        let palette = &mut self.plan.palette;
        let all_fit = self.pairs.iter().all(|&pair| palette.take_free_slots(pair, &mut used));
        if all_fit {
            self.pairs.iter().for_each(|&pair| palette.take_mixtures(pair, &mut used));
        } else {
            self.restore();
        }
        all_fit
    }
}

/// What is known while strategies are chosen.
pub(super) struct Chooser<'a> {
    pub bytes: &'a [u8],
    pub gif: &'a Gif,
    pub mask: &'a Mask,
    pub plans: &'a [FramePlan],
    /// See [`super::palettes::Palettes::may_become_transparent`].
    pub may_become_transparent: bool,
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
        let own = own.into_iter().map(|k| vec![k]);
        let all = own.chain((!shared.is_empty()).then_some(shared)).map(|frames| self.group(frames));
        all.filter(|group| !group.pairs.is_empty()).collect()
    }

    fn group(&self, frames: Vec<usize>) -> Group {
        let first = &self.gif.frames[frames[0]];
        let original = match &first.local_palette {
            Some(range) => Palette::new(Some(&self.bytes[range.clone()]), first.transparent.into_iter().collect()),
            None => self.global(),
        };
        let is_painted = |ink: &&Ink| frames.iter().any(|&k| paints_opaque(&self.gif.frames[k], &self.plans[k], ink));
        let pairs = self.mask.inks.iter().filter(is_painted).map(Ink::pair).collect();
        Group { frames, pairs, strategy: Strategy::Nearest, plan: PalettePlan::unchanged(original.clone()), original }
    }

    /// The source's global table, for the touched frames that use it.
    pub(super) fn global(&self) -> Palette {
        let table = self.gif.global_palette.clone().map(|range| &self.bytes[range]);
        let users =
            self.gif.frames.iter().zip(self.plans).filter(|(frame, plan)| plan.is_touched() && frame.local_palette.is_none());
        let mut palette = Palette::new(table, users.filter_map(|(frame, _)| frame.transparent).collect());
        palette.reserve_index(self.gif.background);
        palette
    }

    /// Finds the first strategy that fits and follows it, but for [`Strategy::LeastLoss`]: what is lost is settled when all
    /// tables have a strategy.
    pub(super) fn choose(&mut self, group: &mut Group) {
        let first = IN_ORDER.into_iter().find(|&strategy| self.fits(strategy, group));
        group.strategy = first.unwrap_or(Strategy::LeastLoss);
    }

    fn fits(&mut self, strategy: Strategy, group: &mut Group) -> bool {
        match strategy {
            Strategy::Nearest => group.is_close() && !group.pairs.iter().any(|&pair| group.original.is_coarse(pair)),
            Strategy::ShowThrough => {
                let used = self.used(&group.frames);
                self.lets_show_through(group, used)
            }
            Strategy::SoftEdges => group.is_close() && group.take_free_slots(self.used(&group.frames)),
            Strategy::FreeSlots => group.take_free_slots(self.used(&group.frames)),
            Strategy::Readable => !group.original.has_table() || group.is_readable(),
            Strategy::LeastLoss => true,
        }
    }

    /// Whether a frame without a transparent index can have one, and shows a standing caption by it.
    fn lets_show_through(&self, group: &Group, used: IndexSet) -> bool {
        let [only] = group.frames[..] else { return false };
        let plan = &self.plans[only];
        let stands = plan.bare().intersect(plan.drawn()).is_empty() && plan.damaged().is_empty();
        let mut palette = group.original.clone();
        // As it will be asked when the frame is painted, where edges still need the nearest entries.
        self.mask.inks.iter().for_each(|ink| palette.rely_on(ink.pair()));
        stands
            && self.may_become_transparent
            && palette.transparent().is_none()
            && palette.take_unused_as_transparent(used).is_some()
    }

    /// Follows [`Strategy::LeastLoss`].
    pub(super) fn take_least_slots(&mut self, group: &mut Group) {
        let mut used = self.used(&group.frames);
        group.restore();
        for &pair in &group.pairs {
            group.plan.palette.take_free_slots(pair, &mut used);
        }
        let mut kept = self.count(&group.frames);
        for &pair in &group.pairs {
            group.plan.merges.extend(group.plan.palette.take_least_slots(pair, &mut kept));
        }
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

    fn count(&self, frames: &[usize]) -> Histogram {
        let of_one = |&k: &usize| StreamReader::with(|reader| reader.count(self.bytes, &self.gif.frames[k]));
        let sum = |a: Histogram, b: Histogram| std::array::from_fn(|i| a[i].saturating_add(b[i]));
        frames.par_iter().map(of_one).reduce(|| [0; 256], sum)
    }
}

/// Whether letters or ground of `ink` must be painted on this frame, rather than shown through.
fn paints_opaque(frame: &Frame, plan: &FramePlan, ink: &Ink) -> bool {
    let here = ink.rect.intersect(plan.drawn());
    let meets = |rect| !here.intersect(rect).is_empty();
    !here.is_empty() && (frame.transparent.is_none() || meets(plan.bare()) || meets(plan.damaged()))
}
