//! Where each caption stands on the output: lines and size first, then its rectangle.
//!
//! The mask draws what stands here; the preview only tells it. No pixel is known to this file.

use caption_types::{Align, Area, Fraction, Position, Size, Style, Valign, size::SIZE_RANGE_PX};

use crate::{
    error::Error,
    rect::Rect,
    spec::{LoadedCaption, LoadedSpec},
    text::{
        extent::Extent,
        layout::{Layout, Room, layout},
    },
};

/// What a plate shows around its words on each side, in ems.
const PLATE_PAD_EM: f32 = 0.3;
/// A plate's rounded corners, in ems.
const PLATE_RADIUS_EM: f32 = 0.25;
/// What is kept free around letters for their shadow, in ems. It fades out beyond.
const SHADOW_PAD_EM: f32 = 0.1;

/// With its bars a picture becomes no higher than this, or by a half where that is more; the bars' margins come to it.
const TALLEST_WITH_BARS_PX: f32 = 4_096.0;

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
    /// A box's plate, with the text in it.
    pub plate: Option<Plate>,
}

/// What lies behind the words of a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plate {
    /// On the output.
    pub rect: Rect,
    /// Of its rounded corners.
    pub radius_px: f32,
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
    /// The outline's width on each side, in ems; 0 for none.
    #[must_use]
    pub fn stroke_em(&self) -> f32 {
        stroke_em(self.caption)
    }

    /// The size that was asked for on a picture of this width, in pixels per em.
    #[must_use]
    pub fn asked_px(&self, picture_width_px: u32) -> Option<f32> {
        asked_px(self.caption.spec.size, picture_width_px)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 0.25")]
fn stroke_em(caption: &LoadedCaption) -> f32 {
    caption.spec.drawn_stroke_width().map_or(0.0, |width| width.get() as f32)
}

impl<'a> Arrangement<'a> {
    /// Lays every caption out on a picture of this size. Those on the picture stand within `shown`, the part of it that can be
    /// written on.
    ///
    /// # Errors
    /// [`Error::EmptyText`], [`Error::NoVisibleText`] and [`Error::TextDoesNotFit`].
    pub fn find(spec: &'a LoadedSpec, width_px: u32, height_px: u32, shown: Rect) -> Result<Self, Error> {
        if spec.captions.is_empty() {
            return Err(Error::EmptyText);
        }
        let mut found = Self { places: Vec::new(), width_px, height_px, picture_top_px: 0 };
        let (bars, others): (Vec<_>, Vec<_>) = spec.captions.iter().partition(|caption| caption.spec.style == Style::Bar);
        let most_px = bar_most_px(height_px, bars.len());
        for bar in bars {
            found.add_bar(bar, spec, [width_px, height_px], most_px)?;
        }
        for caption in others {
            match caption.spec.at {
                Position::Within(area) => {
                    found.add_within(caption, spec, on_picture(area, width_px, height_px).intersect(shown))?;
                }
                Position::Top => found.add_at_edge(caption, spec, shown, Valign::Top)?,
                Position::Middle => found.add_at_edge(caption, spec, shown, Valign::Middle)?,
                Position::Bottom => found.add_at_edge(caption, spec, shown, Valign::Bottom)?,
            }
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

    /// A text at an edge of the picture or in its middle, away from the edges by a margin.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a canvas")]
    fn add_at_edge(&mut self, caption: &'a LoadedCaption, spec: &LoadedSpec, shown: Rect, valign: Valign) -> Result<(), Error> {
        let (width, height) = (shown.width() as f32, shown.height() as f32);
        let margin = (width.min(height) * 0.025).round().max(1.0);
        let room = Room {
            width_px: width - 2.0 * margin - 2.0,
            // Half of the picture with the margin, and the two pixels of slack that an extent has, one of them on the margin.
            heights_px: [height * 0.34 - margin, (height / 2.0).floor() - margin - 1.0],
            ..room(caption, comfortable_size_px(width, height), self.width_px)
        };
        let text = layout(caption.writing(spec), room)?;
        // An extent has a pixel of slack on each side, which may lie on the margin.
        self.place(caption, text, shown, valign, margin as u32 - 1);
        Ok(())
    }

    /// A text in a box: in the largest letters that fit.
    #[expect(clippy::cast_precision_loss, reason = "sides of a canvas")]
    fn add_within(&mut self, caption: &'a LoadedCaption, spec: &LoadedSpec, area: Rect) -> Result<(), Error> {
        let (width, height) = (area.width() as f32, area.height() as f32);
        let room = Room {
            width_px: width - 2.0,
            heights_px: [height - 2.0; 2],
            whole_words_down_to: 0.0,
            ..room(caption, height, self.width_px)
        };
        let text = layout(caption.writing(spec), room)?;
        self.place(caption, text, area, caption.spec.valign, 0);
        Ok(())
    }

    /// Puts a text into a part of the picture, away from its edges by `from_edge`.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of an em of at most some thousand pixels"
    )]
    fn place(&mut self, caption: &'a LoadedCaption, text: Layout, within: Rect, valign: Valign, from_edge: u32) {
        let extent = Extent::of(&text, stroke_em(caption));
        let pad = (text.size_px * pad_em(caption)) as u32;
        let [width, height] =
            [(extent.width_px, within.width()), (extent.height_px, within.height())].map(|(own, most)| (own + 2 * pad).min(most));
        let [beside, above] = [within.width() - width, within.height() - height];
        let left = match caption.spec.align {
            Align::Left => from_edge.min(beside),
            Align::Center => beside / 2,
            Align::Right => beside.saturating_sub(from_edge),
        };
        let top = match valign {
            Valign::Top => from_edge.min(above),
            Valign::Middle => above / 2,
            Valign::Bottom => above.saturating_sub(from_edge),
        };
        let outer = Rect::at(left, top, width, height).moved_right(within.left).moved_down(within.top + self.picture_top_px);
        let pad = pad.min(width.saturating_sub(extent.width_px) / 2).min(height.saturating_sub(extent.height_px) / 2);
        let [inner_width, inner_height] = [(extent.width_px, width), (extent.height_px, height)].map(|(own, most)| own.min(most));
        let rect = Rect::at(outer.left + pad, outer.top + pad, inner_width, inner_height);
        let radius_px = text.size_px * PLATE_RADIUS_EM;
        let plate = (caption.spec.style == Style::Box).then_some(Plate { rect: outer, radius_px });
        self.places.push(PlacedCaption { caption, text, rect, band: None, plate });
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sides of a canvas")]
    fn add_bar(
        &mut self,
        caption: &'a LoadedCaption,
        spec: &LoadedSpec,
        [width_px, height_px]: [u32; 2],
        most: f32,
    ) -> Result<(), Error> {
        let (width, height) = (width_px as f32, height_px as f32);
        let margin = (width * 0.03).round();
        let room = Room {
            width_px: width - 2.0 * margin - 2.0,
            // Letters of a part of the width keep it, and the band grows with the words: a wide picture is no reason to shrink them.
            heights_px: if matches!(caption.spec.size, Size::OfWidth(_)) { [most; 2] } else { [(height * 0.4).min(most), most] },
            ..room(caption, comfortable_size_px(width, height), width_px)
        };
        let text = layout(caption.writing(spec), room)?;
        let Extent { width_px: text_width_px, height_px: text_height_px, .. } = Extent::of(&text, 0.0);
        let pad = (text.size_px * 0.4).ceil().max(3.0) as u32;
        let band_height = text_height_px + 2 * pad;
        let top = if caption.spec.at == Position::Top {
            for place in &mut self.places {
                place.rect = place.rect.moved_down(band_height);
                place.band = place.band.map(|band| band.moved_down(band_height));
            }
            self.picture_top_px += band_height;
            0
        } else {
            self.height_px
        };
        self.height_px += band_height;
        let beside = width_px.saturating_sub(text_width_px);
        let left = match caption.spec.align {
            Align::Left => (margin as u32).min(beside),
            Align::Center => beside / 2,
            Align::Right => beside.saturating_sub(margin as u32),
        };
        let rect = Rect::at(left, top + pad, text_width_px.min(width_px), text_height_px);
        let band = Some(Rect::at(0, top, width_px, band_height));
        self.places.push(PlacedCaption { caption, text, rect, band, plate: None });
        Ok(())
    }
}

/// The size that was asked for, in pixels per em.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "sides of a canvas")]
fn asked_px(size: Size, picture_width_px: u32) -> Option<f32> {
    let of_width = |percent: f64| f64::from(picture_width_px) * percent / 100.0;
    match size {
        Size::Auto => None,
        Size::Px(px) => Some(px as f32),
        // Of a tiny picture a part is less than anyone may ask for.
        Size::OfWidth(percent) => Some(of_width(percent.get()).max(f64::from(*SIZE_RANGE_PX.start())) as f32),
    }
}

/// How high the words of each of so many bars may be. It is no matter of a process's limits, or the same spec would give other pictures.
#[expect(clippy::cast_precision_loss, reason = "a side of a canvas, and a few bars")]
fn bar_most_px(picture_height_px: u32, bars: usize) -> f32 {
    let height = picture_height_px as f32;
    let of_all = (height * 1.5).max(320.0).min((TALLEST_WITH_BARS_PX - height).max(height / 2.0));
    (height * 1.5).max(160.0).min(of_all / bars.max(1) as f32)
}

/// What no letter of the captions is larger than on a picture of this size, in pixels per em.
#[expect(clippy::cast_precision_loss, reason = "sides of a canvas")]
#[must_use]
pub fn largest_letters_px(spec: &LoadedSpec, width_px: u32, height_px: u32) -> f32 {
    let largest = |caption: &LoadedCaption| match (asked_px(caption.spec.size, width_px), caption.spec.at) {
        (Some(asked_px), _) => asked_px,
        (None, Position::Within(area)) => on_picture(area, width_px, height_px).height() as f32,
        (None, _) => comfortable_size_px(width_px as f32, height_px as f32),
    };
    spec.captions.iter().map(largest).fold(0.0, f32::max)
}

/// What a caption says of its room on a picture of this width; `auto_px` is the size to begin with when none is asked for.
#[expect(clippy::cast_possible_truncation, reason = "spacings of 3")]
fn room(caption: &LoadedCaption, auto_px: f32, picture_width_px: u32) -> Room {
    let spec = &caption.spec;
    let asked_px = asked_px(spec.size, picture_width_px);
    Room {
        size_px: asked_px.unwrap_or(auto_px),
        size_is_asked: asked_px.is_some(),
        stroke_em: stroke_em(caption),
        pad_em: pad_em(caption),
        line_spacing: spec.line_spacing.map_or(1.0, |spacing| spacing.get() as f32),
        align: spec.align,
        ..Room::default()
    }
}

/// What is kept free around the letters with their outline, in ems.
fn pad_em(caption: &LoadedCaption) -> f32 {
    match caption.spec.style {
        Style::Box => PLATE_PAD_EM,
        Style::Shadow => SHADOW_PAD_EM,
        Style::Overlay | Style::Bar | Style::Plain => 0.0,
    }
}

/// The letters' size when none is asked for: about nine to a line, yet readable on a small picture
/// and not towering on a wide one.
fn comfortable_size_px(width: f32, height: f32) -> f32 {
    (width / 9.0).min(height / 5.0).max(12.0)
}

/// A box in whole pixels of a picture.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "parts of a side")]
fn on_picture(area: Area, width_px: u32, height_px: u32) -> Rect {
    let at = |steps: u32, side: u32| (Fraction::of_steps(steps).get() * f64::from(side)).round() as u32;
    let ends = |start: Fraction, size: Fraction, side: u32| (at(start.steps(), side), at(start.steps() + size.steps(), side));
    let ((left, right), (top, bottom)) = (ends(area.x, area.width, width_px), ends(area.y, area.height, height_px));
    Rect { left, top, right, bottom }
}

#[cfg(test)]
mod tests;
