//! A still as an animation of one picture, upright.
//!
//! `open` makes it. The picture is decoded when it is asked for, and again for every time.

use caption_layout::{Error, Limits, MediaType, limits::CheckLimits as _, probe};

use super::facts::{Facts, Frames, Pixels};
use crate::still;

pub(super) struct StillFrames<'a> {
    bytes: &'a [u8],
    media: MediaType,
    limits: Limits,
    facts: Facts,
    is_done: bool,
}

impl<'a> StillFrames<'a> {
    pub(super) fn open(bytes: &'a [u8], media: MediaType, limits: &Limits) -> Result<Self, Error> {
        let found = probe(bytes, limits)?;
        // One that is captioned by rows has too many pixels to be held.
        limits.check_side(found.width_px, found.height_px)?;
        let is_lossy = match media {
            MediaType::Jpeg => true,
            MediaType::Webp => still::webp::is_lossy(bytes),
            _ => false,
        };
        let facts = Facts {
            sides_px: [found.width_px, found.height_px],
            delays_us: vec![0],
            loop_count: None,
            is_lossy,
            is_video: false,
        };
        Ok(Self { bytes, media, limits: *limits, facts, is_done: false })
    }
}

impl Frames for StillFrames<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Option<Pixels>, Error> {
        if self.is_done {
            return Ok(None);
        }
        self.is_done = true;
        let upright = still::pixels(self.bytes, self.media, &self.limits)?;
        if upright.sides != self.facts.sides_px {
            return Err(Error::Malformed { what: "a picture that is not of its size".to_owned() });
        }
        Ok(Some(upright.pixels))
    }

    fn rewind(&mut self) {
        self.is_done = false;
    }
}
