//! What requests have beside JSON: paths, headers, and the parts of forms.
//!
//! These types are for description alone; `jobs::form`, `jobs::prefer` and `jobs::idempotency` read the real ones, whose limits
//! are repeated here.

#![expect(dead_code, reason = "the fields are read by the derived description")]

use proto_shared::{
    Align, CaptionSpec, Case, Colour, Format, Lang, LineSpacing, Seconds, Size, SourceId, StrokeWidth, Style, TranslucentColour,
    Valign,
};
use serde_json::json;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Ref,
        schema::{ArrayBuilder, Schema},
    },
};

use crate::jobs::form::MAX_JOBS;

/// A name for a request.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IdempotencyHeader {
    /// What the client calls this request, so that it may send it twice: the same name is the same job for one client.
    #[param(rename = "Idempotency-Key", nullable = false, pattern = "^[!-~]{1,255}$", example = "order-7")]
    idempotency_key: Option<String>,
}

/// A wish to wait.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct PreferHeader {
    /// `wait=SECONDS` (RFC 7240): how long the client would like to wait for the end of its job, at most half a minute. What else
    /// it says is passed over.
    #[param(rename = "Prefer", nullable = false, example = "wait=10")]
    prefer: Option<String>,
}

/// What a cache has.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IfNoneMatchHeader {
    /// The `ETag` that the client has: it is told with 304 that it is still good.
    #[param(rename = "If-None-Match", nullable = false)]
    if_none_match: Option<String>,
}

/// What was heard before a stream broke.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct LastEventIdHeader {
    /// The `id` of the last event that was heard.
    #[param(rename = "Last-Event-ID", nullable = false, example = "1700000000123-queued")]
    last_event_id: Option<String>,
}

/// One picture and what to write on it: a `spec`, or `top`, `bottom`, `text` and `subtitles` with the other fields for all of them.
/// An empty part counts as none. A part `images.NAME` is the file of an emoji of one's own, which `:NAME:` in a text shows.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobForm {
    /// The picture: GIF, PNG, JPEG or WebP, by its first bytes.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "image/gif")]
    file: Option<Vec<u8>>,
    /// Instead of a file: the `source.id` of a job, for a picture that is stored.
    #[schema(nullable = false)]
    source: Option<SourceId>,
    /// Instead of a file: where the picture stands, at a public address.
    #[schema(nullable = false, format = "uri")]
    source_url: Option<String>,
    /// What to write, in full. It goes with none of the fields below.
    #[schema(nullable = false)]
    spec: Option<CaptionSpec>,
    /// The words at the upper edge.
    #[schema(schema_with = proto_shared::openapi::caption_text, required = false)]
    top: Option<String>,
    /// The words at the lower edge.
    #[schema(schema_with = proto_shared::openapi::caption_text, required = false)]
    bottom: Option<String>,
    /// Words that stand where `at` says.
    #[schema(schema_with = proto_shared::openapi::caption_text, required = false)]
    text: Option<String>,
    /// A `SubRip` or `WebVTT` file, each cue of which is a caption with its time.
    #[schema(nullable = false)]
    subtitles: Option<String>,
    /// A look by its name, one of the `presets` that `/v1/info` lists: fields for those that are not given.
    #[schema(nullable = false)]
    preset: Option<String>,
    /// Of `text` and the cues: `top`, `middle`, `bottom`, or a box as `x,y,width,height` in parts of the picture.
    #[schema(schema_with = proto_shared::openapi::position_text, required = false)]
    at: Option<String>,
    /// Of all.
    #[schema(nullable = false)]
    align: Option<Align>,
    /// Of all: where the text stands in its box.
    #[schema(nullable = false)]
    valign: Option<Valign>,
    /// Of all.
    #[schema(nullable = false)]
    style: Option<Style>,
    /// Of all: one of the `fonts` that `/v1/info` lists.
    #[schema(schema_with = proto_shared::openapi::font, required = false)]
    font: Option<String>,
    /// Of all.
    #[schema(nullable = false)]
    size: Option<Size>,
    /// Of all: the letters' colour.
    #[schema(nullable = false)]
    fill: Option<Colour>,
    /// Of all: the colour of the outline, or of the shadow.
    #[schema(nullable = false)]
    stroke: Option<Colour>,
    /// Of all: how wide the outline is on each side.
    #[schema(nullable = false)]
    stroke_width: Option<StrokeWidth>,
    /// Of all: what lies behind the words of a bar or a box.
    #[schema(nullable = false)]
    background: Option<TranslucentColour>,
    /// Of all.
    #[schema(nullable = false)]
    case: Option<Case>,
    /// Of all.
    #[schema(nullable = false)]
    line_spacing: Option<LineSpacing>,
    /// Of all: when they appear.
    #[schema(nullable = false)]
    from: Option<Seconds>,
    /// Of all: when they are gone again.
    #[schema(nullable = false)]
    to: Option<Seconds>,
    /// Of all: the first and the last frame that show them, in place of `from` and `to`.
    #[schema(nullable = false, pattern = "^[0-9]{1,9}(-[0-9]{1,9})?$", example = "4-10")]
    frames: Option<String>,
    /// Of all: the language of the words; when absent, each text tells.
    #[schema(nullable = false)]
    lang: Option<Lang>,
    /// The kind of file that comes out.
    #[schema(nullable = false)]
    format: Option<Format>,
    #[schema(schema_with = proto_shared::openapi::max_bytes_text, required = false)]
    max_bytes: Option<String>,
    /// The widest that the picture may be, in pixels.
    #[schema(nullable = false, minimum = 1, maximum = 65535)]
    max_width: Option<u32>,
    /// The highest that the picture may be, bars included.
    #[schema(nullable = false, minimum = 1, maximum = 65535)]
    max_height: Option<u32>,
    /// A platform by its name, one of the `platforms` that `/v1/info` lists: its limits for those that are not given.
    #[schema(nullable = false)]
    fit: Option<String>,
    #[schema(nullable = false, inline)]
    exact: Option<Flag>,
    #[schema(nullable = false, inline)]
    strict: Option<Flag>,
    #[schema(nullable = false, inline)]
    gallery: Option<Flag>,
    /// Who is to be called back when the job ends, at a public address (see the webhook).
    #[schema(nullable = false, format = "uri")]
    callback_url: Option<String>,
}

