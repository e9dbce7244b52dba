//! Where each caption stands on the output: lines and size first, then its rectangle.
//!
//! The mask draws what stands here; the preview only tells it. No pixel is known to this file.

use caption_types::{Position, Size, Style};

use crate::{
    error::Error,
    rect::Rect,
    spec::{LoadedCaption, LoadedSpec},
    text::{
        extent::Extent,
        layout::{Layout, Room, layout},
    },
};

/// An outline's width on each side, in ems.
pub const STROKE_EM: f32 = 0.065;

/// A caption on the output.
pub struct PlacedCaption<'a> {
    /// What is written.
    pub caption: &'a LoadedCaption,
    /// Its lines.
    pub text: Layout,
    /// Of the text with its outline, as its [`Extent`] has it; never beyond the output.
    pub rect: Rect,
    /// A bar's band, with the text in it.
    pub band: Option<Rect>,
}

/// All captions of a job on the output's canvas: bars first.
pub struct Arrangement<'a> {
    /// Each caption with its place.
    pub places: Vec<PlacedCaption<'a>>,
    /// The output's width.
    pub width_px: u32,
    /// The output's height.
    pub height_px: u32,
    /// Where the picture's first row stands in the output: the height of a bar above it.
    pub picture_top_px: u32,
}

impl PlacedCaption<'_> {
    /// The outline's width on each side, in ems: a bar has none.
    #[must_use]
    pub fn stroke_em(&self) -> f32 {
        if self.band.is_some() { 0.0 } else { STROKE_EM }
    }
}

impl<'a> Arrangement<'a> {
    /// Lays every caption out on a picture of this size. Overlays stand within `shown`, the part of it that can be written on.
    ///
    /// # Errors
    /// [`Error::EmptyText`], [`Error::NoVisibleText`] and [`Error::TextDoesNotFit`].
    pub fn find(spec: &'a LoadedSpec, width_px: u32, height_px: u32, shown: Rect) -> Result<Self, Error> {
        if spec.captions.is_empty() {
            return Err(Error::EmptyText);
        }
        let mut found = Self { places: Vec::new(), width_px, height_px, picture_top_px: 0 };
        let (bars, overlays): (Vec<_>, Vec<_>) = spec.captions.iter().partition(|caption| caption.spec.style == Style::Bar);
        for bar in bars {
            found.add_bar(bar, spec, width_px, height_px)?;
        }
        for overlay in overlays {
            found.add_overlay(overlay, spec, shown)?;
        }
        Ok(found)
    }

    /// Characters that no font has, each once.
    #[must_use]
    pub fn missing_glyphs(&self) -> Vec<char> {
        let mut missing: Vec<char> = self.places.iter().flat_map(|place| &place.text.missing_glyphs).copied().collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a canvas")]
    fn add_overlay(&mut self, caption: &'a LoadedCaption, spec: &LoadedSpec, shown: Rect) -> Result<(), Error> {
        let (width_px, height_px) = (shown.width(), shown.height());
        let (width, height) = (width_px as f32, height_px as f32);
        let margin = (width.min(height) * 0.025).round().max(1.0);
        let room = Room {
            width_px: width - 2.0 * margin - 2.0,
            // Half of the picture with the margin, and the two pixels of slack that an extent has, one of them on the margin.
            heights_px: [height * 0.34 - margin, (height / 2.0).floor() - margin - 1.0],
            size_px: size_px(caption, width, height),
            size_is_asked: caption.spec.size != Size::Auto,
            stroke_em: STROKE_EM,
        };
        let text = layout(caption.writing(&spec.fallbacks), room)?;
        let Extent { width_px: text_width_px, height_px: text_height_px, .. } = Extent::of(&text, STROKE_EM);
        // An extent has a pixel of slack on each side, which may lie on the margin.
        let from_edge = (margin as u32 - 1).min(height_px.saturating_sub(text_height_px));
        let left = width_px.saturating_sub(text_width_px) / 2;
        let top = match caption.spec.at {
            Position::Top => from_edge,
            Position::Bottom => height_px.saturating_sub(text_height_px + from_edge),
        };
        let on_picture = Rect::at(left, top, text_width_px.min(width_px), text_height_px.min(height_px));
        let rect = on_picture.moved_right(shown.left).moved_down(shown.top + self.picture_top_px);
        self.places.push(PlacedCaption { caption, text, rect, band: None });
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a canvas")]
    fn add_bar(&mut self, caption: &'a LoadedCaption, spec: &LoadedSpec, width_px: u32, height_px: u32) -> Result<(), Error> {
        let (width, height) = (width_px as f32, height_px as f32);
        let margin = (width * 0.03).round();
        let room = Room {
            width_px: width - 2.0 * margin - 2.0,
            heights_px: [height * 0.4, (height * 1.5).max(160.0)],
            size_px: size_px(caption, width, height),
            size_is_asked: caption.spec.size != Size::Auto,
            stroke_em: 0.0,
        };
        let text = layout(caption.writing(&spec.fallbacks), room)?;
        let Extent { width_px: text_width_px, height_px: text_height_px, .. } = Extent::of(&text, 0.0);
        let pad = (text.size_px * 0.4).ceil().max(3.0) as u32;
        let band_height = text_height_px + 2 * pad;
        let top = match caption.spec.at {
            Position::Top => {
                for place in &mut self.places {
                    place.rect = place.rect.moved_down(band_height);
                    place.band = place.band.map(|band| band.moved_down(band_height));
                }
                self.picture_top_px += band_height;
                0
            }
            Position::Bottom => self.height_px,
        };
        self.height_px += band_height;
        let left = width_px.saturating_sub(text_width_px) / 2;
        let rect = Rect::at(left, top + pad, text_width_px.min(width_px), text_height_px);
        self.places.push(PlacedCaption { caption, text, rect, band: Some(Rect::at(0, top, width_px, band_height)) });
        Ok(())
    }
}

/// The size to begin with.
#[expect(clippy::cast_precision_loss, reason = "a size is at most some thousand pixels")]
fn size_px(caption: &LoadedCaption, width: f32, height: f32) -> f32 {
    match caption.spec.size {
        Size::Auto => comfortable_size_px(width, height),
        Size::Px(px) => px as f32,
    }
}

/// The letters' size when none is asked for: about nine to a line, yet readable on a small picture
/// and not towering on a wide one.
fn comfortable_size_px(width: f32, height: f32) -> f32 {
    (width / 9.0).min(height / 5.0).max(12.0)
}
