//! How many workers a load needs, and how long its jobs wait: arrivals, autoscalers and workers, simulated.
//!
//! The binary `punchline-plan` prints what it says, and `e2e` drives real workers with the very same [`autoscaler`] to hold the
//! simulation against. It computes and nothing else: no clock, network, file or chance that a seed does not decide, and it
//! knows nothing of pictures or queues but their numbers.

pub mod arrivals;
pub mod autoscaler;
mod counts;
pub mod error;
pub mod hpa;
pub mod metric;
pub mod plan;
pub mod plot;
pub mod report;
pub mod service_times;
pub mod simulation;

pub use arrivals::Load;
pub use autoscaler::{Autoscaler, Mode};
pub use error::PlanError;
pub use plan::{Plan, Run};
pub use service_times::ServiceTimes;
pub use simulation::{RunOutcome, Settings, simulate};
