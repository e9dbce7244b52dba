//! What each operation costs on S3, counted: the table in the crate's documentation, line by line.

#![expect(clippy::unwrap_used, reason = "what fails here stops the test that called")]

use std::{io::Write as _, time::Duration};

use bytes::Bytes;
use futures::TryStreamExt;
use proto_shared::{
    CallbackEnd, CallbackOutcome, Caption, CaptionSpec, DeadRecord, ErrorCode, IdempotencyId, IdempotencyRecord, JobId,
    JobRecord, JobResult, MediaType, Outcome, OutputInfo, OutputSummary, Position, RenderStats, SourceInfo, Style,
};
use store::{Created, Faults, Operation, Slot, Start, Store, StoreConfig, conformance::output_of, source_id};

use Operation::{Create, Delete, Get, Head, List, Put};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

struct Fixture {
    store: Store,
    faults: Faults,
}

impl Fixture {
    fn new() -> Self {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
        Self { store, faults }
    }

    /// The requests since the last call.
    fn asked(&self) -> Vec<Operation> {
        let asked = self.faults.asked().into_iter().map(|(operation, _)| operation).collect();
        self.faults.forget();
        asked
    }
}

fn job() -> JobRecord {
    let source = SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
    let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
    JobRecord::new(JobId::from_bytes([7; 16]), 1, source, spec)
}

fn result() -> JobResult {
    let outcome = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned(), field: None };
    JobResult { version: 1, id: job().id, finished_at_ms: 1, attempts: 1, outcome }
}

#[tokio::test]
async fn sources() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let id = source_id(b"a");
    store.put_source(&id, Bytes::from_static(b"a")).await.unwrap();
    assert_eq!(fixture.asked(), [Head, Put], "a new source");
    store.put_source(&source_id(b"a"), Bytes::from_static(b"a")).await.unwrap();
    assert_eq!(fixture.asked(), [Head], "one that stands there");
    store.get_source(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    store.get_image(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get], "a source that is an image");
    store.reuse_image(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    store.reuse_source(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);

    fixture.faults.pass(DAY);
    store.reuse_source(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get, Put], "one that has stood for long");
    store.put_source(&source_id(b"a"), Bytes::from_static(b"a")).await.unwrap();
    assert_eq!(fixture.asked(), [Head], "it is young again");
    fixture.faults.pass(DAY);
    store.put_source(&source_id(b"a"), Bytes::from_static(b"a")).await.unwrap();
    assert_eq!(fixture.asked(), [Head, Put], "one that has stood for long");
}

#[tokio::test]
async fn sources_from_files() {
    let fixture = Fixture::new();
    let file = || {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![0; 9_000_000]).unwrap();
        file
    };
    let small = source_id(b"small");
    fixture.store.put_source_file(&small, file(), 1_000_000).await.unwrap();
    assert_eq!(fixture.asked(), [Head, Put], "in one piece");
    fixture.store.put_source_file(&small, file(), 1_000_000).await.unwrap();
    assert_eq!(fixture.asked(), [Head], "one that stands there");
    fixture.store.put_source_file(&source_id(b"large"), file(), 9_000_000).await.unwrap();
    assert_eq!(fixture.asked(), [Head, Put, Put, Put, Put], "begin, two parts, complete");
}

#[tokio::test]
async fn outputs() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let id = output_of(&job());
    assert_eq!(store.get_summary(&id).await.unwrap(), None);
    assert_eq!(fixture.asked(), [Get], "nothing to answer from");
    store.put_output(&id, MediaType::Gif, Bytes::from_static(b"abc")).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    let output = OutputInfo { id: id.clone(), media: MediaType::Gif, bytes: 3, width_px: 1, height_px: 1 };
    let summary = OutputSummary {
        version: 1,
        output,
        stats: RenderStats::default(),
        missing_glyphs: Vec::new(),
        fidelity: proto_shared::Fidelity::default(),
    };
    store.put_summary(&summary).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    assert!(store.get_summary(&id).await.unwrap().is_some());
    assert_eq!(fixture.asked(), [Get, Head]);
    store.get_output(&id, MediaType::Gif).await.unwrap().stream.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    fixture.faults.pass(DAY);
    assert!(store.get_summary(&id).await.unwrap().is_some());
    assert_eq!(fixture.asked(), [Get, Put, Head], "one that has stood for long");
}

