//! The colours that a still shows its captions in, as they are told beside those that were asked for.
//!
//! Each kind of still calls it: one with a palette says which entry it took, a lossy one hands over the pixels as they come out. It
//! decides nothing.

use caption_layout::{CaptionFidelity, Colour, ColourFidelity, Hundredths, WhyOff};

use crate::{
    difference::difference,
    mask::{Cover, Ink, Mask},
};

/// A colour that is shown for one that was asked for.
pub(super) fn told(asked: [u8; 3], shown: [u8; 3], why: WhyOff) -> ColourFidelity {
    let told = ColourFidelity {
        shown: Colour { rgb: shown },
        delta_e: difference(asked, shown).into(),
        ..ColourFidelity::exact(Colour { rgb: asked })
    };
    if told.is_near() { told } else { ColourFidelity { frames_off: 1, why_off: Some(why), ..told } }
}

/// The mean colours of a lossy picture's letters, and of what lies under them, where nothing else is mixed in. Single pixels of such a
/// picture are off by its own compression, the picture's as well as the caption's: their mean is what is seen.
pub(crate) struct MeanColours<'a> {
    mask: &'a Mask,
    /// Of each caption's letters, and of what lies under them; of emoji, of each colour that stands for others.
    sums: Vec<Vec<Sum>>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    channels: [u64; 3],
    /// What was to be shown, of emoji.
    asked: [u64; 3],
    pixels: u64,
}

impl<'a> MeanColours<'a> {
    pub(crate) fn of(mask: &'a Mask) -> Self {
        Self { mask, sums: mask.inks.iter().map(|ink| vec![Sum::default(); ink.colours().len()]).collect() }
    }

    /// Counts a pixel of the output that the caption of this number in the mask covers so much.
    pub(crate) fn add(&mut self, number: usize, [x, y]: [u32; 2], cover: Cover, shown: [u8; 3]) {
        let ink = &self.mask.inks[number];
        if ink.is_behind {
            return;
        }
        let asked = ink.pair_at(x, y)[0];
        let part = match (cover.weights(), ink.emoji()) {
            ([_, 0, 0], None) => 0,
            ([0, _, 0], None) => 1,
            ([_, 0, 0], Some(colours)) => colours.wanted_for(asked).unwrap_or(0),
            _ => return,
        };
        let covers = |ink: &Ink| ink.rect.contains(x, y) && (ink.emoji().is_none() || ink.covers_at(x, y));
        let lies_under_another = self.mask.inks[number + 1..].iter().any(covers);
        if !lies_under_another {
            let sum = &mut self.sums[number][part];
            sum.pixels += 1;
            sum.channels.iter_mut().zip(shown).for_each(|(sum, channel)| *sum += u64::from(channel));
            sum.asked.iter_mut().zip(asked).for_each(|(sum, channel)| *sum += u64::from(channel));
        }
    }

    /// What there is to tell of each caption of the spec.
    pub(crate) fn told(&self) -> Vec<CaptionFidelity> {
        let mut captions = self.mask.told.clone();
        for (ink, sums) in self.mask.inks.iter().zip(&self.sums) {
            if ink.is_behind {
                continue;
            }
            if ink.emoji().is_some() {
                captions[ink.number].emoji_delta_e = Some(mean_difference(sums));
                continue;
            }
            let [fill, under] = [0, 1].map(|part| {
                let Sum { channels, pixels, .. } = sums[part];
                let asked = ink.pair()[part];
                let mean = |sum: u64| u8::try_from((sum + pixels / 2) / pixels.max(1)).unwrap_or(u8::MAX);
                told(asked, if pixels == 0 { asked } else { channels.map(mean) }, WhyOff::Lossy)
            });
            (captions[ink.number].fill, captions[ink.number].under) = (fill, under);
        }
        captions
    }
}

/// How far colours are off on the mean of their pixels, in dE.
#[expect(clippy::cast_precision_loss, reason = "a mean")]
fn mean_difference(sums: &[Sum]) -> Hundredths {
    let (mut off, mut all) = (0.0, 0);
    for Sum { channels, asked, pixels } in sums.iter().filter(|sum| sum.pixels > 0) {
        let [shown, asked] =
            [channels, asked].map(|sums| sums.map(|sum| u8::try_from((sum + pixels / 2) / pixels).unwrap_or(u8::MAX)));
        off += f64::from(difference(asked, shown)) * *pixels as f64;
        all += pixels;
    }
    Hundredths::from(off / all.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use caption_layout::{Font, Hundredths, LoadedCaption, LoadedSpec, Position, Style, rect::Rect};

    #[test]
    fn the_mean_of_what_is_shown_is_told_and_soft_edges_are_left_out() {
        let caption = LoadedCaption::new("MM", Position::Top, Style::Overlay, Font::builtin("anton").unwrap());
        let mask = Mask::draw(&LoadedSpec::new(vec![caption]), 300, 300, Rect::at(0, 0, 300, 300)).unwrap();
        let mut colours = MeanColours::of(&mask);
        assert!(colours.told()[0].fill.is_near(), "nothing was shown, and nothing is off");
        for (x, y, cover) in mask.inks[0].covers_in(mask.inks[0].rect) {
            let shown = if cover.weights() == [225, 0, 0] { [if (x + y) % 2 == 0 { 200 } else { 220 }; 3] } else { [0; 3] };
            colours.add(0, [x, y], cover, shown);
        }
        let told = &colours.told()[0];
        assert!(told.fill.shown.rgb[0].abs_diff(210) <= 3 && told.fill.why_off == Some(WhyOff::Lossy), "{told:?}");
        assert_eq!((told.under.delta_e, told.under.why_off), (Hundredths::default(), None));
    }
}
