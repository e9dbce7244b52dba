//! A video's frames, one after the other, as pixels with their times: the walk's samples given to the decoder, and its pictures put into
//! the order, the number and the way up that the file's header promised.
//!
//! What makes an animation of a video pulls frames from here, twice if it needs to ([`VideoFrames::rewind`]). Decoding runs C++ on a
//! stranger's bytes: no process may come here that holds anything but this one job.

use std::collections::BTreeSet;

use caption_layout::{
    Error, Limits,
    reading::mp4::{Mp4, Sample},
};
use h264_decoder::{Colours, Decoder, Picture, Setup, is_key};

/// Frames as they are shown: the pixels, opaque RGBA row by row, and how long, in microseconds.
pub type VideoFrame = (Vec<[u8; 4]>, u64);

/// The frames of a video, decoded as they are asked for.
///
/// A frame that is broken is shown as the one before it, so that there are always as many as the probe said. Behind damage the decoder
/// goes on at the next key frame.
pub struct VideoFrames<'a> {
    bytes: &'a [u8],
    mp4: Mp4,
    /// Indices of samples that are shown, in that order.
    order: Vec<usize>,
    decoder: Option<Decoder>,
    next_sample: usize,
    /// Samples that the decoder has and whose pictures have not come out, by the time that they are shown at.
    inside: BTreeSet<(i64, usize)>,
    /// Whether the decoder gave up, and what is left in it is taken before another begins.
    is_broken: bool,
    /// How many frames were given.
    given: usize,
    /// A picture that came out and was not given yet, with its place in `order`.
    arrived: Option<(usize, Picture)>,
    /// What was given last.
    last: Picture,
    damaged: usize,
}

