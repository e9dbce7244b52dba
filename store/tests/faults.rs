//! What the store does when its backend fails, hangs, tears or answers late: every error says whether waiting helps,
//! nothing hangs, and nothing half written is ever read.

#![expect(clippy::unwrap_used, reason = "what fails here stops the test that called")]

use std::{io::Write as _, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt;
use proto_shared::{
    Caption, CaptionSpec, ErrorCode, JobId, JobRecord, JobResult, MediaType, Outcome, Position, SourceInfo, Style,
};
use store::{Created, Fault, Faults, Operation, Store, StoreConfig, StoreError, conformance::output_of, source_id};
use tempfile::TempDir;

/// Far more than a part, so that there are three.
const LARGE_BYTES: usize = 20_000_000;

fn memory() -> (Store, Faults) {
    Store::open_with_faults(&StoreConfig::new("memory:")).unwrap()
}

fn files() -> (TempDir, Store, Faults) {
    let dir = tempfile::tempdir().unwrap();
    let (store, faults) = Store::open_with_faults(&StoreConfig::new(format!("file://{}", dir.path().display()))).unwrap();
    (dir, store, faults)
}

fn job() -> JobRecord {
    let source = SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
    let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
    JobRecord::new(JobId::from_bytes([7; 16]), 1, source, spec)
}

fn failed() -> JobResult {
    let outcome = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned(), field: None };
    JobResult { version: 1, id: job().id, finished_at_ms: 1, attempts: 1, outcome }
}

fn large_file() -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![7; LARGE_BYTES]).unwrap();
    file
}

/// Every file below a directory.
fn stored(dir: &TempDir) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![dir.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path.display().to_string()) }
        }
    }
    found
}

