//! The check of retention, with a clock that is said to be later than it is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use proto_shared::{JobRecord, MediaType};

use super::samples::{dead, done, failed, idempotency, idempotency_id, job, summary};
use crate::{Created, Slot, Store, source_id};

const MINUTE: Duration = Duration::from_secs(60);
pub(super) const MINUTE_MS: u64 = 60_000;
pub(super) const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// What is finished goes when it is old, contents an hour later, and an unfinished job never.
pub async fn retention_deletes_what_is_old_and_finished_and_nothing_else(store: &Store, run: u64) {
    let now_ms = now_ms();
    let picture = Bytes::from_static(b"a captioned picture");
    let finished = stored_job(store, run, "finished").await;
    let open = stored_job(store, run, "open").await;
    let died = stored_job(store, run, "died").await;
    let summary = summary(&finished, picture.len() as u64);
    store.put_output(&summary.output.id, MediaType::Gif, picture).await.unwrap();
    store.put_summary(&summary).await.unwrap();
    assert_eq!(store.create_result(&done(&finished)).await.unwrap(), Created::New);
    let key = idempotency_id(run, "old key");
    assert_eq!(store.create_idempotency(&key, &idempotency(&finished)).await.unwrap(), Created::New);
    assert_eq!(store.show_in_gallery(&finished).await.unwrap(), Created::New);
    let slot = u64::MAX - run;
    assert_eq!(store.begin_search(slot).await.unwrap(), Created::New);
    store.end_search(now_ms).await.unwrap();
    assert_eq!(store.create_result(&failed(&died.id, 5)).await.unwrap(), Created::New);
    store.put_dead(&dead(&died, now_ms)).await.unwrap();

    // Nothing is a day old. (What others left in the bucket may be.)
    store.expire(DAY_MS, now_ms).await.unwrap();
    assert!(store.get_job(&finished.id).await.unwrap().is_some() && store.get_result(&finished.id).await.unwrap().is_some());
    assert_eq!(store.begin_search(slot).await.unwrap(), Created::AlreadyThere);
    assert!(store.get_idempotency(&key).await.unwrap().is_some() && store.get_dead(&died.id).await.unwrap().is_some());
    assert!(store.get_summary(&summary.output.id).await.unwrap().is_some());

    // A little more than a day: jobs, keys, letters. The letter's own job stays for one more run.
    let expired = store.expire(DAY_MS, now_ms + DAY_MS + 10 * MINUTE_MS).await.unwrap();
    assert!(expired.jobs >= 1 && expired.idempotency_records >= 1 && expired.dead_letters == 1, "{expired:?}");
    assert!(expired.gallery_entries >= 1 && !store.gallery(1000).await.unwrap().contains(&finished.id), "{expired:?}");
    assert!(expired.searches >= 1 && store.last_search().await.unwrap() == Some(now_ms), "{expired:?}");
    assert_eq!(store.get_job(&finished.id).await.unwrap(), None);
    assert_eq!(store.get_result(&finished.id).await.unwrap(), None);
    assert_eq!(store.get_idempotency(&key).await.unwrap(), None);
    assert_eq!(store.get_dead(&died.id).await.unwrap(), None);
    assert_eq!(store.get_job(&died.id).await.unwrap().as_ref(), Some(&died));
    assert!(store.get_source(&finished.source.id).await.is_ok());
    assert!(store.get_summary(&summary.output.id).await.unwrap().is_some());
    store.expire(DAY_MS, now_ms + DAY_MS + 10 * MINUTE_MS).await.unwrap();
    assert_eq!(store.get_job(&died.id).await.unwrap(), None);

    // More than a day and an hour: contents, but for those of the job that is not finished.
    let expired = store.expire(DAY_MS, now_ms + DAY_MS + 70 * MINUTE_MS).await.unwrap();
    assert!(expired.sources >= 2 && expired.outputs >= 1 && expired.summaries >= 1, "{expired:?}");
    assert!(store.get_source(&finished.source.id).await.is_err());
    assert!(store.get_output(&summary.output.id, MediaType::Gif).await.is_err());
    assert_eq!(store.get_job(&open.id).await.unwrap().as_ref(), Some(&open));
    assert!(store.get_source(&open.source.id).await.is_ok());
    assert!(store.was_queued(&open.id, Slot::at(1, MINUTE)).await.unwrap());

    assert_eq!(store.expire(DAY_MS, now_ms + DAY_MS + 70 * MINUTE_MS).await.unwrap(), crate::Expired::default());
}

pub(super) fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A job with its source and a mark.
async fn stored_job(store: &Store, run: u64, name: &str) -> JobRecord {
    let mut job = job(run, name, 1_000);
    let source = Bytes::from(format!("retention {run} {name}"));
    job.source.id = source_id(&source);
    store.put_source(&job.source.id, source).await.unwrap();
    assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    store.mark_queued(&job.id, Slot::at(1, MINUTE)).await.unwrap();
    job
}
