//! The output's chunks: those of the source as they are, but for frames that were drawn again and what a bar changes.
//!
//! `mod` calls it last.

use caption_layout::{
    Error,
    reading::{
        animation::Blend,
        webp::{AnimatedWebp, Frame},
    },
};

use super::coded::Coded;
use crate::output::Output;

/// Of VP8X's first byte: some pixel may be seen through.
const HAS_ALPHA: u8 = 0x10;
/// Of a frame's last byte: its pixels take the place of those beneath.
const NO_BLENDING: u8 = 2;

/// What is written.
pub(super) struct Written<'a> {
    pub bytes: &'a [u8],
    pub webp: &'a AnimatedWebp,
    /// Width and height of the output.
    pub sides_px: [u32; 2],
    /// By how much the picture stands lower than in the source.
    pub moved_px: u32,
}

impl Written<'_> {
    /// All chunks, with what was drawn again, by frame.
    pub(super) fn output(&self, coded: &[Option<Coded>]) -> Result<Output, Error> {
        let bytes = self.bytes;
        let mut body = Output::default();
        body.add(self.header(coded.iter().flatten().any(|coded| coded.has_alpha)));
        let mut frames = self.webp.frames.iter().zip(coded).peekable();
        // Behind VP8X, which comes first.
        let mut at = 12 + 8 + 10;
        while let Some(&[kind @ .., a, b, c, d]) = bytes.get(at..at + 8).and_then(|head| head.first_chunk::<8>()) {
            let len = u32::from_le_bytes([a, b, c, d]) as usize;
            let whole = at..at.saturating_add(8).saturating_add(len).saturating_add(len % 2);
            if whole.start + 8 + len > bytes.len() {
                break;
            }
            at = whole.end;
            match frames.next_if(|(frame, _)| frame.chunk.start == whole.start) {
                Some((_, Some(coded))) => body.add(frame_chunk(self.head(whole.start, coded), &coded.data)),
                Some((frame, None)) if self.moved_px > 0 => {
                    body.add(frame_chunk(self.moved_head(frame), &bytes[frame.data.clone()]));
                }
                // The walk ended before it.
                None if &kind == b"ANMF" => {}
                _ => add_source(&mut body, bytes, whole),
            }
        }
        let len = u32::try_from(body.len_bytes() + 4).map_err(|_| Error::Encode { what: "more than 4 GiB".to_owned() })?;
        let mut output = Output::of([&b"RIFF"[..], &len.to_le_bytes(), b"WEBP"].concat());
        output.append(body);
        Ok(output)
    }

    /// VP8X.
    fn header(&self, has_alpha: bool) -> Vec<u8> {
        let mut chunk = self.bytes[12..30].to_vec();
        chunk[4..8].copy_from_slice(&10_u32.to_le_bytes());
        chunk[8] |= if has_alpha { HAS_ALPHA } else { 0 };
        for (at, side) in [12, 15].into_iter().zip(self.sides_px) {
            put(&mut chunk, at, side - 1);
        }
        chunk
    }

    /// The head of the frame whose chunk begins at a byte, for another place, size and blending.
    fn head(&self, chunk: usize, coded: &Coded) -> Vec<u8> {
        let mut head = self.bytes[chunk + 8..chunk + 24].to_vec();
        let Coded { rect, blend, .. } = coded;
        for (at, value) in [(0, rect.left / 2), (3, rect.top / 2), (6, rect.width() - 1), (9, rect.height() - 1)] {
            put(&mut head, at, value);
        }
        head[15] = head[15] & !NO_BLENDING | if *blend == Blend::Source { NO_BLENDING } else { 0 };
        head
    }

    fn moved_head(&self, frame: &Frame) -> Vec<u8> {
        let mut head = self.bytes[frame.chunk.start + 8..frame.data.start].to_vec();
        put(&mut head, 3, frame.rect.top / 2 + self.moved_px / 2);
        head
    }
}

/// A file that is cut behind a chunk's last byte lacks the one that makes its length even.
fn add_source(body: &mut Output, bytes: &[u8], whole: std::ops::Range<usize>) {
    let missing = whole.end.saturating_sub(bytes.len());
    body.add_source(whole.start..whole.end - missing);
    body.add(vec![0; missing]);
}

/// Three bytes, the low one first.
fn put(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 3].copy_from_slice(&value.to_le_bytes()[..3]);
}

fn frame_chunk(head: Vec<u8>, data: &[u8]) -> Vec<u8> {
    let len = head.len() + data.len();
    let mut chunk = b"ANMF".to_vec();
    chunk.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
    chunk.extend(head);
    chunk.extend_from_slice(data);
    chunk.extend((len % 2 == 1).then_some(0));
    chunk
}
