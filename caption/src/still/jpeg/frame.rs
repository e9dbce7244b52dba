//! A JPEG as its coefficients, and what its markers say of it.
//!
//! `read` makes one, `turn` and `place` move its blocks, `paint` changes some, `write` writes it. A block that nobody touches keeps its
//! 64 numbers.

use super::super::damage::Damage;

/// The coefficients of 8 x 8 samples, row by row (not in zigzag order), quantised.
pub(super) type Block = [i16; 64];

/// The step of each coefficient, in the same order.
pub(super) type QuantTable = [u16; 64];

/// One colour channel.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub id: u8,
    /// Horizontal and vertical sampling factors, 1 to 4.
    pub factors: [usize; 2],
    pub table: QuantTable,
    /// Blocks in a row and rows of blocks, filled up to whole MCUs.
    pub blocks: [usize; 2],
    pub data: Vec<Block>,
}

/// What the channels mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    Grey,
    Ycc,
    Rgb,
    /// Four inks. `is_inverted` as Adobe writes them: 255 is no ink.
    Cmyk {
        is_inverted: bool,
    },
    /// The first three of them as `YCbCr`.
    Ycck {
        is_inverted: bool,
    },
}

/// A picture.
#[derive(Clone, Debug)]
pub(super) struct Jpeg {
    pub sides: [usize; 2],
    /// Rows of pixels above those that are held: 0 of a whole picture, more of a strip of one, whose sides are the strip's.
    pub rows_above: usize,
    pub is_progressive: bool,
    pub model: Model,
    pub components: Vec<Component>,
    /// MCUs between restart markers; 0 is none.
    pub restart_interval: usize,
    /// `APPn` and COM segments in their order: the marker's second byte, and the data.
    pub segments: Vec<(u8, Vec<u8>)>,
    pub damage: Option<Damage>,
}

impl Jpeg {
    /// The largest sampling factors.
    pub(super) fn most_factors(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.components.iter().map(|component| component.factors[axis]).max().unwrap_or(1))
    }

    /// The sides of an MCU in pixels.
    pub(super) fn mcu_sides(&self) -> [usize; 2] {
        self.most_factors().map(|factor| 8 * factor)
    }

    /// MCUs in a row, and rows of them.
    pub(super) fn mcus(&self) -> [usize; 2] {
        let [width, height] = self.mcu_sides();
        [self.sides[0].div_ceil(width), self.sides[1].div_ceil(height)]
    }

    /// Blocks in a row and rows of blocks of a component that have a sample of the picture: what a scan of it alone has (T.81, A.2.3).
    pub(super) fn real_blocks(&self, component: &Component) -> [usize; 2] {
        let most = self.most_factors();
        [0, 1].map(|axis| (self.sides[axis] * component.factors[axis]).div_ceil(most[axis]).div_ceil(8))
    }

    /// What the channels mean, by JFIF, Adobe's marker and the components' names, as libjpeg decides it.
    pub(super) fn named_model(&self) -> Model {
        let adobe = self.segments.iter().find_map(|(marker, data)| match (marker, &data[..]) {
            (0xEE, [b'A', b'd', b'o', b'b', b'e', _, _, _, _, _, _, transform, ..]) => Some(*transform),
            _ => None,
        });
        let is_jfif = self.segments.iter().any(|(marker, data)| *marker == 0xE0 && data.starts_with(b"JFIF\0"));
        let names: Vec<u8> = self.components.iter().map(|component| component.id).collect();
        match self.components.len() {
            1 => Model::Grey,
            3 if is_jfif => Model::Ycc,
            3 => match adobe {
                Some(0) => Model::Rgb,
                None if names == *b"RGB" => Model::Rgb,
                _ => Model::Ycc,
            },
            _ => match adobe {
                Some(2) => Model::Ycck { is_inverted: true },
                _ => Model::Cmyk { is_inverted: adobe.is_some() },
            },
        }
    }

    /// Sets how many blocks each component has, all of them 0, by the sides and factors.
    pub(super) fn clear_blocks(&mut self) {
        let mcus = self.mcus();
        for component in &mut self.components {
            component.blocks = [mcus[0] * component.factors[0], mcus[1] * component.factors[1]];
            component.data = vec![[0; 64]; component.blocks[0] * component.blocks[1]];
        }
    }
}

/// What a coefficient can be, that of 0 and the others (T.81, tables F.1 and F.6, for 8 bits). Beyond it no code can say it.
pub(super) fn within(place: usize, value: i16) -> i16 {
    if place == 0 { value.clamp(-1024, 1023) } else { value.clamp(-1023, 1023) }
}

/// Where the coefficients of a file's order stand in a block.
pub(super) const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42,
    49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
