//! Checks of calls back: owed, attempted once each, ended once, and gone when nothing needs them.

use std::time::{SystemTime, UNIX_EPOCH};

use futures::{TryStreamExt, future::join_all};
use proto_shared::{CallbackEnd, CallbackOutcome, JobId, job::VERSION};

use super::samples::{failed, job, job_id};
use crate::{Created, OwedCallback, Store};

/// Processes that want to make one attempt.
const RACERS: u32 = 16;
const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// What is owed is listed with its last attempt, and no more once it is cleared.
pub async fn callbacks_are_owed_until_they_are_cleared(store: &Store, run: u64) {
    let jobs = ["owed a", "owed b", "owed c"].map(|name| job_id(run, name));
    for job in &jobs {
        store.owe_callback(job).await.unwrap();
    }
    for attempt in 1..=11 {
        assert_eq!(store.begin_callback(&jobs[1], attempt).await.unwrap(), Created::New);
    }
    let found = owed(store, &jobs).await;
    assert_eq!(found.iter().map(|owed| owed.attempts).collect::<Vec<_>>(), [0, 11, 0], "{found:?}");
    assert!(found.iter().all(|owed| owed.at_ms > 1_700_000_000_000), "{found:?}");
    for (job, attempts) in [(&jobs[0], 0), (&jobs[1], 11), (&jobs[2], 7)] {
        store.clear_callback(job, attempts).await.unwrap();
    }
    assert_eq!(owed(store, &jobs).await, []);
    assert_eq!(store.begin_callback(&jobs[1], 3).await.unwrap(), Created::New, "the marks have gone too");
    assert_eq!(owed(store, &jobs).await, [], "a mark alone is owed by nobody");
    store.clear_callback(&jobs[1], 3).await.unwrap();
}

/// Of many who want to make an attempt one does, and the first word on its end is final.
pub async fn a_callback_is_attempted_by_one_and_ends_once(store: &Store, run: u64) {
    let id = job_id(run, "called back");
    for attempt in [1, 2] {
        let begun = join_all((0..RACERS).map(|_| store.begin_callback(&id, attempt))).await;
        let new = begun.into_iter().filter(|begun| matches!(begun, Ok(Created::New))).count();
        assert_eq!(new, 1, "attempt {attempt}");
    }
    assert_eq!(store.get_callback_end(&id).await.unwrap(), None);
    let end = |end| CallbackEnd { version: VERSION, id: id.clone(), at_ms: 1, attempts: 2, end };
    let first = end(CallbackOutcome::Delivered);
    assert_eq!(store.end_callback(&first).await.unwrap(), Created::New);
    let second = end(CallbackOutcome::GivenUp { problem: "late".to_owned() });
    assert_eq!(store.end_callback(&second).await.unwrap(), Created::AlreadyThere);
    assert_eq!(store.get_callback_end(&id).await.unwrap(), Some(first));
    store.clear_callback(&id, 2).await.unwrap();
}

/// Retention takes what is owed about jobs that are gone, and the end of a call with its job.
pub async fn retention_leaves_no_callback_behind(store: &Store, run: u64) {
    let now_ms = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let later_ms = now_ms + DAY_MS + 10 * MINUTE_MS;
    let (finished, open) = (job(run, "called finished", 1_000), job(run, "called open", 1_000));
    let refused = job_id(run, "called refused");
    for job in [&finished.id, &open.id, &refused] {
        store.owe_callback(job).await.unwrap();
        assert_eq!(store.begin_callback(job, 1).await.unwrap(), Created::New);
    }
    for job in [&finished, &open] {
        assert_eq!(store.create_job(job).await.unwrap(), Created::New);
    }
    assert_eq!(store.create_result(&failed(&finished.id, 1)).await.unwrap(), Created::New);
    let end = CallbackOutcome::Delivered;
    let end = CallbackEnd { version: VERSION, id: finished.id.clone(), at_ms: 1, attempts: 1, end };
    assert_eq!(store.end_callback(&end).await.unwrap(), Created::New);

    store.expire(DAY_MS, now_ms).await.unwrap();
    let jobs = [finished.id.clone(), open.id.clone(), refused];
    assert_eq!(owed(store, &jobs).await.len(), 3, "nothing is a day old");
    let expired = store.expire(DAY_MS, later_ms).await.unwrap();
    assert_eq!(expired.callbacks, 4, "{expired:?}");
    assert_eq!(owed(store, &jobs).await.iter().map(|owed| &owed.job).collect::<Vec<_>>(), [&open.id]);
    assert_eq!(store.get_callback_end(&finished.id).await.unwrap(), None);
    assert_eq!(store.expire(DAY_MS, later_ms).await.unwrap().callbacks, 0);
    // What the other checks count on: nothing of these is left.
    store.clear_callback(&open.id, 1).await.unwrap();
    store.delete_job(&open.id).await.unwrap();
}

/// Those of these jobs, in their order.
async fn owed(store: &Store, jobs: &[JobId]) -> Vec<OwedCallback> {
    let all: Vec<OwedCallback> = store.owed_callbacks().try_collect().await.unwrap();
    jobs.iter().filter_map(|job| all.iter().find(|owed| owed.job == *job).cloned()).collect()
}
