//! How long contents may be relied upon without being written again: what lets retention delete pictures that nobody
//! names while jobs that may name them are being made.
//!
//! Two processes meet here that never speak to each other. One finds a picture in the store and makes a job that names
//! it; the other deletes pictures that no job names. The first therefore writes again what is older than
//! [`RELIED_ON_MS`], and the second keeps contents [`KEPT_LONGER_MS`] longer than jobs. The difference is the time that
//! the first has from its look to its record.

use std::time::{SystemTime, UNIX_EPOCH};

/// Contents written within it may be named in a new job as they are: half an hour.
pub(crate) const RELIED_ON_MS: u64 = 30 * 60 * 1000;

/// How much longer than jobs contents are kept: an hour.
pub(crate) const KEPT_LONGER_MS: u64 = 60 * 60 * 1000;

/// Whether what was last written then may be relied upon by a new job.
pub(crate) fn is_reliable(modified_ms: u64) -> bool {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(u64::MAX, |elapsed| millis(elapsed.as_millis()));
    now_ms.saturating_sub(modified_ms) < RELIED_ON_MS
}

fn millis(ms: u128) -> u64 {
    u64::try_from(ms).unwrap_or(u64::MAX)
}
