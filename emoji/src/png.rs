//! An emoji as a PNG (third edition): for pages, which show it as they show any picture.
//!
//! `drawn` calls it. It writes and never reads.

/// Of zlib, from 0 to 10: beyond it little is won.
const LEVEL: u8 = 6;

/// Of pixels row by row.
pub(crate) fn encode(width_px: usize, pixels: &[[u8; 4]]) -> Vec<u8> {
    let height_px = pixels.len() / width_px.max(1);
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
    let mut head = [side(width_px), side(height_px)].concat();
    // Eight bits a sample, RGB with alpha, the one compression and filtering there is, not interlaced (section 11.2.1).
    head.extend([8, 6, 0, 0, 0]);
    let mut rows = Vec::with_capacity(pixels.len() * 4 + height_px);
    for row in pixels.chunks_exact(width_px.max(1)) {
        // Without a filter: edges and flat colours gain nothing by one.
        rows.push(0);
        rows.extend_from_slice(row.as_flattened());
    }
    let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
    add(&mut out, *b"IHDR", &head);
    add(&mut out, *b"IDAT", &miniz_oxide::deflate::compress_to_vec_zlib(&rows, LEVEL));
    add(&mut out, *b"IEND", &[]);
    out
}

/// Appends a chunk (section 5.3).
fn add(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let mut check = crc32fast::Hasher::new();
    check.update(&kind);
    check.update(data);
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(kind);
    out.extend_from_slice(data);
    out.extend(check.finalize().to_be_bytes());
}
