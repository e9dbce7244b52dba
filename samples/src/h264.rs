//! H.264 whose every macroblock is stored as it is (`I_PCM`; ITU-T H.264, sections 7.3 and 7.4): what a decoder must show is known to the bit.
//!
//! `mp4` makes clips of it for tests of the walk, of the decoder and of what calls it, and for the fuzz targets' seeds. I, P and B slices
//! differ by their headers alone, which is enough to have pictures decoded in another order than they are shown in.

/// What a picture's slice says that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A key picture.
    Idr,
    /// One that others may refer to.
    P,
    /// One that none refers to, and that is shown before what was decoded before it.
    B,
}

/// The luma of a pixel of picture `n` in the order of showing; its chroma is 128.
#[must_use]
pub fn luma(n: u32, x: u32, y: u32) -> u8 {
    u8::try_from((x * 3 + y * 5 + n * 37) % 220).unwrap_or(0) + 16
}

/// Bits, the high ones first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn put(&mut self, value: u32, len: u32) {
        for i in (0..len).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(value >> i & 1 == 1) << self.free;
            }
        }
    }

    /// `ue(v)`, and `se(v)` of 0 (section 9.1).
    fn ue(&mut self, value: u32) {
        let len = 32 - (value + 1).leading_zeros();
        self.put(0, len - 1);
        self.put(value + 1, len);
    }

    fn ues(&mut self, values: impl IntoIterator<Item = u32>) {
        for value in values {
            self.ue(value);
        }
    }

    fn align(&mut self) {
        self.free = 0;
    }

    /// A unit of it: the head byte, the stop bit, and emulation prevention (section 7.4.1.1).
    fn unit(mut self, head: u8) -> Vec<u8> {
        self.put(1, 1);
        let (mut out, mut zeros) = (vec![head], 0);
        for byte in self.bytes {
            if zeros >= 2 && byte <= 3 {
                out.push(3);
                zeros = 0;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            out.push(byte);
        }
        out
    }
}

/// Sequence and picture parameter sets of pictures with these sides, which are even.
#[must_use]
pub fn parameter_sets([width, height]: [u32; 2], has_b: bool) -> [Vec<u8>; 2] {
    let mut sps = Bits::default();
    // Main or baseline, no constraint, level 4.
    sps.put(if has_b { 77 } else { 66 }, 8);
    sps.put(0, 8);
    sps.put(40, 8);
    // Its number; frame numbers of 4 bits; an order of 8 bits; 2 references; no gaps.
    sps.ues([0, 0, 0, 4, 2]);
    sps.put(0, 1);
    let mbs = [width, height].map(|side| side.div_ceil(16));
    sps.ues(mbs.map(|mbs| mbs - 1));
    // Whole frames; direct by 8 x 8.
    sps.put(0b11, 2);
    let crops = [mbs[0] * 16 - width, mbs[1] * 16 - height];
    sps.put(u32::from(crops != [0, 0]), 1);
    if crops != [0, 0] {
        sps.ues([0, crops[0] / 2, 0, crops[1] / 2]);
    }
    // No VUI.
    sps.put(0, 1);
    let mut pps = Bits::default();
    pps.ue(0);
    pps.ue(0);
    // CAVLC; no field order.
    pps.put(0, 2);
    // One slice group; one reference each way.
    pps.ues([0, 0, 0]);
    // No weights; quantisers as they are; slices say how they are deblocked.
    pps.put(0, 3);
    pps.ues([0, 0, 0]);
    pps.put(0b100, 3);
    [sps.unit(0x67), pps.unit(0x68)]
}

/// One picture as a unit. `n` is its place in the order of showing, counted from the last key picture; `frame_num` that of references.
#[must_use]
pub fn picture([width, height]: [u32; 2], kind: Kind, n: u32, order: u32, frame_num: u32) -> Vec<u8> {
    let (slice, pcm) = match kind {
        Kind::Idr => (7, 25),
        Kind::P => (5, 30),
        Kind::B => (6, 48),
    };
    let mut bits = Bits::default();
    bits.ues([0, slice, 0]);
    bits.put(frame_num % 16, 4);
    if kind == Kind::Idr {
        bits.ue(0);
    }
    bits.put(order * 2 % 256, 8);
    match kind {
        // No marks beyond the usual.
        Kind::Idr => bits.put(0, 2),
        // As many references as the set says, in the usual order; no marks.
        Kind::P => bits.put(0, 3),
        // The same of two lists, and spatial direct.
        Kind::B => bits.put(0b1000, 4),
    }
    bits.ue(0);
    // No deblocking.
    bits.ue(1);
    let [columns, rows] = [width, height].map(|side| side.div_ceil(16));
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        if kind != Kind::Idr {
            bits.ue(0);
        }
        bits.ue(pcm);
        bits.align();
        for (y, x) in (0..16).flat_map(|y| (0..16).map(move |x| (row * 16 + y, column * 16 + x))) {
            bits.put(luma(n, x, y).into(), 8);
        }
        for _ in 0..128 {
            bits.put(128, 8);
        }
    }
    bits.unit(match kind {
        Kind::Idr => 0x65,
        Kind::P => 0x41,
        Kind::B => 0x01,
    })
}
