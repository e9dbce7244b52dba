//! Single glyphs of a font at a size: the letter, and the outline around it.
//!
//! Called by the rasteriser, once a job and font. A letter of a small font is filled by fontdue. fontdue builds every glyph of a
//! face when it loads it, so it is given a face that holds nothing else than the layout's: subsetter takes the outlines out of
//! the font, and a character map is put beside them, because fontdue builds only what one points at. Where that costs more than
//! it saves (a large font), where a face can't be taken apart, or where a glyph is far larger than the caption, the
//! glyph's path is filled instead ([ADR 18]: how they compare).
//! The outline comes of the path, always. A whole font is never loaded.
//!
//! [ADR 18]: ../../../docs/adr/0018-one-text-engine.md

use caption_layout::{Font, text::face::Face};
use fontdue::{FontSettings, Metrics};
use skrifa::{FontRef, Tag};
use subsetter::GlyphRemapper;

pub(crate) use super::paths::Bitmap;
use super::paths::{Clip, GlyphPath};

/// The largest font that fontdue fills: of larger ones the part that it needs is dearer to take than to fill by paths.
const LARGEST_FOR_FONTDUE_BYTES: usize = 1 << 20;
/// fontdue cuts curves into lines that are right for letters of this many pixels, or larger ones if they are drawn.
const LEAST_SCALE_PX: f32 = 64.0;

/// Draws glyphs of one font at one size.
pub(crate) struct Drawer<'a> {
    face: Face<'a>,
    /// What fontdue fills, and the numbers that the glyphs have there.
    few: Option<(fontdue::Font, GlyphRemapper)>,
    size_px: f32,
    clip: Clip,
}

/// One glyph of it.
pub(crate) struct DrawnGlyph<'a> {
    drawer: &'a Drawer<'a>,
    id: u16,
    path: GlyphPath,
}

impl<'a> Drawer<'a> {
    /// For the glyphs `ids`. What lies farther from a glyph's origin than `within_px` (to the sides, up and down) is not drawn.
    /// `None` of a font that can't be read.
    pub(crate) fn new(font: &'a Font, ids: &[u16], size_px: f32, within_px: [u32; 2]) -> Option<Self> {
        let [x, y] = within_px.map(|side| i32::try_from(side).unwrap_or(i32::MAX));
        let few = only(font, ids, size_px);
        Some(Self { face: font.face()?, few, size_px, clip: [-x, -y, x, y] })
    }

    /// A glyph, which leaves no mark if the font doesn't have it.
    pub(crate) fn glyph(&self, id: u16) -> DrawnGlyph<'_> {
        DrawnGlyph { drawer: self, id, path: GlyphPath::of(&self.face, id, self.size_px) }
    }
}

impl DrawnGlyph<'_> {
    /// The letter.
    pub(crate) fn fill(&self) -> Bitmap {
        let Drawer { few, size_px, clip, .. } = self.drawer;
        if self.path.lies_within(*clip)
            && let Some((few, numbers)) = few
            && let Some(id) = numbers.get(self.id)
        {
            return Bitmap::of(&few.rasterize_indexed(id, *size_px));
        }
        self.path.fill(*clip)
    }

    /// Everything within `by_px` of the letter's edge. `None` of a path with more than `most_lines`: a stroke by distance, whose
    /// work depends on pixels alone, is the better one then.
    pub(crate) fn stroke(&self, by_px: f32, most_lines: usize) -> Option<Bitmap> {
        (self.path.len() <= most_lines).then(|| self.path.stroke(by_px, self.drawer.clip))
    }
}

impl Bitmap {
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "of a glyph that lies within a canvas")]
    fn of((metrics, coverage): &(Metrics, Vec<u8>)) -> Self {
        let top_px = -metrics.ymin - metrics.height as i32;
        Self { left_px: metrics.xmin, top_px, width_px: metrics.width, coverage: coverage.clone() }
    }
}

/// A face of only these glyphs, and of those they are composed of, with the numbers that they have in it.
fn only(font: &Font, ids: &[u16], size_px: f32) -> Option<(fontdue::Font, GlyphRemapper)> {
    if font.bytes().len() > LARGEST_FOR_FONTDUE_BYTES {
        return None;
    }
    let mut numbers = GlyphRemapper::new();
    for &id in ids {
        numbers.remap(id);
    }
    let subset = subsetter::subset(font.bytes(), font.face_index(), &numbers).ok()?;
    let loaded = fontdue::Font::from_bytes(with_character_map(&subset, numbers.num_gids())?, settings(size_px)).ok()?;
    (loaded.glyph_count() >= numbers.num_gids()).then_some((loaded, numbers))
}

fn settings(size_px: f32) -> FontSettings {
    FontSettings { collection_index: 0, scale: size_px.max(LEAST_SCALE_PX), load_substitutions: true }
}

/// What fontdue reads, in the order that a font's directory must have.
const TABLES: [&[u8; 4]; 8] = [b"CFF ", b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"];

/// The font with a private character for each of its first `glyphs` glyphs.
fn with_character_map(font: &[u8], glyphs: u16) -> Option<Vec<u8>> {
    let tables = FontRef::new(font).ok()?;
    let map = character_map(glyphs);
    let table = |tag: &'static [u8; 4]| {
        let bytes =
            if tag == b"cmap" { Some(map.as_slice()) } else { tables.table_data(Tag::new(tag)).map(|table| table.as_bytes()) };
        bytes.map(|bytes| (tag, bytes))
    };
    let tables: Vec<_> = TABLES.into_iter().filter_map(table).collect();

    let mut out = Vec::with_capacity(font.len() + map.len());
    out.extend_from_slice(font.get(..4)?);
    out.extend_from_slice(&u16::try_from(tables.len()).ok()?.to_be_bytes());
    // Hints for a binary search, and below the checksums: no parser needs them.
    out.extend_from_slice(&[0; 6]);
    let mut offset = 12 + 16 * tables.len();
    for (tag, bytes) in &tables {
        out.extend_from_slice(*tag);
        for number in [0, offset, bytes.len()] {
            out.extend_from_slice(&u32::try_from(number).ok()?.to_be_bytes());
        }
        offset += bytes.len();
    }
    for (_, bytes) in tables {
        out.extend_from_slice(bytes);
    }
    Some(out)
}

