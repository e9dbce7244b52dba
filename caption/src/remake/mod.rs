//! Files made anew, where the source's own can't be kept: of another kind, of a smaller picture, of fewer bytes (ADR 31).
//!
//! `picture` calls it after the usual way, or in its place. The stages: a source as pictures (`frames`), which of them are shown
//! (`pace`), at which size (`sized`, `scale`), with their captions (`pictures`), as a file (`make` and the kinds); `fit` makes files until
//! one is small enough, giving up what `steps` says. A file whose kind and size are the source's is never made here but for its bytes.

mod delta;
mod fit;
mod frames;
mod gif;
mod jpeg;
mod make;
mod pace;
mod pictures;
mod png;
mod scale;
mod sized;
mod steps;
mod webp;

#[cfg(test)]
mod tests;

use std::cell::RefCell;

use caption_layout::{
    ByteSize, Error, Fidelity, Format, GivenUp, Limits, LoadedSpec, MediaType, RenderStats, limits::CheckLimits as _, probe,
};

use self::{
    fit::Found,
    frames::{Facts, Frames},
    make::{Made, Maker},
    sized::{Sized, Sizes},
    steps::{Step, Steps},
};
use crate::{
    altered::Altered,
    images::DecodedImages,
    mask::{InkSet, Mask},
    output::Output,
    planning::{frame_times, shown_frames, video_times},
    rendered_animation::RenderedAnimation,
    watch::Watch,
};

/// The quality of a lossy file that is made of a lossy source.
const USUAL_QUALITY: u8 = 85;

/// The kind of file that a format makes of a source.
pub(crate) fn media_for(format: Format, source: MediaType) -> MediaType {
    match format {
        // Nothing writes videos.
        Format::Same if source.is_video() => MediaType::Gif,
        Format::Same => source,
        Format::Gif => MediaType::Gif,
        Format::Webp => MediaType::Webp,
        Format::Apng => MediaType::Png,
    }
}

/// A file that is to be made.
pub(crate) struct Remake<'a, 'i> {
    pub bytes: &'a [u8],
    /// The source's kind.
    pub source: MediaType,
    pub is_animation: bool,
    pub spec: &'a LoadedSpec,
    pub images: &'i DecodedImages,
    pub limits: &'a Limits,
}

/// What the usual way has made, where it is too large.
pub(crate) struct Usual<'a> {
    pub file: &'a [u8],
    pub mask: &'a Mask,
    pub fidelity: &'a Fidelity,
    pub altered: &'a Altered,
}

impl<'a, 'i> Remake<'a, 'i> {
    fn media(&self) -> MediaType {
        media_for(self.spec.output.format, self.source)
    }

    fn sizes(&self, facts: &Facts) -> Sizes<'i>
    where
        'a: 'i,
    {
        let delays_us = facts.delays_us.iter().copied();
        let times = if facts.is_video { video_times(delays_us) } else { frame_times(delays_us) };
        let captions = &self.spec.captions;
        let times = captions.iter().map(|caption| shown_frames(&caption.spec, &times)).collect();
        let DecodedImages { images, .. } = self.images;
        Sizes { spec: self.spec, images, source_px: facts.sides_px, times }
    }

    /// Whether kind and size are the source's, so that its own file can be kept.
    pub(crate) fn keeps_file(&self) -> Result<bool, Error> {
        let output = self.spec.output;
        if self.media() != self.source {
            return Ok(false);
        }
        if output.max_width.is_none() && output.max_height.is_none() {
            return Ok(true);
        }
        let found = probe(self.bytes, self.limits)?;
        let times = vec![0..usize::MAX; self.spec.captions.len()];
        let DecodedImages { images, .. } = self.images;
        let sizes = Sizes { spec: self.spec, images, source_px: [found.width_px, found.height_px], times };
        Ok(sizes.within(output)? >= 1.0)
    }

