//! Takes jobs from the broker, runs the engine on its own threads, stores what comes out, settles.
//!
//! The binary runs it for `punchline worker` and `punchline serve`. It must never ack before the output and
//! the result are stored, never run the engine on a runtime thread, and never let one job's panic reach another.
//! Running a job twice is harmless by construction: outputs are named by what they are made from, and the
//! first result that is written stands.

mod cancel;
mod consume;
mod dead_letters;
mod engine;
#[cfg(feature = "faults")]
mod faults;
mod isolated;
mod job;
mod lane_priority;
mod lost_jobs;
mod lost_jobs_schedule;
mod metrics;
mod progress;
mod render;
mod replay;
mod settle;
mod stage;
mod start_marks;
mod store_gate;
mod threads;
mod trace;
mod worker;

pub use engine::Engine;
pub use isolated::{Isolation, answer};
pub use lost_jobs::{LostAfter, RequeueError, requeue_lost};
pub use progress::Progress;
pub use render::{EngineError, Product, Task};
pub use replay::{ReplayError, ReplayStep, Replayed, replay_dead};
pub use start_marks::ProcessId;
pub use worker::{Worker, WorkerConfig, WorkerParts};