/// A `cmap` table of one range in format 12: the private plane's nth character is the nth glyph.
fn character_map(glyphs: u16) -> Vec<u8> {
    const FIRST: u32 = 0xF_0000;
    let header: [u16; 4] = [0, 1, 3, 10];
    let subtable_at: u32 = 12;
    let format: [u16; 2] = [12, 0];
    let length: u32 = 28;
    let groups: [u32; 5] = [0, 1, FIRST, FIRST + u32::from(glyphs.saturating_sub(1)), 0];
    let mut table = Vec::with_capacity((subtable_at + length) as usize);
    table.extend(header.iter().flat_map(|v| v.to_be_bytes()));
    table.extend(subtable_at.to_be_bytes());
    table.extend(format.iter().flat_map(|v| v.to_be_bytes()));
    table.extend(length.to_be_bytes());
    table.extend(groups.iter().flat_map(|v| v.to_be_bytes()));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every ASCII character's glyph, and accented ones, which are composites.
    fn ids(font: &Font) -> Vec<u16> {
        let tables = FontRef::new(font.bytes()).unwrap();
        let characters = skrifa::MetadataProvider::charmap(&tables);
        let number = |c: char| u16::try_from(characters.map(c)?.to_u32()).ok();
        let mut ids: Vec<u16> = (' '..='~').chain("ÀéñŐĳﬁ½Ж".chars()).filter_map(number).collect();
        assert!(ids.len() > 95, "the font should have most of them");
        ids.push(0);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    const WITHIN_PX: [u32; 2] = [900, 900];

    #[test]
    fn a_few_glyphs_look_as_they_do_in_the_whole_font() {
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let ids = ids(&font);
            for size_px in [3.0, 11.5, 31.2, 55.0, 64.0, 300.0] {
                let whole = fontdue::Font::from_bytes(font.bytes(), settings(size_px)).unwrap();
                let drawer = Drawer::new(&font, &ids, size_px, WITHIN_PX).unwrap();
                for &id in &ids {
                    let expected = Bitmap::of(&whole.rasterize_indexed(id, size_px));
                    assert_eq!(drawer.glyph(id).fill(), expected, "{name}, glyph {id}, {size_px} px");
                }
            }
        }
    }

    /// What both draw at a pixel from the origin.
    fn at(bitmap: &Bitmap, x: i32, y: i32) -> i32 {
        let (Ok(x), Ok(y)) = (usize::try_from(x - bitmap.left_px), usize::try_from(y - bitmap.top_px)) else { return 0 };
        let row = bitmap.coverage.chunks_exact(bitmap.width_px.max(1)).nth(y);
        row.and_then(|row| row.get(x)).map_or(0, |&coverage| i32::from(coverage))
    }

    #[test]
    fn a_path_is_filled_as_fontdue_fills_it() {
        let mut farthest = 0;
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let ids = ids(&font);
            for size_px in [10.0, 31.2, 64.0, 127.9] {
                let drawer = Drawer::new(&font, &ids, size_px, WITHIN_PX).unwrap();
                for &id in &ids {
                    let glyph = drawer.glyph(id);
                    let (by_fontdue, by_path) = (glyph.fill(), glyph.path.fill(drawer.clip));
                    let differ = (-20..200).flat_map(|y| (-20..200).map(move |x| (x, y - 160)));
                    let most = differ.map(|(x, y)| (at(&by_fontdue, x, y) - at(&by_path, x, y)).abs()).max().unwrap_or(0);
                    farthest = farthest.max(most);
                    // fontdue's lines lie up to a quarter of a pixel from the curve, and at a slanted edge that is up to 1.4 times the
                    // area. In a rough edge several such lines meet in one pixel.
                    let expected = if *name == "permanent-marker" { 160 } else { 90 };
                    assert!(most <= expected, "{name}, glyph {id}, {size_px} px: {most} of 255");
                }
            }
        }
        println!("farthest: {farthest} of 255");
    }

    #[test]
    fn the_built_in_fonts_are_taken_apart() {
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let (few, _) = only(&font, &ids(&font), 20.0).expect("a face of its own");
            assert!(few.glyph_count() < 130, "{name} has {} glyphs", few.glyph_count());
        }
    }

    #[test]
    fn a_glyph_that_no_face_has_leaves_no_mark() {
        let font = Font::builtin("anton").unwrap();
        let drawer = Drawer::new(&font, &[5, 60_000], 20.0, WITHIN_PX).unwrap();
        assert!(drawer.glyph(60_000).fill().coverage.iter().all(|&coverage| coverage == 0));
        assert!(drawer.glyph(5).fill().coverage.iter().any(|&coverage| coverage > 0));
    }

    #[test]
    fn what_lies_beyond_the_clip_is_not_drawn() {
        let font = Font::builtin("anton").unwrap();
        let id = ids(&font)[40];
        let drawer = Drawer::new(&font, &[id], 300.0, [20, 30]).unwrap();
        let letter = drawer.glyph(id).fill();
        assert!(letter.width_px <= 40 && letter.coverage.len() <= 40 * 60, "{} x {}", letter.width_px, letter.coverage.len());
    }
}
