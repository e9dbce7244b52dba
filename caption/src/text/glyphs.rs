//! Bitmaps of just the glyphs that a layout uses.
//!
//! Called by the rasteriser, once a job and font. fontdue builds every glyph of a face when it loads
//! it, so it is given a face that holds nothing else: subsetter takes the outlines out of the font,
//! and a character map is put beside them, because fontdue builds only what one points at. Where a
//! face can't be taken apart, the whole of it is loaded. Both give the same bitmaps.

use std::collections::HashMap;

use caption_layout::Font;
use fontdue::{FontSettings, Metrics};
use rustybuzz::ttf_parser::{RawFace, Tag};
use subsetter::GlyphRemapper;

/// How finely fontdue cuts curves into lines: right for letters of this many pixels.
const SETTINGS: FontSettings = FontSettings { collection_index: 0, scale: 64.0, load_substitutions: true };

/// A glyph's coverage and where it stands around its origin.
pub(crate) type Bitmap = (Metrics, Vec<u8>);

/// Draws each of `ids` once; a glyph that the font doesn't have is left out.
pub(crate) fn bitmaps(font: &Font, ids: &[u16], size_px: f32) -> HashMap<u16, Bitmap> {
    let mut renumbered = GlyphRemapper::new();
    for &id in ids {
        renumbered.remap(id);
    }
    if let Some(few) = only(font.bytes(), &renumbered) {
        let drawn = |id: u16| Some((id, few.rasterize_indexed(renumbered.get(id)?, size_px)));
        return ids.iter().filter_map(|&id| drawn(id)).collect();
    }
    let Some(whole) = whole(font) else { return HashMap::new() };
    let known = ids.iter().filter(|&&id| id < whole.glyph_count());
    known.map(|&id| (id, whole.rasterize_indexed(id, size_px))).collect()
}

/// Every outline of the face, built at first use: some milliseconds for a font of a few hundred
/// glyphs, so only for a face from which single glyphs can't be taken.
fn whole(font: &Font) -> Option<&fontdue::Font> {
    font.derived(|bytes| fontdue::Font::from_bytes(bytes, SETTINGS).ok())?.as_ref()
}

/// A face of only these glyphs, and of those they are composed of.
fn only(font: &[u8], glyphs: &GlyphRemapper) -> Option<fontdue::Font> {
    let subset = subsetter::subset(font, 0, glyphs).ok()?;
    let loaded = fontdue::Font::from_bytes(with_character_map(&subset, glyphs.num_gids())?, SETTINGS).ok()?;
    (loaded.glyph_count() >= glyphs.num_gids()).then_some(loaded)
}

/// What fontdue reads, in the order that a font's directory must have.
const TABLES: [&[u8; 4]; 8] = [b"CFF ", b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"];

/// The font with a private character for each of its first `glyphs` glyphs.
fn with_character_map(font: &[u8], glyphs: u16) -> Option<Vec<u8>> {
    let face = RawFace::parse(font, 0).ok()?;
    let map = character_map(glyphs);
    let table = |tag: &'static [u8; 4]| {
        let bytes = if tag == b"cmap" { Some(map.as_slice()) } else { face.table(Tag::from_bytes(tag)) };
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
        let face = font.shaper().unwrap();
        let mut ids: Vec<u16> = (' '..='~').chain("ÀéñŐĳﬁ½Ж".chars()).filter_map(|c| Some(face.glyph_index(c)?.0)).collect();
        assert!(ids.len() > 95, "the font should have most of them");
        ids.push(0);
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    #[test]
    fn a_few_glyphs_look_as_they_do_in_the_whole_font() {
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let ids = ids(&font);
            let whole = whole(&font).unwrap();
            for size_px in [3.0, 11.5, 31.2, 55.0, 64.0, 127.9, 300.0] {
                let few = bitmaps(&font, &ids, size_px);
                assert_eq!(few.len(), ids.len());
                for &id in &ids {
                    assert_eq!(few[&id], whole.rasterize_indexed(id, size_px), "{name}, glyph {id}, {size_px} px");
                }
            }
        }
    }

    #[test]
    fn the_built_in_fonts_are_never_loaded_whole() {
        for name in caption_layout::BUILTIN_FONT_NAMES {
            let font = Font::builtin(name).unwrap();
            let mut glyphs = GlyphRemapper::new();
            for id in ids(&font) {
                glyphs.remap(id);
            }
            let few = only(font.bytes(), &glyphs).expect("a face of its own");
            assert!(few.glyph_count() < 130, "{name} has {} glyphs", few.glyph_count());
        }
    }

    #[test]
    fn a_glyph_that_no_face_has_is_left_out() {
        let font = Font::builtin("anton").unwrap();
        assert_eq!(bitmaps(&font, &[5, 60_000], 20.0).keys().collect::<Vec<_>>(), [&5]);
    }
}
