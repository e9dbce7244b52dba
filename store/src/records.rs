//! Job records and results as JSON objects, each written once and read by this release and the next.
//!
//! Used by `Store`. Fields that this release does not know are passed over; a record that does not parse is
//! an error to whoever asked for it, and a warning where many are read.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use proto_shared::{JobId, JobRecord, keys};
use serde::{Serialize, de::DeserializeOwned};

use crate::{StoreError, objects::Objects};

/// The longest record that is read: far above what is written, which the limits on a spec keep below 32 KiB.
const MAX_RECORD_BYTES: u64 = 1024 * 1024;

/// Records read at once when many are.
const READS_AT_ONCE: usize = 16;

/// What a create-only write found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Created {
    /// Nothing stood there; now this record does.
    New,
    /// A record stands there already and was left alone. It may be the caller's own: an answer lost on the wire
    /// is followed by another try.
    AlreadyThere,
}

/// Writes a record where none stands.
pub(crate) async fn create(objects: &Objects, key: &str, record: &impl Serialize) -> Result<Created, StoreError> {
    let json = serde_json::to_vec(record).map_err(|source| StoreError::BadRecord { key: key.to_owned(), source })?;
    let new = objects.create(key, "application/json", Bytes::from(json)).await?;
    Ok(if new { Created::New } else { Created::AlreadyThere })
}

/// Reads a record, if it stands there.
pub(crate) async fn get<T: DeserializeOwned>(objects: &Objects, key: &str) -> Result<Option<T>, StoreError> {
    match objects.get_small(key, MAX_RECORD_BYTES).await? {
        None => Ok(None),
        Some(Ok(json)) => {
            serde_json::from_slice(&json).map(Some).map_err(|source| StoreError::BadRecord { key: key.to_owned(), source })
        }
        Some(Err(got_bytes)) => Err(StoreError::RecordTooLarge { key: key.to_owned(), got_bytes, max_bytes: MAX_RECORD_BYTES }),
    }
}

/// The records that have no result, oldest first, from one listing.
pub(crate) async fn unfinished(objects: &Objects) -> Result<Vec<JobRecord>, StoreError> {
    let mut jobs: BTreeMap<JobId, Seen> = BTreeMap::new();
    let mut listing = objects.list(keys::JOBS_PREFIX);
    while let Some(key) = listing.try_next().await? {
        let Some(id) = key.split('/').nth(1).and_then(|id| JobId::parse(id).ok()) else { continue };
        if key == keys::job_record(&id) {
            jobs.entry(id).or_default().record = true;
        } else if key == keys::job_result(&id) {
            jobs.entry(id).or_default().result = true;
        }
    }
    let open = jobs.into_iter().filter(|(_, seen)| seen.record && !seen.result).map(|(id, _)| id);
    let mut records: Vec<JobRecord> = futures::stream::iter(open)
        .map(|id| async move { readable(&id, get(objects, &keys::job_record(&id)).await) })
        .buffered(READS_AT_ONCE)
        .try_filter_map(|record| async move { Ok(record) })
        .try_collect()
        .await?;
    records.sort_by(|a, b| (a.created_at_ms, &a.id).cmp(&(b.created_at_ms, &b.id)));
    Ok(records)
}

/// What a listing showed of one job.
#[derive(Default)]
struct Seen {
    record: bool,
    result: bool,
}

/// One bad record must not keep all others from being resumed; a store that does not answer must.
fn readable(id: &JobId, read: Result<Option<JobRecord>, StoreError>) -> Result<Option<JobRecord>, StoreError> {
    match read {
        Err(error @ (StoreError::BadRecord { .. } | StoreError::RecordTooLarge { .. })) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            tracing::warn!(job_id = %id, %error, cause, "skipped a job record that cannot be read");
            Ok(None)
        }
        other => other,
    }
}
