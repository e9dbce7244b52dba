//! The walk over an animated PNG's chunks (PNG, third edition, sections 4.9 and 11.3.2): where each frame stands in the file, without
//! inflating a byte.
//!
//! `probe` and the renderer begin here. It refuses what viewers don't agree on (sequence numbers out of order, a frame beyond the
//! canvas), and allocates only by the frames that it met.

use std::ops::Range;

use caption_types::Limits;

use super::{
    animation::{Blend, Dispose, loop_count},
    source::Source,
};
use crate::{error::Error, limits::CheckLimits as _, rect::Rect};

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where on the canvas it stands.
    pub rect: Rect,
    /// How long it is shown: so many of so many parts of a second; the parts are never 0.
    pub delay: [u16; 2],
    /// What becomes of it then (`dispose_op`).
    pub dispose: Dispose,
    /// How it is drawn (`blend_op`).
    pub blend: Blend,
    /// Where its fcTL chunk begins.
    pub control: usize,
    /// Its compressed data, chunk by chunk, without sequence numbers.
    pub data: Vec<Range<usize>>,
}

impl Frame {
    /// How long it is shown, in microseconds.
    #[must_use]
    pub fn delay_us(&self) -> u64 {
        u64::from(self.delay[0]) * 1_000_000 / u64::from(self.delay[1].max(1))
    }
}

/// A whole animated PNG, as ranges of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apng {
    /// Width and height of the canvas.
    pub sides_px: [u32; 2],
    /// How many frames it says that it has.
    pub declared_frames: u32,
    /// How often it is shown; 0 is for ever.
    pub plays: u32,
    /// In their order; at least one.
    pub frames: Vec<Frame>,
    /// The data of a picture that is no frame: what viewers without animation show.
    pub still: Vec<Range<usize>>,
}

/// A chunk's head: its length and its kind.
struct Head {
    len: usize,
    kind: [u8; 4],
}

impl Head {
    fn at(png: &mut impl Source, at: usize) -> Option<Self> {
        let &[a, b, c, d, ref kind @ ..] = png.get(at, 8)? else { return None };
        let kind = <[u8; 4]>::try_from(kind).ok()?;
        Some(Self { len: u32::from_be_bytes([a, b, c, d]) as usize, kind })
    }
}

fn malformed(what: impl Into<String>) -> Error {
    Error::Malformed { what: what.into() }
}

impl Apng {
    /// Walks over the chunks.
    ///
    /// # Errors
    /// Those of limits, [`Error::Malformed`] of one that breaks the rules, [`Error::NoFrames`] of one without a whole frame.
    pub fn walk(mut png: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::walk_in(&mut png, limits)
    }

    pub(crate) fn walk_in(png: &mut impl Source, limits: &Limits) -> Result<Self, Error> {
        let mut walk = Walk::begin(png, limits)?;
        let mut at = 8;
        while let Some(Head { len, kind }) = Head::at(png, at) {
            let data = at + 8..at.saturating_add(8).saturating_add(len);
            if data.end.saturating_add(4) > png.len() {
                // What is cut off is no frame.
                break;
            }
            match &kind {
                b"acTL" => walk.control(png, data.clone())?,
                b"fcTL" => walk.frame(png, at, limits)?,
                b"IDAT" => walk.data(data.clone()),
                b"fdAT" => walk.more_data(png, data.clone())?,
                b"IEND" => break,
                _ => {}
            }
            at = data.end + 4;
        }
        walk.end()
    }

    /// How often it repeats, as a GIF counts it: 0 is for ever, absent is once.
    #[must_use]
    pub fn loop_count(&self) -> Option<u16> {
        loop_count(self.plays)
    }

    /// The delays' sum in hundredths of a second, as a GIF has them.
    #[must_use]
    pub fn duration_cs(&self) -> u64 {
        self.frames.iter().map(Frame::delay_us).sum::<u64>() / 10_000
    }
}

/// What the walk has met so far.
struct Walk {
    sides_px: [u32; 2],
    /// How many frames are declared, and how often they are shown.
    control: Option<[u32; 2]>,
    next_number: u32,
    has_data: bool,
    total_pixels: u64,
    frames: Vec<Frame>,
    still: Vec<Range<usize>>,
}

impl Walk {
    fn begin(png: &mut impl Source, limits: &Limits) -> Result<Self, Error> {
        let cut = Error::Truncated { at_byte: png.len() as u64, inside: "the header" };
        let head = png.get(8, 16).ok_or(cut)?;
        let (Some(b"IHDR"), Some((sides, _))) = (head.get(4..8), head.get(8..).unwrap_or_default().split_first_chunk::<8>())
        else {
            return Err(malformed("a PNG that does not begin with IHDR"));
        };
        let (width_px, height_px) = sides.split_at(4);
        let sides_px @ [width_px, height_px] =
            [width_px, height_px].map(|side| side.iter().fold(0, |side, &byte| side << 8 | u32::from(byte)));
        if width_px == 0 || height_px == 0 {
            return Err(Error::ZeroSized { width_px, height_px });
        }
        limits.check_side(width_px, height_px)?;
        Ok(Self {
            sides_px,
            control: None,
            next_number: 0,
            has_data: false,
            total_pixels: 0,
            frames: Vec::new(),
            still: Vec::new(),
        })
    }

