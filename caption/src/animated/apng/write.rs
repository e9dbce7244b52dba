//! The output's chunks: those of the source as they are, but for what was drawn again and what a new size or kind changes.
//!
//! `mod` calls it last. Sequence numbers count fcTL and fdAT together; as long as they are the source's, chunks are copied whole.

use std::vec;

use caption_layout::reading::{animation::Blend, apng::Apng};

use super::{coded::Coded, samples::Kinds};
use crate::{output::Output, still::png::chunks};

/// What is written.
pub(super) struct Written<'a> {
    pub bytes: &'a [u8],
    pub apng: &'a Apng,
    pub kinds: &'a Kinds,
    /// Width and height of the output.
    pub sides_px: [u32; 2],
    /// By how much the picture stands lower than in the source.
    pub moved_px: u32,
}

/// Whose data come next.
enum Next {
    /// Those of the picture that is no frame.
    Still,
    /// Those of a frame that is copied.
    Copied,
    /// Those of a frame that was drawn again, until they are written.
    Coded(Option<Vec<u8>>),
    /// Those of a frame that is not whole.
    Dropped,
}

impl Written<'_> {
    /// All chunks, with what was drawn again: by frame, and the picture that is no frame.
    pub(super) fn output(&self, coded: Vec<Option<Coded>>, mut still: Option<Coded>) -> Output {
        let bytes = self.bytes;
        let mut output = Output::default();
        output.add_source(0..8);
        let (mut at, mut number) = (8, 0_u32);
        let mut frames: vec::IntoIter<_> = coded.into_iter();
        let mut controls = self.apng.frames.iter();
        let mut control = controls.next();
        let mut next = Next::Still;
        while let Some(&[a, b, c, d, ref kind @ ..]) = bytes.get(at..at + 8) {
            let data = at + 8..(at + 8).saturating_add(u32::from_be_bytes([a, b, c, d]) as usize);
            let whole = at..data.end.saturating_add(4);
            let (Some(content), Ok(kind)) = (bytes.get(data.clone()), <[u8; 4]>::try_from(kind)) else { break };
            if whole.end > bytes.len() || &kind == b"IEND" {
                break;
            }
            at = whole.end;
            match &kind {
                b"IHDR" => output.add(self.header(content)),
                b"acTL" => output.add(chunk(kind, &[&self.frame_count(), content.get(4..).unwrap_or_default()].concat())),
                b"fcTL" if control.is_some_and(|frame| frame.control == whole.start) => {
                    control = controls.next();
                    let frame = frames.next().flatten();
                    output.add(chunk(kind, &self.control(content, number, frame.as_ref())));
                    number += 1;
                    next = frame.map_or(Next::Copied, |frame| Next::Coded(Some(frame.data)));
                }
                b"fcTL" => next = Next::Dropped,
                b"IDAT" => match &mut next {
                    Next::Still => still.take().into_iter().for_each(|coded| output.add(chunk(kind, &coded.data))),
                    Next::Copied => output.add_source(whole),
                    Next::Coded(data) => data.take().into_iter().for_each(|data| output.add(chunk(kind, &data))),
                    Next::Dropped => {}
                },
                b"fdAT" => {
                    let own = content.get(..4).and_then(|own| <[u8; 4]>::try_from(own).ok()).map(u32::from_be_bytes);
                    let data = match &mut next {
                        Next::Copied if own == Some(number) => {
                            output.add_source(whole);
                            number += 1;
                            continue;
                        }
                        Next::Copied => content.get(4..).map(<[u8]>::to_vec),
                        Next::Coded(data) => data.take(),
                        Next::Still | Next::Dropped => None,
                    };
                    if let Some(data) = data {
                        output.add(chunk(kind, &[&number.to_be_bytes()[..], &data].concat()));
                        number += 1;
                    }
                }
                _ if self.holds(kind) => output.add_source(whole),
                _ => {}
            }
        }
        output.add(chunk(*b"IEND", &[]));
        output
    }

    fn header(&self, content: &[u8]) -> Vec<u8> {
        let sides = self.sides_px.map(u32::to_be_bytes).concat();
        let kept = self.kinds.written;
        let rest =
            if self.kinds.are_same() { content.get(8..).unwrap_or_default() } else { &[kept.depth, kept.colour.byte(), 0, 0, 0] };
        chunk(*b"IHDR", &[&sides[..], rest].concat())
    }

    fn frame_count(&self) -> [u8; 4] {
        u32::try_from(self.apng.frames.len()).unwrap_or(u32::MAX).to_be_bytes()
    }

    /// An fcTL's content (section 11.3.2.2), with another number, place, size or blending.
    fn control(&self, content: &[u8], number: u32, coded: Option<&Coded>) -> Vec<u8> {
        let mut content = content.to_vec();
        let mut set = |at: usize, value: u32| content[at..at + 4].copy_from_slice(&value.to_be_bytes());
        set(0, number);
        match coded {
            Some(Coded { rect, blend, .. }) => {
                for (at, value) in [(4, rect.width()), (8, rect.height()), (12, rect.left), (16, rect.top)] {
                    set(at, value);
                }
                content[25] = u8::from(*blend == Blend::Over);
            }
            None if self.moved_px > 0 => {
                let top = content[16..20].iter().fold(0, |top, &byte| top << 8 | u32::from(byte));
                content[16..20].copy_from_slice(&(top + self.moved_px).to_be_bytes());
            }
            None => {}
        }
        content
    }

    /// Whether another chunk of the source holds for the output.
    fn holds(&self, kind: [u8; 4]) -> bool {
        let is_same = self.kinds.are_same();
        match &kind {
            b"PLTE" | b"tRNS" | b"sBIT" | b"bKGD" | b"hIST" => is_same,
            b"iCCP" => self.kinds.have_same_channels(),
            _ => true,
        }
    }
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 12);
    chunks::add(&mut out, kind, data);
    out
}
