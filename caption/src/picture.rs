//! The crate's entry: any kind of picture, one call.
//!
//! It decides by the probe which way a picture goes, a GIF's, another animation's or a still's, and gives all answers one shape.

use caption_layout::{
    ByteSize, Error, Fidelity, Limits, LoadedSpec, MediaType, RenderStats,
    placing::arrangement::largest_letters_px,
    probe,
    reading::probe::{is_animation, media_of},
};

use crate::{
    altered::Altered,
    animated::{
        apng::{self, PreparedApng},
        webp::{self, PreparedWebp},
    },
    gif::{self, PreparedGif},
    images::DecodedImages,
    mask::{InkSet, Mask},
    output::Output,
    remake::{self, Remake, Usual},
    rendered_animation::RenderedAnimation,
    still::{self, RenderedStill},
    watch::Watch,
};

/// A captioned picture and what is to be told of it.
pub struct Rendered {
    /// The picture, of its source's kind.
    pub output: Output,
    /// Its kind.
    pub media: MediaType,
    /// Its width.
    pub width_px: u32,
    /// Its height: the source's, or more where a bar was added.
    pub height_px: u32,
    /// What was done.
    pub stats: RenderStats,
    /// Characters that no font had, drawn as their replacement.
    pub missing_glyphs: Vec<char>,
    /// How near it is to what was asked for.
    pub fidelity: Fidelity,
    mask: Mask,
    /// Pixels outside the captions that may look different.
    altered: Altered,
    /// By frame: inks that may still be seen though their time is over.
    overstaying: Vec<InkSet>,
}

impl Rendered {
    /// A byte a pixel of the output, row by row: 255 where a caption is drawn, 128 where pixels outside it may look different, as
    /// their palette entry was given up for a caption's colour or a lossy picture is coded again there; 0 where none does.
    #[must_use]
    pub fn mask(&self) -> Vec<u8> {
        self.gray(InkSet::ALL, usize::MAX)
    }

    /// The same of each frame alone: of the captions that it shows. An entry that was given up in a frame may be seen in all behind it.
    pub fn masks(&self) -> impl Iterator<Item = Vec<u8>> {
        (0..self.stats.frames as usize).map(|frame| {
            let inks = self.mask.shown_in(frame).union(self.overstaying.get(frame).copied().unwrap_or_default());
            self.gray(inks, frame)
        })
    }

    fn gray(&self, inks: InkSet, last_frame: usize) -> Vec<u8> {
        let mut gray = self.mask.to_gray(inks);
        self.altered.mark(&mut gray, last_frame);
        gray
    }

    /// The mask as a PNG of the output's size.
    ///
    /// # Errors
    /// [`Error::Encode`] if it can't be written.
    pub fn mask_png(&self) -> Result<Vec<u8>, Error> {
        still::gray_png(&self.mask(), self.width_px, self.height_px)
    }

    /// The same of each frame: see [`Self::masks`].
    pub fn mask_pngs(&self) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
        self.masks().map(|mask| still::gray_png(&mask, self.width_px, self.height_px))
    }
}

/// Captions a picture.
///
/// # Errors
/// Everything [`probe`] refuses, a text that can't be laid out, a still that can't be decoded.
pub fn render(bytes: &[u8], spec: &LoadedSpec, limits: &Limits) -> Result<Vec<u8>, Error> {
    render_with(bytes, spec, limits, &Watch::none()).map(|rendered| rendered.output.to_vec(bytes))
}

/// Captions a picture, watched, and tells what was done.
///
/// # Errors
/// As [`render`], and [`Error::Cancelled`] when the watch said so.
pub fn render_with(bytes: &[u8], spec: &LoadedSpec, limits: &Limits, watch: &Watch<'_>) -> Result<Rendered, Error> {
    prepare(bytes, spec, limits)?.render(watch)
}

/// A picture that was looked over: what there is to do is known, and no pixel decoded.
pub struct Prepared<'a> {
    bytes: &'a [u8],
    media: MediaType,
    is_animation: bool,
    /// None where the source's own file can't be kept.
    kept: Option<Kind<'a>>,
    spec: &'a LoadedSpec,
    limits: &'a Limits,
    images: DecodedImages,
}

