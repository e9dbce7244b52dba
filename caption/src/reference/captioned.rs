//! What a captioned GIF must show: its captions in their places, the source's disposal, and no transparency that it lacked.
//!
//! `check` asks once both GIFs are played. Tests only.

use samples::{Sample, show::Shown};

use crate::mask::{Cover, Ink, Mask};
use caption_layout::reading::blocks::{self, Disposal, Gif};

fn off(a: [u8; 3], b: [u8; 3]) -> u32 {
    (0..3).map(|c| u32::from(a[c].abs_diff(b[c]))).max().unwrap_or(0)
}

/// A GIF and what became of it, both played.
pub(super) struct Captioned<'a> {
    pub gif: &'a Gif,
    pub mask: &'a Mask,
    pub before: &'a [Shown],
    pub after: &'a [Shown],
    /// By number of the caption: whether frames without it are told, and may be for want of an entry.
    pub told_without: Vec<bool>,
}

impl Captioned<'_> {
    /// Decoders that are not composed here tell by a transparent index what a canvas is at first, and what clearing
    /// leaves: neither the first frame nor one that clears may get one, but for a bar's sake or for that of pixels that
    /// its stream did not have.
    pub(super) fn keeps_disposal_and_transparency(&self, output: &Gif) {
        let has_bar = self.mask.inks.iter().any(|ink| ink.is_band);
        for (k, (ours, theirs)) in output.frames.iter().zip(&self.gif.frames).enumerate() {
            assert_eq!(ours.disposal, theirs.disposal, "disposal of frame {k}");
            let is_looked_at = k == 0 || theirs.disposal == Disposal::Background;
            let is_short = self.before[k].decoded_pixels < theirs.rect.area();
            if is_looked_at && !has_bar && !is_short {
                assert_eq!(ours.transparent.is_some(), theirs.transparent.is_some(), "frame {k} became transparent");
            }
        }
    }

    /// Where a transparent index would change what some decoders show, a caption may have gaps.
    fn may_have_gaps(&self, ink: &Ink) -> bool {
        let (gif, first) = (self.gif, &self.gif.frames[0]);
        let starts_whole = first.transparent.is_some() || first.rect.covers(gif.canvas);
        let clears = |disposal| disposal == Disposal::Background;
        let clears_to_nothing = gif.frames.iter().all(|f| !clears(f.disposal) || f.transparent.is_some());
        let is_mendable = gif.frames.iter().all(|f| !clears(f.disposal)) || gif.frames.iter().all(|f| f.local_palette.is_none());
        self.told_without[ink.number] || !(ink.is_band || starts_whole && clears_to_nothing && is_mendable)
    }

    /// Whether every palette has the captions' colours, and no frame needs a slot of its own to become transparent: that
    /// may take a slot which the caption is then in want of.
    pub(super) fn needs_no_slot(&self, sample: &Sample) -> bool {
        let mut frames = self.gif.frames.iter().zip(self.before);
        let is_whole = |(frame, shown): (&blocks::Frame, &Shown)| {
            frame.rect.covers(self.gif.canvas) && shown.decoded_pixels == frame.rect.area()
        };
        let has_colours = sample.palettes().all(|palette| palette.has_black_and_white);
        has_colours && frames.all(|both| both.0.transparent.is_some() || is_whole(both))
    }

    /// `is_close`: every palette has the captions' colours, or room for them.
    pub(super) fn shows_its_captions(&self, is_close: bool) {
        let canvas = self.gif.canvas;
        for (k, (before, after)) in self.before.iter().zip(self.after).enumerate() {
            let shown = self.mask.shown_in(k);
            for (number, ink) in self.mask.inks.iter().enumerate().filter(|&(number, _)| shown.contains(number)) {
                let lies_under = |x, y| {
                    (number + 1..self.mask.inks.len())
                        .any(|later| shown.contains(later) && self.mask.inks[later].covers_pixel(x, y))
                };
                let may_have_gaps = self.may_have_gaps(ink);
                for (x, y, cover) in ink.covers_in(ink.rect).filter(|&(_, _, cover)| cover != Cover::NONE) {
                    let on_picture = y.checked_sub(self.mask.picture_top_px).filter(|&y| canvas.contains(x, y));
                    let beneath = on_picture.and_then(|y| before.canvas[(y * canvas.width() + x) as usize]);
                    if let Some(got) = after.canvas[(y * self.mask.width_px + x) as usize] {
                        // Which of its colours an emoji gets is `emoji_off`'s to tell.
                        let is_letter = ink.emoji().is_none() && !lies_under(x, y);
                        if is_letter && is_close && cover.is_opaque() && matches!(cover.0 >> 4, 0 | 15) && !may_have_gaps {
                            let wanted = cover.blend(ink.fill, ink.under, beneath);
                            assert!(off(got, wanted) <= 45, "frame {k}, pixel {x}, {y}: {wanted:?} was wanted, got {got:?}");
                        }
                    } else {
                        let is_excused = beneath.is_none() && (!cover.is_solid() || may_have_gaps);
                        assert!(is_excused, "frame {k}, pixel {x}, {y} lost its caption");
                    }
                }
            }
        }
    }
}
