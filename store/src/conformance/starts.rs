//! Checks of what is written of starts.

use super::{
    retention::{DAY_MS, MINUTE_MS, now_ms},
    samples::{job, job_id},
};
use crate::{Created, Start, Store};

/// The last to begin is the one that is read, until it has ended. To end what is not there is no fault.
pub async fn a_start_stands_until_it_is_cleared(store: &Store, run: u64) {
    let id = job_id(run, "started");
    assert_eq!(store.get_start(&id).await.unwrap(), None);
    for deliveries_before in [1, 2] {
        let start = Start { process: format!("process {deliveries_before}"), deliveries_before };
        store.mark_start(&id, &start).await.unwrap();
        assert_eq!(store.get_start(&id).await.unwrap(), Some(start));
    }
    for _ in 0..2 {
        store.clear_start(&id).await.unwrap();
        assert_eq!(store.get_start(&id).await.unwrap(), None);
    }
}

/// A start whose job is gone goes too; one of an unfinished job stays.
pub async fn retention_takes_a_start_with_its_job(store: &Store, run: u64) {
    let gone = job_id(run, "started and gone");
    let start = Start { process: "one".to_owned(), deliveries_before: 1 };
    store.mark_start(&gone, &start).await.unwrap();
    let open = job(run, "started and open", 1_000);
    assert_eq!(store.create_job(&open).await.unwrap(), Created::New);
    store.mark_start(&open.id, &start).await.unwrap();
    let now_ms = now_ms();
    store.expire(DAY_MS, now_ms + DAY_MS / 2).await.unwrap();
    assert_eq!(store.get_start(&gone).await.unwrap().as_ref(), Some(&start), "it is not old");
    store.expire(DAY_MS, now_ms + DAY_MS + MINUTE_MS).await.unwrap();
    assert_eq!(store.get_start(&gone).await.unwrap(), None);
    assert_eq!(store.get_start(&open.id).await.unwrap(), Some(start));
}
