//! What a result will look like, without a pixel of it: the layout in numbers and the letters as outlines.
//!
//! api answers previews with it. It decodes nothing and draws nothing, and comes from the same [`Arrangement`] as the mask that
//! a render paints with.

use super::{
    arrangement::{Arrangement, PlacedCaption},
    shadow::Shadow,
};
use crate::{
    error::Error,
    rect::Rect,
    spec::LoadedSpec,
    text::{
        extent::Extent,
        font::Font,
        layout::stroke_px,
        outline::{PlacedEmoji, outline},
    },
};

/// A result's layout; all in its own pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// Width: the picture's.
    pub width_px: u32,
    /// Height: the picture's, and that of the bars.
    pub height_px: u32,
    /// Where the picture's first row stands.
    pub picture_top_px: u32,
    /// In the order of the spec.
    pub captions: Vec<CaptionPreview>,
}

/// One caption of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptionPreview {
    /// Pixels per em.
    pub size_px: f32,
    /// How far the outline reaches around the letters; 0 for none.
    pub stroke_px: f32,
    /// Left, top, width and height of a bar's band.
    pub band_px: Option<[u32; 4]>,
    /// What lies behind the words of a box.
    pub plate: Option<PlatePreview>,
    /// How the letters' shadow lies, if they have one.
    pub shadow: Option<Shadow>,
    /// Left, top, width and height of the letters with their outline.
    pub ink_px: [f32; 4],
    /// The words of each line.
    pub lines: Vec<String>,
    /// The letters as SVG path data.
    pub path: String,
    /// The emoji, of `size_px` each, from left to right and line by line.
    pub emoji: Vec<PlacedEmoji>,
    /// Characters that no font has.
    pub missing_glyphs: Vec<char>,
}

/// A rounded rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlatePreview {
    /// Left, top, width and height.
    pub rect_px: [u32; 4],
    /// Of its corners.
    pub radius_px: f32,
}

/// Lays captions out on a picture of this size.
///
/// # Errors
/// [`Error::EmptyText`], [`Error::NoVisibleText`], [`Error::TextDoesNotFit`], and for no picture at all [`Error::ZeroSized`].
pub fn preview(spec: &LoadedSpec, width_px: u32, height_px: u32) -> Result<Preview, Error> {
    if width_px == 0 || height_px == 0 {
        return Err(Error::ZeroSized { width_px, height_px });
    }
    let found = Arrangement::find(spec, width_px, height_px, Rect::at(0, 0, width_px, height_px))?;
    let in_order =
        spec.captions.iter().filter_map(|caption| found.places.iter().find(|place| std::ptr::eq(place.caption, caption)));
    let captions = in_order.map(|place| CaptionPreview::of(place, &spec.fallbacks)).collect();
    Ok(Preview { width_px: found.width_px, height_px: found.height_px, picture_top_px: found.picture_top_px, captions })
}

impl CaptionPreview {
    fn of(place: &PlacedCaption<'_>, fallbacks: &[Font]) -> Self {
        let text = &place.text;
        let (extent, corner) = (Extent::of(text, place.stroke_em()), [place.rect.left, place.rect.top]);
        let letters = outline(extent, text.size_px, &place.caption.font, fallbacks, corner);
        let stroke_px = stroke_px(text.size_px, place.stroke_em());
        let [left, top, right, bottom] = letters.bounds_px.unwrap_or_default();
        Self {
            size_px: text.size_px,
            stroke_px,
            band_px: place.band.map(sides),
            plate: place.plate.map(|plate| PlatePreview { rect_px: sides(plate.rect), radius_px: plate.radius_px }),
            shadow: place.caption.spec.drawn_shadow().map(|_| Shadow::of(text.size_px)),
            ink_px: [left - stroke_px, top - stroke_px, right - left + 2.0 * stroke_px, bottom - top + 2.0 * stroke_px],
            lines: text.texts.clone(),
            path: letters.path,
            emoji: letters.emoji,
            missing_glyphs: text.missing_glyphs.clone(),
        }
    }
}

/// Left, top, width and height.
fn sides(rect: Rect) -> [u32; 4] {
    [rect.left, rect.top, rect.width(), rect.height()]
}

#[cfg(test)]
#[expect(clippy::cast_precision_loss, reason = "sides of small pictures")]
mod tests {
    use caption_types::{Position, Size, Style};

    use super::*;
    use crate::spec::LoadedCaption;

    fn caption(text: &str, at: Position, style: Style, size: Size) -> LoadedCaption {
        let mut caption = LoadedCaption::new(text, at, style, Font::builtin("anton").unwrap());
        caption.spec.size = size;
        caption
    }

    #[test]
    fn captions_come_in_the_order_of_the_spec_with_their_lines() {
        let captions = vec![
            caption("over", Position::Top, Style::Overlay, Size::Auto),
            caption("a bar\nof two", Position::Top, Style::Bar, Size::Auto),
            caption("below ሰ", Position::Bottom, Style::Bar, Size::Px(9)),
        ];
        let seen = preview(&LoadedSpec::new(captions), 300, 200).unwrap();
        let lines: Vec<_> = seen.captions.iter().map(|caption| caption.lines.join("/")).collect();
        assert_eq!(lines, ["over", "a bar/of two", "below ሰ"]);
        assert_eq!(seen.captions[2].missing_glyphs, ['ሰ']);
        assert!(seen.captions[0].ink_px[1] >= seen.picture_top_px as f32, "an overlay stands on the picture");
        assert!(seen.captions.iter().all(|caption| caption.path.starts_with('M') && caption.path.ends_with('Z')));
        assert!((seen.captions[2].size_px - 9.0).abs() < f32::EPSILON);
    }

    #[test]
    fn a_box_tells_its_plate_around_the_words() {
        let mut caption = caption("words", Position::Middle, Style::Box, Size::Px(40));
        caption.spec.stroke = Some(caption_types::Colour { rgb: [0; 3] });
        let seen = &preview(&LoadedSpec::new(vec![caption]), 300, 200).unwrap().captions[0];
        let plate = seen.plate.unwrap();
        let [left, top, width, height] = plate.rect_px.map(|side| side as f32);
        let [ink_left, ink_top, ink_width, ink_height] = seen.ink_px;
        assert!(
            left < ink_left && top < ink_top && left + width > ink_left + ink_width && top + height > ink_top + ink_height,
            "{seen:?}"
        );
        assert!(plate.radius_px > 0.0 && seen.stroke_px > 1.0 && seen.band_px.is_none(), "{seen:?}");
    }

    #[test]
    fn what_has_no_room_is_an_error() {
        let spec = LoadedSpec::new(vec![caption(&"m".repeat(900), Position::Top, Style::Overlay, Size::Auto)]);
        assert_eq!(preview(&spec, 20, 10).unwrap_err().code().as_str(), "text_does_not_fit");
        assert_eq!(preview(&spec, 0, 10).unwrap_err().code().as_str(), "zero_sized");
    }
}
