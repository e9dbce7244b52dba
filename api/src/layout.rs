//! `POST /v1/layout`: where the words of a result will stand, before there is one.
//!
//! From the same code that a render takes them from, so a page need not guess; and as outlines, so that it needs no font. No
//! picture is looked at.

use std::sync::Arc;

use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
};
use caption_layout::{CaptionPreview, Error, Limits, Preview, Spec};
use fonts::{Fonts, engine_spec};
use proto_shared::{CaptionSpec, Colour, ErrorCode, Position, SpecError, Style};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use tokio::{sync::Semaphore, task::spawn_blocking};
use utoipa::ToSchema;

use crate::{error::ApiError, intake::Intake};

/// What a request's body may have: the longest texts there may be, escaped.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Layouts at one time: the longest text takes some milliseconds of a thread.
const AT_ONCE: usize = 4;

/// Lays captions out, so many at a time.
#[derive(Clone)]
pub(crate) struct Layouts(Arc<Semaphore>);

impl Default for Layouts {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A canvas, and what to write on it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LayoutRequest {
    /// Of the source.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1)]
    width_px: u32,
    /// Of the source.
    #[serde(deserialize_with = "whole")]
    #[schema(minimum = 1)]
    height_px: u32,
    /// As in a spec.
    #[schema(schema_with = proto_shared::openapi::captions)]
    captions: Vec<proto_shared::Caption>,
}

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
    /// A bar's band; an overlay has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, inline)]
    band: Option<BoxView<u32>>,
    /// Around the letters with their outline.
    #[schema(inline)]
    r#box: BoxView<f32>,
    /// As they were wrapped.
    lines: Vec<String>,
    /// The letters as SVG path data, in pixels of the result. To be stroked with twice `stroke_px` beneath the fill, with round
    /// joins.
    path: String,
    /// Characters that no font has.
    #[schema(value_type = Vec<String>)]
    missing_glyphs: Vec<char>,
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

/// Where the words will stand
///
/// The layout of a result before there is one, from the same code that renders it: same wrapping, same size. No picture is
/// needed.
#[utoipa::path(
    post,
    path = "/v1/layout",
    operation_id = "layOut",
    tag = "Pictures",
    request_body = LayoutRequest,
    responses((status = 200, description = "The layout, in pixels of the result.", body = LayoutView)),
)]
pub(crate) async fn lay_out(
    State(intake): State<Arc<Intake>>,
    State(fonts): State<Fonts>,
    State(layouts): State<Layouts>,
    request: Request,
) -> Result<Json<LayoutView>, ApiError> {
    let body = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
    let too_long = format!("at most {MAX_BODY_BYTES} bytes of JSON were expected");
    let body = body.map_err(|_| SpecError::new(ErrorCode::BadRequest, "body", too_long))?;
    let LayoutRequest { width_px, height_px, captions } = read(&body)?;
    within_limits(&intake.limits, width_px, height_px)?;
    let wire = CaptionSpec { captions };
    wire.validate()?;
    let spec = engine_spec(&wire, &fonts)?;
    let ended = |e: &dyn std::fmt::Display| ApiError::Internal(format!("the layout ended early: {e}"));
    let place = layouts.0.acquire_owned().await.map_err(|e| ended(&e))?;
    let laid_out = spawn_blocking(move || {
        let _place = place;
        caption_layout::preview(&spec, width_px, height_px)
            .map_err(|error| of_caption(&spec, error, [width_px, height_px]))
            .map(|preview| (spec, preview))
    });
    let (spec, preview) = laid_out.await.map_err(|e| ended(&e))??;
    Ok(Json(LayoutView::new(&wire, &spec, preview, height_px)))
}

/// To JSON 480 and 480.0 are one number. What is larger than any side can be is too large, whatever it is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a whole number, not below zero")]
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.fract() != 0.0 || number < 0.0 {
        return Err(D::Error::custom("a whole number of pixels was expected"));
    }
    Ok(number as u32)
}

fn read(body: &[u8]) -> Result<LayoutRequest, SpecError> {
    let deserializer = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(deserializer).map_err(|e| {
        // Of a body that is no JSON object there is no field to name.
        let field = Some(e.path().to_string()).filter(|path| path.starts_with(char::is_alphabetic));
        SpecError::new(ErrorCode::BadRequest, field.unwrap_or_else(|| "body".to_owned()), e.into_inner().to_string())
    })
}

fn within_limits(limits: &Limits, width_px: u32, height_px: u32) -> Result<(), SpecError> {
    let most = limits.max_side_px;
    for (field, px) in [("width_px", width_px), ("height_px", height_px)] {
        if !(1..=most).contains(&px) {
            let code = if px == 0 { ErrorCode::ZeroSized } else { ErrorCode::CanvasTooLarge };
            return Err(SpecError::new(code, field, format!("1 to {most} pixels were expected, got {px}")));
        }
    }
    Ok(())
}

/// Says which caption it is that has no room, or nothing to be seen.
fn of_caption(spec: &Spec, error: Error, [width_px, height_px]: [u32; 2]) -> ApiError {
    let alone = |caption: &caption_layout::Caption| Spec { captions: vec![caption.clone()], fallbacks: spec.fallbacks.clone() };
    match spec.captions.iter().position(|caption| caption_layout::preview(&alone(caption), width_px, height_px).is_err()) {
        Some(i) => {
            let code = ErrorCode::parse(error.code()).unwrap_or(ErrorCode::BadSpec);
            SpecError::new(code, format!("captions[{i}].text"), error.to_string()).into()
        }
        None => ApiError::Picture(error),
    }
}

impl LayoutView {
    fn new(wire: &CaptionSpec, spec: &Spec, preview: Preview, picture_height_px: u32) -> Self {
        let Preview { width_px, height_px, picture_top_px, captions } = preview;
        let view = |((wire, engine), seen): ((&proto_shared::Caption, &caption_layout::Caption), CaptionPreview)| {
            let CaptionPreview { size_px, stroke_px, band_px, ink_px, lines, path, missing_glyphs } = seen;
            CaptionView {
                at: wire.at,
                style: wire.style,
                size_px,
                stroke_px,
                fill: Colour { rgb: engine.fill },
                stroke: Colour { rgb: engine.stroke },
                band: band_px.map(BoxView::new),
                r#box: BoxView::new(ink_px),
                lines,
                path,
                missing_glyphs,
            }
        };
        Self {
            width_px,
            height_px,
            picture: BoxView::new([0, picture_top_px, width_px, picture_height_px]),
            captions: wire.captions.iter().zip(&spec.captions).zip(captions).map(view).collect(),
        }
    }
}

impl<T> BoxView<T> {
    fn new([left_px, top_px, width_px, height_px]: [T; 4]) -> Self {
        Self { left_px, top_px, width_px, height_px }
    }
}
