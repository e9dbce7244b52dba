//! Jobs on their way from api to worker, and events about them on the way back; over RabbitMQ, or the same in-process.
//!
//! api publishes and subscribes, worker consumes and emits, the binary picks the backend. Both backends keep one contract,
//! written down as the tests in `conformance`. A message is delivered at least once: a consumer must be able to run
//! twice. An event is delivered at most once. lapin's types stop in this crate, and nothing here looks into what a job asks for.
//!
//! Where to look: `broker` is the handle; `receiving` has what comes out of it; `rabbitmq` and `in_process` are the backends.

mod backend;
mod backoff;
mod broker;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod counts;
mod error;
mod in_process;
mod newer_release;
mod rabbitmq;
mod receiving;
mod status;
mod wire;

pub use broker::Broker;
pub use config::{AmqpConfig, InProcessConfig, Prefetch};
pub use counts::Counts;
pub use error::{BrokerError, SettleError};
pub use receiving::{
    dead_letter::{DeadLetter, DeadLetters},
    delivery::{Deliveries, Delivery},
    events::{Events, Filter, Heard},
};
pub use status::{BrokerState, Depths};