impl<'a> VideoFrames<'a> {
    /// Walks over the file; nothing is decoded yet.
    ///
    /// # Errors
    /// Those of the walk.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        let mp4 = Mp4::walk(bytes, limits)?;
        let mut order: Vec<usize> = (0..mp4.samples.len()).collect();
        order.retain(|&i| sample(&mp4, i).is_some_and(|sample| sample.is_shown));
        order.sort_by_key(|&i| (sample(&mp4, i).map(|sample| sample.at_us), i));
        let mut frames = Self {
            bytes,
            mp4,
            order,
            decoder: None,
            next_sample: 0,
            inside: BTreeSet::new(),
            is_broken: false,
            given: 0,
            arrived: None,
            last: Vec::new(),
            damaged: 0,
        };
        frames.rewind();
        Ok(frames)
    }

    /// Width and height as it is shown.
    #[must_use]
    pub fn sides_px(&self) -> [u32; 2] {
        self.mp4.sides_px()
    }

    /// How many frames there are.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.order.len()
    }

    /// How long each frame is shown, in microseconds.
    #[must_use]
    pub fn delays_us(&self) -> Vec<u64> {
        (0..self.order.len()).map(|place| self.delay_us(place)).collect()
    }

    /// How many frames so far were broken, and shown as the one before.
    #[must_use]
    pub fn damaged_frames(&self) -> usize {
        self.damaged
    }

    /// Begins again with the first frame.
    pub fn rewind(&mut self) {
        self.decoder = None;
        (self.next_sample, self.given, self.damaged) = (0, 0, 0);
        self.inside.clear();
        self.is_broken = false;
        self.arrived = None;
        self.last = Vec::new();
    }

    /// The next frame; `None` behind the last.
    ///
    /// # Errors
    /// [`Error::Malformed`] if not one picture can be decoded.
    pub fn next_frame(&mut self) -> Result<Option<VideoFrame>, Error> {
        if self.given >= self.order.len() {
            return Ok(None);
        }
        loop {
            if let Some((place, picture)) = self.arrived.take() {
                if place > self.given {
                    // Those before it did not come out.
                    self.damaged += 1;
                    if self.last.is_empty() {
                        self.last.clone_from(&picture);
                    }
                    self.arrived = Some((place, picture));
                    return Ok(Some(self.give()));
                }
                if place == self.given {
                    self.last = picture;
                    return Ok(Some(self.give()));
                }
                // It comes too late, by a stream that contradicts its file.
                continue;
            }
            if !self.advance() {
                if self.last.is_empty() {
                    return Err(Error::Malformed { what: "not one picture of the video can be decoded".to_owned() });
                }
                self.damaged += 1;
                return Ok(Some(self.give()));
            }
        }
    }

    fn give(&mut self) -> VideoFrame {
        self.given += 1;
        (self.last.clone(), self.delay_us(self.given - 1))
    }

    fn delay_us(&self, place: usize) -> u64 {
        let at = |place: usize| self.order.get(place).and_then(|&i| sample(&self.mp4, i)).map(|sample| sample.at_us);
        let now = at(place).unwrap_or_default();
        let until = at(place + 1).unwrap_or_else(|| i64::try_from(self.mp4.duration_us).unwrap_or(i64::MAX));
        u64::try_from(until.saturating_sub(now)).unwrap_or(0)
    }

    /// Decodes one more sample, or takes one more picture that is left; `false` if there is nothing left.
    fn advance(&mut self) -> bool {
        if self.is_broken {
            self.is_broken = self.flush();
            return true;
        }
        let Some(sample) = self.mp4.samples.get(self.next_sample) else { return self.flush() };
        let nal_length_bytes = self.mp4.h264.nal_length_bytes;
        let data = self.bytes.get(sample.data.clone()).unwrap_or_default();
        let decoder = match &mut self.decoder {
            Some(decoder) => decoder,
            none => {
                // The first sample is tried whatever it is: a stream may begin without a key picture.
                let can_begin = self.next_sample == 0 || is_key(data, nal_length_bytes);
                let Some(begun) = can_begin.then(|| begin(self.bytes, &self.mp4)).flatten() else {
                    self.next_sample += 1;
                    return true;
                };
                none.insert(begun)
            }
        };
        let outcome = decoder.decode(data);
        if outcome.is_ok() {
            self.inside.insert((sample.at_us, self.next_sample));
        }
        self.next_sample += 1;
        match outcome {
            Ok(Some(picture)) => self.arrive(picture),
            Ok(None) => {}
            // What came before it is whole, and is taken; then a new decoder waits for a key picture.
            Err(_) => self.is_broken = true,
        }
        true
    }

    /// Takes a picture that is left in the decoder, which is over when none is.
    fn flush(&mut self) -> bool {
        let left = self.decoder.as_mut().and_then(|decoder| decoder.flush().ok().flatten());
        if let Some(picture) = left {
            self.arrive(picture);
            return true;
        }
        self.decoder = None;
        self.inside.clear();
        false
    }

    /// Pictures come out in the order in which they are shown, so one is the earliest of those inside.
    fn arrive(&mut self, picture: Picture) {
        let Some((_, sample)) = self.inside.pop_first() else { return };
        if let Some(place) = self.order.iter().position(|&i| i == sample) {
            self.arrived = Some((place, self.turned(picture)));
        }
    }

    fn turned(&self, picture: Picture) -> Picture {
        let turn = self.mp4.turn;
        if turn.is_none() {
            return picture;
        }
        let stored = self.mp4.coded_sides_px.map(|side| side as usize);
        let [width, height] = turn.sides(stored);
        let at = |x, y| {
            let [stored_x, stored_y] = turn.stored_at([x, y], stored);
            picture.get(stored_y * stored[0] + stored_x).copied().unwrap_or_default()
        };
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect()
    }
}

fn sample(mp4: &Mp4, i: usize) -> Option<&Sample> {
    mp4.samples.get(i)
}

fn begin(bytes: &[u8], mp4: &Mp4) -> Option<Decoder> {
    let h264 = &mp4.h264;
    let parameter_sets: Vec<&[u8]> = h264.parameter_sets.iter().filter_map(|set| bytes.get(set.clone())).collect();
    let colours = Colours { is_bt709: h264.colours.is_bt709, is_full_range: h264.colours.is_full_range };
    let sides_px = mp4.coded_sides_px.map(|side| side as usize);
    Decoder::new(&Setup { parameter_sets: &parameter_sets, nal_length_bytes: h264.nal_length_bytes, sides_px, colours }).ok()
}

#[cfg(test)]
mod tests;
