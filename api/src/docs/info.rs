//! `GET /v1/info`: what this service is and takes, for pages and programs that want to know before they ask.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use fonts::Fonts;
use proto_shared::{CaptionFields, Presets, bounds};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusals::Refuses;
use crate::{front::access::AccessRefusal, jobs::form::MAX_JOBS};

/// What may be known by everyone.
#[derive(Clone, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word on the wire by itself")]
pub(crate) struct Info {
    /// Of the release.
    version: &'static str,
    /// Of what draws: other pictures may come of another one.
    engine_version: &'static str,
    /// Whether requests must show an API key.
    keys_required: bool,
    /// Whether there is a gallery.
    gallery: bool,
    /// Whether a job may have a `callback_url`.
    callbacks: bool,
    /// Whether a job may have a `source_url`.
    source_urls: bool,
    /// What `font` may be.
    fonts: Vec<String>,
    /// What `preset` may be, and the fields that each fills in.
    presets: BTreeMap<String, CaptionFields>,
    limits: LimitsView,
}

/// What is refused before any decoding.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Limits)]
#[expect(clippy::struct_field_names, reason = "they are names on the wire")]
struct LimitsView {
    /// The largest file.
    max_upload_bytes: u64,
    /// The longest side.
    max_side_px: u32,
    /// The most frames in one file.
    max_frames: u32,
    /// The most pixels over all frames of one file.
    max_total_pixels: u64,
    /// The most captions on one picture.
    max_captions: usize,
    /// The most characters of one caption.
    max_text_chars: usize,
    /// The most images of one's own in one spec.
    max_images: usize,
    /// The largest file of one.
    max_image_bytes: u64,
    /// The longest side of one.
    max_image_side_px: u32,
    /// The most specs of one batch.
    max_batch: usize,
}

/// What this service is and takes
///
/// For pages and programs that want to know before they ask. Needs no key.
#[utoipa::path(
    get,
    path = "/v1/info",
    operation_id = "info",
    tag = "About",
    security(()),
    responses((status = 200, description = "What may be known by everyone.", body = Info), Refuses<AccessRefusal, false>),
)]
pub(crate) async fn show(State(info): State<Info>) -> Json<Info> {
    Json(info)
}

impl Info {
    /// What may be known of an api with these limits, fonts and presets.
    pub(crate) fn new(
        limits: caption_layout::Limits,
        (fonts, presets): (&Fonts, &Presets),
        keys_required: bool,
        callbacks: bool,
        source_urls: bool,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            engine_version: caption_layout::ENGINE_VERSION,
            keys_required,
            gallery: true,
            callbacks,
            source_urls,
            fonts: fonts.names().map(str::to_owned).collect(),
            presets: presets.iter().map(|(name, fields)| (name.to_owned(), fields.clone())).collect(),
            limits: LimitsView {
                max_upload_bytes: limits.max_bytes,
                max_side_px: limits.max_side_px,
                max_frames: limits.max_frames,
                max_total_pixels: limits.max_total_pixels,
                max_captions: bounds::MAX_CAPTIONS,
                max_text_chars: bounds::MAX_TEXT_CHARS,
                max_images: bounds::MAX_IMAGES,
                max_image_bytes: bounds::MAX_IMAGE_BYTES,
                max_image_side_px: bounds::MAX_IMAGE_SIDE_PX,
                max_batch: MAX_JOBS,
            },
        }
    }
}
