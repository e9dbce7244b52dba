//! What api and worker say to each other: the job and its three states, events, traces, queue names and object keys.
//!
//! Every crate above the engine may use it. What the engine shares too is `caption-types`', and passed on from here. It must stay data: serde and nothing that waits,
//! reads a clock, draws a random number or touches a network, so that a version of it can be
//! compiled into any process and its JSON read by the next version.

pub mod callback;
pub mod event;
pub mod id;
pub mod job;
pub mod keys;
pub mod lane;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod queue;
pub mod trace;

pub use caption_types::{
    Align, Area, Beyond, ByteSize, Caption, CaptionFidelity, CaptionFields, CaptionSpec, Case, ChangedPixels, Colour,
    ColourFidelity, ErrorCode, Fidelity, Format, GivenUp, ImageName, Lang, Limits, LineSpacing, MediaType, OutputFields,
    Platform, Platforms, Position, Presets, RecordedSpec, RenderStats, Seconds, Size, SpecError, StrokeWidth, Style,
    TranslucentColour, Valign, bounds, spec, subtitles,
};

pub use callback::{CallbackEnd, CallbackOutcome};
pub use event::{Event, News};
pub use id::{ClientId, IdempotencyId, JobId, OutputId, SourceId};
pub use job::{
    AttemptNote, DeadRecord, IdempotencyRecord, JobMessage, JobRecord, JobResult, NewerRelease, Outcome, OutputInfo,
    OutputSummary, SourceInfo,
};
pub use lane::{Lane, PerLane};
pub use trace::TraceContext;
