//! The processes of a service: `punchline api`, `punchline worker`, both in one with `punchline serve`, and the process that a
//! worker starts for one rendering.
//!
//! Called by main. `http_side` is what api and serve have in common, `job_side` what worker and serve have.

pub(crate) mod api;
mod broker_metrics;
mod flags;
mod health;
mod http_side;
mod job_side;
pub(crate) mod render_one;
pub(crate) mod serve;
mod startup;
pub(crate) mod worker;
