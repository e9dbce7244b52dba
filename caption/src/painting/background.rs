//! How near plates and shadows come to their colours in one frame: what each of their pixels should show, and what the palette has.
//!
//! `painter` counts as it paints; at the frame's end the counts become the mean that is told. It decides nothing.

use super::{brush::Brush, runs::InkRuns};
use crate::{difference::difference, mask::Cover, planning::Palette};

/// What a pixel lies over: one of 256 indices, or nothing that shows.
const OVER_NOTHING: usize = 256;
const KINDS: usize = OVER_NOTHING + 1;

/// Pixels of the plates and shadows of a frame, counted by what is asked of the palette.
#[derive(Default)]
pub(super) struct Backgrounds {
    /// Of each of the painter's inks that is one, by its place there: pixels by cover and what they lie over.
    counts: Vec<(usize, Vec<u32>)>,
    /// Which of them is painted now.
    selected: Option<usize>,
}

/// How far a plate or shadow is off: the number of its caption, and CIE76 dE on the mean of the pixels that were painted.
pub(super) type BackgroundOff = (usize, f32);

impl Backgrounds {
    /// The next pixels are of this ink, at this place among the painter's.
    pub(super) fn select(&mut self, place: usize, runs: &InkRuns<'_>) {
        self.selected = runs.ink.is_behind.then(|| {
            self.counts.iter().position(|&(known, _)| known == place).unwrap_or_else(|| {
                self.counts.push((place, vec![0; KINDS << 8]));
                self.counts.len() - 1
            })
        });
    }

    /// Counts pixels over an index.
    #[inline]
    pub(super) fn over_index(&mut self, cover: Cover, index: u8) {
        self.count(cover, usize::from(index), 1);
    }

    /// Counts pixels that hide what is beneath, or lie over nothing.
    #[inline]
    pub(super) fn alone(&mut self, cover: Cover, pixels: usize) {
        self.count(cover, OVER_NOTHING, pixels);
    }

    #[inline]
    fn count(&mut self, cover: Cover, over: usize, pixels: usize) {
        if let Some(selected) = self.selected {
            let count = &mut self.counts[selected].1[usize::from(cover.0) * KINDS + over];
            *count = count.saturating_add(u32::try_from(pixels).unwrap_or(u32::MAX));
        }
    }

    /// How far each is off.
    pub(super) fn off(&self, inks: &[&InkRuns<'_>], palette: &Palette, brush: &mut Brush) -> Vec<BackgroundOff> {
        let off = |&(place, ref counts): &(usize, Vec<u32>)| {
            let runs = inks.get(place)?;
            brush.select(runs);
            let (mut sum, mut pixels) = (0.0, 0);
            for (at, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
                let cover = Cover(u8::try_from(at / KINDS).unwrap_or(u8::MAX));
                let (wanted, shown) = match u8::try_from(at % KINDS) {
                    Ok(index) => {
                        let beneath = palette.colour(index)?;
                        (runs.blend(cover, beneath), brush.over_index(runs, cover, index, beneath))
                    }
                    Err(_) => (cover.blend(runs.ink.fill, runs.ink.under, None), brush.alone(runs, cover)),
                };
                sum += f64::from(difference(wanted, palette.colour(shown)?)) * f64::from(count);
                pixels += count;
            }
            #[expect(clippy::cast_possible_truncation, reason = "a mean of differences")]
            (pixels > 0).then(|| (runs.ink.number, (sum / f64::from(pixels)) as f32))
        };
        self.counts.iter().filter_map(off).collect()
    }
}
