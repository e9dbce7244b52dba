//! A small animated PNG (PNG, third edition, section 4.9): a square that moves over a gradient, a frame for each place.
//!
//! Called by tests across processes and by what makes seeds for fuzz targets. Its data are stored and not compressed.

/// Width and height of the picture.
pub const SIDES_PX: [u8; 2] = [160, 120];
const SQUARE_PX: u8 = 24;

/// An animation of so many frames of a fifth of a second: the first is the whole picture, each other one square, laid over it and
/// taken back.
#[must_use]
pub fn moving_square(frames: u8) -> Vec<u8> {
    let [width, height] = SIDES_PX;
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    chunk(&mut out, *b"IHDR", &[0, 0, 0, width, 0, 0, 0, height, 8, 6, 0, 0, 0]);
    chunk(&mut out, *b"acTL", &[0, 0, 0, frames, 0, 0, 0, 0]);
    let mut number = 0_u32;
    for k in 0..frames {
        let [left, top, w, h] =
            if k == 0 { [0, 0, width, height] } else { [k * 8 % (width - SQUARE_PX), 60, SQUARE_PX, SQUARE_PX] };
        let words = [number, w.into(), h.into(), left.into(), top.into()].map(u32::to_be_bytes).concat();
        let ops = if k == 0 { [0, 0] } else { [2, 1] };
        chunk(&mut out, *b"fcTL", &[&words[..], &[0, 20, 0, 100], &ops].concat());
        number += 1;
        let row =
            |y: u8| std::iter::once(0).chain((0..w).flat_map(move |x| if k == 0 { [x, y, 90, 255] } else { [255, 200, x, 255] }));
        let data = stored(&(0..h).flat_map(row).collect::<Vec<u8>>());
        if k == 0 {
            chunk(&mut out, *b"IDAT", &data);
        } else {
            chunk(&mut out, *b"fdAT", &[&number.to_be_bytes()[..], &data].concat());
            number += 1;
        }
    }
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// Appends a chunk, with its check (section 5.3).
pub fn chunk(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let from = out.len();
    out.extend(kind);
    out.extend_from_slice(data);
    let mut check = u32::MAX;
    for byte in &out[from..] {
        check ^= u32::from(*byte);
        for _ in 0..8 {
            check = if check & 1 == 1 { check >> 1 ^ 0xEDB8_8320 } else { check >> 1 };
        }
    }
    out.extend((!check).to_be_bytes());
}

/// A zlib stream of stored bytes (RFC 1950 and 1951), with its check.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut data = vec![0x78, 0x01];
    let pieces = bytes.chunks(60_000);
    let last = pieces.len() - 1;
    for (i, piece) in pieces.enumerate() {
        let len = u16::try_from(piece.len()).unwrap_or(0);
        data.push(u8::from(i == last));
        data.extend(len.to_le_bytes());
        data.extend((!len).to_le_bytes());
        data.extend_from_slice(piece);
    }
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    data.extend((high << 16 | low).to_be_bytes());
    data
}
