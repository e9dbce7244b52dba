//! How coarse a lossy WebP is: the quantiser indices in the header of its VP8 frame (RFC 6386, sections 9.1 to 9.6 and 19.2).
//!
//! `mod` asks for the source and for what the encoder made of it, and chooses the quality by it.

/// The mean quantiser index of the frame's segments, from 0 (fine) to 127 (coarse). `None` for what is no key frame.
pub(super) fn mean_index(frame: &[u8]) -> Option<f64> {
    let [tag, _, _, 0x9D, 0x01, 0x2A, _, _, _, _, first_partition @ ..] = frame else { return None };
    if tag & 1 != 0 {
        return None;
    }
    let mut bits = Bits::new(first_partition);
    // Colour space and clamping.
    bits.literal(2);
    let mut segments = None;
    if bits.flag() {
        let (has_map, has_data) = (bits.flag(), bits.flag());
        if has_data {
            let is_absolute = bits.flag();
            segments = Some((is_absolute, [0; 4].map(|_: u8| bits.optional(7))));
            for _ in 0..4 {
                bits.optional(6);
            }
        }
        for _ in 0..if has_map { 3 } else { 0 } {
            if bits.flag() {
                bits.literal(8);
            }
        }
    }
    // The loop filter's type, level and sharpness, and what changes it.
    bits.literal(1 + 6 + 3);
    if bits.flag() && bits.flag() {
        for _ in 0..8 {
            bits.optional(6);
        }
    }
    // The number of partitions.
    bits.literal(2);
    let base = bits.literal(7);
    let index = match segments {
        None => f64::from(base),
        Some((true, values)) => mean(values.map(|value| value.clamp(0, 127))),
        Some((false, values)) => mean(values.map(|value| (base + value).clamp(0, 127))),
    };
    Some(index)
}

fn mean(values: [i32; 4]) -> f64 {
    f64::from(values.iter().sum::<i32>()) / 4.0
}

/// libwebp's quality, 0 to 100, at which a segment of ordinary texture gets this index (`QualityToCompression` in its `quant_enc.c`,
/// the other way round).
pub(super) fn quality_of(index: f64) -> f64 {
    let compression = (1.0 - index / 127.0).clamp(0.0, 1.0);
    let linear = compression * compression * compression;
    100.0 * if linear < 0.5 { linear * 1.5 } else { f64::midpoint(linear, 1.0) }
}

/// The boolean decoder (section 7.3) for even chances, which is all that headers use.
struct Bits<'a> {
    rest: std::slice::Iter<'a, u8>,
    value: u32,
    range: u32,
    shifted: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut rest = bytes.iter();
        let mut next = || u32::from(rest.next().copied().unwrap_or(0));
        let value = next() << 8 | next();
        Self { rest, value, range: 255, shifted: 0 }
    }

    fn flag(&mut self) -> bool {
        let split = 1 + (((self.range - 1) * 128) >> 8);
        let is_set = self.value >= split << 8;
        if is_set {
            self.range -= split;
            self.value -= split << 8;
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.value <<= 1;
            self.range <<= 1;
            self.shifted += 1;
            if self.shifted == 8 {
                self.shifted = 0;
                self.value |= u32::from(self.rest.next().copied().unwrap_or(0));
            }
        }
        is_set
    }

    fn literal(&mut self, bits: u32) -> i32 {
        (0..bits).fold(0, |value, _| value << 1 | i32::from(self.flag()))
    }

    /// A value with a sign behind it, or 0.
    fn optional(&mut self, bits: u32) -> i32 {
        if !self.flag() {
            return 0;
        }
        let value = self.literal(bits);
        if self.flag() { -value } else { value }
    }
}

#[cfg(test)]
mod tests {
    use webp_encoder::{Effort, Kept, encode};

    use super::{
        super::container::{chunks, find},
        *,
    };

    #[test]
    fn a_lower_quality_has_a_higher_index_and_the_way_back_is_near() {
        let pixels: Vec<u8> =
            (0..64 * 64_u32).flat_map(|i| [i * 7, i / 64 * 3, i % 64 * 3, 255].map(|v| u8::try_from(v % 256).unwrap())).collect();
        let mut last = 0.0;
        for quality in [95.0_f32, 80.0, 60.0, 40.0, 20.0, 5.0] {
            let file = encode(&pixels, 64, 64, Kept::Lossy { quality }, Effort::Usual).unwrap();
            let index = mean_index(find(&chunks(&file), *b"VP8 ").unwrap().data).unwrap();
            assert!(index > last, "{quality}: {index} after {last}");
            assert!((quality_of(index) - f64::from(quality)).abs() < 20.0, "{quality}: {}", quality_of(index));
            last = index;
        }
        assert_eq!(mean_index(b"no frame"), None);
    }
}
