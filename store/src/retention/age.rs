//! For how long a process may rely on a stored picture without writing it again. By this bound retention can delete pictures that
//! no job names while new jobs are being made that may name them.
//!
//! Two processes rest on this that never talk to each other. One finds a picture in the store and makes a job that names
//! it; the other deletes pictures that no job names. The first therefore writes a picture again that is older than
//! [`RELIED_ON_MS`], and the second keeps contents [`KEPT_LONGER_MS`] longer than jobs. The difference is the time that
//! the first has from finding the picture to writing the job's record. `retention` has an example with times.

use std::time::{SystemTime, UNIX_EPOCH};

/// Contents written within it may be named in a new job as they are: half an hour.
pub(crate) const RELIED_ON_MS: u64 = 30 * 60 * 1000;

/// How much longer than jobs contents are kept: an hour.
pub(crate) const KEPT_LONGER_MS: u64 = 60 * 60 * 1000;

/// Whether a new job may rely on contents that were last written then.
pub(crate) fn is_reliable(modified_ms: u64) -> bool {
    let now_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(u64::MAX, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
    now_ms.saturating_sub(modified_ms) < RELIED_ON_MS
}
