//! The walk over an animated WebP's chunks (WebP container specification, "Animation"): where each frame stands in the file, without
//! decoding a pixel.
//!
//! `probe` and the renderer begin here. It refuses a frame that is not of the size that it says, and allocates only by the frames that
//! it met.

use std::ops::Range;

use caption_types::Limits;

use super::{
    animation::{Blend, Dispose, loop_count},
    source::Source,
};
use crate::{error::Error, limits::CheckLimits as _, rect::Rect};

/// A chunk's length and kind.
const HEAD_BYTES: usize = 8;
/// What a frame's chunk says before its picture.
const FRAME_HEAD_BYTES: usize = 16;

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Where on the canvas it stands: left and top are even.
    pub rect: Rect,
    /// How long it is shown.
    pub duration_ms: u32,
    /// What becomes of it then; never [`Dispose::Previous`].
    pub dispose: Dispose,
    /// How it is drawn.
    pub blend: Blend,
    /// Its chunk, head and all.
    pub chunk: Range<usize>,
    /// The chunks of its picture.
    pub data: Range<usize>,
    /// Whether its pixels are VP8's, which loses some of a picture.
    pub is_lossy: bool,
}

impl Frame {
    /// How long it is shown, in microseconds.
    #[must_use]
    pub fn delay_us(&self) -> u64 {
        u64::from(self.duration_ms) * 1_000
    }
}

/// A whole animated WebP, as ranges of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnimatedWebp {
    /// Width and height of the canvas.
    pub sides_px: [u32; 2],
    /// How often it is shown; 0 is for ever.
    pub plays: u16,
    /// In their order; at least one.
    pub frames: Vec<Frame>,
    /// Whether the file ends before its last frame does.
    pub is_cut: bool,
}

fn malformed(what: impl Into<String>) -> Error {
    Error::Malformed { what: what.into() }
}

/// A chunk: its kind and its data, which may reach beyond the file.
fn chunk_at(webp: &mut impl Source, at: usize) -> Option<([u8; 4], Range<usize>)> {
    let &[kind @ .., a, b, c, d] = webp.get(at, HEAD_BYTES)?.first_chunk::<HEAD_BYTES>()?;
    let data = at.checked_add(HEAD_BYTES)?;
    Some((kind, data..data.checked_add(u32::from_le_bytes([a, b, c, d]) as usize)?))
}

/// Chunks begin at even places.
fn behind(data: &Range<usize>) -> usize {
    data.end.saturating_add(data.len() % 2)
}

impl AnimatedWebp {
    /// Walks over the chunks.
    ///
    /// # Errors
    /// Those of limits, [`Error::Malformed`] of one that breaks the rules, [`Error::NoFrames`] of one without a whole frame.
    pub fn walk(mut webp: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::walk_in(&mut webp, limits)
    }

    pub(crate) fn walk_in(webp: &mut impl Source, limits: &Limits) -> Result<Self, Error> {
        let said = webp.get(4, 4).and_then(|len| len.first_chunk::<4>()).map_or(0, |len| u32::from_le_bytes(*len) as usize);
        // What stands behind the RIFF's end is no chunk.
        let end = said.saturating_add(8);
        let sides_px = canvas_sides(webp)?;
        let [width_px, height_px] = sides_px;
        limits.check_side(width_px, height_px)?;
        let mut found = Self { sides_px, plays: 0, frames: Vec::new(), is_cut: webp.len() < end };
        let (mut at, mut has_control, mut total_pixels) = (12, false, 0_u64);
        while at < end
            && let Some((kind, data)) = chunk_at(webp, at)
        {
            if data.end > webp.len() {
                break;
            }
            match &kind {
                b"ANIM" => {
                    let plays = webp.get(data.start, 6).filter(|_| data.len() >= 6).and_then(|bytes| bytes.last_chunk::<2>());
                    found.plays = u16::from_le_bytes(*plays.ok_or_else(|| malformed("an ANIM that is not 6 bytes long"))?);
                    has_control = true;
                }
                b"ANMF" => {
                    if found.frames.len() as u64 >= u64::from(limits.max_frames) {
                        return Err(Error::TooManyFrames { limit: limits.max_frames });
                    }
                    let frame = frame(webp, at, &data, sides_px)?;
                    total_pixels += frame.rect.area() as u64;
                    limits.check_total_pixels(total_pixels)?;
                    found.frames.push(frame);
                }
                _ => {}
            }
            at = behind(&data);
        }
        if found.frames.is_empty() {
            return Err(Error::NoFrames);
        }
        if !has_control {
            return Err(malformed("an animation without ANIM"));
        }
        Ok(found)
    }

