//! Plays the source and the output side by side, and decides frame by frame what has to be drawn so that the output shows the source
//! with its captions.
//!
//! `mod` calls it with the frames in their order. A frame is left as it is if, drawn on the output's canvas, it shows the right
//! pixels already. Else it is drawn again: its rectangle, and whatever else the output shows wrongly. A pixel that is right keeps
//! what the frame has there.

use caption_layout::{
    reading::apng::{Blend, Dispose},
    rect::Rect,
};

use super::canvas::{Patch, Sample, blended, shows_same};
use crate::{
    mask::{Cover, InkSet, Mask},
    still::colour_space::Samples,
};

/// A frame of the source on the output's canvas.
pub(super) struct Place {
    pub rect: Rect,
    pub blend: Blend,
    pub dispose: Dispose,
    /// What it must cover if it is drawn again, and then it must be.
    pub at_least: Rect,
    /// It can't be copied, whatever it shows.
    pub is_coded_again: bool,
}

/// A frame that is drawn again.
pub(super) struct Drawn<S> {
    pub patch: Patch<S>,
    pub blend: Blend,
}

pub(super) struct Player<'a, S> {
    mask: &'a Mask,
    samples: Samples,
    /// Whether the file can hold a transparent pixel.
    has_alpha: bool,
    source: Patch<S>,
    output: Patch<S>,
    /// Around all pixels in which the two may differ, before the next frame.
    unlike: Rect,
}

impl<'a, S: Sample> Player<'a, S> {
    pub(super) fn new(mask: &'a Mask, samples: Samples, has_alpha: bool) -> Self {
        let canvas = Patch::clear(Rect::at(0, 0, mask.width_px, mask.height_px));
        Self { mask, samples, has_alpha, source: canvas.clone(), output: canvas, unlike: Rect::default() }
    }

    /// The next frame, whose own pixels are these; `None` if it is copied.
    pub(super) fn next(&mut self, place: &Place, own: Vec<[S; 4]>, shown: InkSet) -> Option<Drawn<S>> {
        let own = Patch { rect: place.rect, pixels: own };
        let source_before = (place.dispose == Dispose::Previous).then(|| self.source.part(place.rect));
        self.source.draw(&own, place.blend);
        let captions = self.mask.rect_of(shown);
        let wanted = captioned(self.source.part(self.unlike.union(captions)), self.mask, self.samples, shown);
        let wrong = self.wrong(place, &own, &wanted).union(place.at_least);
        let is_copied = wrong.is_empty() && !place.is_coded_again;
        let drawn_on = if is_copied { place.rect } else { place.rect.union(wrong) };
        let output_before = (place.dispose == Dispose::Previous).then(|| self.output.part(drawn_on));
        let drawn = if is_copied {
            self.output.draw(&own, place.blend);
            None
        } else {
            let mut shown = self.source.part(drawn_on);
            shown.put(&wanted.part(drawn_on));
            let over = if place.blend == Blend::Over && self.has_alpha { self.drawn_over(place, &own, &shown) } else { None };
            self.output.put(&shown);
            Some(over.unwrap_or(Drawn { patch: shown, blend: Blend::Source }))
        };

        self.unlike = match (place.dispose, source_before, output_before) {
            (Dispose::Background, ..) => {
                self.source.put(&Patch::clear(place.rect));
                self.output.put(&Patch::clear(drawn_on));
                captions.union(drawn_on)
            }
            (_, Some(source), Some(output)) => {
                self.source.put(&source);
                self.output.put(&output);
                self.unlike
            }
            _ => captions,
        };
        drawn
    }

    /// The picture that viewers without animation show.
    pub(super) fn still(&self, picture: &Patch<S>, shown: InkSet) -> Drawn<S> {
        let mut canvas = Patch::clear(self.source.rect);
        canvas.put(picture);
        Drawn { patch: captioned(canvas, self.mask, self.samples, shown), blend: Blend::Source }
    }

    /// Around all pixels that would be wrong if the frame were copied.
    fn wrong(&self, place: &Place, own: &Patch<S>, wanted: &Patch<S>) -> Rect {
        let mut around = Rect::default();
        for y in wanted.rect.top..wanted.rect.bottom {
            for x in wanted.rect.left..wanted.rect.right {
                if !shows_same(self.if_copied(place, own, x, y), wanted.at(x, y)) {
                    around = around.union(Rect::at(x, y, 1, 1));
                }
            }
        }
        around
    }

    /// What the output shows at a place if the frame is copied.
    fn if_copied(&self, place: &Place, own: &Patch<S>, x: u32, y: u32) -> [S; 4] {
        let before = self.output.at(x, y);
        if place.rect.contains(x, y) { blended(own.at(x, y), before, place.blend) } else { before }
    }

    /// A frame that makes the canvas show these pixels by lying over those beneath; `None` where some can't be had so.
    fn drawn_over(&self, place: &Place, own: &Patch<S>, shown: &Patch<S>) -> Option<Drawn<S>> {
        let rect = shown.rect;
        let mut patch = Patch::clear(rect);
        for y in rect.top..rect.bottom {
            for x in rect.left..rect.right {
                let (before, shown) = (self.output.at(x, y), shown.at(x, y));
                if place.rect.contains(x, y) && shows_same(blended(own.at(x, y), before, place.blend), shown) {
                    patch.set(x, y, own.at(x, y));
                } else if shows_same(before, shown) {
                    // It stays transparent.
                } else if shown[3] == S::MOST || before[3] == S::default() && shown[3] != S::default() {
                    patch.set(x, y, shown);
                } else {
                    return None;
                }
            }
        }
        Some(Drawn { patch, blend: Blend::Over })
    }
}

/// Draws captions on pixels of the output.
fn captioned<S: Sample>(mut patch: Patch<S>, mask: &Mask, samples: Samples, shown: InkSet) -> Patch<S> {
    let most = S::MOST.into();
    let in_samples = |colour: [u8; 3]| colour.map(|channel| S::of(samples.sample(channel, most)));
    for ink in mask.inks_of(shown) {
        let of_letters = ink.pair().map(in_samples);
        for (x, y, cover) in ink.covers_in(patch.rect).filter(|&(.., cover)| cover != Cover::NONE) {
            let [fill, under] = if ink.emoji().is_some() { ink.pair_at(x, y).map(in_samples) } else { of_letters };
            patch.set(x, y, cover.composite(fill, under, patch.at(x, y), S::MOST));
        }
    }
    patch
}
