//! Emoji of a preview as small pictures: each different one once, and where each of all stands.
//!
//! `layout` calls it on a thread that may work. Pixels are of the font that ships, and of no other picture; their number is bounded,
//! whatever is asked for. An image of one's own is given as its file is: nothing is decoded.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use caption_layout::{CaptionPreview, EmojiPicture, Images, PlacedEmoji, Preview, image_box_px, probe_image, without_motion};
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
    /// By what it shows and its size: the picture's place and, in pixels of the result, its left, top, width and height around the origin.
    known: BTreeMap<(EmojiPicture, u32), (usize, [f32; 4])>,
}

impl Pictures {
    /// Draws each emoji of a preview once.
    #[expect(clippy::cast_precision_loss, reason = "sides of a small picture")]
    pub(super) fn of(preview: &Preview, images: &Images) -> Self {
        let of_caption = |caption: &CaptionPreview| {
            let size_px = caption.size_px;
            caption.emoji.iter().map(move |emoji| (emoji.picture, size_px.to_bits())).collect::<Vec<_>>()
        };
        let wanted: BTreeSet<(EmojiPicture, u32)> = preview.captions.iter().flat_map(of_caption).collect();
        let drawn = wanted.iter().filter(|(picture, _)| matches!(picture, EmojiPicture::Glyph(_)));
        let pixels: f32 = drawn.map(|&(_, size)| f32::from_bits(size).powi(2) * PIXELS_OF_SQUARE).sum();
        let smaller = (pixels / MOST_PIXELS).max(1.0).sqrt();
        let mut pictures = Self { images: Vec::new(), known: BTreeMap::new() };
        // Of one's own: where the file stands that shows it at every size.
        let mut files: BTreeMap<u16, usize> = BTreeMap::new();
        for key in wanted {
            let (picture, size) = key;
            let glyph = match picture {
                EmojiPicture::Glyph(glyph) => glyph,
                EmojiPicture::Image(image) => {
                    pictures.add_image(image, size, images, &mut files);
                    continue;
                }
            };
            let Some(drawn) = emoji::draw(glyph, f32::from_bits(size) / smaller) else { continue };
            let corner = [drawn.left_px as f32, drawn.top_px as f32];
            let sides = [drawn.width_px as f32, drawn.height_px() as f32];
            let of_result = [corner[0], corner[1], sides[0], sides[1]].map(|px| px * smaller);
            pictures.known.insert(key, (pictures.images.len(), of_result));
            pictures.images.push(format!("data:image/png;base64,{}", STANDARD.encode(drawn.png())));
        }
        pictures
    }

    /// Adds an image of one's own, and its file where that is not there yet.
    #[expect(clippy::cast_precision_loss, reason = "sides of a picture")]
    fn add_image(&mut self, image: u16, size: u32, images: &Images, files: &mut BTreeMap<u16, usize>) {
        let Some((_, file)) = images.get(usize::from(image)) else { return };
        let Ok(probe) = probe_image(file) else { return };
        let ([left, top], [width, height]) = image_box_px([probe.width_px, probe.height_px], f32::from_bits(size));
        let place = *files.entry(image).or_insert_with(|| {
            let shown = STANDARD.encode(without_motion(file, probe));
            self.images.push(format!("data:{};base64,{shown}", probe.media.mime()));
            self.images.len() - 1
        });
        let of_result = [left as f32, top as f32, width as f32, height as f32];
        self.known.insert((EmojiPicture::Image(image), size), (place, of_result));
    }

    /// The emoji of a caption of this size.
    #[expect(clippy::cast_precision_loss, reason = "pixels of a canvas")]
    pub(super) fn views(&self, emoji: &[PlacedEmoji], size_px: f32) -> Vec<EmojiView> {
        let view = |emoji: &PlacedEmoji| {
            let &(image, [left, top, width_px, height_px]) = self.known.get(&(emoji.picture, size_px.to_bits()))?;
            let [x, y] = emoji.origin_px.map(|px| px as f32);
            Some(EmojiView { image, left_px: x + left, top_px: y + top, width_px, height_px })
        };
        emoji.iter().filter_map(view).collect()
    }
}
