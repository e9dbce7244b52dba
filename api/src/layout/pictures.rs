//! Emoji of a preview as small PNGs: each different one once, and where each of all stands.
//!
//! `layout` calls it on a thread that may work. Pixels are of the font that ships, and of no other picture; their number is bounded,
//! whatever is asked for.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use caption_layout::{CaptionPreview, PlacedEmoji, Preview};
use serde::Serialize;
use utoipa::ToSchema;

/// Pixels of all pictures together, about: a page scales smaller ones up.
const MOST_PIXELS: f32 = 1024.0 * 1024.0;
/// Of an emoji, beside the square of its size.
const PIXELS_OF_SQUARE: f32 = 1.5;

/// One emoji of a caption.
#[derive(Serialize, ToSchema)]
#[schema(as = EmojiLayout)]
pub(super) struct EmojiView {
    /// Which of the layout's `images` it is.
    image: usize,
    /// From the result's left side.
    left_px: f32,
    /// From the result's upper side.
    top_px: f32,
    /// Of the picture on the result.
    width_px: f32,
    /// Of the picture on the result.
    height_px: f32,
}

/// The pictures of a preview.
pub(super) struct Pictures {
    /// As `data:` URIs.
    pub(super) images: Vec<String>,
    /// By glyph and size: the picture's place and, in pixels of the result, its left, top, width and height around the origin.
    known: BTreeMap<(u16, u32), (usize, [f32; 4])>,
}

impl Pictures {
    /// Draws each emoji of a preview once.
    #[expect(clippy::cast_precision_loss, reason = "sides of a small picture")]
    pub(super) fn of(preview: &Preview) -> Self {
        let of_caption = |caption: &CaptionPreview| {
            let size_px = caption.size_px;
            caption.emoji.iter().map(move |emoji| (emoji.glyph, size_px.to_bits())).collect::<Vec<_>>()
        };
        let wanted: BTreeSet<(u16, u32)> = preview.captions.iter().flat_map(of_caption).collect();
        let pixels: f32 = wanted.iter().map(|&(_, size)| f32::from_bits(size).powi(2) * PIXELS_OF_SQUARE).sum();
        let smaller = (pixels / MOST_PIXELS).max(1.0).sqrt();
        let mut pictures = Self { images: Vec::new(), known: BTreeMap::new() };
        for key in wanted {
            let (glyph, size) = key;
            let Some(drawn) = emoji::draw(glyph, f32::from_bits(size) / smaller) else { continue };
            let corner = [drawn.left_px as f32, drawn.top_px as f32];
            let sides = [drawn.width_px as f32, drawn.height_px() as f32];
            let of_result = [corner[0], corner[1], sides[0], sides[1]].map(|px| px * smaller);
            pictures.known.insert(key, (pictures.images.len(), of_result));
            pictures.images.push(format!("data:image/png;base64,{}", STANDARD.encode(drawn.png())));
        }
        pictures
    }

    /// The emoji of a caption of this size.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a canvas")]
    pub(super) fn views(&self, emoji: &[PlacedEmoji], size_px: f32) -> Vec<EmojiView> {
        let view = |emoji: &PlacedEmoji| {
            let &(image, [left, top, width_px, height_px]) = self.known.get(&(emoji.glyph, size_px.to_bits()))?;
            let [x, y] = emoji.origin_px.map(|px| px as f32);
            Some(EmojiView { image, left_px: x + left, top_px: y + top, width_px, height_px })
        };
        emoji.iter().filter_map(view).collect()
    }
}
