//! Records as JSON objects, read by this release and the next: how each is written, and how it is read back.
//!
//! Used by everything in this crate that keeps a record. Fields that this release does not know are ignored; a
//! record that does not parse is an error where one is read, and a warning where many are read.

use std::error::Error as _;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::{StoreError, objects::Objects};

/// The longest record that is read: far above what is written, which the limits on a spec keep below 32 KiB.
const MAX_RECORD_BYTES: u64 = 1024 * 1024;

/// A record's `Content-Type`, for those who read it with a browser.
pub(crate) const MIME: &str = "application/json";

/// Records read at once when many are.
pub(crate) const READS_AT_ONCE: usize = 16;

/// What a create-only write found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Created {
    /// There was none; now there is this record.
    New,
    /// There was a record already, and it was not changed. It may be the caller's own: a request whose answer was lost is
    /// repeated.
    AlreadyThere,
}

/// Writes a record where there is none.
pub(crate) async fn create(objects: &Objects, key: &str, record: &impl Serialize) -> Result<Created, StoreError> {
    let new = objects.create(key, MIME, json(key, record)?).await?;
    Ok(if new { Created::New } else { Created::AlreadyThere })
}

/// Writes a record, replacing what was there.
pub(crate) async fn put(objects: &Objects, key: &str, record: &impl Serialize) -> Result<(), StoreError> {
    objects.put(key, MIME, json(key, record)?).await
}

/// Reads a record, if there is one.
pub(crate) async fn get<T: DeserializeOwned>(objects: &Objects, key: &str) -> Result<Option<T>, StoreError> {
    Ok(get_with_time(objects, key).await?.map(|(record, _)| record))
}

/// Reads a record and when it was last written, in milliseconds by the backend's clock.
pub(crate) async fn get_with_time<T: DeserializeOwned>(objects: &Objects, key: &str) -> Result<Option<(T, u64)>, StoreError> {
    let Some((bytes, found)) = objects.get_up_to(key, MAX_RECORD_BYTES).await? else { return Ok(None) };
    let record = serde_json::from_slice(&bytes).map_err(|source| StoreError::BadRecord { key: key.to_owned(), source })?;
    Ok(Some((record, found.modified_ms)))
}

/// The same answer, with `None` and a warning for a record that cannot be read: one bad record must not keep all others
/// from being seen; a store that does not answer must.
pub(crate) fn readable<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(error @ (StoreError::BadRecord { .. } | StoreError::RecordTooLarge { .. })) => {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(%error, cause, "skipped a record that cannot be read");
            Ok(None)
        }
        other => other,
    }
}

fn json(key: &str, record: &impl Serialize) -> Result<Bytes, StoreError> {
    let json = serde_json::to_vec(record).map_err(|source| StoreError::BadRecord { key: key.to_owned(), source })?;
    Ok(Bytes::from(json))
}
