//! A new WebP file of whole pictures (WebP container specification, "Animation").
//!
//! `remake` hands it the pictures in order, several at a time. Each frame draws what differs from the one before, without loss or at one
//! quality.

use caption_layout::{Error, reading::animation::Blend};
use rayon::prelude::*;
use webp_encoder::{Effort, Kept};

use super::{
    delta::{Deltas, Drawn},
    frames::Pixels,
    pictures::Picture,
};
use crate::still::webp::frames::encode_kept;

/// Bits of VP8X's first byte.
const HAS_ALPHA: u8 = 0x10;
const IS_ANIMATED: u8 = 0x02;
/// Of a frame's last byte: its pixels take the place of those beneath.
const NO_BLENDING: u8 = 2;
/// A frame's left and top are stored by half.
const STEP_PX: u32 = 2;

pub(super) struct WebpWriter {
    sides_px: [u32; 2],
    plays: u16,
    kept: Kept,
    deltas: Deltas,
    has_alpha: bool,
    frames: Vec<u8>,
}

impl WebpWriter {
    /// `loop_count` is as a GIF has it.
    pub(super) fn new(sides_px: [u32; 2], loop_count: Option<u16>, quality: Option<u8>) -> Self {
        let kept = kept(quality);
        let plays = loop_count.map_or(1, |count| if count == 0 { 0 } else { count.saturating_add(1) });
        let deltas = Deltas::new(sides_px, STEP_PX, kept == Kept::Lossless);
        Self { sides_px, plays, kept, deltas, has_alpha: false, frames: Vec::new() }
    }

    /// The next pictures, each with how many milliseconds it is shown.
    pub(super) fn add(&mut self, pictures: Vec<Picture>) -> Result<(), Error> {
        let drawn: Vec<(Drawn, u32)> =
            pictures.into_iter().map(|picture| (self.deltas.next(picture.pixels), picture.delay)).collect();
        self.has_alpha |= drawn.iter().any(|(drawn, _)| drawn.pixels.iter().any(|pixel| pixel[3] != u8::MAX));
        let code = |(drawn, _): &(Drawn, u32)| {
            encode_kept(drawn.pixels.as_flattened(), [drawn.rect.width(), drawn.rect.height()], self.kept)
        };
        let coded = drawn.par_iter().map(code).collect::<Result<Vec<_>, _>>()?;
        for ((Drawn { rect, blend, .. }, delay_ms), data) in drawn.into_iter().zip(coded) {
            let mut head = Vec::with_capacity(16);
            for value in [rect.left / STEP_PX, rect.top / STEP_PX, rect.width() - 1, rect.height() - 1, delay_ms] {
                head.extend_from_slice(&value.to_le_bytes()[..3]);
            }
            head.push(if blend == Blend::Source { NO_BLENDING } else { 0 });
            add(&mut self.frames, *b"ANMF", &[head, data].concat())?;
        }
        Ok(())
    }

    /// The file.
    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        let mut body = b"WEBP".to_vec();
        let [width, height] = self.sides_px.map(|side| (side - 1).to_le_bytes());
        let flags = IS_ANIMATED | if self.has_alpha { HAS_ALPHA } else { 0 };
        add(&mut body, *b"VP8X", &[&[flags, 0, 0, 0], &width[..3], &height[..3]].concat())?;
        // A background that is transparent; programs show none.
        add(&mut body, *b"ANIM", &[&[0; 4][..], &self.plays.to_le_bytes()].concat())?;
        body.extend(self.frames);
        Ok([&b"RIFF"[..], &length(body.len())?, &body].concat())
    }
}

/// A still file of one picture.
pub(super) fn still(pixels: &Pixels, [width_px, height_px]: [u32; 2], quality: Option<u8>) -> Result<Vec<u8>, Error> {
    webp_encoder::encode(pixels.as_flattened(), width_px, height_px, kept(quality), Effort::Usual)
        .map_err(|e| Error::Encode { what: e.to_string() })
}

fn kept(quality: Option<u8>) -> Kept {
    quality.map_or(Kept::Lossless, |quality| Kept::Lossy { quality: quality.into() })
}

fn length(len: usize) -> Result<[u8; 4], Error> {
    let len = u32::try_from(len).map_err(|_| Error::Encode { what: "more than 4 GiB".to_owned() })?;
    Ok(len.to_le_bytes())
}

fn add(body: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> Result<(), Error> {
    body.extend(kind);
    body.extend(length(data.len())?);
    body.extend_from_slice(data);
    body.extend((data.len() % 2 == 1).then_some(0));
    Ok(())
}
