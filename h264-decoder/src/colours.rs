//! Luma and chroma to red, green and blue (ITU-R BT.601-7 and BT.709-6), in whole numbers.
//!
//! The decoder converts each picture by it. Every chroma sample is that of the four pixels it stands for, as common converters have it.

/// How numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colours {
    /// By BT.709, else by BT.601.
    pub is_bt709: bool,
    /// Luma from 0 to 255, else from 16 to 235.
    pub is_full_range: bool,
}

/// Factors of 1/65,536: of luma, of Cr for red, of Cb and Cr for green, of Cb for blue.
struct Factors {
    luma: i32,
    red: i32,
    green: [i32; 2],
    blue: i32,
    black: i32,
}

impl Factors {
    fn of(colours: Colours) -> Self {
        let (luma, red, green, blue) = match (colours.is_bt709, colours.is_full_range) {
            (false, false) => (76_309, 104_597, [25_675, 53_279], 132_201),
            (true, false) => (76_309, 117_489, [13_975, 34_925], 138_438),
            (false, true) => (65_536, 91_881, [22_554, 46_802], 116_130),
            (true, true) => (65_536, 103_206, [12_276, 30_679], 121_609),
        };
        Self { luma, red, green, blue, black: if colours.is_full_range { 0 } else { 16 } }
    }

    /// What chroma adds to red, green and blue.
    fn chroma(&self, cb: u8, cr: u8) -> [i32; 3] {
        let (cb, cr) = (i32::from(cb) - 128, i32::from(cr) - 128);
        [self.red * cr, -self.green[0] * cb - self.green[1] * cr, self.blue * cb]
    }

    fn pixel(&self, y: u8, chroma: [i32; 3]) -> [u8; 4] {
        let luma = (i32::from(y) - self.black) * self.luma + (1 << 15);
        let [r, g, b] = chroma.map(|chroma| u8::try_from(((luma + chroma) >> 16).clamp(0, 255)).unwrap_or(u8::MAX));
        [r, g, b, u8::MAX]
    }
}

/// Planes of luma, Cb and Cr, each with the bytes from one row to the next, as pixels; `None` if a plane has too few samples.
pub(crate) fn convert(planes: [(&[u8], usize); 3], [width, height]: [usize; 2], colours: Colours) -> Option<Vec<[u8; 4]>> {
    let factors = Factors::of(colours);
    let chroma_width = width.div_ceil(2);
    let mut pixels = Vec::with_capacity(width * height);
    let [luma, blue, red] = planes;
    for y in 0..height {
        let (ys, cbs, crs) = (row(luma, y, width)?, row(blue, y / 2, chroma_width)?, row(red, y / 2, chroma_width)?);
        for (pair, (&cb, &cr)) in ys.chunks(2).zip(cbs.iter().zip(crs)) {
            let chroma = factors.chroma(cb, cr);
            pixels.extend(pair.iter().map(|&y| factors.pixel(y, chroma)));
        }
    }
    Some(pixels)
}

/// The first `len` samples of a row.
fn row((plane, stride): (&[u8], usize), y: usize, len: usize) -> Option<&[u8]> {
    plane.get(y * stride..)?.get(..len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(y: u8, cb: u8, cr: u8, is_bt709: bool, is_full_range: bool) -> [u8; 3] {
        let planes = [(&[y][..], 1), (&[cb][..], 1), (&[cr][..], 1)];
        let pixels = convert(planes, [1, 1], Colours { is_bt709, is_full_range }).unwrap();
        [pixels[0][0], pixels[0][1], pixels[0][2]]
    }

    #[test]
    fn black_white_and_primaries_come_out() {
        for is_bt709 in [false, true] {
            assert_eq!(one(16, 128, 128, is_bt709, false), [0; 3]);
            assert_eq!(one(235, 128, 128, is_bt709, false), [255; 3]);
            assert_eq!(one(0, 128, 128, is_bt709, true), [0; 3]);
            assert_eq!(one(255, 128, 128, is_bt709, true), [255; 3]);
            assert_eq!(one(255, 128, 128, is_bt709, false), [255; 3], "beyond white");
        }
        // Red of both systems in limited range (BT.601-7, 2.5.3; BT.709-6, 3.4).
        assert_eq!(one(81, 90, 240, false, false), [254, 0, 0]);
        assert_eq!(one(63, 102, 240, true, false), [255, 1, 0]);
    }

    /// Within one level of the formulas in real numbers.
    #[test]
    fn whole_numbers_are_as_good_as_real_ones() {
        for is_bt709 in [false, true] {
            let (kr, kb) = if is_bt709 { (0.2126, 0.0722) } else { (0.299, 0.114) };
            for (y, cb, cr) in (16_u8..=235).step_by(7).flat_map(|y| [(y, 90_u8, 200_u8), (y, 128, 50), (y, 230, 110)]) {
                let luma = (f64::from(y) - 16.0) / 219.0;
                let [pb, pr] = [cb, cr].map(|c| (f64::from(c) - 128.0) / 224.0);
                let (r, b) = (luma + 2.0 * (1.0 - kr) * pr, luma + 2.0 * (1.0 - kb) * pb);
                let g = (luma - kr * r - kb * b) / (1.0 - kr - kb);
                for (got, wanted) in one(y, cb, cr, is_bt709, false).into_iter().zip([r, g, b]) {
                    assert!((f64::from(got) - (wanted * 255.0).clamp(0.0, 255.0)).abs() <= 1.0, "{y} {cb} {cr}: {got} {wanted}");
                }
            }
        }
    }

    #[test]
    fn planes_with_too_few_samples_are_refused() {
        let colours = Colours { is_bt709: false, is_full_range: false };
        let full: (&[u8], usize) = (&[128; 16], 4);
        assert_eq!(convert([full, (&[128; 4], 2), (&[128; 4], 2)], [4, 4], colours).unwrap().len(), 16);
        assert_eq!(convert([full, (&[128; 4], 2), (&[128; 3], 2)], [4, 4], colours), None);
        assert_eq!(convert([(&[128; 15], 4), (&[128; 4], 2), (&[128; 4], 2)], [4, 4], colours), None);
    }
}
