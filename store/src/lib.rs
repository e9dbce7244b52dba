//! Sources, job records, results and outputs, kept over `object_store`: S3, local files or memory.
//!
//! api and worker call it; an operator chooses the backend with one URL. It is the only crate that knows
//! `object_store`, whose types stop here, and the only one that spells an object key: callers hand over ids.
//! It never overwrites a job's record or result, never reads a whole output into memory, never waits without a bound,
//! and never logs or prints a secret.
//!
//! Where to look: `kept` has a file for each thing that is kept, `retention` deletes what is old, `objects` puts bytes under keys.
//!
//! # What it costs
//!
//! Requests to S3, when nothing fails; a test counts them (`tests/requests.rs`). One process has one client and with it
//! one pool of connections that are kept open, however often the handle is cloned. A body is handed to the client as it
//! is, without a copy.
//!
//! | Operation | Requests |
//! |---|---|
//! | `put_source`, `put_source_file` below 5 MiB | 1 HEAD, 1 PUT; 1 HEAD if it stands there and is less than 30 minutes old |
//! | `put_source_file` from 5 MiB on | 1 HEAD, 2 to begin and complete, 1 PUT each 5 MiB |
//! | `get_source`, `get_output`, `get_job`, `get_result`, `get_idempotency` | 1 GET |
//! | `get_image` | 1 GET |
//! | `reuse_source`, `reuse_image` | 1 GET; 1 PUT more if it was written over 30 minutes ago |
//! | `has_result` | 1 HEAD |
//! | `create_job`, `create_result`, `create_idempotency` | 1 PUT; 1 HEAD more if something stands there |
//! | `mark_queued` | 1 PUT |
//! | `was_queued` | 1 HEAD |
//! | `mark_start` | 1 PUT |
//! | `get_start` | 1 GET |
//! | `clear_start` | 1 POST |
//! | `begin_search` | 1 PUT; 1 HEAD more if something stands there |
//! | `end_search` | 1 PUT |
//! | `last_search` | 1 GET |
//! | `begin_callback`, `end_callback` | 1 PUT; 1 HEAD more if something stands there |
//! | `owe_callback` | 1 PUT |
//! | `get_callback_end` | 1 GET |
//! | `clear_callback` | 1 POST |
//! | `owed_callbacks` | 1 LIST each 1000 objects of those owed |
//! | `put_output`, `put_summary`, `put_dead` | 1 PUT |
//! | `get_summary` | 1 GET if there is none; else 1 GET, 1 HEAD; 1 PUT more if it was written over 30 minutes ago |
//! | `delete_result` | 1 POST |
//! | `delete_letters` | 1 POST each 1000 letters |
//! | `letters` | 1 LIST each 1000 letters |
//! | `letters_of` | 1 LIST, 1 HEAD |
//! | `get_dead` | 1 LIST, 1 HEAD; 1 GET more if there is one |
//! | `read_letter` | 1 GET |
//! | `list_dead` | 1 LIST each 1000 letters, 1 GET each of the 1000 oldest |
//! | `unfinished_jobs` | 1 LIST each 1000 objects of jobs, 1 GET each unfinished job |
//! | `expire` | 1 LIST each 1000 objects, of outputs twice; 1 GET each old job that is not over; 1 HEAD each old mark of a call back; 1 HEAD each old source and summary that no job names, 2 each old output; 1 POST each 1000 deletions, each 100 of contents |
//! | `ready` | 1 LIST |
//! | `probe_conditional_puts` | 2 PUT, 1 POST |

mod config;
#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
#[cfg(feature = "faults")]
mod faults;
mod kept;
mod location;
mod objects;
mod retention;
mod store;

pub use config::{S3Settings, StoreConfig};
pub use error::StoreError;
#[cfg(feature = "faults")]
pub use faults::{Fault, Faults, Operation};
pub use kept::{
    callbacks::OwedCallback,
    contents::{PictureStream, source_id},
    dead_letters::{Letters, ListedDead, OldestDead},
    jobs::Slot,
    starts::Start,
};
pub use objects::records::Created;
pub use retention::Expired;
pub use store::Store;