    /// How often it repeats, as a GIF counts it: 0 is for ever, absent is once.
    #[must_use]
    pub fn loop_count(&self) -> Option<u16> {
        loop_count(self.plays.into())
    }

    /// The durations' sum in hundredths of a second, as a GIF has them.
    #[must_use]
    pub fn duration_cs(&self) -> u64 {
        self.frames.iter().map(|frame| u64::from(frame.duration_ms)).sum::<u64>() / 10
    }
}

/// Three bytes, the low one first.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 3).unwrap_or_default().iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte))
}

fn canvas_sides(webp: &mut impl Source) -> Result<[u32; 2], Error> {
    let cut = Error::Truncated { at_byte: webp.len() as u64, inside: "the header" };
    let Some((kind, data)) = chunk_at(webp, 12) else { return Err(cut) };
    let bytes = webp.get(data.start, 10).ok_or(cut)?;
    if kind != *b"VP8X" || data.len() < 10 {
        return Err(malformed("an animated WebP that does not begin with VP8X"));
    }
    Ok([4, 7].map(|at| word(bytes, at) + 1))
}

fn frame(webp: &mut impl Source, at: usize, data: &Range<usize>, canvas: [u32; 2]) -> Result<Frame, Error> {
    let head = webp.get(data.start, FRAME_HEAD_BYTES).filter(|_| data.len() >= FRAME_HEAD_BYTES);
    let head: [u8; FRAME_HEAD_BYTES] =
        head.and_then(|head| head.try_into().ok()).ok_or_else(|| malformed("an ANMF that is too short"))?;
    let [left, top] = [0, 3].map(|at| word(&head, at) * 2);
    let [width, height] = [6, 9].map(|at| word(&head, at) + 1);
    let duration_ms = word(&head, 12);
    let flags = head[15];
    if left + width > canvas[0] || top + height > canvas[1] {
        let [canvas_width, canvas_height] = canvas;
        let what =
            format!("a frame of {width} x {height} pixels at {left}, {top} on a canvas of {canvas_width} x {canvas_height}");
        return Err(malformed(what));
    }
    let chunks = data.start + FRAME_HEAD_BYTES..data.end;
    let (is_lossy, sides) = picture(webp, &chunks)?;
    if sides != [width, height] {
        let [got_width, got_height] = sides;
        return Err(malformed(format!("a frame of {width} x {height} pixels with a picture of {got_width} x {got_height}")));
    }
    Ok(Frame {
        rect: Rect::at(left, top, width, height),
        duration_ms,
        dispose: if flags & 1 == 0 { Dispose::Keep } else { Dispose::Background },
        blend: if flags & 2 == 0 { Blend::Over } else { Blend::Source },
        chunk: at..behind(data),
        data: chunks,
        is_lossy,
    })
}

