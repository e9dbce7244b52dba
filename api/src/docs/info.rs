//! `GET /v1/info`: what this service is and takes, for pages and programs that want to know before they ask.

use std::collections::BTreeMap;

use axum::{
    body::Bytes,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use caption_layout::FontSample;
use fonts::Fonts;
use proto_shared::{CaptionFields, Format, MediaType, Platform, Platforms, Presets, bounds};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusals::Refuses;
use crate::{front::access::AccessRefusal, jobs::form::MAX_JOBS};

/// The longest outlines of all fonts together: those of the fonts that ship take a tenth. Of later ones there is no sample.
const MOST_SAMPLE_BYTES: usize = 400_000;

/// What may be known by everyone, as it is answered.
#[derive(Clone)]
pub(crate) struct InfoAnswer(Bytes);

impl IntoResponse for InfoAnswer {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], self.0).into_response()
    }
}

/// What may be known by everyone.
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word on the wire by itself")]
struct Info {
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
    /// What kinds of picture are read, as media types. QuickTime's videos count as MP4.
    reads: Vec<&'static str>,
    /// What `font` may be.
    fonts: Vec<String>,
    /// Letters of each font as an outline, for those who choose one. A font that can't be drawn within a bound has none.
    font_samples: BTreeMap<String, SampleView>,
    /// What `preset` may be, and the fields that each fills in.
    presets: BTreeMap<String, CaptionFields>,
    /// What `fit` may be, and what each platform allows.
    platforms: BTreeMap<String, Platform>,
    /// What `format` may be.
    formats: Vec<Format>,
    limits: LimitsView,
}

/// Letters of a font. x runs to the right from the left end of the line, y downwards from the baseline.
#[derive(Serialize, ToSchema)]
#[schema(as = FontSample)]
struct SampleView {
    /// What is written: the font's own name, where it has the letters.
    text: String,
    /// Units to one em of the font; the others are in these units.
    em: u16,
    /// Of a box that no letter reaches beyond.
    left: i32,
    /// Of that box: negative above the baseline.
    top: i32,
    width: i32,
    height: i32,
    /// SVG path data.
    path: String,
}

impl From<FontSample> for SampleView {
    fn from(FontSample { text, path, bounds: [left, top, width, height] }: FontSample) -> Self {
        Self { text, em: FontSample::EM, left, top, width, height, path }
    }
}

/// What is refused before any decoding.
#[derive(Serialize, ToSchema)]
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
    /// The largest file of a still that is captioned by rows, if that is more: a baseline JPEG of one scan, a PNG that is not interlaced.
    max_still_bytes: u64,
    /// The longest side of such a still.
    max_still_side_px: u32,
    /// The most pixels of such a still; 0 where it is held to the limits of all pictures.
    max_still_pixels: u64,
    /// The longest video, in seconds.
    max_video_s: u32,
    /// The most frames of a video, beside `max_frames`.
    max_video_frames: u32,
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
pub(crate) async fn show(State(info): State<InfoAnswer>) -> InfoAnswer {
    info
}

impl InfoAnswer {
    /// What may be known of an api with these limits, fonts and presets. It is written once: the samples are most of it.
    pub(crate) fn new(
        (limits, videos): (caption_layout::Limits, bool),
        (fonts, presets, platforms): (&Fonts, &Presets, &Platforms),
        keys_required: bool,
        callbacks: bool,
        source_urls: bool,
    ) -> Self {
        let info = Info {
            version: env!("CARGO_PKG_VERSION"),
            engine_version: caption_layout::ENGINE_VERSION,
            keys_required,
            gallery: true,
            callbacks,
            source_urls,
            reads: MediaType::READ.into_iter().filter(|media| videos || !media.is_video()).map(MediaType::mime).collect(),
            fonts: fonts.names().map(str::to_owned).collect(),
            font_samples: samples(fonts),
            presets: presets.iter().map(|(name, fields)| (name.to_owned(), fields.clone())).collect(),
            platforms: platforms.iter().map(|(name, platform)| (name.to_owned(), platform.clone())).collect(),
            formats: Format::ALL.to_vec(),
            limits: LimitsView {
                max_upload_bytes: limits.max_bytes,
                max_side_px: limits.max_side_px,
                max_frames: limits.max_frames,
                max_total_pixels: limits.max_total_pixels,
                max_still_bytes: limits.max_still_bytes,
                max_still_side_px: limits.max_still_side_px,
                max_still_pixels: limits.max_still_pixels,
                max_video_s: limits.max_video_s,
                max_video_frames: limits.max_video_frames,
                max_captions: bounds::MAX_CAPTIONS,
                max_text_chars: bounds::MAX_TEXT_CHARS,
                max_images: bounds::MAX_IMAGES,
                max_image_bytes: bounds::MAX_IMAGE_BYTES,
                max_image_side_px: bounds::MAX_IMAGE_SIDE_PX,
                max_batch: MAX_JOBS,
            },
        };
        let json = serde_json::to_vec(&info);
        debug_assert!(json.is_ok(), "it holds only words, numbers and lists, and its keys are words");
        Self(json.unwrap_or_default().into())
    }
}

/// Those of all fonts by their names, until together they are as long as an answer may be.
fn samples(fonts: &Fonts) -> BTreeMap<String, SampleView> {
    let mut left = MOST_SAMPLE_BYTES;
    let drawn = fonts.all().filter_map(|entry| Some((entry.name.to_owned(), FontSample::of(entry.font, entry.name)?)));
    let within = drawn.take_while(|(_, sample)| {
        let rest = left.checked_sub(sample.path.len());
        left = rest.unwrap_or(0);
        rest.is_some()
    });
    within.map(|(name, sample)| (name, sample.into())).collect()
}
