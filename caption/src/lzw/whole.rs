//! Whole streams at once. Tests only.

use super::{
    bits::Stream,
    decode::{COPY_LEN, Decoder},
    encode::Encoder,
    scan::Scan,
};

pub(crate) fn encode(indices: &[u8], code_size: u8) -> Vec<u8> {
    let (mut encoder, mut blocks) = (Encoder::default(), Vec::new());
    encoder.begin(code_size);
    encoder.encode(indices);
    encoder.finish(&mut blocks);
    blocks
}

pub(crate) fn decode(blocks: &[u8], code_size: u8, area: usize) -> Vec<u8> {
    let (mut stream, mut scan, mut decoder) = (Stream::default(), Scan::default(), Decoder::default());
    stream.gather(blocks);
    scan.scan(&stream, code_size, area);
    let mut out = vec![0; scan.pixels + COPY_LEN];
    for segment in &scan.segments {
        decoder.decode(&stream, code_size, segment, &mut out[segment.first_pixel..]);
    }
    out.truncate(scan.pixels);
    out
}
