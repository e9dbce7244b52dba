//! A font opened for reading: which characters it has, how it shapes them, and its glyphs' boxes and outlines.
//!
//! Opened by the shaper, by the preview and by a renderer, for as long as one caption takes. It reads tables in place: nothing is
//! built, and nothing is hinted.

use harfrust::{Shaper, ShaperData};
pub use skrifa::outline::OutlinePen;
use skrifa::{
    FontRef, GlyphId, MetadataProvider as _,
    charmap::Charmap,
    color::ColorGlyphCollection,
    instance::{LocationRef, Size},
    metrics::GlyphMetrics,
    outline::{DrawSettings, OutlineGlyphCollection},
    raw::{
        TableProvider as _,
        tables::{
            glyf::{Glyf, Glyph},
            loca::Loca,
        },
    },
};

/// Characters whose glyphs in a font show something else: another font is asked for them. A font is known by the checksum that
/// its own `head` table holds (`checksumAdjustment`), so that a copy from a file is known too. All of Anton's character map was
/// looked at beside that of `DejaVu` Sans; of the other named fonts, all characters with one outline that `DejaVu` Sans draws apart.
const WRONG_GLYPHS: &[(u32, &[char])] = &[
    // Anton Regular 2.116: its sign for "not equal" is the sign for "equal". Three of its marks stand behind their letter:
    // candrabindu, tilde overlay and short stroke overlay.
    (0x40B2_03F2, &['≠', '\u{310}', '\u{334}', '\u{335}']),
    // Comic Neue Bold as it ships: its small t with cedilla is a capital one with a comma.
    (0xAA89_8E00, &['ţ']),
];

/// The first face of a font file.
pub struct Face<'a> {
    characters: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    outlines: OutlineGlyphCollection<'a>,
    /// Of the font of emoji: its glyphs are pictures.
    pictures: Option<ColorGlyphCollection<'a>>,
    points: Points<'a>,
    shaper: Shaper<'a>,
    units_per_em: f32,
    line_height_em: f32,
    wrong: &'static [char],
}

impl<'a> Face<'a> {
    pub(super) fn open(tables: &FontRef<'a>, shaper_data: &'a ShaperData) -> Self {
        let metrics = tables.metrics(Size::unscaled(), LocationRef::default());
        // At most 16,384 (OpenType, `head`).
        let units_per_em = f32::from(metrics.units_per_em).clamp(16.0, 16_384.0);
        Self {
            characters: tables.charmap(),
            metrics: tables.glyph_metrics(Size::unscaled(), LocationRef::default()),
            outlines: tables.outline_glyphs(),
            pictures: None,
            points: Points::of(tables),
            wrong: wrong_glyphs(tables),
            line_height_em: (metrics.ascent - metrics.descent) / units_per_em,
            units_per_em,
            shaper: shaper_data.shaper(tables).build(),
        }
    }

    /// The same of a font whose glyphs are pictures (OpenType, `COLR`).
    pub(super) fn in_colour(self, tables: &FontRef<'a>) -> Self {
        Self { pictures: Some(tables.color_glyphs()), ..self }
    }

    /// Whether it has a glyph for a character that shows it.
    pub(super) fn has(&self, character: char) -> bool {
        self.characters.map(character).is_some() && !self.wrong.contains(&character)
    }

    /// All characters that it has a glyph for, in their order.
    pub(super) fn characters(&self) -> impl Iterator<Item = char> {
        let mapped = self.characters.mappings().filter(|(_, glyph)| *glyph != GlyphId::NOTDEF);
        mapped.filter_map(|(code, _)| char::from_u32(code)).filter(|c| !self.wrong.contains(c))
    }

    /// From the top of one line to the top of the next, in ems, as the font asks for it.
    pub(super) fn line_height_em(&self) -> f32 {
        self.line_height_em
    }

    /// Of the em, in the units of its tables.
    pub(super) fn units_per_em(&self) -> f32 {
        self.units_per_em
    }

