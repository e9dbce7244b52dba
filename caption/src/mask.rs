//! The mask: which pixels of the output a spec's captions cover, how much, and in which colours.
//!
//! Made once a job from layouts, read by every frame. A bar is the same thing as an overlay: a
//! rectangle outside the picture that is covered whole, in the band's colour.

use std::ops::Range;

use caption_layout::{
    Error, Font, Spec,
    placing::arrangement::{Arrangement, PlacedCaption},
    rect::Rect,
};

use crate::text::raster::{Coverage, rasterise};

/// One caption's pixels.
pub(crate) struct Ink {
    /// On the output's canvas.
    pub rect: Rect,
    /// A byte a pixel of `rect`: see [`Cover`].
    covers: Vec<Cover>,
    /// Of each of its rows, the first touched column and the one past the last, from its left edge;
    /// the same column twice where none is.
    touched: Vec<(u32, u32)>,
    /// The letters' colour.
    pub fill: [u8; 3],
    /// What lies beneath the letters: their outline's colour, or the band's.
    pub under: [u8; 3],
    /// Whether it is a bar, all of whose rectangle is covered.
    pub is_band: bool,
}

/// How much of a pixel is covered, in fifteenths: the letters in the high four bits, what lies
/// beneath them in the low four. Zero is a pixel that the caption does not touch. Sixteen steps are
/// finer than any palette's, and let every blend be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cover(pub u8);

impl Cover {
    pub(crate) const NONE: Self = Self(0);
    const FULL: u32 = 15;

    fn of(fill: u8, under: u8) -> Self {
        // In sixteen bits, which a processor does for many pixels at once.
        #[expect(clippy::cast_possible_truncation, reason = "at most FULL")]
        let level = |coverage: u8| ((u16::from(coverage) * Self::FULL as u16 + 127) / 255) as u8;
        Self(level(fill) << 4 | level(under))
    }

    fn fill(self) -> u32 {
        u32::from(self.0 >> 4)
    }

    fn under(self) -> u32 {
        u32::from(self.0 & 15)
    }

    /// How much the letters, what lies beneath them and the picture count, in 225ths.
    pub(crate) fn weights(self) -> [u16; 3] {
        let (whole, fill, under) = (15, u16::from(self.0 >> 4), u16::from(self.0 & 15));
        [fill * whole, (whole - fill) * under, (whole - fill) * (whole - under)]
    }

    /// Whether nothing of the picture shows through.
    pub(crate) fn is_opaque(self) -> bool {
        self.fill() == Self::FULL || self.under() == Self::FULL
    }

    /// Whether the caption is drawn where there is nothing beneath: a GIF has no half transparent pixel.
    pub(crate) fn is_solid(self) -> bool {
        // alpha = 1 - (1 - fill)(1 - under), in 225ths
        2 * (Self::FULL - self.fill()) * (Self::FULL - self.under()) <= Self::FULL * Self::FULL
    }

    /// The colour of a pixel that was `beneath`; nothing beneath counts the caption's colours alone.
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

/// All captions of a job, placed on the output's canvas.
pub(crate) struct Mask {
    pub inks: Vec<Ink>,
    /// The output's size.
    pub width_px: u32,
    pub height_px: u32,
    /// Where the picture's first row stands in the output: the height of a bar above it.
    pub picture_top_px: u32,
    pub missing_glyphs: Vec<char>,
}

const WHITE: [u8; 3] = [255; 3];

impl Mask {
    /// Lays every caption out on a picture of this size and draws its coverage.
    /// Overlays stand within `shown`, the part of it that can be written on.
    pub(crate) fn draw(spec: &Spec, width_px: u32, height_px: u32, shown: Rect) -> Result<Self, Error> {
        let found = Arrangement::find(spec, width_px, height_px, shown)?;
        let inks = found.places.iter().map(|place| Ink::draw(place, &spec.fallbacks)).collect();
        let missing_glyphs = found.missing_glyphs();
        let Arrangement { width_px, height_px, picture_top_px, .. } = found;
        Ok(Self { inks, width_px, height_px, picture_top_px, missing_glyphs })
    }

    /// Whether any pixel of `rect` is touched.
    pub(crate) fn touches(&self, rect: Rect) -> bool {
        self.inks.iter().any(|ink| ink.touches(rect))
    }

