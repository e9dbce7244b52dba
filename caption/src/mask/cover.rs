//! How much of one pixel a caption covers, and what colour comes of it.
//!
//! Used wherever a caption's pixels are read. It knows no place and no palette.

/// The two colours of a caption: of its letters, and of the outline or band under them.
pub type Pair = [[u8; 3]; 2];

/// How much of a pixel is covered, in fifteenths: by the letters in the high four bits, by the outline or band
/// under them in the low four. Zero is a pixel that the caption does not touch. Example: 0xF0 is a pixel inside a letter,
/// 0x0F one inside the outline, 0x8F one on the edge between them. Sixteen levels are finer than the steps of any palette,
/// and few enough that every blend is looked up in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cover(pub u8);

impl Cover {
    pub const NONE: Self = Self(0);
    const FULL: u32 = 15;

    pub(super) fn of(fill: u8, under: u8) -> Self {
        // In sixteen bits, which a processor does for many pixels at once.
        #[expect(clippy::cast_possible_truncation, reason = "at most FULL")]
        let level = |coverage: u8| ((u16::from(coverage) * Self::FULL as u16 + 127) / 255) as u8;
        Self(level(fill) << 4 | level(under))
    }

    pub(crate) fn fill(self) -> u32 {
        u32::from(self.0 >> 4)
    }

    fn under(self) -> u32 {
        u32::from(self.0 & 15)
    }

    /// The shares of the letters, of the outline or band, and of the picture in this pixel, in 225ths.
    pub(crate) fn weights(self) -> [u16; 3] {
        let (whole, fill, under) = (15, u16::from(self.0 >> 4), u16::from(self.0 & 15));
        [fill * whole, (whole - fill) * under, (whole - fill) * (whole - under)]
    }

    /// Whether nothing of the picture shows through.
    pub(crate) fn is_opaque(self) -> bool {
        self.fill() == Self::FULL || self.under() == Self::FULL
    }

    /// The covers between those it lies between, nearest first: with more or less of the letters at their edge, with more or less of
    /// the outline or band at its own. None for a pixel of one colour alone.
    pub(crate) fn harder_and_softer(self) -> impl Iterator<Item = Self> {
        let (fill, under) = (self.0 >> 4, self.0 & 15);
        let is_mixed = !matches!((fill, under), (15, _) | (0, 0 | 15));
        let moved = move |by: i8| {
            let part = if fill > 0 { fill } else { under };
            let part = part.checked_add_signed(by).filter(|&part| part <= 15)?;
            Some(if fill > 0 { Self(part << 4 | under) } else { Self(part) })
        };
        (1..=15).take_while(move |_| is_mixed).flat_map(move |by| [moved(by), moved(-by)]).flatten()
    }

    /// Whether the caption is drawn where the picture is transparent: a GIF has no half transparent pixel.
    pub(crate) fn is_solid(self) -> bool {
        // alpha = 1 - (1 - fill)(1 - under), in 225ths
        2 * (Self::FULL - self.fill()) * (Self::FULL - self.under()) <= Self::FULL * Self::FULL
    }

    /// The colour of the caption over a pixel of the picture, which has the colour `beneath`. Over a transparent pixel
    /// (`None`) only the caption's colours are mixed.
    pub(crate) fn blend(self, fill: [u8; 3], under: [u8; 3], beneath: Option<[u8; 3]>) -> [u8; 3] {
        let [r, g, b] = beneath.unwrap_or_default();
        let alpha = if beneath.is_some() { u8::MAX } else { 0 };
        let [r, g, b, _] = self.composite(fill, under, [r, g, b, alpha], u8::MAX);
        [r, g, b]
    }

    /// Letters over what lies beneath them over a pixel with alpha (not premultiplied), at any depth;
    /// `opaque` is the depth's largest value.
    pub(crate) fn composite<T: Copy + Into<u32> + TryFrom<u32>>(
        self,
        fill: [T; 3],
        under: [T; 3],
        beneath: [T; 4],
        opaque: T,
    ) -> [T; 4] {
        let (f, u) = (u64::from(self.fill()), u64::from(self.under()));
        let (whole, most) = (u64::from(Self::FULL), u64::from(opaque.into()));
        let weight_fill = f * whole * most;
        let weight_under = (whole - f) * u * most;
        let weight_beneath = (whole - f) * (whole - u) * u64::from(beneath[3].into());
        let sum = weight_fill + weight_under + weight_beneath;
        let rounded = |value: u64, by: u64| {
            let value = (value + by / 2) / by.max(1);
            u32::try_from(value).ok().and_then(|v| T::try_from(v).ok()).unwrap_or(opaque)
        };
        let channel = |c: usize| {
            let [fill, under, beneath] = [fill[c], under[c], beneath[c]].map(|v| u64::from(v.into()));
            rounded(fill * weight_fill + under * weight_under + beneath * weight_beneath, sum)
        };
        [channel(0), channel(1), channel(2), rounded(sum, whole * whole)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soft_edge_moves_between_the_colours_it_lies_between() {
        let moved = |cover| Cover(cover).harder_and_softer().map(|cover| cover.0).collect::<Vec<_>>();
        assert_eq!(moved(0x3F)[..4], [0x4F, 0x2F, 0x5F, 0x1F]);
        assert_eq!(moved(0x0E)[..3], [0x0F, 0x0D, 0x0C]);
        assert_eq!(moved(0x0E).last(), Some(&0x00));
        assert!(moved(0x3F).contains(&0xFF) && moved(0x3F).contains(&0x0F));
        assert!([0x00, 0x0F, 0xF0, 0xF7].iter().all(|&pure| moved(pure).is_empty()));
    }

    #[test]
    fn blends_are_exact_at_the_ends_and_between() {
        let (white, black, red) = ([255; 3], [0; 3], [200, 0, 0]);
        assert_eq!(Cover(0xFF).blend(white, black, Some(red)), white);
        assert_eq!(Cover(0x0F).blend(white, black, Some(red)), black);
        assert_eq!(Cover(0x00).blend(white, black, Some(red)), red);
        assert_eq!(Cover(0x05).blend(white, black, Some([150; 3])), [100; 3]);
        assert_eq!(Cover(0x05).blend(white, black, None), black);
        assert!(Cover(0x08).is_solid() && !Cover(0x07).is_solid() && Cover(0x0F).is_opaque() && !Cover(0x77).is_opaque());
    }
}
