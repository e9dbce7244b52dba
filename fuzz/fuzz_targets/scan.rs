//! A code size, a number of pixels and any sub-blocks: the scan counts what the naive decoder decodes, its segments follow each
//! other without a gap, and decoding them gives the same indices; encoded anew they read back.
#![no_main]

use caption::stages::{Encoder, StreamReader};
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::streams;

fuzz_target!(|bytes: &[u8]| {
    let [code_size, low, high, blocks @ ..] = bytes else { return };
    let (code_size, area_px) = (1 + code_size % 8, usize::from(u16::from_le_bytes([*low, *high])));
    let mut reader = StreamReader::default();
    reader.stream.gather(blocks);
    reader.scan.scan(&reader.stream, code_size, area_px);
    let (mut bit, mut pixel, pixels) = (0, 0, reader.scan.pixels);
    for segment in &reader.scan.segments {
        assert!(segment.start_bit >= bit && segment.end_bit > segment.start_bit, "{segment:?} after bit {bit}");
        assert!(segment.first_pixel == pixel && segment.end_pixel > pixel, "{segment:?} after pixel {pixel}");
        (bit, pixel) = (segment.end_bit, segment.end_pixel);
    }
    assert!(pixel == pixels && pixels <= area_px && bit <= blocks.len() * 8);
    let indices = streams::decode(code_size, blocks, area_px);
    assert!(reader.decode(code_size) == indices, "{pixels} pixels, of {}", indices.len());

    // The engine never writes codes of one bit: what few decoders agree on.
    let (code_size, mut encoder, mut again) = (code_size.max(2), Encoder::default(), Vec::new());
    encoder.begin(code_size);
    encoder.encode(&indices);
    encoder.finish(&mut again);
    assert!(streams::decode(code_size, &again, area_px) == indices, "not what was encoded");
});
