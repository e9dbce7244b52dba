//! Requests to hosts that a stranger has named: pictures by their URL, and calls back.
//!
//! api uses it for `source_url` and `callback_url`. Someone who may name a host must not reach through us what they can't
//! reach themselves: no request leaves but to a public address or one the operator allows, and the address that was
//! checked is the one connected to, for there is one look-up and its answer is what the connection gets. It must never
//! follow a redirect unchecked, use a proxy of the environment, or wait or read without a bound.

mod address;
mod client;
mod error;
mod guard;

pub use client::{Client, Download};
pub use error::{NoTls, OutboundError};
pub use guard::{Guard, MAX_URL_BYTES, Resolver};
