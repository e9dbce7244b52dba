//! A small animated WebP without loss (WebP container specification; RFC 9649): flat squares, one after another, on a flat picture.
//!
//! Called by tests across processes and by what makes seeds for fuzz targets. A frame of one colour needs no codes at all.

/// Width and height of the picture.
pub const SIDES_PX: [u32; 2] = [160, 120];
const SQUARE_PX: u32 = 24;

/// An animation of so many frames of a fifth of a second: the first is the whole picture, each other one square, which is cleared.
#[must_use]
pub fn moving_square(frames: u8) -> Vec<u8> {
    let [width, height] = SIDES_PX;
    let mut body = b"WEBP".to_vec();
    chunk(&mut body, *b"VP8X", &[vec![2, 0, 0, 0], word(width - 1), word(height - 1)].concat());
    chunk(&mut body, *b"ANIM", &[0; 6]);
    for k in 0..u32::from(frames) {
        let [left, top, w, h] =
            if k == 0 { [0, 0, width, height] } else { [k * 8 % (width - SQUARE_PX), 60, SQUARE_PX, SQUARE_PX] };
        let colour = if k == 0 { [40, 90, 160] } else { [250, 200, 30] };
        let mut frame = [left / 2, top / 2, w - 1, h - 1, 200].map(word).concat();
        frame.push(u8::from(k > 0));
        chunk(&mut frame, *b"VP8L", &flat([w, h], colour));
        chunk(&mut body, *b"ANMF", &frame);
    }
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes(), &body].concat()
}

/// Appends a chunk.
pub fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(kind);
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(data);
    out.extend((data.len() % 2 == 1).then_some(0));
}

/// Three bytes, the low one first.
#[must_use]
pub fn word(value: u32) -> Vec<u8> {
    value.to_le_bytes()[..3].to_vec()
}

/// A VP8L picture of one opaque colour: each of its five codes has one symbol, and a pixel no bit (RFC 9649, section 3.7.2.1.1).
fn flat([width, height]: [u32; 2], [r, g, b]: [u8; 3]) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
    put(0x2F, 8);
    put(width - 1, 14);
    put(height - 1, 14);
    // Opaque, version 0, no transform, no cache of colours, one group of codes.
    put(0, 1 + 3 + 1 + 1 + 1);
    for symbol in [g, r, b, 255] {
        // A simple code of one symbol, of eight bits.
        put(0b101, 3);
        put(symbol.into(), 8);
    }
    // The same of distances, of one bit.
    put(0b0001, 4);
    bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |byte, &bit| byte << 1 | u8::from(bit))).collect()
}