    fn control(&mut self, png: &mut impl Source, data: Range<usize>) -> Result<(), Error> {
        let bytes = png.get(data.start, 8).filter(|_| data.len() == 8).unwrap_or_default();
        let Ok(bytes) = <[u8; 8]>::try_from(bytes) else { return Err(malformed("an acTL that is not 8 bytes long")) };
        let both = u64::from_be_bytes(bytes);
        self.control = Some([both >> 32, both & 0xFFFF_FFFF].map(|number| u32::try_from(number).unwrap_or(u32::MAX)));
        Ok(())
    }

    /// Sequence numbers count fcTL and fdAT together, from 0 without a gap.
    fn number(&mut self, got: [u8; 4]) -> Result<(), Error> {
        let (wanted, got) = (self.next_number, u32::from_be_bytes(got));
        if wanted != got {
            return Err(malformed(format!("the animation's chunk {wanted} was expected, got chunk {got}")));
        }
        self.next_number += 1;
        Ok(())
    }

    fn frame(&mut self, png: &mut impl Source, at: usize, limits: &Limits) -> Result<(), Error> {
        let is_of_right_length = Head::at(png, at).is_some_and(|head| head.len == 26);
        let bytes = png.get(at + 8, 26).filter(|_| is_of_right_length).unwrap_or_default();
        let Ok(bytes) = <[u8; 26]>::try_from(bytes) else { return Err(malformed("an fcTL that is not 26 bytes long")) };
        let word = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        self.number(word(0))?;
        let [width, height, left, top] = [4, 8, 12, 16].map(|at| u32::from_be_bytes(word(at)));
        let [canvas_width, canvas_height] = self.sides_px;
        let is_within = |start: u32, len: u32, side: u32| len > 0 && start.checked_add(len).is_some_and(|end| end <= side);
        if !is_within(left, width, canvas_width) || !is_within(top, height, canvas_height) {
            let what =
                format!("a frame of {width} x {height} pixels at {left}, {top} on a canvas of {canvas_width} x {canvas_height}");
            return Err(malformed(what));
        }
        let delay = [20, 22].map(|at| u16::from_be_bytes([bytes[at], bytes[at + 1]]));
        let dispose = match bytes[24] {
            0 => Dispose::Keep,
            // There is nothing before the first frame (section 11.3.2.2).
            2 if !self.frames.is_empty() => Dispose::Previous,
            1 | 2 => Dispose::Background,
            other => return Err(malformed(format!("a dispose_op of {other}"))),
        };
        let blend = match bytes[25] {
            0 => Blend::Source,
            1 => Blend::Over,
            other => return Err(malformed(format!("a blend_op of {other}"))),
        };
        if self.frames.len() as u64 >= u64::from(limits.max_frames) {
            return Err(Error::TooManyFrames { limit: limits.max_frames });
        }
        self.total_pixels += u64::from(width) * u64::from(height);
        limits.check_total_pixels(self.total_pixels)?;
        // Hundredths where nothing else is said.
        let delay = [delay[0], if delay[1] == 0 { 100 } else { delay[1] }];
        let rect = Rect::at(left, top, width, height);
        self.frames.push(Frame { rect, delay, dispose, blend, control: at, data: Vec::new() });
        Ok(())
    }

    /// The still picture's data, which are the first frame's where that came before them.
    fn data(&mut self, data: Range<usize>) {
        self.has_data = true;
        match self.frames.as_mut_slice() {
            [] => self.still.push(data),
            [first] => first.data.push(data),
            _ => {}
        }
    }

