//! What api and worker say to each other: the caption spec, the job and its three states, error
//! codes, queue names and object keys.
//!
//! Every other crate but `caption` may use it. It must stay data: serde and nothing that waits,
//! reads a clock, draws a random number or touches a network, so that a version of it can be
//! compiled into any process and its JSON read by the next version.

pub mod error_code;
pub mod id;
pub mod job;
pub mod keys;
pub mod media;
pub mod queue;
pub mod spec;

pub use error_code::ErrorCode;
pub use id::{JobId, OutputId, SourceId};
pub use job::{JobMessage, JobRecord, JobResult, Outcome, OutputInfo, RenderStats, SourceInfo};
pub use media::MediaType;
pub use spec::{Caption, CaptionSpec, Colour, Position, Size, SpecError, Style};
