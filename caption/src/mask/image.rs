//! An emoji of one's own as pixels, and the same at the size of the letters that it stands among.
//!
//! `images` decodes them, `emoji` puts them where the layout has them. Sizes are changed by the `image` crate with a filter of sums and
//! products alone, so that the same bytes come out on every machine. No file is read here.

use caption_layout::{LoadedSpec, image_box_px};
use emoji::Drawn;
use image::{
    Rgba, Rgba32FImage,
    imageops::{FilterType, interpolate_bilinear, resize},
};

/// More pixels than this no image is drawn with: those of one that fills the largest canvas.
const MOST_PIXELS: usize = 1 << 24;

/// Whatever is fainter leaves no mark: less than half of the least step of coverage.
pub(crate) const LEAST_ALPHA: u8 = 9;
/// From the next alpha on a pixel hides what is beneath it.
const MOST_TRANSLUCENT: u8 = 246;

/// A decoded image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Width and height.
    pub(crate) sides: [u32; 2],
    /// Row by row: sRGB and alpha, not premultiplied.
    pub(crate) pixels: Vec<[u8; 4]>,
}

/// A spec and its images decoded, by their places among the spec's; those that no text shows are not.
#[derive(Clone, Copy)]
pub struct DecodedSpec<'a> {
    pub(crate) spec: &'a LoadedSpec,
    pub(crate) images: &'a [Option<Image>],
}

/// A spec whose texts show no image.
impl<'a> From<&'a LoadedSpec> for DecodedSpec<'a> {
    fn from(spec: &'a LoadedSpec) -> Self {
        Self { spec, images: &[] }
    }
}

impl Image {
    /// Whether the picture is to shine through it, and not only through its soft edges: more than an eighth of what is seen of it is
    /// translucent.
    pub(crate) fn is_translucent(&self) -> bool {
        let of_alpha = |least: u8, most: u8| self.pixels.iter().filter(|pixel| (least..=most).contains(&pixel[3])).count();
        of_alpha(LEAST_ALPHA, MOST_TRANSLUCENT) * 8 > of_alpha(LEAST_ALPHA, u8::MAX)
    }

    /// The same, or smaller where it has more than four pixels for each that letters of `largest_px` will show of it.
    pub(crate) fn sized_for(self, largest_px: f32) -> Self {
        let (_, [width, height]) = image_box_px(self.sides, 2.0 * largest_px);
        if width >= self.sides[0] {
            return self;
        }
        match self.resized(width, height) {
            Some(pixels) => Self { sides: [width, height], pixels },
            None => self,
        }
    }

    /// The same without translucent pixels: what covers at least half as much as its densest pixel covers whole, the rest not.
    pub(crate) fn solid(mut self) -> Self {
        let densest = self.pixels.iter().map(|pixel| pixel[3]).max().unwrap_or(0);
        for [.., alpha] in &mut self.pixels {
            *alpha = if *alpha >= densest.div_ceil(2) { u8::MAX } else { 0 };
        }
        self
    }

    /// The image at a size of letters, where an emoji of that size stands.
    pub(super) fn drawn(&self, size_px: f32) -> Option<Drawn> {
        let ([left_px, top_px], [width, height]) = image_box_px(self.sides, size_px);
        let [width_px, height_px] = [width, height].map(|side| side as usize);
        if width_px.checked_mul(height_px)? > MOST_PIXELS {
            return None;
        }
        let pixels = if [width, height] == self.sides { self.pixels.clone() } else { self.resized(width, height)? };
        Some(Drawn { left_px, top_px, width_px, pixels })
    }

    /// Made smaller by a cubic filter; made larger between the nearest pixels, which takes no memory but the result's. The colours
    /// of transparent pixels have no part in it.
    #[expect(clippy::cast_precision_loss, reason = "sides of a canvas")]
    fn resized(&self, width: u32, height: u32) -> Option<Vec<[u8; 4]>> {
        let [own_width, own_height] = self.sides;
        let samples = self.pixels.iter().flat_map(|&pixel| premultiplied(pixel)).collect();
        let own = Rgba32FImage::from_raw(own_width, own_height, samples)?;
        if width < own_width || height < own_height {
            return Some(resize(&own, width, height, FilterType::CatmullRom).pixels().map(|&pixel| straight(pixel)).collect());
        }
        let place = |at: u32, side: u32, own: u32| {
            let middle = (at as f32 + 0.5) * (own as f32 / side as f32) - 0.5;
            middle.clamp(0.0, (own - 1) as f32)
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixel = |(x, y)| interpolate_bilinear(&own, place(x, width, own_width), place(y, height, own_height)).map(straight);
        places.map(pixel).collect()
    }
}

fn premultiplied([r, g, b, alpha]: [u8; 4]) -> [f32; 4] {
    let alpha = f32::from(alpha) / 255.0;
    let [r, g, b] = [r, g, b].map(|channel| f32::from(channel) / 255.0 * alpha);
    [r, g, b, alpha]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
fn straight(Rgba([r, g, b, alpha]): Rgba<f32>) -> [u8; 4] {
    let level = |part: f32| (part.clamp(0.0, 1.0) * 255.0).round() as u8;
    // A cubic filter goes beyond what it is given; of nothing there is no colour.
    let channel = |premultiplied: f32| if alpha > 0.0 { level(premultiplied / alpha) } else { 0 };
    [channel(r), channel(g), channel(b), level(alpha)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red on the left, and transparent blue.
    fn image(sides: [u32; 2]) -> Image {
        let pixel = |x: u32| if x < sides[0] / 2 { [255, 0, 0, 255] } else { [0, 0, 255, 0] };
        Image { sides, pixels: (0..sides[1]).flat_map(|_| (0..sides[0]).map(pixel)).collect() }
    }

    #[test]
    fn larger_and_smaller_it_keeps_its_colours_and_lets_none_in_from_where_nothing_is_seen() {
        for (sides, size_px) in [([128, 128], 40.0), ([16, 16], 40.0), ([128, 64], 300.0), ([2, 2], 7.0)] {
            let drawn = image(sides).drawn(size_px).unwrap();
            let (width, height) = (drawn.width_px, drawn.height_px());
            assert_eq!(drawn.pixels.len(), width * height);
            let row = &drawn.pixels[height / 2 * width..][..width];
            assert_eq!((row[0], row[width - 1][3]), ([255, 0, 0, 255], 0), "{sides:?} at {size_px}");
            for &[r, g, b, alpha] in row.iter().filter(|pixel| pixel[3] > 8) {
                assert!(r > 250 && g < 5 && b < 5, "{:?} of {sides:?} at {size_px}", [r, g, b, alpha]);
            }
        }
    }

    #[test]
    fn only_what_is_translucent_all_over_is_made_solid() {
        assert!(!image([40, 40]).is_translucent());
        let glass = Image { sides: [2, 2], pixels: [120, 70, 40, 0].map(|alpha| [9, 8, 7, alpha]).to_vec() };
        assert!(glass.is_translucent());
        assert_eq!(glass.solid().pixels, [255, 255, 0, 0].map(|alpha| [9, 8, 7, alpha]));
    }

    #[test]
    fn at_its_own_size_it_is_what_it_was() {
        let own = image([47, 47]);
        assert_eq!(own.drawn(40.2).unwrap().pixels, own.pixels);
    }
}