    /// A byte a pixel of the output: 255 where the caption may change it.
    pub(crate) fn to_gray(&self) -> Vec<u8> {
        let mut gray = vec![0; self.width_px as usize * self.height_px as usize];
        for ink in &self.inks {
            for (x, y, cover) in ink.covers_in(ink.rect) {
                if cover != Cover::NONE {
                    gray[y as usize * self.width_px as usize + x as usize] = 255;
                }
            }
        }
        gray
    }
}

impl Ink {
    /// The coverage of a caption where it stands.
    fn draw(place: &PlacedCaption<'_>, fallbacks: &[Font]) -> Self {
        let PlacedCaption { caption, text, rect, .. } = place;
        let Coverage { width_px, fill, stroke, .. } = rasterise(text, &caption.font, fallbacks, place.stroke_em());
        let (stride, width) = (width_px.max(1) as usize, rect.width() as usize);
        let rows = fill.chunks_exact(stride).take(rect.height() as usize).map(|row| &row[..width]);
        let Some(band) = place.band else {
            let mut covers = Vec::with_capacity(rect.area());
            for (fill, stroke) in rows.zip(stroke.chunks_exact(stride)) {
                covers.extend(fill.iter().zip(stroke).map(|(&fill, &stroke)| Cover::of(fill, stroke)));
            }
            return Self::new(*rect, covers, [caption.fill, caption.stroke], false);
        };
        let mut covers = vec![Cover::of(0, 255); band.area()];
        let band_rows = covers.chunks_exact_mut(band.width().max(1) as usize).skip((rect.top - band.top) as usize);
        for (covers, fill) in band_rows.zip(rows) {
            for (cover, &fill) in covers[(rect.left - band.left) as usize..].iter_mut().zip(fill) {
                *cover = Cover::of(fill, 255);
            }
        }
        Self::new(band, covers, [caption.fill, WHITE], true)
    }

    /// Of covers row by row. The colours are the letters' and that of what lies beneath them.
    pub(crate) fn new(rect: Rect, covers: Vec<Cover>, [fill, under]: [[u8; 3]; 2], is_band: bool) -> Self {
        let in_columns = |column: usize| u32::try_from(column).unwrap_or(rect.width());
        let ends = |row: &[Cover]| {
            let is_touched = |cover: &Cover| *cover != Cover::NONE;
            let Some(first) = row.iter().position(is_touched) else { return (0, 0) };
            (in_columns(first), in_columns(row.iter().rposition(is_touched).map_or(first, |last| last + 1)))
        };
        let touched = covers.chunks_exact(rect.width().max(1) as usize).map(ends).collect();
        Self { rect, covers, touched, fill, under, is_band }
    }

    /// The covers of a row of the canvas, from the rectangle's left edge to its right; none outside it.
    pub(crate) fn row(&self, y: u32) -> &[Cover] {
        let width = self.rect.width() as usize;
        let row = y.checked_sub(self.rect.top).and_then(|row| self.covers.chunks_exact(width.max(1)).nth(row as usize));
        row.unwrap_or_default()
    }

    /// The columns of a row of the canvas from the first to one past the last that is touched.
    pub(crate) fn touched_columns(&self, y: u32) -> Option<Range<u32>> {
        let &(first, past_last) = self.touched.get(y.checked_sub(self.rect.top)? as usize)?;
        (first < past_last).then(|| self.rect.left + first..self.rect.left + past_last)
    }

    /// Whether any pixel of `rect` is touched.
    fn touches(&self, rect: Rect) -> bool {
        let both = self.rect.intersect(rect);
        (both.top..both.bottom).any(|y| {
            let Some(touched) = self.touched_columns(y) else { return false };
            let columns = touched.start.max(both.left)..touched.end.min(both.right);
            let columns = (columns.start - self.rect.left) as usize..columns.end.saturating_sub(self.rect.left) as usize;
            self.row(y).get(columns).is_some_and(|row| row.iter().any(|&cover| cover != Cover::NONE))
        })
    }

