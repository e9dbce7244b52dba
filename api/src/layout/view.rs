//! A layout as it is answered: the places, outlines and colours of each caption, in the result's pixels.
//!
//! `layout` makes it of a preview. It is data for a page, and finds no place itself.

use caption_layout::{CaptionPreview, PlatePreview, Preview, Shadow};
use proto_shared::{Caption, CaptionSpec, Colour, Position, Seconds, Style, TranslucentColour};
use serde::Serialize;
use utoipa::ToSchema;

use super::pictures::{EmojiView, Pictures};

/// The outline's colour that is told of a style that draws none.
const BLACK: Colour = Colour { rgb: [0; 3] };

/// A result's layout, in its own pixels.
#[derive(Serialize, ToSchema)]
#[schema(as = Layout)]
pub(crate) struct LayoutView {
    /// Of the result.
    width_px: u32,
    /// Of the result: a bar makes it higher.
    height_px: u32,
    /// Where the source stands in it.
    #[schema(inline)]
    picture: BoxView<u32>,
    captions: Vec<CaptionView>,
    /// Each different emoji of all captions as a picture, in a `data:` URI: a PNG, or the file of an image of one's own. Absent where
    /// there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false, required = false)]
    images: Vec<String>,
}

/// Where one caption stands.
#[derive(Serialize, ToSchema)]
#[schema(as = CaptionLayout)]
struct CaptionView {
    at: Position,
    style: Style,
    /// Of the letters, after they were shrunk to fit.
    size_px: f32,
    /// How far the outline goes beyond the letters.
    stroke_px: f32,
    fill: Colour,
    stroke: Colour,
    /// A bar's band; other styles have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline)]
    band: Option<BoxView<u32>>,
    /// What lies behind the words of a box; other styles have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline)]
    plate: Option<PlateView>,
    /// The colour of the band or the plate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    background: Option<TranslucentColour>,
    /// What lies below the letters, if they have a shadow.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline)]
    shadow: Option<ShadowView>,
    /// When it appears, as in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<Seconds>,
    /// When it is gone again, as in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    to: Option<Seconds>,
    /// The first and the last frame that show it, as in the spec.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Vec<u32>)]
    frames: Option<[u32; 2]>,
    /// Around the letters with their outline.
    #[schema(inline)]
    r#box: BoxView<f32>,
    /// As they were wrapped.
    lines: Vec<String>,
    /// The letters as SVG path data, in pixels of the result. To be stroked with twice `stroke_px` beneath the fill, with round
    /// joins.
    path: String,
    /// The emoji, each a picture with its place. Absent of a caption without.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(nullable = false, required = false)]
    emoji: Vec<EmojiView>,
    /// Characters that no font has.
    #[schema(value_type = Vec<String>)]
    missing_glyphs: Vec<char>,
}

/// A rounded rectangle, from the upper left corner of the result.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are names on the wire")]
struct PlateView {
    left_px: u32,
    top_px: u32,
    width_px: u32,
    height_px: u32,
    /// Of its corners.
    radius_px: f32,
}

/// The letters in a colour, moved and blurred.
#[derive(Serialize, ToSchema)]
struct ShadowView {
    colour: Colour,
    /// The standard deviation of its blur.
    blur_px: f32,
    /// How far it lies to the right of its letters, and below them.
    offset_px: f32,
    /// What the blurred letters' coverage is multiplied by, up to a whole.
    gain: f32,
}

/// A rectangle, from the upper left corner of the result.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "they are names on the wire")]
struct BoxView<T> {
    left_px: T,
    top_px: T,
    width_px: T,
    height_px: T,
}

impl LayoutView {
    pub(super) fn new(spec: &CaptionSpec, preview: Preview, pictures: Pictures, picture_height_px: u32) -> Self {
        let Preview { width_px, height_px, picture_top_px, captions } = preview;
        let view = |(caption, seen): (&Caption, CaptionPreview)| {
            let CaptionPreview { size_px, stroke_px, band_px, plate, shadow, ink_px, lines, path, emoji, missing_glyphs } = seen;
            CaptionView {
                at: caption.at,
                style: caption.style,
                size_px,
                stroke_px,
                fill: caption.drawn_fill(),
                stroke: caption.drawn_stroke().unwrap_or(BLACK),
                band: band_px.map(BoxView::new),
                plate: plate.map(PlateView::new),
                background: caption.drawn_background(),
                shadow: shadow.zip(caption.drawn_shadow()).map(ShadowView::new),
                from: caption.from,
                to: caption.to,
                frames: caption.frames,
                r#box: BoxView::new(ink_px),
                lines,
                path,
                emoji: pictures.views(&emoji, size_px),
                missing_glyphs,
            }
        };
        Self {
            width_px,
            height_px,
            picture: BoxView::new([0, picture_top_px, width_px, picture_height_px]),
            captions: spec.captions.iter().zip(captions).map(view).collect(),
            images: pictures.images,
        }
    }
}

impl PlateView {
    fn new(PlatePreview { rect_px: [left_px, top_px, width_px, height_px], radius_px }: PlatePreview) -> Self {
        Self { left_px, top_px, width_px, height_px, radius_px }
    }
}

impl ShadowView {
    fn new((Shadow { sigma_px, offset_px, gain }, colour): (Shadow, Colour)) -> Self {
        Self { colour, blur_px: sigma_px, offset_px, gain }
    }
}

impl<T> BoxView<T> {
    fn new([left_px, top_px, width_px, height_px]: [T; 4]) -> Self {
        Self { left_px, top_px, width_px, height_px }
    }
}
