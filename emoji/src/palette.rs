//! The colours of the font.
//!
//! `lib` reads them once an emoji; brushes are looked up in them.

use skrifa::{FontRef, color::Color, raw::TableProvider as _};

/// The font's colours (OpenType, `CPAL`): its first palette.
pub(crate) struct Palette(Vec<Color>);

impl Palette {
    pub(crate) fn of(tables: &FontRef<'_>) -> Option<Self> {
        let cpal = tables.cpal().ok()?;
        let first = usize::from(cpal.color_record_indices().first()?.get());
        let records = cpal.color_records_array()?.ok()?;
        Some(Self(records.get(first..)?.to_vec()))
    }

    /// A colour with its alpha times another, from 0 to 1 each. What the palette lacks is black, the colour of text.
    pub(crate) fn premultiplied(&self, index: u16, alpha: f32) -> [f32; 4] {
        let [red, green, blue, own] =
            self.0.get(usize::from(index)).map_or([0, 0, 0, 255], |c| [c.red, c.green, c.blue, c.alpha]).map(f32::from);
        let alpha = alpha * own / 255.0;
        [red / 255.0 * alpha, green / 255.0 * alpha, blue / 255.0 * alpha, alpha]
    }
}
