//! Bytes dressed as stills: headers that a reader takes, and the bytes where data are.
//!
//! Called by the target `stills`. Nothing here is shared with the engine's readers and writers.

use samples::{apng::chunk, webp};

/// A PNG whose header, palette and transparency are the first bytes, and whose rows are the others, stored.
#[must_use]
pub fn png(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    let Some((&[width, height, colour, depth, entries, alphas, orientation, flags], rest)) = bytes.split_first_chunk::<8>()
    else {
        return out;
    };
    let colour = [0, 2, 3, 4, 6][usize::from(colour) % 5];
    let depth = [1, 2, 4, 8, 16][usize::from(depth) % 5];
    chunk(&mut out, *b"IHDR", &[0, 0, flags >> 7, width, 0, 0, 0, height, depth, colour, 0, 0, flags & 1]);
    if flags & 2 != 0 {
        chunk(&mut out, *b"gAMA", &[0, 1, entries, alphas]);
    }
    if flags & 4 != 0 {
        let exif = [b"II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation][..], b"\0\0\0\0\0\0\0"].concat();
        chunk(&mut out, *b"eXIf", &exif);
    }
    let (palette, rest) = rest.split_at(rest.len().min(3 * usize::from(entries)));
    chunk(&mut out, *b"PLTE", palette);
    let (transparency, rest) = rest.split_at(rest.len().min(usize::from(alphas)));
    if flags & 8 != 0 {
        chunk(&mut out, *b"tRNS", transparency);
    }
    chunk(&mut out, *b"IDAT", &stored(rest));
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// A zlib stream of stored bytes.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut data = vec![0x78, 0x01];
    for piece in bytes.chunks(60_000) {
        let len = u16::try_from(piece.len()).unwrap_or(0);
        data.push(0);
        data.extend(len.to_le_bytes());
        data.extend((!len).to_le_bytes());
        data.extend(piece);
    }
    data
}

/// An animated PNG whose header is the first bytes. The others are frames one after another: how it is placed, blended and disposed of,
/// and then as many bytes of rows as it has.
#[must_use]
pub fn apng(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    let Some((&[width, height, colour, entries, flags], mut rest)) = bytes.split_first_chunk::<5>() else { return out };
    let (colour, samples) = [(0, 1), (2, 3), (3, 1), (4, 2), (6, 4)][usize::from(colour) % 5];
    let depth = if flags & 1 != 0 && colour != 3 { 16 } else { 8 };
    let (width, height) = (width % 64 + 1, height % 64 + 1);
    chunk(&mut out, *b"IHDR", &[0, 0, 0, width, 0, 0, 0, height, depth, colour, 0, 0, flags >> 1 & 1]);
    chunk(&mut out, *b"acTL", &[0, 0, 0, 9, 0, 0, 0, 0]);
    let (palette, after) = rest.split_at(rest.len().min(3 * usize::from(entries)));
    rest = after;
    chunk(&mut out, *b"PLTE", palette);
    if flags & 4 != 0 {
        chunk(&mut out, *b"tRNS", palette);
    }
    let (mut number, mut is_first) = (0_u32, true);
    if flags & 8 != 0 {
        let rows = vec![1; (usize::from(width) * samples * usize::from(depth) / 8 + 1) * usize::from(height)];
        chunk(&mut out, *b"IDAT", &stored(&rows));
    }
    while let Some((&[left, top, frame_width, frame_height, ops, delay], after)) = rest.split_first_chunk::<6>() {
        let is_whole = is_first && flags & 8 == 0;
        let [left, top] = if is_whole { [0, 0] } else { [left % width, top % height] };
        let [w, h] =
            if is_whole { [width, height] } else { [frame_width % (width - left) + 1, frame_height % (height - top) + 1] };
        let words = [number, w.into(), h.into(), left.into(), top.into()].map(u32::to_be_bytes).concat();
        chunk(&mut out, *b"fcTL", &[&words[..], &[0, delay, 0, 100, ops % 3, ops >> 4 & 1]].concat());
        number += 1;
        let len = (usize::from(w) * samples * usize::from(depth) / 8 + 1) * usize::from(h);
        let (rows, after) = after.split_at(after.len().min(len));
        rest = after;
        // What is missing is 0, and each row begins with a filter that there is.
        let mut rows = rows.to_vec();
        rows.resize(len, 0);
        rows.chunks_mut(len / usize::from(h)).for_each(|row| row[0] %= 5);
        if is_whole {
            chunk(&mut out, *b"IDAT", &stored(&rows));
        } else {
            chunk(&mut out, *b"fdAT", &[&number.to_be_bytes()[..], &stored(&rows)].concat());
            number += 1;
        }
        is_first = false;
    }
    chunk(&mut out, *b"IEND", &[]);
    out
}

/// An animated WebP whose header is the first bytes. The others are frames one after another: how it is placed, blended and disposed of,
/// and then its picture's data.
#[must_use]
pub fn animated_webp(bytes: &[u8]) -> Vec<u8> {
    let Some((&[width, height, flags], mut rest)) = bytes.split_first_chunk::<3>() else { return Vec::new() };
    let sides = [width, height].map(|side| u32::from(side % 64) + 1);
    let mut body = b"WEBP".to_vec();
    webp::chunk(&mut body, *b"VP8X", &[vec![flags | 2, 0, 0, 0], webp::word(sides[0] - 1), webp::word(sides[1] - 1)].concat());
    webp::chunk(&mut body, *b"ANIM", &[0; 6]);
    while let Some((&[left, top, frame_width, frame_height, kind, duration, len], after)) = rest.split_first_chunk::<7>() {
        let [left, top] = [(left, sides[0]), (top, sides[1])].map(|(place, side)| u32::from(place) % side / 2 * 2);
        let [w, h] =
            [(frame_width, sides[0] - left), (frame_height, sides[1] - top)].map(|(side, room)| u32::from(side) % room + 1);
        let (data, after) = after.split_at(after.len().min(usize::from(len)));
        rest = after;
        let mut frame = [left / 2, top / 2, w - 1, h - 1, duration.into()].map(webp::word).concat();
        frame.push(kind & 3);
        if kind & 4 != 0 {
            webp::chunk(&mut frame, *b"ALPH", data);
        }
        if kind & 8 != 0 {
            let tag = (u32::from(len) << 5 | 0x10).to_le_bytes();
            let [[w0, w1, ..], [h0, h1, ..]] = [w, h].map(u32::to_le_bytes);
            let head = [&tag[..3], &[0x9D, 0x01, 0x2A, w0, w1, h0, h1]].concat();
            webp::chunk(&mut frame, *b"VP8 ", &[&head[..], data].concat());
        } else {
            let bits = (w - 1) | (h - 1) << 14 | u32::from(kind >> 4 & 1) << 28;
            webp::chunk(&mut frame, *b"VP8L", &[&[0x2F][..], &bits.to_le_bytes(), data].concat());
        }
        webp::chunk(&mut body, *b"ANMF", &frame);
    }
    [&b"RIFF"[..], &u32::try_from(body.len()).unwrap_or(0).to_le_bytes(), &body].concat()
}

/// A JPEG whose frame is the first bytes, with tables of short codes, and whose scans are the others. The bytes may have markers of their
/// own: more scans, restarts, tables.
#[must_use]
pub fn jpeg(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    let Some((&[width, height, kind, factors, more_factors, orientation, interval, step], rest)) = bytes.split_first_chunk::<8>()
    else {
        return out;
    };
    let mut segment = |marker: u8, data: &[u8]| {
        out.extend([0xFF, marker]);
        out.extend(u16::try_from(data.len() + 2).unwrap_or(2).to_be_bytes());
        out.extend(data);
    };
    if kind & 0x40 != 0 {
        segment(
            0xE1,
            &[&b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation], b"\0\0\0\0\0\0\0"].concat(),
        );
    }
    if kind & 0x20 != 0 {
        segment(0xEE, &[b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, orientation % 3]);
    }
    segment(0xDB, &[&[0][..], &[step; 64]].concat());
    // Sixteen symbols of four bits but for the last, and as many of AC.
    let counts = [0, 0, 0, 15, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let dc: Vec<u8> = (0..12).chain([3, 2, 1, 0, 5]).collect();
    let ac = [0x00, 0x01, 0x02, 0x03, 0x11, 0x12, 0x21, 0xF0, 0x10, 0x20, 0x31, 0x05, 0x0A, 0x71, 0x30, 0xE0, 0x41];
    for table in 0..2 {
        segment(0xC4, &[&[table][..], &counts, &dc].concat());
        segment(0xC4, &[&[0x10 | table][..], &counts, &ac].concat());
    }
    if interval > 0 {
        segment(0xDD, &[0, interval]);
    }
    let components = [1, 3, 4][usize::from(kind % 3)];
    let mut frame = vec![8, 0, height, 0, width, components];
    for id in 1..=components {
        frame.extend([id, if id == 1 { factors } else { more_factors }, 0]);
    }
    segment(if kind & 0x10 != 0 { 0xC2 } else { 0xC0 }, &frame);
    let mut scan = vec![components];
    scan.extend((1..=components).flat_map(|id| [id, 0x11 * u8::from(id > 1)]));
    scan.extend([0, if kind & 0x10 != 0 { 0 } else { 63 }, 0]);
    segment(0xDA, &scan);
    out.extend(rest);
    out
}

/// A WebP whose frame is the bytes, behind a header of the sides that they begin with.
#[must_use]
pub fn webp(bytes: &[u8]) -> Vec<u8> {
    let Some((&[width, height, kind, cut], rest)) = bytes.split_first_chunk::<4>() else { return Vec::new() };
    let len = u32::try_from(rest.len()).unwrap_or(0);
    let tag = (len << 5 | 0x10).to_le_bytes();
    let frame = match kind % 2 {
        0 => [&tag[..3], &[0x9D, 0x01, 0x2A, width, 0, height, 0], rest].concat(),
        _ => [&[0x2F, width, 0, 0, 0][..], rest].concat(),
    };
    let name = if kind % 2 == 0 { b"VP8 " } else { b"VP8L" };
    let claimed = u32::try_from(frame.len() + usize::from(cut)).unwrap_or(0);
    [&b"RIFF"[..], &(claimed + 12).to_le_bytes(), b"WEBP", name, &claimed.to_le_bytes(), &frame, &vec![0; frame.len() % 2]]
        .concat()
}