    /// The pixels of `rect` that lie in the ink's own rectangle, row by row, as (x, y, cover).
    pub(crate) fn covers_in(&self, rect: Rect) -> impl Iterator<Item = (u32, u32, Cover)> + '_ {
        let both = self.rect.intersect(rect);
        (both.top..both.bottom).flat_map(move |y| {
            let columns = (both.left - self.rect.left) as usize..(both.right - self.rect.left) as usize;
            self.row(y)[columns].iter().zip(both.left..).map(move |(&cover, x)| (x, y, cover))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caption_layout::{At, Caption, Style, preview};

    fn spec(captions: &[(&str, At, Style)]) -> Spec {
        let caption = |&(text, at, style): &(&str, At, Style)| Caption {
            text: text.to_owned(),
            at,
            style,
            font: Font::builtin("anton").unwrap(),
            size_px: None,
            fill: [255; 3],
            stroke: [0; 3],
        };
        Spec::new(captions.iter().map(caption).collect())
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

    #[test]
    fn overlays_stay_inside_and_apart_at_every_size() {
        for (w, h) in [(16, 16), (64, 64), (500, 281), (281, 500), (4096, 20), (31, 1000)] {
            match Mask::draw(
                &spec(&[("top text", At::Top, Style::Overlay), ("bottom text", At::Bottom, Style::Overlay)]),
                w,
                h,
                Rect::at(0, 0, w, h),
            ) {
                Ok(mask) => {
                    let canvas = Rect::at(0, 0, w, h);
                    assert!(mask.inks.iter().all(|ink| canvas.covers(ink.rect)), "{w} x {h}");
                    assert!(mask.inks[0].rect.intersect(mask.inks[1].rect).is_empty(), "{w} x {h}");
                }
                Err(e) => assert_eq!(e.code(), "text_does_not_fit", "{w} x {h}"),
            }
        }
    }

    #[test]
    fn touched_columns_are_those_of_the_covers_wherever_an_ink_was_moved() {
        let captions = [("over", At::Top, Style::Overlay), ("above", At::Top, Style::Bar), ("below", At::Bottom, Style::Bar)];
        let mask = Mask::draw(&spec(&captions), 300, 200, Rect::at(20, 10, 250, 180)).unwrap();
        for ink in &mask.inks {
            let (mut touched_rows, canvas) = (0, Rect::at(0, 0, mask.width_px, mask.height_px));
            for y in 0..mask.height_px + 2 {
                let row = Rect::at(0, y, mask.width_px, 1);
                let touched: Vec<u32> =
                    ink.covers_in(row).filter(|&(_, _, cover)| cover != Cover::NONE).map(|(x, ..)| x).collect();
                let expected = touched.first().map(|&first| first..touched[touched.len() - 1] + 1);
                assert_eq!(ink.touched_columns(y), expected, "row {y}");
                assert_eq!(ink.row(y).len(), if ink.rect.intersect(row).is_empty() { 0 } else { ink.rect.width() as usize });
                touched_rows += usize::from(expected.is_some());
                // Pixel by pixel, and a stretch without one.
                for x in 0..mask.width_px {
                    assert_eq!(ink.touches(Rect::at(x, y, 1, 1)), touched.contains(&x), "{x}, {y}");
                }
                let gap = touched.windows(2).find(|pair| pair[1] > pair[0] + 1);
                assert!(gap.is_none_or(|gap| !ink.touches(Rect::at(gap[0] + 1, y, gap[1] - gap[0] - 1, 1))));
            }
            assert!(touched_rows > 10 && ink.touches(canvas));
        }
    }

    #[test]
    fn bars_stand_outside_the_picture() {
        let mask = Mask::draw(
            &spec(&[("b", At::Bottom, Style::Bar), ("a", At::Top, Style::Bar), ("c", At::Top, Style::Overlay)]),
            300,
            200,
            Rect::at(0, 0, 300, 200),
        )
        .unwrap();
        let picture = Rect::at(0, mask.picture_top_px, 300, 200);
        assert!(mask.picture_top_px > 0 && mask.height_px > mask.picture_top_px + 200);
        let outside = mask.inks.iter().filter(|ink| ink.rect.intersect(picture).is_empty()).count();
        assert_eq!(outside, 2);
        assert!(picture.covers(mask.inks[2].rect), "an overlay stays on the picture");
    }

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "sides of small pictures")]
    fn the_letters_stand_within_a_pixel_of_where_a_render_paints_them() {
        let texts = ["a", "when it compiles on the first try and nobody believes it", "Wgj| Ж שלום", "two\nlines"];
        for (text, (w, h)) in texts.iter().flat_map(|&text| [(500, 281), (120, 90), (281, 500)].map(|side| (text, side))) {
            for (at, style, size_px) in
                [(At::Top, Style::Overlay, None), (At::Bottom, Style::Overlay, Some(20)), (At::Top, Style::Bar, None)]
            {
                let mut spec = spec(&[(text, at, style)]);
                spec.captions[0].size_px = size_px;
                let mask = Mask::draw(&spec, w, h, Rect::at(0, 0, w, h)).unwrap();
                let seen = preview(&spec, w, h).unwrap();
                assert_eq!((seen.width_px, seen.height_px, seen.picture_top_px), (w, mask.height_px, mask.picture_top_px));
                let ink = &mask.inks[0];
                let blank = if ink.is_band { Cover(0x0F) } else { Cover::NONE };
                let inked = ink.covers_in(ink.rect).filter(|&(.., cover)| cover != blank);
                let painted = inked.fold(Rect::default(), |all, (x, y, _)| all.union(Rect::at(x, y, 1, 1)));
                let [left, top, width, height] = seen.captions[0].ink_px;
                let edges = [left, top, left + width, top + height];
                for (told, painted) in edges.into_iter().zip([painted.left, painted.top, painted.right, painted.bottom]) {
                    assert!((told - painted as f32).abs() <= 1.5, "{text} {w}x{h} {style:?}: {edges:?} for {painted}");
                }
                let band = seen.captions[0].band_px.map(|[left, top, width, height]| Rect::at(left, top, width, height));
                assert_eq!(band, ink.is_band.then_some(ink.rect));
            }
        }
    }
}
