//! A still as an animation of one picture, upright.
//!
//! `open` makes it. The picture is decoded when it is asked for, and again for every time.

use caption_layout::{Error, Limits, MediaType, probe};

use super::facts::{Facts, Frames, Pixels};
use crate::still;

pub(super) struct StillFrames<'a> {
    bytes: &'a [u8],
    media: MediaType,
    limits: Limits,
    facts: Facts,
    is_done: bool,
    damage: Option<String>,
}

impl<'a> StillFrames<'a> {
    pub(super) fn open(bytes: &'a [u8], media: MediaType, limits: &Limits) -> Result<Self, Error> {
        let found = probe(bytes, limits)?;
        // One that is captioned by rows has too many pixels to be held.
        if found.width_px.max(found.height_px) > limits.max_side_px {
            let (width_px, height_px, limit_px) = (found.width_px, found.height_px, limits.max_side_px);
            return Err(Error::NotByRows { width_px, height_px, what: "a still that becomes another file", limit_px });
        }
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
        Ok(Self { bytes, media, limits: *limits, facts, is_done: false, damage: None })
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
        self.damage = upright.damage;
        Ok(Some(upright.pixels))
    }

    fn rewind(&mut self) {
        self.is_done = false;
    }

    fn damage(&self) -> Option<String> {
        self.damage.clone()
    }
}
