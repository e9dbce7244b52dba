//! Plays the source and the output side by side, and decides frame by frame what has to be drawn so that the output shows the source
//! with its captions.
//!
//! `apng` and `webp` call it with the frames in their order. A frame is left as it is if, drawn on the output's canvas, it shows the right
//! pixels already. Else it is drawn again: its rectangle, and whatever else the output shows wrongly. A pixel that is right keeps
//! what the frame has there.

use caption_layout::{
    reading::animation::{Blend, Dispose},
    rect::Rect,
};

use super::canvas::{Patch, Sample, blended, shows_same};
use crate::{
    mask::{Cover, InkSet, Mask},
    still::colour_space::Samples,
};

/// How many levels of 255 a soft edge may be off where a frame keeps its colours, and all of them on the mean.
const MOST_OFF: u32 = 64;
const MEAN_OFF: u64 = 12;

/// A frame of the source on the output's canvas.
pub(super) struct Place {
    pub rect: Rect,
    pub blend: Blend,
    pub dispose: Dispose,
    /// What it must cover if it is drawn again, and then it must be.
    pub at_least: Rect,
    /// It can't be copied, whatever it shows.
    pub is_coded_again: bool,
    /// Its colours lose something by being coded again, and another alpha costs them nothing.
    pub keeps_colours: bool,
}

/// A frame that is drawn again.
pub(super) struct Drawn<S> {
    pub patch: Patch<S>,
    pub blend: Blend,
    /// Only its alpha is other than the source's.
    pub keeps_colours: bool,
}

pub(super) struct Player<'a, S> {
    mask: &'a Mask,
    samples: Samples,
    /// Whether the file can hold a transparent pixel.
    has_alpha: bool,
    /// A frame's left and top are multiples of so many pixels.
    step_px: u32,
    source: Patch<S>,
    /// What the output shows, soft edges as they should be.
    output: Patch<S>,
    /// The same with those of frames that keep their colours as they are.
    approximate: Option<Patch<S>>,
    /// The captions that the output shows.
    stands: InkSet,
    /// Where it may show something else.
    stale: Rect,
}

impl<'a, S: Sample> Player<'a, S> {
    pub(super) fn new(mask: &'a Mask, samples: Samples, has_alpha: bool, step_px: u32) -> Self {
        let canvas = Patch::clear(Rect::at(0, 0, mask.width_px, mask.height_px));
        Self {
            mask,
            samples,
            has_alpha,
            step_px,
            source: canvas.clone(),
            output: canvas,
            approximate: None,
            stands: InkSet::default(),
            stale: Rect::default(),
        }
    }

    /// The next frame, whose own pixels are these; `None` if it is copied.
    pub(super) fn next(&mut self, place: &Place, own: Vec<[S; 4]>, shown: InkSet) -> Option<Drawn<S>> {
        let own = Patch { rect: place.rect, pixels: own };
        let source_before = (place.dispose == Dispose::Previous).then(|| self.source.part(place.rect));
        self.source.draw(&own, place.blend);
        // Elsewhere the two canvases show the same, or captions that stand and stay.
        let changed = self.mask.rect_of(self.stands.without(shown).union(shown.without(self.stands)));
        let drawn_over = place.rect.intersect(self.mask.rect_of(shown));
        let looked_at = [self.stale, changed, drawn_over].into_iter().filter(|rect| !rect.is_empty());
        let wrong = looked_at.map(|rect| self.wrong(place, &own, &self.wanted(rect, shown))).fold(place.at_least, Rect::union);
        let is_copied = wrong.is_empty() && !place.is_coded_again;
        let drawn_on = if is_copied { place.rect } else { self.on_steps(place.rect.union(wrong)) };
        let output_before = (place.dispose == Dispose::Previous).then(|| self.output.part(drawn_on));
        let drawn = if is_copied {
            self.output.draw(&own, place.blend);
            self.approximate.iter_mut().for_each(|canvas| canvas.draw(&own, place.blend));
            None
        } else {
            let shown = self.wanted(drawn_on, shown);
            let veiled = if place.keeps_colours && drawn_on == place.rect { self.veiled(place, &own, &shown) } else { None };
            let over = |player: &Self| {
                if place.blend == Blend::Over && player.has_alpha { player.drawn_over(place, &own, &shown) } else { None }
            };
            let drawn = veiled.or_else(|| over(self));
            self.output.put(&shown);
            match (&drawn, &mut self.approximate) {
                (Some(drawn), Some(canvas)) if drawn.keeps_colours => canvas.draw(&drawn.patch, Blend::Over),
                (_, canvas) => canvas.iter_mut().for_each(|canvas| canvas.put(&shown)),
            }
            Some(drawn.unwrap_or(Drawn { patch: shown, blend: Blend::Source, keeps_colours: false }))
        };

        match (place.dispose, source_before, output_before) {
            (Dispose::Background, ..) => {
                self.source.put(&Patch::clear(place.rect));
                let cleared = Patch::clear(drawn_on);
                self.output.put(&cleared);
                self.approximate.iter_mut().for_each(|canvas| canvas.put(&cleared));
                (self.stands, self.stale) = (shown, drawn_on);
            }
            (_, Some(source), Some(output)) => {
                self.source.put(&source);
                self.output.put(&output);
            }
            _ => (self.stands, self.stale) = (shown, Rect::default()),
        }
        drawn
    }

