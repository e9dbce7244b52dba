//! A video's frames, as they are shown.
//!
//! `open` makes it where videos are built in. Decoding runs C++ on a stranger's bytes: it belongs into a process that has nothing but
//! this one job.

use caption_layout::{Error, Limits};

use super::facts::{Facts, Frames, Pixels};
use crate::reading::video::VideoFrames;

pub(super) struct Video<'a> {
    frames: VideoFrames<'a>,
    facts: Facts,
}

impl<'a> Video<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let frames = VideoFrames::new(bytes, limits)?;
        // What is made of it begins again, as animations do.
        let facts = Facts {
            sides_px: frames.sides_px(),
            delays_us: frames.delays_us(),
            loop_count: Some(0),
            is_lossy: true,
            is_video: true,
        };
        Ok(Self { frames, facts })
    }
}

impl Frames for Video<'_> {
    fn facts(&self) -> &Facts {
        &self.facts
    }

    fn next(&mut self) -> Result<Option<Pixels>, Error> {
        Ok(self.frames.next_frame()?.map(|(pixels, _)| pixels))
    }

    fn rewind(&mut self) {
        self.frames.rewind();
    }

    fn damage(&self) -> Option<String> {
        match self.frames.damaged_frames() {
            0 => None,
            1 => Some("1 frame of the video is broken, and shown as the one before".to_owned()),
            frames => Some(format!("{frames} frames of the video are broken, and shown as those before")),
        }
    }
}
