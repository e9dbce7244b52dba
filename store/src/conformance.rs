//! What every backend must do, as functions that tests run against a store of their own.
//!
//! Called by this crate's tests (memory, files) and by the tests across processes (S3). A check that fails
//! panics, as assertions do; nothing else may call this. Each function takes a `run` number that goes into all
//! its ids, so that a suite may be run again over the same bucket.

#![expect(clippy::unwrap_used, reason = "this is test code: what does not hold must stop the test that called")]
#![expect(clippy::missing_panics_doc, reason = "every function here panics when its check fails, by design")]

use bytes::{Bytes, BytesMut};
use futures::{TryStreamExt, future::join_all};
use proto_shared::{
    Caption, CaptionSpec, ErrorCode, JobId, JobRecord, JobResult, MediaType, Outcome, OutputId, OutputInfo, Position,
    RenderStats, SourceId, SourceInfo, Style, job::VERSION,
};
use sha2::{Digest, Sha256};

use crate::{Created, Store, StoreError, output_id, source_id};

/// Writers in a race for one record.
const RACERS: u32 = 16;

/// Length of the object that shows whether anything is kept or read in one piece too small.
const LARGE_BYTES: usize = 20_000_000;

/// Every check, one after the other.
pub async fn all(store: &Store, run: u64) {
    is_ready(store).await;
    absent_things_are_said_to_be_absent(store, run).await;
    sources_read_back(store, run).await;
    records_read_back_and_are_never_replaced(store, run).await;
    outputs_read_back(store, run).await;
    one_writer_wins_a_race(store, run).await;
    a_large_object_streams_back_whole(store, run).await;
    unfinished_jobs_come_oldest_first(store, run).await;
}

/// The backend answers, before anything was ever stored and after.
pub async fn is_ready(store: &Store) {
    store.ready().await.unwrap();
}

/// What was never stored is `None`, `false` or its own error, which no waiting mends.
pub async fn absent_things_are_said_to_be_absent(store: &Store, run: u64) {
    let job = job_id(run, "absent");
    assert_eq!(store.get_job(&job).await.unwrap(), None);
    assert_eq!(store.get_result(&job).await.unwrap(), None);

    let source = SourceId::from_bytes(digest(run, "absent source"));
    assert!(!store.has_source(&source).await.unwrap());
    let error = store.get_source(&source).await.unwrap_err();
    assert!(matches!(&error, StoreError::SourceNotFound(id) if *id == source), "{error:?}");
    assert_eq!((error.code(), error.is_passing()), (ErrorCode::UnknownSource, false));

    let output = OutputId::from_bytes(digest(run, "absent output"));
    let error = store.get_output(&output, MediaType::Gif).await.unwrap_err();
    assert!(matches!(&error, StoreError::OutputNotFound(id) if *id == output), "{error:?}");
    assert!(!error.is_passing());
}

/// A source reads back under the hash of its bytes, and the same bytes again are the same source.
pub async fn sources_read_back(store: &Store, run: u64) {
    let bytes = Bytes::from(format!("source of run {run}"));
    let id = store.put_source(bytes.clone()).await.unwrap();
    assert_eq!(id, source_id(&bytes));
    assert_eq!(store.put_source(bytes.clone()).await.unwrap(), id);
    assert!(store.has_source(&id).await.unwrap());
    assert_eq!(store.get_source(&id).await.unwrap(), bytes);
    let other = store.put_source(Bytes::from(format!("another source of run {run}"))).await.unwrap();
    assert_ne!(other, id);

    let empty = store.put_source(Bytes::new()).await.unwrap();
    assert_eq!(store.get_source(&empty).await.unwrap(), Bytes::new());
}

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