    /// What the output is to show of a rectangle.
    fn wanted(&self, rect: Rect, shown: InkSet) -> Patch<S> {
        captioned(self.source.part(rect), self.mask, self.samples, shown)
    }

    /// The least of what may be a frame's rectangle around another.
    fn on_steps(&self, rect: Rect) -> Rect {
        Rect { left: rect.left - rect.left % self.step_px, top: rect.top - rect.top % self.step_px, ..rect }
    }

    /// The picture that viewers without animation show.
    pub(super) fn still(&self, picture: &Patch<S>, shown: InkSet) -> Drawn<S> {
        let mut canvas = Patch::clear(self.source.rect);
        canvas.put(picture);
        let patch = captioned(canvas, self.mask, self.samples, shown);
        Drawn { patch, blend: Blend::Source, keeps_colours: false }
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
        Some(Drawn { patch, blend: Blend::Over, keeps_colours: false })
    }

    /// The frame's own colours under an alpha that lets captions show which stand already; `None` where some pixel can't be had so. A soft
    /// edge over a picture that has changed becomes the nearest mixture of what stands there and of the frame.
    fn veiled(&mut self, place: &Place, own: &Patch<S>, shown: &Patch<S>) -> Option<Drawn<S>> {
        let is_opaque = own.pixels.iter().all(|pixel| pixel[3] == S::MOST);
        if place.blend == Blend::Source && !is_opaque {
            return None;
        }
        let stands = self.approximate.get_or_insert_with(|| self.output.clone());
        let (mut patch, rect) = (own.clone(), own.rect);
        let (mut off, mut mixed) = (0, 0_u64);
        for y in rect.top..rect.bottom {
            for x in rect.left..rect.right {
                let (pixel, before, wanted) = (own.at(x, y), self.output.at(x, y), shown.at(x, y));
                if shows_same(blended(pixel, before, Blend::Over), wanted) {
                    continue;
                }
                let [r, g, b, _] = pixel;
                let mut alpha = S::default();
                if !shows_same(before, wanted) {
                    let stands = stands.at(x, y);
                    if [pixel, stands, wanted].iter().any(|pixel| pixel[3] != S::MOST) {
                        return None;
                    }
                    alpha = nearest_alpha(pixel, stands, wanted);
                    let far = farthest(blended([r, g, b, alpha], stands, Blend::Over), wanted);
                    if far > MOST_OFF {
                        return None;
                    }
                    (off, mixed) = (off + u64::from(far), mixed + 1);
                }
                patch.set(x, y, [r, g, b, alpha]);
            }
        }
        (off <= mixed * MEAN_OFF).then_some(Drawn { patch, blend: Blend::Over, keeps_colours: true })
    }
}

/// The alpha by which a pixel over another comes nearest to a third; all are opaque.
fn nearest_alpha<S: Sample>(own: [S; 4], beneath: [S; 4], wanted: [S; 4]) -> S {
    let number = |sample: S| i64::from(sample.into());
    let (mut along, mut length) = (0_i64, 0_i64);
    for channel in 0..3 {
        let [own, beneath, wanted] = [own, beneath, wanted].map(|pixel| number(pixel[channel]));
        along += (wanted - beneath) * (own - beneath);
        length += (own - beneath) * (own - beneath);
    }
    let most = number(S::MOST);
    let alpha = (along.clamp(0, length) * most + length / 2) / length.max(1);
    S::of(u32::try_from(alpha).unwrap_or_default())
}

/// By how many levels of 255 two pixels differ in the channel where it is most.
fn farthest<S: Sample>(one: [S; 4], other: [S; 4]) -> u32 {
    let levels = |sample: S| sample.into() / (S::MOST.into() / 255);
    (0..3).map(|channel| levels(one[channel]).abs_diff(levels(other[channel]))).max().unwrap_or(0)
}

/// Draws captions on pixels of the output.
pub(crate) fn captioned<S: Sample>(mut patch: Patch<S>, mask: &Mask, samples: Samples, shown: InkSet) -> Patch<S> {
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