    fn more_data(&mut self, png: &mut impl Source, data: Range<usize>) -> Result<(), Error> {
        let number = png.get(data.start, 4).filter(|_| data.len() >= 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        self.number(number.ok_or_else(|| malformed("an fdAT without a number"))?)?;
        let Some(frame) = self.frames.last_mut().filter(|_| self.has_data) else {
            return Err(malformed("a frame's data before the picture's or without an fcTL"));
        };
        frame.data.push(data.start + 4..data.end);
        Ok(())
    }

    fn end(self) -> Result<Apng, Error> {
        let Self { sides_px, control, mut frames, still, .. } = self;
        let Some([declared_frames, plays]) = control else { return Err(malformed("an animation without acTL")) };
        frames.retain(|frame| !frame.data.is_empty());
        let whole = Rect::at(0, 0, sides_px[0], sides_px[1]);
        match frames.first() {
            None => Err(Error::NoFrames),
            Some(first) if still.is_empty() && first.rect != whole => {
                Err(malformed("a first frame that is the still picture and not of its size"))
            }
            Some(_) => Ok(Apng { sides_px, declared_frames, plays, frames, still }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
        [&u32::try_from(data.len()).unwrap().to_be_bytes()[..], &kind, data, b"crc!"].concat()
    }

    fn fctl(number: u32, [left, top, width, height]: [u32; 4], ops: [u8; 2]) -> Vec<u8> {
        let words = [number, width, height, left, top].map(u32::to_be_bytes).concat();
        chunk(*b"fcTL", &[&words[..], &[0, 7, 0, 0], &ops].concat())
    }

    fn fdat(number: u32) -> Vec<u8> {
        chunk(*b"fdAT", &[&number.to_be_bytes()[..], b"data"].concat())
    }

    fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
        let header = chunk(*b"IHDR", &[&[40_u32, 30].map(u32::to_be_bytes).concat()[..], b"\x08\x06\0\0\0"].concat());
        let control = chunk(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 3]);
        [b"\x89PNG\r\n\x1A\n".to_vec(), header, control, chunks.concat(), chunk(*b"IEND", b"")].concat()
    }

    fn walk(file: &[u8]) -> Result<Apng, Error> {
        Apng::walk(file, &Limits::default())
    }

    const WHOLE: [u32; 4] = [0, 0, 40, 30];

    #[test]
    fn frames_have_their_places_times_and_data() {
        let idat = chunk(*b"IDAT", b"first");
        let file = png(&[fctl(0, WHOLE, [2, 0]), idat.clone(), fctl(1, [10, 20, 5, 6], [1, 1]), fdat(2), fdat(3)]);
        let found = walk(&file).unwrap();
        assert_eq!((found.sides_px, found.plays, found.frames.len(), found.duration_cs()), ([40, 30], 3, 2, 14));
        let [first, second] = &found.frames[..] else { panic!("two") };
        assert_eq!((first.dispose, first.blend, first.delay), (Dispose::Background, Blend::Source, [7, 100]));
        assert_eq!(&file[first.data[0].clone()], b"first");
        assert_eq!((second.rect, second.dispose, second.blend), (Rect::at(10, 20, 5, 6), Dispose::Background, Blend::Over));
        assert_eq!(second.data.iter().map(|range| &file[range.clone()]).collect::<Vec<_>>(), [b"data", b"data"]);
        // A picture that is no frame.
        let apart = walk(&png(&[idat, fctl(0, [1, 1, 2, 2], [0, 0]), fdat(1)])).unwrap();
        assert_eq!((apart.still.len(), apart.frames.len()), (1, 1));
    }

    #[test]
    fn what_breaks_the_rules_is_refused_by_what_was_got() {
        let (idat, first) = (chunk(*b"IDAT", b"first"), fctl(0, WHOLE, [0, 0]));
        for (chunks, said) in [
            (vec![fctl(1, WHOLE, [0, 0]), idat.clone()], "chunk 0 was expected, got chunk 1"),
            (vec![first.clone(), idat.clone(), fctl(1, [39, 0, 2, 2], [0, 0])], "2 x 2 pixels at 39, 0"),
            (vec![first.clone(), idat.clone(), fctl(1, [0, 0, 0, 2], [0, 0])], "0 x 2 pixels"),
            (vec![first.clone(), idat.clone(), fctl(1, [u32::MAX, 0, 2, 2], [0, 0])], "4294967295"),
            (vec![fctl(0, WHOLE, [3, 0]), idat.clone()], "dispose_op of 3"),
            (vec![fctl(0, WHOLE, [0, 2]), idat.clone()], "blend_op of 2"),
            (vec![first.clone(), fdat(1)], "before the picture's"),
            (vec![fctl(0, [0, 0, 4, 4], [0, 0]), idat.clone()], "not of its size"),
            (vec![chunk(*b"fcTL", b"short"), idat.clone()], "not 26 bytes long"),
        ] {
            let error = walk(&png(&chunks)).unwrap_err();
            assert!(error.code().as_str() == "malformed" && error.to_string().contains(said), "{error}");
        }
        assert_eq!(walk(&png(&[idat])).unwrap_err(), Error::NoFrames);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_walked(bytes in proptest::collection::vec(0_u8.., 0..300), kinds in proptest::collection::vec(0_usize..5, 0..12)) {
            let known = [b"fcTL", b"fdAT", b"IDAT", b"acTL", b"tEXt"];
            let chunks: Vec<Vec<u8>> = kinds.iter().zip(bytes.chunks(26)).map(|(&kind, data)| chunk(*known[kind], data)).collect();
            let file = png(&chunks);
            let _ = walk(&file);
            for end in (0..file.len()).step_by(7) {
                let _ = walk(&file[..end]);
            }
        }
    }
}
