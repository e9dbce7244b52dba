//! Checks of what is written of jobs: created once, read back, listed.

use std::time::Duration;

use futures::{TryStreamExt, future::join_all};
use proto_shared::{JobRecord, RecordedSpec, spec::NEWEST_VERSION};

use super::samples::{done, failed, idempotency, idempotency_id, job, job_id, timed_job};
use crate::{Created, Slot, Store};

/// Writers in a race for one record.
const RACERS: u32 = 16;
const MINUTE: Duration = Duration::from_secs(60);

/// Records and results read back as they were first written, whoever writes later.
pub async fn records_read_back_and_are_never_replaced(store: &Store, run: u64) {
    let job = job(run, "record", 1_000);
    assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    assert_eq!(store.get_job(&job.id).await.unwrap(), Some(job.clone()));
    let later = JobRecord { created_at_ms: 2_000, ..job.clone() };
    assert_eq!(store.create_job(&later).await.unwrap(), Created::AlreadyThere);
    assert_eq!(store.get_job(&job.id).await.unwrap(), Some(job.clone()));

    let failed = failed(&job.id, 1);
    assert_eq!(store.get_result(&job.id).await.unwrap(), None);
    assert_eq!(store.create_result(&failed).await.unwrap(), Created::New);
    assert_eq!(store.create_result(&done(&job)).await.unwrap(), Created::AlreadyThere);
    assert_eq!(store.get_result(&job.id).await.unwrap(), Some(failed));
}

/// Of many writers at once exactly one is told that it wrote, and what it wrote is what stands there.
pub async fn one_writer_wins_a_race(store: &Store, run: u64) {
    let id = job_id(run, "race");
    let attempts = join_all((1..=RACERS).map(|attempts| {
        let (store, result) = (store.clone(), failed(&id, attempts));
        // A task each, so that they meet on more than one thread.
        tokio::spawn(async move { store.create_result(&result).await.unwrap() })
    }));
    let mut winners = Vec::new();
    for (attempts, created) in (1..).zip(attempts.await) {
        if created.unwrap() == Created::New {
            winners.push(attempts);
        }
    }
    let [winner] = winners[..] else { unreachable!("one winner was expected, got {winners:?}") };
    assert_eq!(store.get_result(&id).await.unwrap(), Some(failed(&id, winner)));
}

/// Whatever a listing's own order, who asks for few names gets the newest.
pub async fn the_gallery_has_the_newest_first(store: &Store, run: u64) {
    // Later than any that another run has left.
    let begin_ms = 10_000_000_000_000 + run % 1_000_000_000 * 1_000;
    let jobs: Vec<JobRecord> = [3, 1, 4, 2, 0].map(|age| job(run, &format!("seen {age}"), begin_ms + age)).into();
    for job in &jobs {
        assert_eq!(store.show_in_gallery(job).await.unwrap(), Created::New);
        assert_eq!(store.show_in_gallery(job).await.unwrap(), Created::AlreadyThere);
    }
    let newest = store.gallery(1_000).await.unwrap();
    let of_this_run: Vec<_> = newest.iter().filter(|id| jobs.iter().any(|job| job.id == **id)).collect();
    assert_eq!(of_this_run, [&jobs[2].id, &jobs[0].id, &jobs[3].id, &jobs[1].id, &jobs[4].id]);
    assert_eq!(store.gallery(2).await.unwrap(), newest[..2]);
}

/// A job of a newer release is read like any other, and is not among those that are to be run or queued.
pub async fn a_job_of_a_newer_release_is_read_and_left_alone(store: &Store, run: u64) {
    let needs_more = JobRecord { version: NEWEST_VERSION + 1, ..job(run, "needs more", 1_000) };
    let spec = RecordedSpec::Newer(serde_json::json!({"captions": [{"text": "a", "fade": 0.5}], "exact": true}));
    let has_more = JobRecord { spec, ..job(run, "has more", 1_000) };
    let ours = job(run, "ours", 1_000);
    for job in [&needs_more, &has_more, &ours] {
        assert_eq!(store.create_job(job).await.unwrap(), Created::New);
        assert_eq!(store.get_job(&job.id).await.unwrap().as_ref(), Some(job));
    }
    let listed: Vec<JobRecord> = store.unfinished_jobs(None).try_collect().await.unwrap();
    let has = |job: &JobRecord| listed.iter().any(|listed| listed.id == job.id);
    assert_eq!([has(&needs_more), has(&has_more), has(&ours)], [false, false, true]);
    for job in [&needs_more, &has_more, &ours] {
        assert_eq!(store.create_result(&done(job)).await.unwrap(), Created::New);
    }
}

