//! What a long-running process needs whatever it does: configuration from the environment, logs, health, metrics, a listener
//! and an orderly end.
//!
//! api, worker and the binary use it. It must never know what a job is: no broker, no store, no
//! engine, so that a crate of ours can depend on it without pulling in a network client.

pub mod api_keys;
pub mod clock;
pub mod config;
pub mod eventual;
pub mod files;
pub mod front_listeners;
pub mod health;
pub mod in_use;
pub mod listener;
pub mod memory;
pub mod metrics;
pub mod ops;
pub mod security;
pub mod shutdown;
pub mod telemetry;

pub use api_keys::ApiKeys;
pub use clock::Clock;
pub use config::{ApiSettings, ConfigError, Process, ServeSettings, StoreSettings, WorkerSettings};
pub use eventual::Eventual;
pub use front_listeners::FrontListeners;
pub use health::Health;
