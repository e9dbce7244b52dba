//! What is given up for fewer bytes, step by step, in the order in which it is missed least.
//!
//! `fit` walks along it. A step is a number from 0, where nothing is given up, to [`Steps::LAST`]; between whole numbers one thing is given
//! up more and more. Which things there are depends on the kind of file.

use caption_layout::MediaType;

/// How a file is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// Of a GIF: how far a pixel may be off.
    pub lossiness: u16,
    /// Of a GIF: the most colours of its palette.
    pub colours: u16,
    /// Of a WebP or a JPEG: its quality, 0 to 100; none is without loss.
    pub quality: Option<u8>,
    /// One picture of so many is shown.
    pub keep_one_of: usize,
    /// The picture's sides, as parts of what they are without a limit on bytes.
    pub scale: f64,
}

impl Step {
    /// Nothing is given up.
    pub(super) const NONE: Self = Self { lossiness: 0, colours: 256, quality: None, keep_one_of: 1, scale: 1.0 };
}

/// The steps for one kind of file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    pub media: MediaType,
    /// How long a picture is shown on the mean; 0 of a still. Of many in a second every other is missed less than pixels are, of few it is the
    /// last that is given up.
    pub mean_delay_us: u64,
    /// What is kept of a lossy source without a limit.
    pub quality: Option<u8>,
}

/// Where a GIF's colours are as few as they may be; from there on pictures are left out.
const FEWEST_COLOURS: f64 = 2.0;
const FEWER_PICTURES: f64 = 2.5;
/// The same of an animation of few pictures in a second: where each side is less than half of what it was.
const FEWER_OF_FEW: f64 = 3.8;
/// More than eight pictures in a second are many.
const MANY_US: u64 = 120_000;

/// As gifsicle's `--lossy` counts: beyond it what moves little stands still.
const MOST_LOSSINESS: f64 = 45.0;
const LEAST_COLOURS: f64 = 64.0;
const BEST_QUALITY: f64 = 90.0;
const WORST_QUALITY: f64 = 40.0;
const LEAST_SCALE: f64 = 0.2;

impl Steps {
    /// The last one.
    pub(super) const LAST: f64 = 4.0;

    /// The last at which the picture is as large as without a limit.
    pub(super) const FULL_SIZE: f64 = 3.0;

    /// The last of those at which a file is only packed and its pixels a little off.
    pub(super) const LOSSIEST: f64 = 1.0;

    /// What is given up at a step.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers between constants")]
    pub(super) fn at(self, step: f64) -> Step {
        // How far it is from one number to another.
        let part = |from: f64, to: f64| ((step - from) / (to - from)).clamp(0.0, 1.0);
        let between = |from: f64, to: f64, part: f64| from + (to - from) * part;
        let [lossy, fewer, scaled] =
            [(0.0, Self::LOSSIEST), (Self::LOSSIEST, FEWEST_COLOURS), (Self::FULL_SIZE, Self::LAST)].map(|(a, b)| part(a, b));
        let mut made = Step { quality: self.quality, ..Step::NONE };
        match self.media {
            MediaType::Gif => {
                made.lossiness = between(0.0, MOST_LOSSINESS, lossy) as u16;
                made.colours = between(256.0, LEAST_COLOURS, fewer) as u16;
            }
            MediaType::Webp | MediaType::Jpeg if step > 0.0 => {
                let best = self.quality.map_or(BEST_QUALITY, f64::from);
                made.quality = Some(between(best, WORST_QUALITY, part(0.0, FEWEST_COLOURS)) as u8);
            }
            _ => {}
        }
        let from = if self.mean_delay_us < MANY_US { FEWER_PICTURES } else { FEWER_OF_FEW };
        if self.mean_delay_us > 0 && step >= from {
            made.keep_one_of = 2;
        }
        // Each side, so that the number of pixels falls evenly.
        made.scale = between(1.0, LEAST_SCALE, scaled);
        made
    }

    /// About what part of the bytes a file has at a step: where to look first.
    pub(super) fn expected(self, step: f64) -> f64 {
        let part = |from: f64, to: f64| ((step - from) / (to - from)).clamp(0.0, 1.0);
        let lossy = match self.media {
            MediaType::Gif => (1.0 - 0.40 * part(0.0, Self::LOSSIEST)) * (1.0 - 0.25 * part(Self::LOSSIEST, FEWEST_COLOURS)),
            MediaType::Webp | MediaType::Jpeg => 1.0 - 0.75 * part(0.0, FEWEST_COLOURS),
            _ => 1.0,
        };
        let Step { keep_one_of, scale, .. } = self.at(step);
        let pictures = if keep_one_of > 1 { 0.6 } else { 1.0 };
        // Fewer pixels have more to tell each.
        lossy * pictures * scale * scale.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_gives_up_more_in_the_order_that_is_promised() {
        for media in MediaType::WRITTEN {
            let steps = Steps { media, mean_delay_us: 40_000, quality: None };
            assert_eq!(steps.at(0.0), Step::NONE);
            let all: Vec<Step> = (0..=40).map(|tenths| steps.at(f64::from(tenths) / 10.0)).collect();
            for pair in all.windows(2) {
                let [less, more] = pair else { unreachable!("two") };
                assert!(more.lossiness >= less.lossiness && more.colours <= less.colours && more.scale <= less.scale);
                assert!(more.quality.unwrap_or(100) <= less.quality.unwrap_or(100) && more.keep_one_of >= less.keep_one_of);
            }
            assert!(all.iter().take(25).all(|step| step.keep_one_of == 1), "{media:?}");
            assert!(all.iter().take(31).all(|step| step.scale >= 1.0), "{media:?}");
            let parts: Vec<f64> = (0..=40).map(|tenths| steps.expected(f64::from(tenths) / 10.0)).collect();
            assert!(parts.is_sorted_by(|more, less| more >= less));
        }
        let slow = Steps { media: MediaType::Gif, mean_delay_us: 130_000, quality: None };
        assert_eq!([3.0, 3.7, 3.9].map(|step| slow.at(step).keep_one_of), [1, 1, 2]);
        let gif = Steps { mean_delay_us: 0, ..slow };
        assert_eq!(gif.at(1.0), Step { lossiness: 45, ..Step::NONE });
        assert_eq!((gif.at(2.0).colours, gif.at(4.0).keep_one_of), (64, 1));
    }
}