    fn open(&self) -> Result<Box<dyn Frames + 'a>, Error> {
        frames::open(self.bytes, self.source, self.is_animation, self.limits)
    }

    /// Makes the file.
    ///
    /// # Errors
    /// Those of decoding and of texts that don't fit, [`Error::FitNotPossible`], and [`Error::NotAsAsked`] of an exact spec that can't be.
    pub(crate) fn render(&self, usual: Option<&Usual<'_>>, watch: &Watch<'_>) -> Result<RenderedAnimation, Error> {
        if !self.is_animation && self.spec.captions.iter().any(|caption| caption.spec.is_timed()) {
            return Err(Error::NoTime);
        }
        let mut source = self.open()?;
        let facts = source.facts().clone();
        let by_scale = self.sizes(&facts);
        let base = if usual.is_some() { 1.0 } else { by_scale.within(self.spec.output)? };
        let asked_px = by_scale.at(base)?.picture_px;
        // A usual GIF has its captions already, in the source's own colours: it is only packed better.
        let limits = Limits { max_bytes: u64::MAX, max_side_px: u32::MAX, ..*self.limits };
        let packed = usual.filter(|_| self.media() == MediaType::Gif);
        let packed = packed.map(|usual| Ok::<_, Error>((frames::open(usual.file, MediaType::Gif, true, &limits)?, usual)));
        let packed = packed.transpose()?.map(|(frames, usual)| (RefCell::new(frames), usual));
        let maker = Maker { media: self.media(), facts: &facts, is_exact: self.spec.exact, watch };
        let steps = self.steps(&facts);
        let mut file_at = |step: f64| {
            let step = steps.at(step);
            match &packed {
                Some((frames, usual)) if step.scale >= 1.0 => {
                    let canvas = [usual.mask.width_px, usual.mask.height_px];
                    maker.make(frames.borrow_mut().as_mut(), &step, canvas, (usual.mask, true)).map(|made| (made, step, None))
                }
                _ => {
                    let sized = by_scale.at(base * step.scale)?;
                    self.limits.check_total_pixels(pixels_of(&sized.mask, facts.delays_us.len()))?;
                    let made = maker.make(source.as_mut(), &step, sized.picture_px, (&sized.mask, false))?;
                    Ok((made, step, Some(sized)))
                }
            }
        };
        let found = match self.spec.output.max_bytes {
            None => Found::Within(file_at(0.0)?),
            // Nothing can be given up.
            Some(ByteSize(most)) if self.spec.exact => match file_at(0.0)? {
                made if made.0.file.len() as u64 <= most => Found::Within(made),
                (made, ..) => Found::Smallest(made.file.len() as u64),
            },
            Some(ByteSize(most)) => fit::find(steps, most, &mut file_at, |(made, ..)| made.file.len() as u64)?,
        };
        let (made, step, sized) = match found {
            Found::Within(found) => found,
            Found::Smallest(smallest_bytes) => {
                let limit_bytes = self.spec.output.max_bytes.map_or(0, |ByteSize(most)| most);
                let is_exact = self.spec.exact;
                return Err(Error::FitNotPossible { smallest_bytes, limit_bytes, is_exact });
            }
        };
        // Some is known only of what was decoded.
        let told = Told { made, step, sized, asked_px, damage: source.damage() };
        Ok(self.told(told, &facts, usual))
    }

    fn steps(&self, facts: &Facts) -> Steps {
        let media = self.media();
        let is_lossy_kind = matches!(media, MediaType::Webp | MediaType::Jpeg);
        let quality = (is_lossy_kind && facts.is_lossy && !self.spec.exact || media == MediaType::Jpeg).then_some(USUAL_QUALITY);
        let pictures = facts.delays_us.len() as u64;
        // An animation without delays is shown all the same.
        let mean_us = (facts.delays_us.iter().sum::<u64>() / pictures.max(1)).max(1);
        Steps { media, mean_delay_us: if pictures > 1 { mean_us } else { 0 }, quality }
    }

    fn told(&self, told: Told, facts: &Facts, usual: Option<&Usual<'_>>) -> RenderedAnimation {
        let Told { made, step, sized, asked_px, damage } = told;
        let Made { file, frames, left_colours, has_lost_translucency } = made;
        let count = |frames: usize| u32::try_from(frames).unwrap_or(u32::MAX);
        let (is_scaled, is_packed) = (step.scale < 1.0, sized.is_none());
        let given_up = GivenUp {
            colours: left_colours,
            lossiness: Some(step.lossiness).filter(|&lossiness| lossiness > 0),
            quality: step.quality,
            frames_dropped: count(facts.delays_us.len() - frames.len()),
            scaled_from_px: is_scaled.then_some(asked_px),
            translucency: has_lost_translucency,
        };
        let kept: Vec<usize> = frames.iter().map(|shown| shown.source).collect();
        let mut mask = match (sized, usual) {
            (Some(Sized { mask, .. }), _) => mask,
            (None, Some(usual)) => usual.mask.clone(),
            (None, None) => Mask::default(),
        };
        for time in &mut mask.times {
            let at = |source: usize| kept.partition_point(|&kept| kept < source);
            *time = at(time.start)..at(time.end);
        }
        let mut fidelity = match usual.filter(|_| is_packed) {
            Some(usual) => usual.fidelity.clone(),
            None => Fidelity { captions: mask.told.clone(), damage, ..Fidelity::default() },
        };
        for ((told, time), caption) in fidelity.captions.iter_mut().zip(&mask.times).zip(&self.spec.captions) {
            told.frames_shown = caption.spec.is_timed().then(|| count(time.len()));
        }
        let is_same = step == Step::NONE && left_colours.is_none() && !has_lost_translucency && asked_px == facts.sides_px;
        let altered = if is_same {
            usual.map(|usual| usual.altered.clone()).unwrap_or_default()
        } else {
            Altered::of_rows(0..mask.height_px, mask.width_px)
        };
        fidelity.given_up = given_up;
        let stats = RenderStats { frames: count(frames.len()), frames_recoded: count(frames.len()), ..RenderStats::default() };
        let overstaying = vec![InkSet::default(); frames.len()];
        RenderedAnimation { output: Output::of(file), mask, stats, altered, overstaying, fidelity }
    }
}

/// What there is to tell of.
struct Told {
    made: Made,
    step: Step,
    /// None of a file that was only packed better.
    sized: Option<Sized>,
    asked_px: [u32; 2],
    damage: Option<String>,
}

fn pixels_of(mask: &Mask, frames: usize) -> u64 {
    u64::from(mask.width_px) * u64::from(mask.height_px) * frames as u64
}