/// Whether the first picture among these chunks is VP8's, and its sides (RFC 6386, section 9.1; RFC 9649, section 3.4).
fn picture(webp: &mut impl Source, chunks: &Range<usize>) -> Result<(bool, [u32; 2]), Error> {
    let mut at = chunks.start;
    while at < chunks.end
        && let Some((kind, data)) = chunk_at(webp, at)
    {
        if data.end > chunks.end {
            break;
        }
        let head = webp.get(data.start, data.len().min(10)).unwrap_or_default();
        match (&kind, head) {
            (b"VP8 ", &[_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1]) => {
                let sides = [[w0, w1], [h0, h1]].map(|side| u32::from(u16::from_le_bytes(side) & 0x3FFF));
                return Ok((true, sides));
            }
            (b"VP8L", &[0x2F, a, b, c, d, ..]) => {
                let bits = u32::from_le_bytes([a, b, c, d]);
                return Ok((false, [bits, bits >> 14].map(|bits| (bits & 0x3FFF) + 1)));
            }
            (b"VP8 " | b"VP8L", _) => break,
            _ => {}
        }
        at = behind(&data);
    }
    Err(malformed("a frame without a whole VP8 or VP8L picture"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
        let len = u32::try_from(data.len()).unwrap().to_le_bytes();
        [&kind[..], &len, data, &vec![0; data.len() % 2]].concat()
    }

    fn vp8l(width: u32, height: u32) -> Vec<u8> {
        chunk(*b"VP8L", &[&[0x2F][..], &((width - 1) | (height - 1) << 14).to_le_bytes(), &[0x88, 0x88]].concat())
    }

    fn vp8(width: u16, height: u16) -> Vec<u8> {
        chunk(*b"VP8 ", &[&[0, 0, 0, 0x9D, 0x01, 0x2A][..], &width.to_le_bytes(), &height.to_le_bytes(), b"data"].concat())
    }

    /// A frame's chunk: place and size as they are stored, and its flags.
    fn anmf([left, top, width, height]: [u32; 4], flags: u8, picture: &[u8]) -> Vec<u8> {
        let words: Vec<u8> =
            [left / 2, top / 2, width - 1, height - 1, 70].iter().flat_map(|word| word.to_le_bytes()[..3].to_vec()).collect();
        chunk(*b"ANMF", &[&words[..], &[flags], picture].concat())
    }

    fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
        let canvas = chunk(*b"VP8X", &[2, 0, 0, 0, 39, 0, 0, 29, 0, 0]);
        let body = [b"WEBP".to_vec(), canvas, chunks.concat()].concat();
        [b"RIFF".to_vec(), u32::try_from(body.len()).unwrap().to_le_bytes().to_vec(), body].concat()
    }

    fn anim() -> Vec<u8> {
        chunk(*b"ANIM", &[0, 0, 0, 0, 3, 0])
    }

    fn walk(file: &[u8]) -> Result<AnimatedWebp, Error> {
        AnimatedWebp::walk(file, &Limits::default())
    }

    #[test]
    fn frames_have_their_places_times_and_kinds() {
        let alpha = [chunk(*b"ALPH", b"\0ab"), vp8(5, 6)].concat();
        let file = webp(&[anim(), anmf([0, 0, 40, 30], 0, &vp8l(40, 30)), anmf([10, 20, 5, 6], 3, &alpha)]);
        let found = walk(&file).unwrap();
        assert_eq!((found.sides_px, found.plays, found.duration_cs(), found.is_cut), ([40, 30], 3, 14, false));
        let [first, second] = &found.frames[..] else { panic!("two") };
        assert_eq!((first.is_lossy, first.blend, first.dispose), (false, Blend::Over, Dispose::Keep));
        assert_eq!((second.rect, second.is_lossy), (Rect::at(10, 20, 5, 6), true));
        assert_eq!((second.blend, second.dispose), (Blend::Source, Dispose::Background));
        assert_eq!(file[second.data.clone()], alpha);
        assert!(file[first.chunk.clone()].starts_with(b"ANMF") && first.chunk.end == second.chunk.start);
        let cut = walk(&file[..file.len() - 3]).unwrap();
        assert_eq!((cut.frames.len(), cut.is_cut), (1, true));
    }

    #[test]
    fn what_breaks_the_rules_is_refused_by_what_was_got() {
        let whole = anmf([0, 0, 40, 30], 0, &vp8l(40, 30));
        for (chunks, said) in [
            (vec![whole.clone()], "without ANIM"),
            (vec![chunk(*b"ANIM", b"abc"), whole.clone()], "not 6 bytes long"),
            (vec![anim(), anmf([38, 0, 4, 4], 0, &vp8l(4, 4))], "4 x 4 pixels at 38, 0"),
            (vec![anim(), anmf([0, 0, 40, 30], 0, &vp8l(40, 31))], "a picture of 40 x 31"),
            (vec![anim(), anmf([0, 0, 4, 4], 0, &vp8(5, 4))], "a picture of 5 x 4"),
            (vec![anim(), anmf([0, 0, 4, 4], 0, b"")], "without a whole VP8"),
            (vec![anim(), anmf([0, 0, 4, 4], 0, &vp8l(4, 4)[..10])], "without a whole VP8"),
            (vec![anim(), chunk(*b"ANMF", b"short")], "too short"),
        ] {
            let error = walk(&webp(&chunks)).unwrap_err();
            assert!(error.code().as_str() == "malformed" && error.to_string().contains(said), "{said}: {error}");
        }
        assert_eq!(walk(&webp(&[anim()])).unwrap_err(), Error::NoFrames);
        let few = Limits { max_frames: 1, ..Limits::default() };
        let two = webp(&[anim(), whole.clone(), whole]);
        assert_eq!(AnimatedWebp::walk(&two, &few).unwrap_err().code().as_str(), "too_many_frames");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_walked(bytes in proptest::collection::vec(0_u8.., 0..300), kinds in proptest::collection::vec(0_usize..5, 0..12)) {
            let known = [b"ANMF", b"ANIM", b"VP8L", b"VP8 ", b"ALPH"];
            let chunks: Vec<Vec<u8>> = kinds.iter().zip(bytes.chunks(26)).map(|(&kind, data)| chunk(*known[kind], data)).collect();
            let file = webp(&chunks);
            let _ = walk(&file);
            for end in (0..file.len()).step_by(7) {
                let _ = walk(&file[..end]);
            }
        }
    }
}
