//! One file of a source's pictures, made at one step.
//!
//! `mod` calls it once, and `fit` has it called until a file is small enough. Each kind has a writer of its own; all of them are handed
//! pictures in order.

use caption_layout::{Error, MediaType};

use super::{
    frames::{Facts, Frames, Pixels},
    gif, jpeg,
    pace::{self, Shown},
    pictures::{Picture, Pictures},
    png::PngWriter,
    scale::Scale,
    steps::Step,
    webp::{self, WebpWriter},
};
use crate::{mask::Mask, watch::Watch};

/// Pictures that are coded at the same time, for each thread.
const PICTURES_A_THREAD: usize = 4;
/// Pixels of all of them.
const PIXELS_AT_ONCE: usize = 1 << 22;

pub(super) struct Maker<'a> {
    /// The new file's kind.
    pub media: MediaType,
    /// Of the source.
    pub facts: &'a Facts,
    pub is_exact: bool,
    pub watch: &'a Watch<'a>,
}

/// A file.
pub(super) struct Made {
    pub file: Vec<u8>,
    /// Its frames.
    pub frames: Vec<Shown>,
    /// How many colours there are, where there were more.
    pub left_colours: Option<u16>,
    /// Whether pixels that were translucent are not.
    pub has_lost_translucency: bool,
}

impl Maker<'_> {
    /// Makes a file of pictures whose sides, without bars, are `picture_px`. `is_captioned` says that they have their captions.
    pub(super) fn make(
        &self,
        frames: &mut dyn Frames,
        step: &Step,
        picture_px: [u32; 2],
        (mask, is_captioned): (&Mask, bool),
    ) -> Result<Made, Error> {
        let sides_px = [mask.width_px, mask.height_px];
        self.has_room(sides_px)?;
        let Facts { delays_us, is_video, .. } = self.facts;
        let begins: Vec<usize> = mask.times.iter().map(|time| time.start).filter(|&start| start > 0).collect();
        let shown = pace::shown(delays_us, *is_video, self.media, step.keep_one_of, &begins);
        let scale = Scale::of(frames.facts().sides_px, picture_px);
        let mut pictures = Pictures::of(frames, scale, (mask, is_captioned), &shown, self.watch);
        let mut made = Made { file: Vec::new(), frames: Vec::new(), left_colours: None, has_lost_translucency: false };
        let is_still = self.facts.delays_us.len() == 1;
        match self.media {
            MediaType::Gif => {
                let written =
                    gif::write(&mut pictures, self.facts.loop_count, step, self.is_exact, |done| self.report(done, &shown))?;
                (made.file, made.left_colours) = (written.file, written.left_colours);
                made.has_lost_translucency = written.has_lost_translucency;
            }
            MediaType::Jpeg => {
                let pixels = only(&mut pictures)?;
                made.file = jpeg::write(&pixels, sides_px, step.quality.unwrap_or(100))?;
            }
            MediaType::Webp if is_still => {
                let pixels = only(&mut pictures)?;
                made.file = webp::still(&pixels, sides_px, step.quality)?;
            }
            MediaType::Webp => {
                let mut writer = WebpWriter::new(sides_px, self.facts.loop_count, step.quality);
                self.in_batches(&mut pictures, |batch| writer.add(batch))?;
                made.file = writer.finish()?;
            }
            MediaType::Mp4 => return Err(Error::UnsupportedMedia),
            MediaType::Png => {
                let mut writer = PngWriter::new(sides_px, self.facts.loop_count, is_still);
                self.in_batches(&mut pictures, |batch| {
                    writer.add(batch);
                    Ok(())
                })?;
                made.file = writer.finish()?;
            }
        }
        self.report(shown.len(), &shown);
        made.frames = shown;
        Ok(made)
    }

    fn has_room(&self, [width_px, height_px]: [u32; 2]) -> Result<(), Error> {
        let limit_px = match self.media {
            MediaType::Webp => webp_encoder::MAX_SIDE_PX,
            MediaType::Gif | MediaType::Jpeg => u32::from(u16::MAX),
            MediaType::Png | MediaType::Mp4 => u32::MAX,
        };
        if width_px.max(height_px) > limit_px {
            return Err(Error::CanvasTooLarge { width_px, height_px, limit_px });
        }
        Ok(())
    }

    fn in_batches(
        &self,
        pictures: &mut Pictures<'_>,
        mut write: impl FnMut(Vec<Picture>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let most = rayon::current_num_threads() * PICTURES_A_THREAD;
        let mut done = 0;
        loop {
            let (mut batch, mut pixels) = (Vec::new(), 0);
            while batch.len() < most && pixels < PIXELS_AT_ONCE {
                let Some(picture) = pictures.next()? else { break };
                pixels += picture.pixels.len();
                batch.push(picture);
            }
            if batch.is_empty() {
                return Ok(());
            }
            done += batch.len();
            write(batch)?;
            self.report(done, pictures.shown);
        }
    }

    fn report(&self, done: usize, shown: &[Shown]) {
        let count = |frames: usize| u32::try_from(frames).unwrap_or(u32::MAX);
        (self.watch.progress)(count(done), count(shown.len()));
    }
}

fn only(pictures: &mut Pictures<'_>) -> Result<Pixels, Error> {
    let picture = pictures.next()?;
    Ok(picture.ok_or(Error::NoFrames)?.pixels)
}
