//! A code size, a number of pixels and any sub-blocks: the scan counts what the naive decoder decodes, its segments follow each
//! other without a gap, and decoding them gives the same indices; encoded anew they read back.
#![no_main]

use caption::stages::Codec;
use libfuzzer_sys::fuzz_target;
use punchline_fuzz::streams;

fuzz_target!(|bytes: &[u8]| {
    let [code_size, low, high, blocks @ ..] = bytes else { return };
    let (code_size, area_px) = (1 + code_size % 8, usize::from(u16::from_le_bytes([*low, *high])));
    let mut codec = Codec::default();
    codec.gather(blocks);
    let pixels = codec.scan(code_size, area_px);
    let (mut bit, mut pixel) = (0, 0);
    for segment in codec.segments() {
        assert!(segment.bits.start >= bit && !segment.bits.is_empty(), "{segment:?} after bit {bit}");
        assert!(segment.pixels.start == pixel && !segment.pixels.is_empty(), "{segment:?} after pixel {pixel}");
        (bit, pixel) = (segment.bits.end, segment.pixels.end);
    }
    assert!(pixel == pixels && pixels <= area_px && bit <= blocks.len() * 8);
    let indices = streams::decode(code_size, blocks, area_px);
    assert!(codec.decode(code_size) == indices, "{pixels} pixels, of {}", indices.len());

    // The engine never writes codes of one bit: what few decoders agree on.
    let (code_size, mut again) = (code_size.max(2), Vec::new());
    codec.encode(code_size, &indices, &mut again);
    assert!(streams::decode(code_size, &again, area_px) == indices, "not what was encoded");
});