/// One picture and many specs. A part `images.NAME` is the file of an emoji of one's own, which `:NAME:` in a text of any spec shows.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchForm {
    /// The picture: GIF, PNG, JPEG or WebP, by its first bytes.
    #[schema(value_type = Option<String>, nullable = false, format = Binary, content_media_type = "image/gif")]
    file: Option<Vec<u8>>,
    /// Instead of a file: the `source.id` of a job, for a picture that is stored.
    #[schema(nullable = false)]
    source: Option<SourceId>,
    /// Instead of a file: where the picture stands, at a public address.
    #[schema(nullable = false, format = "uri")]
    source_url: Option<String>,
    #[schema(schema_with = specs)]
    specs: Vec<CaptionSpec>,
    #[schema(nullable = false, inline)]
    gallery: Option<Flag>,
    /// Who is to be called back when a job ends, at a public address (see the webhook).
    #[schema(nullable = false, format = "uri")]
    callback_url: Option<String>,
}

fn specs() -> Schema {
    ArrayBuilder::new()
        .items(Ref::from_schema_name(CaptionSpec::name()))
        .min_items(Some(1))
        .max_items(Some(MAX_JOBS))
        .description(Some("A job for each."))
        .examples([json!([{"captions": [{"text": "monday"}]}, {"captions": [{"text": "friday"}]}])])
        .into()
}

/// Yes or no, as forms say it.
#[derive(ToSchema)]
#[schema(default = "false")]
enum Flag {
    #[schema(rename = "true")]
    True,
    #[schema(rename = "on")]
    On,
    #[schema(rename = "1")]
    One,
    #[schema(rename = "false")]
    False,
    #[schema(rename = "off")]
    Off,
    #[schema(rename = "0")]
    Zero,
}
