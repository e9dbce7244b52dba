//! The commands that have a service do the work: `punchline submit` and `punchline status`.
//!
//! Called by main. `http` speaks to the service, `session` decides how long a request is tried again, and each step of a
//! command has a file: upload, follow, download.

mod activity;
mod download;
mod ending;
mod follow;
mod http;
mod job;
mod session;
pub(crate) mod status;
pub(crate) mod submit;
mod upload;
