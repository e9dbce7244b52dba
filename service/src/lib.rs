//! What a long-running process needs whatever it does: configuration from the environment, logs, health, metrics, a listener
//! and an orderly end.
//!
//! api, worker and the binary use it. It must never know what a job is: no broker, no store, no
//! engine, so that a crate of ours can depend on it without pulling in a network client.
//!
//! Where to look: `config` reads settings; `listening` is everything about sockets; `process` is what a process asks of its system
//! once, at start.

pub mod api_keys;
mod clock;
pub mod config;
pub mod eventual;
pub mod health;
pub mod in_use;
mod listening;
pub mod metrics;
mod process;

pub use api_keys::ApiKeys;
pub use clock::Clock;
pub use config::{ApiSettings, ConfigError, Process, ServeSettings, StoreSettings, WorkerSettings};
pub use eventual::Eventual;
pub use health::Health;
pub use listening::{front_listeners::FrontListeners, listener, ops, security};
pub use process::{memory, open_files, shutdown, telemetry};
