//! The commands for the people who run a service: `punchline dead`, `punchline sweep` and `punchline key`.
//!
//! Called by main. They work on the service's store and broker, without asking its processes.

mod backends;
pub(crate) mod dead;
pub(crate) mod key;
pub(crate) mod sweep;
