//! The emoji of a caption, those of the font and those of one's own: their pixels where the layout has them, and the few colours that a palette needs for them.
//!
//! Made once a job by `ink`, which draws them after the caption's letters. Pixels keep the colours of the font or the image; what a palette shows
//! of them is decided later.

use std::collections::BTreeMap;

use caption_layout::{
    EmojiPicture, Font, Hundredths,
    placing::arrangement::PlacedCaption,
    text::{
        extent::Extent,
        shape::{Glyph, IMAGES},
    },
};
use emoji::Drawn;

use super::{
    cover::Cover,
    image::Image,
    representatives::{mean, nearest, representatives},
};
use crate::difference::Lab;

/// Entries of a palette that one emoji may use.
const COLOURS_AN_EMOJI: usize = 8;
/// Entries that all emoji of a caption may use: those of four, and what they have in common counts once.
const MOST_COLOURS: usize = 32;
/// From this alpha on a pixel is drawn in a GIF, so its colour is wanted.
const DRAWN: u8 = 128;
/// Bits of a channel by which shades are told apart.
const SHADE_BITS: u32 = 5;

/// What emoji look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmojiColours {
    /// Of each pixel of the ink's rectangle.
    pub(crate) pixels: Vec<[u8; 3]>,
    /// By pixel, the number of the emoji that drew it.
    pub(super) owners: Vec<u16>,
    /// What each pixel stands on where the emoji begin, if that is known and no later frame clears it.
    pub(super) begun_on: Vec<Option<[u8; 3]>>,
    /// The colours that stand for all: that of most pixels of each emoji, then the next one of each.
    pub(crate) wanted: Vec<[u8; 3]>,
    /// All colours by their mean in steps of 8 levels, with the pixels that have them.
    pub(super) shades: Vec<([u8; 3], u32)>,
}

/// Emoji on a rectangle.
#[derive(Default)]
pub(super) struct DrawnEmoji {
    pub covers: Vec<Cover>,
    pub colours: EmojiColours,
}

/// Draws the emoji of a caption; `None` of one without.
pub(super) fn draw(place: &PlacedCaption<'_>, fallbacks: &[Font], images: &[Option<Image>]) -> Option<DrawnEmoji> {
    let extent = Extent::of(&place.text, place.stroke_em());
    let is_emoji = |font: usize| font.checked_sub(1).and_then(|place| fallbacks.get(place)).is_some_and(Font::is_emoji);
    let picture = |glyph: &Glyph| match glyph.font {
        IMAGES => Some(EmojiPicture::Image(glyph.id)),
        font => is_emoji(font).then_some(EmojiPicture::Glyph(glyph.id)),
    };
    // Each is drawn once, and put wherever it stands.
    let mut placed: BTreeMap<EmojiPicture, Vec<[i32; 2]>> = BTreeMap::new();
    for (glyph, x, y) in extent.glyphs() {
        if let Some(picture) = picture(glyph) {
            placed.entry(picture).or_default().push([x, y]);
        }
    }
    if placed.is_empty() {
        return None;
    }
    let [width, height] = [place.rect.width(), place.rect.height()].map(|side| side as usize);
    let mut canvas = DrawnEmoji {
        covers: vec![Cover::NONE; width * height],
        colours: EmojiColours {
            pixels: vec![[0; 3]; width * height],
            owners: vec![0; width * height],
            ..EmojiColours::default()
        },
    };
    let mut wanted = Vec::new();
    for (picture, origins) in placed {
        let size_px = place.text.size_px;
        let drawn = match picture {
            EmojiPicture::Glyph(glyph) => emoji::draw(glyph, size_px),
            EmojiPicture::Image(image) => {
                images.get(usize::from(image)).and_then(Option::as_ref).and_then(|image| image.drawn(size_px))
            }
        };
        let Some(drawn) = drawn else { continue };
        let owner = u16::try_from(wanted.len()).unwrap_or(u16::MAX);
        for origin in &origins {
            canvas.put(&drawn, owner, *origin, width);
        }
        let shades = shades_of(&drawn);
        let times = u32::try_from(origins.len()).unwrap_or(u32::MAX);
        canvas.colours.shades.extend(shades.iter().map(|&(colour, count)| (colour, count.saturating_mul(times))));
        wanted.push(representatives(&shades, COLOURS_AN_EMOJI));
    }
    canvas.colours.want(&wanted);
    Some(canvas)
}

/// The first of each list, then the second of each, and so on: where there is no room for all, each emoji has some of its colours.
pub(crate) fn in_turns(lists: &[Vec<[u8; 3]>]) -> Vec<[u8; 3]> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let mut all = Vec::new();
    for &colour in (0..longest).flat_map(|turn| lists.iter().filter_map(move |list| list.get(turn))) {
        if !all.contains(&colour) {
            all.push(colour);
        }
    }
    all
}

impl DrawnEmoji {
    /// Puts an emoji's pixels around its origin, clipped; where two overlap, the one that covers more stays.
    fn put(&mut self, drawn: &Drawn, owner: u16, [x, y]: [i32; 2], width: usize) {
        let (left, top) = (i64::from(x) + i64::from(drawn.left_px), i64::from(y) + i64::from(drawn.top_px));
        for (row, y) in drawn.pixels.chunks_exact(drawn.width_px.max(1)).zip(top..) {
            for (&[r, g, b, alpha], x) in row.iter().zip(left..) {
                let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { continue };
                let cover = Cover::of(alpha, 0);
                let at = y * width + x;
                if x < width && self.covers.get(at).is_some_and(|mine| cover.0 > mine.0) {
                    self.covers[at] = cover;
                    self.colours.pixels[at] = [r, g, b];
                    self.colours.owners[at] = owner;
                }
            }
        }
    }
}