enum Kind<'a> {
    Gif(Box<PreparedGif<'a>>),
    Apng(Box<PreparedApng<'a>>),
    Webp(Box<PreparedWebp<'a>>),
    Still,
}

/// Looks a picture over, so that threads can be had for what there is to do.
///
/// # Errors
/// As [`render`], but for those that only decoding shows.
pub fn prepare<'a>(bytes: &'a [u8], spec: &'a LoadedSpec, limits: &'a Limits) -> Result<Prepared<'a>, Error> {
    let media = media_of(bytes, limits)?;
    let is_animation = media == MediaType::Gif || media.is_video() || is_animation(bytes, media);
    let target = remake::media_for(spec.output.format, media);
    // An animated PNG is drawn in colours, whatever its own pixels are.
    let has_palette = target == MediaType::Gif || target == media && !is_animation && still::is_indexed(bytes, media);
    let largest_px = || probe(bytes, limits).map(|picture| largest_letters_px(spec, picture.width_px, picture.height_px));
    let images = DecodedImages::of(spec, has_palette, largest_px)?;
    let remake = Remake { bytes, source: media, is_animation, spec, images: &images, limits };
    let kept = if remake.keeps_file()? { Some(Kind::of(&remake)?) } else { None };
    Ok(Prepared { bytes, media, is_animation, kept, spec, limits, images })
}

impl<'a> Kind<'a> {
    /// Looks a picture over whose own file is kept.
    fn of(picture: &Remake<'a, '_>) -> Result<Self, Error> {
        let &Remake { bytes, source, is_animation, spec, images, limits } = picture;
        Ok(match source {
            MediaType::Gif => Self::Gif(Box::new(gif::prepare(bytes, images.with(spec), limits)?)),
            MediaType::Png if is_animation => Self::Apng(Box::new(apng::prepare(bytes, images.with(spec), limits)?)),
            MediaType::Webp if is_animation => Self::Webp(Box::new(webp::prepare(bytes, images.with(spec), limits)?)),
            _ if spec.captions.iter().any(|caption| caption.spec.is_timed()) => return Err(Error::NoTime),
            _ => {
                probe(bytes, limits)?;
                Self::Still
            }
        })
    }
}

impl Prepared<'_> {
    /// How many threads it keeps busy, at least one.
    #[must_use]
    pub fn busy_threads(&self) -> usize {
        match &self.kept {
            Some(Kind::Gif(gif)) => gif.busy_threads(),
            Some(Kind::Apng(apng)) => apng.busy_threads(),
            Some(Kind::Webp(webp)) => webp.busy_threads(),
            None if self.is_animation => usize::MAX,
            Some(Kind::Still) | None => 1,
        }
    }

    /// Captions it, on as many threads as the pool has that this is called in.
    ///
    /// # Errors
    /// As [`render_with`], and [`Error::NotAsAsked`] of a strict spec.
    pub fn render(self, watch: &Watch<'_>) -> Result<Rendered, Error> {
        let Self { bytes, media, is_animation, kept, spec, limits, images } = self;
        let remake = Remake { bytes, source: media, is_animation, spec, images: &images, limits };
        let kept = kept.map(|kind| kind.render(&remake, watch)).transpose()?;
        let most_bytes = spec.output.max_bytes.map(|ByteSize(most)| most);
        let is_too_large = |kept: &RenderedAnimation| most_bytes.is_some_and(|most| kept.output.len_bytes() as u64 > most);
        let rendered = match kept {
            Some(kept) if is_too_large(&kept) => {
                let file = kept.output.to_vec(bytes);
                let usual = Usual { file: &file, mask: &kept.mask, fidelity: &kept.fidelity, altered: &kept.altered };
                remake.render(Some(&usual), watch)?
            }
            Some(kept) => kept,
            None => remake.render(None, watch)?,
        };
        let RenderedAnimation { output, mask, stats, altered, overstaying, mut fidelity } = rendered;
        let media = remake::media_for(spec.output.format, media);
        fidelity.images = images.told;
        let differences = fidelity.differences();
        if spec.strict && !differences.is_empty() {
            return Err(Error::NotAsAsked { what: differences.join("; ") });
        }
        let (width_px, height_px, missing_glyphs) = (mask.width_px, mask.height_px, mask.missing_glyphs.clone());
        Ok(Rendered { output, media, width_px, height_px, stats, missing_glyphs, fidelity, mask, altered, overstaying })
    }
}

impl Kind<'_> {
    /// Draws the captions in the source's own file.
    fn render(self, picture: &Remake<'_, '_>, watch: &Watch<'_>) -> Result<RenderedAnimation, Error> {
        match self {
            Self::Gif(gif) => gif.render(watch),
            Self::Apng(apng) => apng.render(watch),
            Self::Webp(webp) => webp.render(watch),
            Self::Still => {
                let &Remake { bytes, source, spec, images, limits, .. } = picture;
                let RenderedStill { bytes, mask, altered, fidelity } = still::render(bytes, source, images.with(spec), limits)?;
                (watch.progress)(1, 1);
                let stats = RenderStats { frames: 1, frames_recoded: 1, ..RenderStats::default() };
                Ok(RenderedAnimation { output: Output::of(bytes), mask, stats, altered, overstaying: Vec::new(), fidelity })
            }
        }
    }
}
