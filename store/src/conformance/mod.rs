//! What every backend must do, as functions that tests run against a store of their own.
//!
//! Called by this crate's tests (memory, files) and by the tests across processes (S3). A check that fails
//! panics, as assertions do; nothing else may call this. Each function takes a `run` number that goes into all
//! its ids, so that a suite may be run again over the same bucket.

#![expect(clippy::unwrap_used, reason = "this is test code: what does not hold must stop the test that called")]
#![expect(clippy::missing_panics_doc, reason = "every function here panics when its check fails, by design")]

mod callbacks;
mod contents;
mod jobs;
mod letters;
mod retention;
mod samples;
mod searches;
mod starts;

pub use callbacks::{
    a_callback_is_attempted_by_one_and_ends_once, callbacks_are_owed_until_they_are_cleared, retention_leaves_no_callback_behind,
};
pub use contents::{
    a_large_object_streams_back_whole, a_source_comes_from_a_file, a_summary_is_worth_what_its_output_is, outputs_read_back,
    sources_read_back,
};
pub use jobs::{
    a_job_is_marked_queued_in_a_slot_of_time, a_job_of_a_newer_release_is_read_and_left_alone, an_idempotency_key_names_one_job,
    one_writer_wins_a_race, records_read_back_and_are_never_replaced, the_gallery_has_the_newest_first,
    unfinished_jobs_come_oldest_first,
};
pub use letters::dead_letters_are_kept_replaced_listed_and_dropped;
pub use retention::retention_deletes_what_is_old_and_finished_and_nothing_else;
pub use samples::output_of;
pub use searches::one_looks_in_a_stretch_of_time_and_the_last_word_counts;
pub use starts::{a_start_stands_until_it_is_cleared, retention_takes_a_start_with_its_job};

use proto_shared::{ErrorCode, MediaType, OutputId, SourceId};

use crate::{Store, StoreError};
use samples::{digest, job_id};

/// Every check, one after the other. The last deletes what is finished, so nothing else may use the store meanwhile.
pub async fn all(store: &Store, run: u64) {
    is_ready(store).await;
    absent_things_are_said_to_be_absent(store, run).await;
    sources_read_back(store, run).await;
    a_source_comes_from_a_file(store, run).await;
    records_read_back_and_are_never_replaced(store, run).await;
    outputs_read_back(store, run).await;
    a_summary_is_worth_what_its_output_is(store, run).await;
    one_writer_wins_a_race(store, run).await;
    the_gallery_has_the_newest_first(store, run).await;
    an_idempotency_key_names_one_job(store, run).await;
    a_job_is_marked_queued_in_a_slot_of_time(store, run).await;
    a_large_object_streams_back_whole(store, run).await;
    a_job_of_a_newer_release_is_read_and_left_alone(store, run).await;
    unfinished_jobs_come_oldest_first(store, run).await;
    dead_letters_are_kept_replaced_listed_and_dropped(store, run).await;
    one_looks_in_a_stretch_of_time_and_the_last_word_counts(store, run).await;
    callbacks_are_owed_until_they_are_cleared(store, run).await;
    a_callback_is_attempted_by_one_and_ends_once(store, run).await;
    a_start_stands_until_it_is_cleared(store, run).await;
    retention_takes_a_start_with_its_job(store, run).await;
    retention_deletes_what_is_old_and_finished_and_nothing_else(store, run).await;
    retention_leaves_no_callback_behind(store, run).await;
}

/// The backend answers, before anything was ever stored and after, and creates without overwriting.
pub async fn is_ready(store: &Store) {
    store.ready().await.unwrap();
    store.probe_conditional_puts().await.unwrap();
}

/// What was never stored is `None`, `false` or its own error, which no waiting mends.
pub async fn absent_things_are_said_to_be_absent(store: &Store, run: u64) {
    let job = job_id(run, "absent");
    assert_eq!(store.get_job(&job).await.unwrap(), None);
    assert_eq!(store.get_result(&job).await.unwrap(), None);

    let source = SourceId::from_bytes(digest(run, "absent source"));
    let error = store.get_source(&source).await.unwrap_err();
    assert!(matches!(&error, StoreError::SourceNotFound(id) if *id == source), "{error:?}");
    assert_eq!((error.code(), error.is_passing()), (ErrorCode::UnknownSource, false));

    let output = OutputId::from_bytes(digest(run, "absent output"));
    let error = store.get_output(&output, MediaType::Gif).await.unwrap_err();
    assert!(matches!(&error, StoreError::OutputNotFound(id) if *id == output), "{error:?}");
    assert!(!error.is_passing());

    assert_eq!(store.get_summary(&output).await.unwrap(), None);
    assert_eq!(store.get_dead(&job).await.unwrap(), None);
    assert_eq!(store.get_idempotency(&samples::idempotency_id(run, "absent")).await.unwrap(), None);
    // To delete what is not there is no fault: another may have been faster.
    store.delete_result(&job).await.unwrap();
}
