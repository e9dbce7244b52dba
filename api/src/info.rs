//! `GET /v1/info`: what this service is and takes, for pages and programs that want to know before they ask.

use axum::{Json, extract::State};
use proto_shared::spec;
use serde::Serialize;

use crate::{batch::MAX_JOBS, state::ApiState};

/// What may be known by everyone.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word on the wire by itself")]
pub(crate) struct Info {
    version: &'static str,
    engine_version: &'static str,
    keys_required: bool,
    gallery: bool,
    callbacks: bool,
    source_urls: bool,
    fonts: Vec<String>,
    limits: LimitsView,
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "they are names on the wire")]
struct LimitsView {
    max_upload_bytes: u64,
    max_side_px: u32,
    max_frames: u32,
    max_total_pixels: u64,
    max_text_chars: usize,
    max_batch: usize,
}

pub(crate) async fn show(State(state): State<ApiState>) -> Json<Info> {
    let limits = state.intake.limits;
    Json(Info {
        version: env!("CARGO_PKG_VERSION"),
        engine_version: caption::ENGINE_VERSION,
        keys_required: state.keys_required,
        gallery: true,
        callbacks: state.callbacks.is_on(),
        source_urls: state.fetching.client.is_some(),
        fonts: state.fonts.names().map(str::to_owned).collect(),
        limits: LimitsView {
            max_upload_bytes: limits.max_bytes,
            max_side_px: limits.max_side_px,
            max_frames: limits.max_frames,
            max_total_pixels: limits.max_total_pixels,
            max_text_chars: spec::MAX_TEXT_CHARS,
            max_batch: MAX_JOBS,
        },
    })
}
