//! What api and worker say to each other: the caption spec, the job and its three states, events,
//! error codes, traces, queue names and object keys.
//!
//! Every other crate but `caption` may use it. It must stay data: serde and nothing that waits,
//! reads a clock, draws a random number or touches a network, so that a version of it can be
//! compiled into any process and its JSON read by the next version.

pub mod callback;
pub mod colour;
pub mod error_code;
pub mod event;
pub mod id;
pub mod job;
pub mod keys;
pub mod lane;
pub mod media;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod queue;
pub mod size;
pub mod spec;
pub mod trace;

pub use callback::{CallbackEnd, CallbackOutcome};
pub use colour::Colour;
pub use error_code::ErrorCode;
pub use event::{Event, News};
pub use id::{ClientId, IdempotencyId, JobId, OutputId, SourceId};
pub use job::{
    AttemptNote, DeadRecord, IdempotencyRecord, JobMessage, JobRecord, JobResult, NewerRelease, Outcome, OutputInfo,
    OutputSummary, RenderStats, SourceInfo,
};
pub use lane::{Lane, PerLane};
pub use media::MediaType;
pub use size::Size;
pub use spec::{Caption, CaptionSpec, Position, RecordedSpec, SpecError, Style};
pub use trace::TraceContext;