/// An output reads back under its id and kind alone, and a rerun lands on the same place.
pub async fn outputs_read_back(store: &Store, run: u64) {
    let source = source_id(&digest(run, "source of an output"));
    let id = output_id(&source, &spec("monday"), "1");
    let bytes = Bytes::from(format!("output of run {run}"));
    for _ in 0..2 {
        store.put_output(&id, MediaType::Gif, bytes.clone()).await.unwrap();
        assert_eq!(read_output(store, &id, MediaType::Gif).await, bytes);
    }
    for other in [
        output_id(&source, &spec("tuesday"), "1"),
        output_id(&source, &spec("monday"), "2"),
        output_id(&source_id(&digest(run, "another source")), &spec("monday"), "1"),
    ] {
        assert!(matches!(store.get_output(&other, MediaType::Gif).await, Err(StoreError::OutputNotFound(_))));
    }
    assert!(matches!(store.get_output(&id, MediaType::Png).await, Err(StoreError::OutputNotFound(_))));
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

/// An object far larger than any buffer comes back equal, both whole and in pieces, with its length said first.
pub async fn a_large_object_streams_back_whole(store: &Store, run: u64) {
    let mut word = run | 1;
    let bytes: Bytes = std::iter::repeat_with(|| {
        // xorshift64: no two stretches alike, so that a piece lost, doubled or moved is seen.
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word.to_le_bytes()
    })
    .flatten()
    .take(LARGE_BYTES)
    .collect();
    let source = store.put_source(bytes.clone()).await.unwrap();
    assert!(store.get_source(&source).await.unwrap() == bytes, "the source came back changed");

    let id = output_id(&source, &spec("large"), "1");
    store.put_output(&id, MediaType::Gif, bytes.clone()).await.unwrap();
    assert!(read_output(store, &id, MediaType::Gif).await == bytes, "the output came back changed");
}

/// Jobs without a result are listed by their age, jobs with one are not.
pub async fn unfinished_jobs_come_oldest_first(store: &Store, run: u64) {
    // Ids in another order than ages, so that a listing's own order does not pass for the right one.
    let jobs: Vec<JobRecord> =
        ["a", "b", "c", "d", "e", "f"].into_iter().zip([50, 20, 60, 10, 40, 30]).map(|(name, age)| job(run, name, age)).collect();
    for job in &jobs {
        assert_eq!(store.create_job(job).await.unwrap(), Created::New);
    }
    for finished in [&jobs[1], &jobs[4]] {
        assert_eq!(store.create_result(&done(finished)).await.unwrap(), Created::New);
    }
    let mut listed = store.unfinished_jobs().await.unwrap();
    listed.retain(|found| jobs.iter().any(|job| job.id == found.id));
    let expected: Vec<JobRecord> = [3, 5, 0, 2].map(|i: usize| jobs[i].clone()).into();
    assert_eq!(listed, expected);
}

async fn read_output(store: &Store, id: &OutputId, media: MediaType) -> Bytes {
    let output = store.get_output(id, media).await.unwrap();
    let bytes = output.stream.try_fold(BytesMut::new(), async |mut all, chunk| {
        all.extend_from_slice(&chunk);
        Ok(all)
    });
    let bytes = bytes.await.unwrap();
    assert_eq!(bytes.len() as u64, output.len_bytes);
    bytes.freeze()
}

fn digest(run: u64, name: &str) -> [u8; 32] {
    Sha256::digest(format!("{run} {name}")).into()
}

fn job_id(run: u64, name: &str) -> JobId {
    let digest = digest(run, name);
    JobId::from_bytes(std::array::from_fn(|i| digest[i]))
}

fn spec(text: &str) -> CaptionSpec {
    CaptionSpec { captions: vec![Caption::new(text, Position::Top, Style::Overlay)] }
}

fn job(run: u64, name: &str, created_at_ms: u64) -> JobRecord {
    let id = source_id(&digest(run, name));
    let source = SourceInfo { id, media: MediaType::Gif, bytes: 35, width_px: 1, height_px: 1, frames: 1 };
    JobRecord::new(job_id(run, name), created_at_ms, source, spec(name))
}

fn failed(id: &JobId, attempts: u32) -> JobResult {
    let outcome = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned() };
    JobResult { version: VERSION, id: id.clone(), finished_at_ms: 9_000, attempts, outcome }
}

fn done(job: &JobRecord) -> JobResult {
    let id = output_id(&job.source.id, &job.spec, "1");
    let output = OutputInfo { id, media: MediaType::Gif, bytes: 40, width_px: 1, height_px: 1 };
    let outcome = Outcome::Done { output, stats: RenderStats::default(), missing_glyphs: vec!['\u{1F600}'] };
    JobResult { version: VERSION, id: job.id.clone(), finished_at_ms: 9_000, attempts: 1, outcome }
}