#[tokio::test]
async fn records() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    assert_eq!(store.create_job(&job()).await.unwrap(), Created::New);
    assert_eq!(fixture.asked(), [Create]);
    assert_eq!(store.create_job(&job()).await.unwrap(), Created::AlreadyThere);
    assert_eq!(fixture.asked(), [Create, Head], "a conflict is looked into");
    store.get_job(&job().id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    assert_eq!(store.create_result(&result()).await.unwrap(), Created::New);
    assert_eq!(fixture.asked(), [Create]);
    store.get_result(&job().id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    assert!(store.has_result(&job().id).await.unwrap());
    assert_eq!(fixture.asked(), [Head]);
    let slot = Slot::at(1, Duration::from_secs(60));
    store.mark_queued(&job().id, slot).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    assert!(store.was_queued(&job().id, slot).await.unwrap());
    assert_eq!(fixture.asked(), [Head]);
    store.delete_result(&job().id).await.unwrap();
    assert_eq!(fixture.asked(), [Delete]);

    let key = IdempotencyId::from_bytes([1; 32]);
    let record = IdempotencyRecord { version: 1, job: job().id, created_at_ms: 1 };
    assert_eq!(store.create_idempotency(&key, &record).await.unwrap(), Created::New);
    assert_eq!(fixture.asked(), [Create]);
    store.get_idempotency(&key).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
}

#[tokio::test]
async fn letters_lists_and_probes() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let letter = DeadRecord { version: 1, id: job().id, dead_at_ms: 1, reason: "x".to_owned(), message: None, body: None };
    store.put_dead(&letter).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    store.get_dead(&letter.id).await.unwrap();
    assert_eq!(fixture.asked(), [List, Head, Get]);
    store.list_dead(10).await.unwrap();
    assert_eq!(fixture.asked(), [List, Get]);
    let letters = store.letters().await.unwrap();
    assert_eq!(fixture.asked(), [List]);
    store.read_letter(&letters[0]).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    store.delete_letters(&letters).await.unwrap();
    assert_eq!(fixture.asked(), [Delete]);
    store.letters_of(&letter.id).await.unwrap();
    assert_eq!(fixture.asked(), [List, Head]);
    assert_eq!(store.create_job(&job()).await.unwrap(), Created::New);
    fixture.faults.forget();
    store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(fixture.asked(), [List, Get]);
    store.ready().await.unwrap();
    assert_eq!(fixture.asked(), [List]);
    store.probe_conditional_puts().await.unwrap();
    assert_eq!(fixture.asked(), [Create, Create, Delete]);
}

#[tokio::test]
async fn starts() {
    let fixture = Fixture::new();
    let (store, id) = (&fixture.store, job().id);
    store.mark_start(&id, &Start { process: "one".to_owned(), deliveries_before: 1 }).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    store.get_start(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    store.clear_start(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Delete]);
}

#[tokio::test]
async fn looks() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    assert_eq!(store.begin_search(1).await.unwrap(), Created::New);
    assert_eq!(fixture.asked(), [Create]);
    assert_eq!(store.begin_search(1).await.unwrap(), Created::AlreadyThere);
    assert_eq!(fixture.asked(), [Create, Head]);
    store.end_search(1).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    assert_eq!(store.last_search().await.unwrap(), Some(1));
    assert_eq!(fixture.asked(), [Get]);
}

#[tokio::test]
async fn callbacks() {
    let fixture = Fixture::new();
    let (store, id) = (&fixture.store, job().id);
    store.owe_callback(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Put]);
    assert_eq!(store.begin_callback(&id, 1).await.unwrap(), Created::New);
    assert_eq!(fixture.asked(), [Create]);
    assert_eq!(store.begin_callback(&id, 1).await.unwrap(), Created::AlreadyThere);
    assert_eq!(fixture.asked(), [Create, Head]);
    store.owed_callbacks().try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(fixture.asked(), [List]);
    store.get_callback_end(&id).await.unwrap();
    assert_eq!(fixture.asked(), [Get]);
    let end = CallbackEnd { version: 1, id: id.clone(), at_ms: 1, attempts: 1, end: CallbackOutcome::Delivered };
    assert_eq!(store.end_callback(&end).await.unwrap(), Created::New);
    assert_eq!(fixture.asked(), [Create]);
    store.clear_callback(&id, 1).await.unwrap();
    assert_eq!(fixture.asked(), [Delete, Delete], "which S3 takes in one request");
}

#[tokio::test]
async fn retention_reads_no_job_that_is_young_and_none_that_is_over() {
    let fixture = Fixture::new();
    for number in 0..50 {
        let id = JobId::from_bytes([number; 16]);
        assert_eq!(fixture.store.create_job(&JobRecord { id: id.clone(), ..job() }).await.unwrap(), Created::New);
        assert_eq!(fixture.store.create_result(&JobResult { id, ..result() }).await.unwrap(), Created::New);
        if number == 24 {
            fixture.faults.pass(DAY * 2);
        }
    }
    fixture.faults.forget();
    let now_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let expired = fixture.store.expire(u64::try_from(DAY.as_millis()).unwrap(), now_ms.try_into().unwrap()).await.unwrap();
    assert_eq!(expired.jobs, 25);
    assert_eq!(fixture.faults.count(Get, ""), 0);
    assert_eq!(fixture.faults.count(Head, ""), 0);
    // Dead letters, keys, the gallery, looks, jobs, calls back, outputs twice, sources; each costs more than one request only
    // above a thousand objects.
    assert_eq!(fixture.faults.count(List, ""), 9);
    assert_eq!(fixture.faults.count(Delete, ""), 50, "which S3 takes in two requests");
}
