//! Writes a GIF from a description of its blocks (`GIF89a`, sections 17 to 27).
//!
//! Called by tests that need a GIF of a certain kind, and by [`Sample::from_choices`] and [`Sample::well_formed`]. The blocks must be
//! well-formed: only a frame's [`Stream`] may have errors.

use crate::{
    Content, Noise,
    content::FrameShape,
    rows,
    stream::{End, Fault, Stream},
};

/// A GIF.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The logical screen's width.
    pub width: u16,
    /// Its height.
    pub height: u16,
    /// The global palette, if there is one. Without, each frame needs its own.
    pub palette: Option<Palette>,
    /// Times to play; 0 is for ever. Without, no extension says it.
    pub loop_count: Option<u16>,
    /// The frames in order.
    pub frames: Vec<Frame>,
}

/// A palette of 2 to 256 colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// The logarithm of its length: 1 to 8.
    pub log2_len: u8,
    /// Decides its colours.
    pub seed: u32,
    /// Whether it ends with black and white; transparent indices are at its other end.
    pub has_black_and_white: bool,
}

/// One frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The left edge on the logical screen.
    pub left: u16,
    /// The upper edge.
    pub top: u16,
    /// The width; it may reach beyond the screen.
    pub width: u16,
    /// The height.
    pub height: u16,
    /// How long it shows.
    pub delay_cs: u16,
    /// The disposal method, 0 to 7.
    pub disposal: u8,
    /// The transparent index.
    pub transparent: Option<u8>,
    /// The local palette.
    pub palette: Option<Palette>,
    /// Whether its rows are interlaced.
    pub interlaced: bool,
    /// What it shows.
    pub content: Content,
    /// Decides the content's details.
    pub seed: u32,
    /// By how many bits its codes are longer than its palette needs; never more than 8 in all.
    pub spare_bits: u8,
    /// How its pixels are written.
    pub stream: Stream,
}

impl Palette {
    fn bytes(self) -> Vec<u8> {
        let mut noise = Noise::new(self.seed);
        let mut bytes: Vec<u8> = (0..3_usize << self.log2_len).map(|_| noise.byte()).collect();
        if self.has_black_and_white {
            let (black, white) = (bytes.len() - 6, bytes.len() - 3);
            bytes[black..white].fill(0);
            bytes[white..].fill(255);
        }
        bytes
    }

    /// The field that says that there is a palette, and how long it is.
    fn flags(self) -> u8 {
        0x80 | self.log2_len.saturating_sub(1)
    }
}

impl Frame {
    /// A whole, opaque, plainly written frame of this size at the upper left.
    #[must_use]
    pub fn plain(width: u16, height: u16, content: Content, seed: u32) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
            delay_cs: 5,
            disposal: 1,
            transparent: None,
            palette: None,
            interlaced: false,
            content,
            seed,
            spare_bits: 0,
            stream: Stream::plain(),
        }
    }

    /// Its minimum code size, the sub-blocks of its stream and their terminator, in a file with this global palette.
    #[must_use]
    pub fn image_data(&self, global: Option<Palette>) -> Vec<u8> {
        let log2_len = self.palette.or(global).map_or(8, |palette| palette.log2_len);
        let shape = FrameShape {
            width: self.width.into(),
            height: self.height.into(),
            colours: 1 << log2_len,
            transparent: self.transparent.filter(|&index| u32::from(index) < 1 << log2_len),
        };
        let indices = self.content.indices(shape, self.seed);
        let rows = rows::in_stream_order(self.height.into(), self.interlaced);
        let width = usize::from(self.width);
        let indices: Vec<u8> = rows.into_iter().flat_map(|y| &indices[y * width..][..width]).copied().collect();
        let mut data = Vec::new();
        self.stream.write(&indices, (log2_len.max(2) + self.spare_bits).min(8), &mut data);
        data
    }

    fn write(&self, global: Option<Palette>, out: &mut Vec<u8>) {
        let [delay_low, delay_high] = self.delay_cs.to_le_bytes();
        let flags = self.disposal << 2 | u8::from(self.transparent.is_some());
        out.extend([0x21, 0xF9, 4, flags, delay_low, delay_high, self.transparent.unwrap_or(0), 0]);
        out.push(0x2C);
        for side in [self.left, self.top, self.width, self.height] {
            out.extend(side.to_le_bytes());
        }
        out.push(self.palette.map_or(0, Palette::flags) | u8::from(self.interlaced) << 6);
        out.extend(self.palette.map(Palette::bytes).unwrap_or_default());
        out.extend(self.image_data(global));
    }
}

impl Sample {
    /// The file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"GIF89a".to_vec();
        out.extend(self.width.to_le_bytes());
        out.extend(self.height.to_le_bytes());
        out.extend([self.palette.map_or(0, Palette::flags), 0, 0]);
        out.extend(self.palette.map(Palette::bytes).unwrap_or_default());
        if let Some(loop_count) = self.loop_count {
            out.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01");
            out.extend(loop_count.to_le_bytes());
            out.push(0);
        }
        for frame in &self.frames {
            frame.write(self.palette, &mut out);
        }
        out.push(0x3B);
        out
    }

    /// Every palette, the global one and the local ones.
    pub fn palettes(&self) -> impl Iterator<Item = Palette> {
        self.palette.into_iter().chain(self.frames.iter().filter_map(|frame| frame.palette))
    }

    /// Whether a stream swallows its terminator. Then a decoder sees other blocks after it than those described here.
    #[must_use]
    pub fn swallows(&self) -> bool {
        self.frames.iter().any(|frame| frame.stream.fault == Some(Fault::SwallowedTerminator))
    }

    /// Whether a decoder may read junk bytes as codes, and so find indices beyond the palette.
    #[must_use]
    pub fn may_leave_its_palette(&self) -> bool {
        self.frames.iter().any(|Frame { stream, .. }| matches!(stream.end, End::Cut(_)) && stream.junk_bytes > 0)
    }
}