impl EmojiColours {
    /// Wants colours that stand for each emoji, of each as many as of the others.
    fn want(&mut self, of_each: &[Vec<[u8; 3]>]) {
        self.wanted = in_turns(of_each);
        self.wanted.truncate(MOST_COLOURS);
    }

    /// Chooses the wanted colours again for a picture: soft edges look like mixtures with what lies beneath them. `covers` are the ink's,
    /// `beneath` the picture's pixels at the same places.
    pub(super) fn choose_over(&mut self, covers: &[Cover], beneath: &[Option<[u8; 3]>]) {
        let mut mixed: BTreeMap<u16, Vec<[u8; 3]>> = BTreeMap::new();
        let own = self.pixels.iter().zip(&self.owners);
        for ((&cover, &beneath), (&colour, &owner)) in covers.iter().zip(beneath).zip(own) {
            if cover != Cover::NONE && (beneath.is_some() || cover.is_solid()) {
                mixed.entry(owner).or_default().push(cover.blend(colour, colour, beneath));
            }
        }
        let shades: Vec<Vec<([u8; 3], u32)>> = mixed.into_values().map(shades).collect();
        if !shades.is_empty() {
            self.want(&shades.iter().map(|shades| representatives(shades, COLOURS_AN_EMOJI)).collect::<Vec<_>>());
            self.shades = shades.concat();
        }
    }

    /// How far the colours of a palette are from the emoji's, in dE, on the mean of all pixels.
    #[expect(clippy::cast_precision_loss, reason = "a mean")]
    pub(crate) fn mean_difference(&self, palette: impl Iterator<Item = [u8; 3]>) -> Hundredths {
        let palette: Vec<Lab> = palette.map(Lab::of).collect();
        let (mut sum, mut pixels) = (0.0, 0);
        for &(shade, count) in &self.shades {
            let shade = Lab::of(shade);
            let nearest = palette.iter().map(|&entry| shade.squared_difference(entry)).fold(f32::INFINITY, f32::min);
            if nearest.is_finite() {
                sum += f64::from(nearest.sqrt()) * f64::from(count);
                pixels += u64::from(count);
            }
        }
        Hundredths::from(sum / pixels.max(1) as f64)
    }

    /// The colour of [`Self::wanted`] that stands for another, by its place.
    pub(crate) fn wanted_for(&self, colour: [u8; 3]) -> Option<usize> {
        let wanted: Vec<Lab> = self.wanted.iter().copied().map(Lab::of).collect();
        nearest(&wanted, Lab::of(colour))
    }
}

/// The shades of an emoji's drawn pixels. Of an image of which a GIF would draw none, those of all that are seen.
fn shades_of(drawn: &Drawn) -> Vec<([u8; 3], u32)> {
    let from = |least: u8| {
        let pixels = drawn.pixels.iter().filter(move |[.., alpha]| *alpha >= least);
        shades(pixels.map(|&[r, g, b, _]| [r, g, b]))
    };
    let seen = from(DRAWN);
    if seen.is_empty() { from(1) } else { seen }
}

/// Colours in steps of 8 levels: of each step the mean, and how many pixels.
fn shades(colours: impl IntoIterator<Item = [u8; 3]>) -> Vec<([u8; 3], u32)> {
    let mut cells: BTreeMap<[u8; 3], ([u32; 3], u32)> = BTreeMap::new();
    for [r, g, b] in colours {
        let (sum, count) = cells.entry([r, g, b].map(|v| v >> (8 - SHADE_BITS))).or_default();
        sum.iter_mut().zip([r, g, b]).for_each(|(sum, v)| *sum += u32::from(v));
        *count += 1;
    }
    cells.into_values().map(|(sum, count)| (sum.map(|sum| mean(sum.into(), count.into())), count)).collect()
}

#[cfg(test)]
mod tests {
    use caption_layout::{LoadedCaption, LoadedSpec, Position, Style, placing::arrangement::Arrangement, rect::Rect};

    use super::*;

    fn drawn(text: &str) -> Option<DrawnEmoji> {
        let caption = LoadedCaption::new(text, Position::Top, Style::Overlay, Font::builtin("anton").unwrap());
        let spec = LoadedSpec::new(vec![caption]);
        let found = Arrangement::find(&spec, 300, 200, Rect::at(0, 0, 300, 200)).unwrap();
        draw(&found.places[0], &spec.fallbacks, &[])
    }

    #[test]
    fn eight_colours_stand_for_an_emoji() {
        assert!(drawn("plain ♥").is_none());
        for text in ["🎉", "👨‍👩‍👧", "🇨🇭", "🌈", "👍🏽 ok"] {
            let DrawnEmoji { covers, colours } = drawn(text).unwrap();
            assert!(covers.iter().any(|cover| cover.is_opaque()));
            assert!((2..=8).contains(&colours.wanted.len()), "{text}: {:?}", colours.wanted);
            let off = colours.mean_difference(colours.wanted.iter().copied());
            assert!(off < Hundredths::from(7.0_f64), "{text}: {off}");
            assert!(colours.mean_difference([[128; 3]].into_iter()) > off);
        }
        assert_eq!(in_turns(&[vec![[1; 3], [2; 3]], vec![[3; 3]], vec![[1; 3], [4; 3]]]), [[1; 3], [3; 3], [2; 3], [4; 3]]);
        let many = drawn("🎉🌈🇨🇭🍓🐸🦋🧊🔥").unwrap();
        assert!(many.colours.wanted.len() <= MOST_COLOURS);
    }
}