/// Jobs without a result are listed by their age, jobs with one are not; nor those too young, if so asked.
pub async fn unfinished_jobs_come_oldest_first(store: &Store, run: u64) {
    let begin_ms = 1_700_000_000_000;
    // Written in another order than their ages, so that a listing's own order does not pass for the right one.
    let jobs: Vec<JobRecord> = ["a", "b", "c", "d", "e", "f"]
        .into_iter()
        .zip([50, 20, 60, 10, 40, 30])
        .map(|(name, minutes)| timed_job(run, name, begin_ms + minutes * 60_000))
        .collect();
    for job in &jobs {
        assert_eq!(store.create_job(job).await.unwrap(), Created::New);
        store.mark_queued(&job.id, Slot::at(1, MINUTE)).await.unwrap();
    }
    for finished in [&jobs[1], &jobs[4]] {
        assert_eq!(store.create_result(&done(finished)).await.unwrap(), Created::New);
    }
    for (before_ms, expected) in
        [(None, &[3, 5, 0, 2][..]), (Some(begin_ms + 60 * 60_000), &[3, 5, 0]), (Some(begin_ms + 10 * 60_000), &[])]
    {
        let mut listed: Vec<JobRecord> = store.unfinished_jobs(before_ms).try_collect().await.unwrap();
        listed.retain(|found| jobs.iter().any(|job| job.id == found.id));
        let expected: Vec<JobRecord> = expected.iter().map(|&i: &usize| jobs[i].clone()).collect();
        assert_eq!(listed, expected, "before {before_ms:?}");
    }
}

/// A result that was taken back makes a job unfinished. That it was queued is told in the slot of time in which it was,
/// however many say so, in no other, and in none of another length.
pub async fn a_job_is_marked_queued_in_a_slot_of_time(store: &Store, run: u64) {
    let job = job(run, "again", 1_000);
    assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    assert_eq!(store.create_result(&failed(&job.id, 5)).await.unwrap(), Created::New);
    store.delete_result(&job.id).await.unwrap();
    assert_eq!(store.get_result(&job.id).await.unwrap(), None);
    let slots = [0, 60_000, 120_000].map(|now_ms| Slot::at(now_ms, MINUTE));
    let marks = join_all((0..RACERS).map(|_| store.mark_queued(&job.id, slots[1]))).await;
    assert!(marks.iter().all(Result::is_ok), "{marks:?}");
    for (slot, is_marked) in slots.into_iter().zip([false, true, false]) {
        assert_eq!(store.was_queued(&job.id, slot).await.unwrap(), is_marked, "{slot:?}");
    }
    // Each the first of its length, as the marked one is.
    for longer in [MINUTE * 10, MINUTE * 60] {
        let slot = Slot::at(u64::try_from(longer.as_millis()).unwrap(), longer);
        assert!(!store.was_queued(&job.id, slot).await.unwrap(), "{slot:?}");
    }
    assert_eq!(store.get_job(&job.id).await.unwrap().as_ref(), Some(&job));
    assert_eq!(store.create_result(&failed(&job.id, 6)).await.unwrap(), Created::New);
}

/// A key of a client names the job that came first, and no other client's.
pub async fn an_idempotency_key_names_one_job(store: &Store, run: u64) {
    let id = idempotency_id(run, "key");
    let first = idempotency(&job(run, "first", 1_000));
    assert_eq!(store.create_idempotency(&id, &first).await.unwrap(), Created::New);
    let second = idempotency(&job(run, "second", 2_000));
    assert_eq!(store.create_idempotency(&id, &second).await.unwrap(), Created::AlreadyThere);
    assert_eq!(store.get_idempotency(&id).await.unwrap(), Some(first));
}