    pub(super) fn shaper(&self) -> &Shaper<'a> {
        &self.shaper
    }

    /// Left, bottom, right and top of a glyph's mark, from its origin, upwards, in ems; `None` of one without.
    pub(super) fn ink(&self, id: u16) -> Option<[f32; 4]> {
        if self.pictures.is_some() {
            return self.picture_bounds_em(id);
        }
        Some(ink(&self.metrics, &self.points, GlyphId::from(id))?.map(|units| units / self.units_per_em))
    }

    /// Left, bottom, right and top of a glyph that is a picture, from its origin, upwards, in ems.
    pub(super) fn picture_bounds_em(&self, id: u16) -> Option<[f32; 4]> {
        let picture = self.pictures.as_ref()?.get(GlyphId::from(id))?;
        let clip = picture.bounding_box(LocationRef::default(), Size::unscaled())?;
        Some([clip.x_min, clip.y_min, clip.x_max, clip.y_max].map(|units| units / self.units_per_em))
    }

    /// The same of a font that isn't opened, in its own units.
    pub(super) fn ink_of(tables: &FontRef<'_>, id: GlyphId) -> Option<[f32; 4]> {
        ink(&tables.glyph_metrics(Size::unscaled(), LocationRef::default()), &Points::of(tables), id)
    }

    /// Draws a glyph's outline in pixels from its origin, upwards positive. Whether it has one that can be read: of one that
    /// can't, a part may have been drawn.
    pub fn outline(&self, id: u16, size_px: f32, pen: &mut impl OutlinePen) -> bool {
        let id = GlyphId::from(id);
        let Some(glyph) = self.outlines.get(id).filter(|_| self.points.can_be_read(id)) else { return false };
        let mut scaled = Scaled { pen, scale: size_px / self.units_per_em };
        glyph.draw(DrawSettings::unhinted(Size::unscaled(), LocationRef::default()), &mut scaled).is_ok()
    }
}

fn wrong_glyphs(tables: &FontRef<'_>) -> &'static [char] {
    let Ok(head) = tables.head() else { return &[] };
    let known = WRONG_GLYPHS.iter().find(|(checksum, _)| *checksum == head.checksum_adjustment());
    known.map_or(&[], |(_, characters)| characters)
}

fn ink(metrics: &GlyphMetrics<'_>, points: &Points<'_>, id: GlyphId) -> Option<[f32; 4]> {
    let ink = if points.can_be_read(id) { metrics.bounds(id)? } else { return None };
    (ink.x_min < ink.x_max && ink.y_min < ink.y_max).then_some([ink.x_min, ink.y_min, ink.x_max, ink.y_max])
}

/// The glyphs of a TrueType font, to look into before skrifa reads them: 0.44 panics on a glyph of no contours that has data.
struct Points<'a>(Option<(Loca<'a>, Glyf<'a>)>);

impl<'a> Points<'a> {
    /// More glyphs than this are in no composite.
    const MOST_COMPONENTS: u32 = 512;

    fn of(tables: &FontRef<'a>) -> Self {
        Self(tables.loca(None).ok().zip(tables.glyf().ok()))
    }

    fn can_be_read(&self, id: GlyphId) -> bool {
        let mut left = Self::MOST_COMPONENTS;
        self.0.as_ref().is_none_or(|tables| have_points(tables, id, &mut left))
    }
}

/// Whether every simple glyph that a glyph is made of has a point, or no data at all. `left` of them may still be looked at.
fn have_points(tables: &(Loca<'_>, Glyf<'_>), id: GlyphId, left: &mut u32) -> bool {
    let (loca, glyf) = tables;
    *left = left.saturating_sub(1);
    *left > 0
        && match loca.get_glyf(id, glyf) {
            Ok(None) => true,
            Ok(Some(Glyph::Simple(glyph))) => glyph.num_points() > 0,
            Ok(Some(Glyph::Composite(glyph))) => {
                glyph.components().all(|component| have_points(tables, component.glyph.into(), left))
            }
            Err(_) => false,
        }
}

/// Passes points on, `scale` times as far from the origin. skrifa would round them to 64ths of a pixel.
struct Scaled<'a, P> {
    pen: &'a mut P,
    scale: f32,
}

impl<P: OutlinePen> OutlinePen for Scaled<'_, P> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen.move_to(x * self.scale, y * self.scale);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.pen.line_to(x * self.scale, y * self.scale);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let by = self.scale;
        self.pen.quad_to(cx * by, cy * by, x * by, y * by);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let by = self.scale;
        self.pen.curve_to(cx0 * by, cy0 * by, cx1 * by, cy1 * by, x * by, y * by);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

#[cfg(test)]
mod tests {
    use crate::text::font::Font;

    #[test]
    fn a_glyph_of_no_contours_that_has_data_leaves_no_mark() {
        struct Nothing;
        impl super::OutlinePen for Nothing {
            fn move_to(&mut self, _: f32, _: f32) {}
            fn line_to(&mut self, _: f32, _: f32) {}
            fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {}
            fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {}
            fn close(&mut self) {}
        }

        let mut bytes = Font::builtin("anton").unwrap().bytes().to_vec();
        let place = bytes.windows(4).position(|tag| tag == b"glyf").unwrap();
        let glyf = u32::from_be_bytes(bytes[place + 8..place + 12].try_into().unwrap()) as usize;
        let first = |bytes: &[u8]| Font::parse(bytes.to_vec()).map(|font| font.face().unwrap().outline(0, 20.0, &mut Nothing));
        assert!(first(&bytes).unwrap());
        // Its number of contours.
        bytes[glyf..glyf + 2].copy_from_slice(&[0, 0]);
        let font = Font::parse(bytes.clone()).unwrap();
        assert!(!first(&bytes).unwrap() && font.face().unwrap().ink(0).is_none());
    }
}