fn assert_passing(error: &StoreError) {
    assert!(error.is_passing() && error.code() == ErrorCode::StoreUnavailable, "{error:?}");
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_it_was_told_and_where() {
    let (store, faults) = memory();
    faults.next(2, Operation::Put, "outputs/", Fault::Fail);
    let id = output_of(&job());
    store.put_source(&source_id(b"a"), Bytes::from_static(b"a")).await.unwrap();
    for _ in 0..2 {
        assert_passing(&store.put_output(&id, MediaType::Gif, Bytes::from_static(b"b")).await.unwrap_err());
    }
    store.put_output(&id, MediaType::Gif, Bytes::from_static(b"b")).await.unwrap();
    assert_eq!(faults.count(Operation::Put, "outputs/"), 3);
    assert_eq!(faults.count(Operation::Put, ""), 4);
}

#[tokio::test(start_paused = true)]
async fn whatever_hangs_is_given_up_after_its_time() {
    let (store, faults) = memory();
    for operation in [Operation::Put, Operation::Create, Operation::Get, Operation::Head, Operation::List, Operation::Delete] {
        faults.all(operation, "", Fault::Hang);
    }
    let id = source_id(b"a");
    let began = tokio::time::Instant::now();
    for error in [
        store.ready().await.unwrap_err(),
        store.put_source(&source_id(b"a"), Bytes::from_static(b"a")).await.unwrap_err(),
        store.get_source(&id).await.unwrap_err(),
        store.create_job(&job()).await.unwrap_err(),
        store.get_job(&job().id).await.unwrap_err(),
        store.delete_result(&job().id).await.unwrap_err(),
        store.list_dead(1).await.unwrap_err(),
        store.expire(1, 1).await.unwrap_err(),
        store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Timeout { .. }), "{error:?}");
        assert_passing(&error);
    }
    assert_eq!(began.elapsed().as_secs(), 9 * 30, "each of the nine after 30 s");
    // A probe that gets no answer cleans up all the same, and so waits twice.
    assert_passing(&store.probe_conditional_puts().await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_late_but_in_time_is_no_fault() {
    let (store, faults) = memory();
    faults.all(Operation::Create, "jobs/", Fault::Delay(Duration::from_secs(29)));
    assert_eq!(store.create_job(&job()).await.unwrap(), Created::New);
    faults.heal();
    faults.all(Operation::Get, "jobs/", Fault::Delay(Duration::from_secs(31)));
    assert!(matches!(store.get_job(&job().id).await.unwrap_err(), StoreError::Timeout { .. }));
}

#[tokio::test]
async fn a_lost_answer_to_a_record_shows_at_the_next_try() {
    let (store, faults) = memory();
    faults.next(1, Operation::Create, "jobs/", Fault::LoseAnswer);
    assert_passing(&store.create_result(&failed()).await.unwrap_err());
    assert_eq!(store.create_result(&failed()).await.unwrap(), Created::AlreadyThere);
    assert_eq!(store.get_result(&job().id).await.unwrap(), Some(failed()));
}

#[tokio::test]
async fn a_torn_put_leaves_no_object_and_no_file() {
    let (dir, store, faults) = files();
    faults.next(1, Operation::Create, "jobs/", Fault::Tear);
    faults.next(2, Operation::Put, "sources/", Fault::Tear);
    assert_passing(&store.create_job(&job()).await.unwrap_err());
    assert_passing(&store.put_source(&source_id(b"whole"), Bytes::from_static(b"whole")).await.unwrap_err());
    let id = source_id(&vec![7; LARGE_BYTES]);
    // Its beginning is refused: an upload in parts is torn at a part, below.
    assert_passing(&store.put_source_file(&id, large_file(), LARGE_BYTES as u64).await.unwrap_err());
    assert_eq!(store.get_job(&job().id).await.unwrap(), None);
    assert!(store.get_source(&source_id(b"whole")).await.is_err() && store.get_source(&id).await.is_err());
    until_empty(&dir).await;

    assert_eq!(store.create_job(&job()).await.unwrap(), Created::New);
    assert_eq!(store.get_job(&job().id).await.unwrap(), Some(job()));
}

#[tokio::test]
async fn an_upload_in_parts_that_fails_anywhere_leaves_nothing() {
    let (dir, store, faults) = files();
    let id = source_id(&vec![7; LARGE_BYTES]);
    // The look, the beginning, four parts, the completion.
    for operations in 0..7 {
        faults.stop_after(operations);
        assert_passing(&store.put_source_file(&id, large_file(), LARGE_BYTES as u64).await.unwrap_err());
        faults.heal();
        assert!(store.get_source(&id).await.is_err(), "after {operations} operations");
        until_empty(&dir).await;
    }
    faults.stop_after(7);
    store.put_source_file(&id, large_file(), LARGE_BYTES as u64).await.unwrap();
    faults.heal();
    assert!(store.get_source(&id).await.unwrap() == vec![7; LARGE_BYTES]);
}

#[tokio::test]
async fn an_upload_that_nobody_waits_for_any_more_leaves_nothing() {
    let (dir, store, faults) = files();
    let id = source_id(&vec![7; LARGE_BYTES]);
    let begun = {
        let (store, id) = (store.clone(), id.clone());
        // The first operation is the beginning of the upload; its first part hangs.
        faults.next(1, Operation::Put, "sources/", Fault::Delay(Duration::ZERO));
        faults.next(1, Operation::Put, "sources/", Fault::Hang);
        tokio::spawn(async move { store.put_source_file(&id, large_file(), LARGE_BYTES as u64).await })
    };
    while faults.count(Operation::Put, "sources/") < 2 {
        tokio::task::yield_now().await;
    }
    assert!(!stored(&dir).is_empty());
    begun.abort();
    assert!(begun.await.unwrap_err().is_cancelled());
    until_empty(&dir).await;
    assert!(store.get_source(&id).await.is_err());
}

#[tokio::test]
async fn a_torn_get_is_an_error_and_never_half_a_picture() {
    for (store, faults, _dir) in [
        {
            let (store, faults) = memory();
            (store, faults, None)
        },
        {
            let (dir, store, faults) = files();
            (store, faults, Some(dir))
        },
    ] {
        let bytes = Bytes::from(vec![7; 1_000_000]);
        let source = source_id(&bytes);
        store.put_source(&source, bytes.clone()).await.unwrap();
        let output = output_of(&job());
        store.put_output(&output, MediaType::Gif, bytes.clone()).await.unwrap();
        faults.next(1, Operation::Get, "sources/", Fault::Tear);
        faults.next(1, Operation::Get, "outputs/", Fault::Tear);
        assert_passing(&store.get_source(&source).await.unwrap_err());
        let torn = store.get_output(&output, MediaType::Gif).await.unwrap();
        assert_eq!(torn.len_bytes, 1_000_000);
        assert_passing(&torn.stream.try_collect::<Vec<_>>().await.unwrap_err());
        assert_eq!(store.get_source(&source).await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_picture_cut_short_on_disk_is_an_error_at_its_end() {
    let (dir, store, _) = files();
    let output = output_of(&job());
    store.put_output(&output, MediaType::Gif, Bytes::from(vec![7; 1_000_000])).await.unwrap();
    let read = store.get_output(&output, MediaType::Gif).await.unwrap();
    let file = dir.path().join("outputs").join(format!("{output}.gif"));
    std::fs::File::options().write(true).open(file).unwrap().set_len(600_000).unwrap();
    assert_passing(&read.stream.try_collect::<Vec<_>>().await.unwrap_err());
}

#[tokio::test]
async fn a_torn_listing_is_an_error_and_never_the_whole() {
    let (store, faults) = memory();
    for number in 0..10 {
        let job = JobRecord { id: JobId::from_bytes([number; 16]), ..job() };
        assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    }
    faults.next(1, Operation::List, "jobs", Fault::Tear);
    assert_passing(&store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap_err());
    assert_eq!(store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap().len(), 10);
}

/// Waits for what is thrown away behind the caller's back.
async fn until_empty(dir: &TempDir) {
    let gone = async {
        while !stored(dir).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let left = tokio::time::timeout(Duration::from_secs(10), gone).await;
    assert!(left.is_ok(), "left behind: {:?}", stored(dir));
}
