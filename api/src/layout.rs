//! `POST /v1/layout`: where the text of a result will be, before there is a result.
//!
//! The places come from the code that a render uses, so a page need not guess. The letters come as outlines and emoji as small
//! pictures, so it needs no font. No picture is read but images of one's own,
//! which are answered as they are stored.

mod pictures;
mod view;

use std::sync::Arc;

use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
};
use caption_layout::{Error, Images, LoadedCaption, LoadedSpec, probe_image};
use fonts::{Fonts, UnknownFont, check_fonts, engine_spec};
use proto_shared::{CaptionSpec, ErrorCode, Limits, SpecError};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};
use store::Store;
use tokio::{sync::Semaphore, task::spawn_blocking};
use utoipa::ToSchema;

use self::{pictures::Pictures, view::LayoutView};
use crate::{
    docs::refusals::Refuses,
    pictures::{
        images::{ImageRefusal, not_given},
        inspect::PictureRefusal,
    },
    problem::{Defect, Documented, Problem, Refusal, refusals},
};

refusals! {
    /// Why nothing is laid out.
    pub(crate) enum LayoutRefusal: Spec(SpecError), Font(UnknownFont), Canvas(CanvasRefusal), Image(ImageRefusal), Defect(Defect) {}
}

/// The captions do not go on this canvas.
#[derive(Debug)]
pub(crate) struct CanvasRefusal(Error);

impl Refusal for CanvasRefusal {
    fn problem(&self) -> Problem {
        self.0.problem()
    }

    fn documented() -> Vec<Documented> {
        [ErrorCode::ZeroSized, ErrorCode::CanvasTooLarge, ErrorCode::NoVisibleText, ErrorCode::TextDoesNotFit, ErrorCode::BadFont]
            .map(|code| Documented::code(StatusCode::UNPROCESSABLE_ENTITY, code))
            .into()
    }
}

/// What a request's body may have: the longest texts there may be, escaped.
pub(crate) const MAX_BODY_BYTES: usize = 192 * 1024;
/// Layouts at one time: the longest text takes some milliseconds of a thread.
const AT_ONCE: usize = 4;

/// Lays captions out, so many at a time. Clones share it.
#[derive(Clone)]
pub(crate) struct Layouts {
    fonts: Fonts,
    store: Store,
    limits: Limits,
    permits: Arc<Semaphore>,
}

impl Layouts {
    /// The files of the images that a spec's texts show.
    async fn images(&self, spec: &CaptionSpec) -> Result<Images, ImageRefusal> {
        let mut images = Vec::new();
        for name in spec.shown_images() {
            let Some(id) = spec.images.get(name) else { continue };
            let file = self.store.get_image(id).await.map_err(|error| not_given(name.field(), error))?;
            if let Err(error) = probe_image(&file) {
                return Err(ImageRefusal { field: name.field(), fault: PictureRefusal::from(error).into() });
            }
            images.push((name.clone(), file.to_vec()));
        }
        Ok(images.into_iter().collect())
    }

    pub(crate) fn new(fonts: Fonts, store: Store, limits: Limits) -> Self {
        Self { fonts, store, limits, permits: Arc::new(Semaphore::new(AT_ONCE)) }
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
    /// As in a spec, and read as strictly.
    #[schema(schema_with = proto_shared::openapi::captions)]
    captions: Value,
    /// As in a spec: stored pictures that the texts show.
    #[serde(default)]
    #[schema(schema_with = proto_shared::openapi::images, required = false)]
    images: Option<Value>,
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
    responses((status = 200, description = "The layout, in pixels of the result.", body = LayoutView), Refuses<LayoutRefusal>),
)]
pub(crate) async fn lay_out(State(layouts): State<Layouts>, request: Request) -> Result<Json<LayoutView>, LayoutRefusal> {
    let body = to_bytes(request.into_body(), MAX_BODY_BYTES).await;
    let too_long = format!("at most {MAX_BODY_BYTES} bytes of JSON were expected");
    // Reading stopped at the first byte too many.
    let refused = || SpecError::new(ErrorCode::BadRequest, "body", too_long).limit(MAX_BODY_BYTES, MAX_BODY_BYTES + 1);
    let body = body.map_err(|_| refused())?;
    let LayoutRequest { width_px, height_px, captions, images } = read(&body)?;
    within_limits(&layouts.limits, width_px, height_px)?;
    let asked = json!({"captions": captions, "images": images.unwrap_or_else(|| json!({}))});
    let wire = CaptionSpec::from_json(asked.to_string().as_bytes())?;
    check_fonts(&wire, &layouts.fonts)?;
    let ended = |e: &dyn std::fmt::Display| Defect(format!("the layout ended early: {e}"));
    let permit = layouts.permits.clone().acquire_owned().await.map_err(|e| ended(&e))?;
    let images = layouts.images(&wire).await?;
    let spec = engine_spec(&wire, &layouts.fonts, images)?;
    let laid_out = spawn_blocking(move || {
        let _permit = permit;
        let preview = caption_layout::preview(&spec, width_px, height_px);
        let preview = preview.map_err(|error| of_caption(&spec, error, [width_px, height_px]))?;
        let pictures = Pictures::of(&preview, &spec.images);
        Ok::<_, LayoutRefusal>((preview, pictures))
    });
    let (preview, pictures) = laid_out.await.map_err(|e| ended(&e))??;
    Ok(Json(LayoutView::new(&wire, preview, pictures, height_px)))
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
    if body.trim_ascii_start().starts_with(b"[") {
        // serde would take its items for the fields in their order.
        return Err(SpecError::new(ErrorCode::BadRequest, "body", "an object was expected, got an array"));
    }
    let deserializer = &mut serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(deserializer).map_err(|e| {
        // Of a body that is no JSON object there is no field to name.
        let field = Some(e.path().to_string()).filter(|path| path.starts_with(char::is_alphabetic));
        SpecError::new(ErrorCode::BadRequest, field.unwrap_or_else(|| "body".to_owned()), e.into_inner().to_string())
    })
}

fn within_limits(limits: &Limits, width_px: u32, height_px: u32) -> Result<(), SpecError> {
    let most = limits.longest_side_px();
    for (field, px) in [("width_px", width_px), ("height_px", height_px)] {
        if !(1..=most).contains(&px) {
            let code = if px == 0 { ErrorCode::ZeroSized } else { ErrorCode::CanvasTooLarge };
            let limit = if px == 0 { 1 } else { most };
            let refused = SpecError::new(code, field, format!("1 to {most} pixels were expected, got {px}"));
            return Err(refused.limit(limit as usize, px as usize));
        }
    }
    Ok(())
}

/// Says which caption it is that has no budget, or nothing to be seen.
fn of_caption(spec: &LoadedSpec, error: Error, [width_px, height_px]: [u32; 2]) -> LayoutRefusal {
    let alone = |caption: &LoadedCaption| LoadedSpec { captions: vec![caption.clone()], ..spec.clone() };
    match spec.captions.iter().position(|caption| caption_layout::preview(&alone(caption), width_px, height_px).is_err()) {
        Some(i) => SpecError::new(error.code(), format!("captions[{i}].text"), error.to_string()).into(),
        None => CanvasRefusal(error).into(),
    }
}
