//! Takes jobs from the broker, runs the engine on its own threads, stores what comes out, settles.
//!
//! The binary runs it for `punchline worker` and `punchline serve`. It must never ack before the output and
//! the result are stored, never run the engine on a runtime thread, and never let one job's panic reach another.
//! Running a job twice is harmless by construction: outputs are named by what they are made from, and the
//! first result that is written stands.
//!
//! Where to look: `taking` says which jobs begin, and when; `rendering` makes the picture; `settling` says what becomes of the
//! delivery, and of dead letters; `lost_jobs` searches for jobs that are in no queue; `worker` puts them together.

mod lost_jobs;
mod metrics;
mod rendering;
mod settling;
mod stage;
mod taking;
mod trace;
mod worker;

pub use lost_jobs::requeue::{LostAfter, RequeueError, requeue_lost};
pub use rendering::{
    engine::Engine,
    isolated::{Ingredients, Isolation, answer, render_alone},
    progress::Progress,
    render::{EngineError, Product, Task},
};
pub use settling::replay::{ReplayError, ReplayStep, Replayed, replay_dead};
pub use taking::start_marks::ProcessId;
pub use worker::{Worker, WorkerConfig, WorkerParts};
