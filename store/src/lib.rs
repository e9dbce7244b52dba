//! Sources, job records, results and outputs, kept over `object_store`: S3, local files or memory.
//!
//! api and worker call it; an operator chooses the backend with one URL. It is the only crate that knows
//! `object_store`, whose types stop here, and the only one that spells an object key: callers hand over ids.
//! It never overwrites a record, never reads a whole output into memory, never waits without a bound, and
//! never logs or prints a secret.

mod age;
mod backend;
mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod content_id;
mod contents;
mod dead;
mod error;
mod expire;
#[cfg(feature = "faults")]
mod faults;
mod jobs;
mod listing;
mod location;
mod objects;
mod probe;
mod records;
mod store;
mod unfinished;

pub use config::{S3Settings, StoreConfig};
pub use content_id::{client_id, idempotency_id, output_id, source_id};
pub use contents::OutputStream;
pub use error::StoreError;
pub use expire::Expired;
#[cfg(feature = "faults")]
pub use faults::{Fault, Faults, Operation};
pub use records::Created;
pub use store::Store;
