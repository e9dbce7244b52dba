//! The conformance suite against the backends that need no server, memory and local files, and what
//! only files can show: records of another release, damaged records, and a writer that is killed.

#![expect(clippy::unwrap_used, reason = "what fails here stops the test that called")]

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::TryStreamExt;
use proto_shared::{JobId, SourceId};
use store::{Store, StoreConfig, StoreError, conformance, source_id};
use tempfile::TempDir;

/// Where the killed writer writes; set for the child process alone.
const WRITER_URL: &str = "STORE_TEST_WRITER_URL";

fn files() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    (dir, store)
}

fn url(dir: &TempDir) -> String {
    format!("file://{}", dir.path().display())
}

fn open(dir: &TempDir) -> Store {
    Store::open(&StoreConfig::new(url(dir))).unwrap()
}

fn write_record(dir: &TempDir, id: &str, json: &str) {
    let folder = dir.path().join("jobs").join(id);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("job.json"), json).unwrap();
}

fn record_json(id: &str, created_at_ms: u64, more: &str) -> String {
    format!(
        r#"{{"version":1,"id":"{id}","created_at_ms":{created_at_ms},"source":{{"id":"{}","media":"gif","bytes":9,"width_px":1,"height_px":1,"frames":1{more}}},"spec":{{"captions":[{{"text":"a"}}]}}{more}}}"#,
        "0".repeat(64)
    )
}

const OLD: &str = "00000000000000000000000000000001";
const NEW: &str = "00000000000000000000000000000002";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_conforms() {
    let store = Store::open(&StoreConfig::new("memory:")).unwrap();
    conformance::all(&store, 1).await;
    conformance::all(&store, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn files_conform() {
    let (_dir, store) = files();
    conformance::all(&store, 1).await;
    conformance::all(&store, 2).await;
}

#[tokio::test]
async fn files_outlive_the_store_that_wrote_them() {
    let (dir, store) = files();
    let id = source_id(b"kept");
    store.put_source(&id, Bytes::from_static(b"kept")).await.unwrap();
    drop(store);
    assert_eq!(open(&dir).get_source(&id).await.unwrap(), "kept");
}

#[tokio::test]
async fn a_record_of_a_newer_release_is_read() {
    let (dir, store) = files();
    write_record(&dir, NEW, &record_json(NEW, 5, r#","priority":{"of":"the future"}"#));
    let job = store.get_job(&JobId::parse(NEW).unwrap()).await.unwrap().unwrap();
    assert_eq!((job.id.as_str(), job.created_at_ms), (NEW, 5));
}

#[tokio::test]
async fn a_damaged_record_is_an_error_alone_and_skipped_among_others() {
    let (dir, store) = files();
    let (cut, huge) = ("00000000000000000000000000000003", "00000000000000000000000000000004");
    write_record(&dir, NEW, &record_json(NEW, 7, ""));
    write_record(&dir, OLD, &record_json(OLD, 5, ""));
    write_record(&dir, cut, &record_json(cut, 1, "")[..40]);
    write_record(&dir, huge, &" ".repeat(2_000_000));
    write_record(&dir, "not-an-id", "{}");

    let error = store.get_job(&JobId::parse(cut).unwrap()).await.unwrap_err();
    assert!(matches!(&error, StoreError::BadRecord { key, .. } if key.contains(cut)), "{error:?}");
    assert!(!error.is_passing());
    let error = store.get_job(&JobId::parse(huge).unwrap()).await.unwrap_err();
    assert!(matches!(error, StoreError::RecordTooLarge { got_bytes: 2_000_000, .. }), "{error:?}");

    let listed: Vec<String> =
        store.unfinished_jobs(None).try_collect::<Vec<_>>().await.unwrap().into_iter().map(|job| job.id.into()).collect();
    assert_eq!(listed, [OLD, NEW]);
}

#[tokio::test]
async fn a_source_of_the_wrong_length_is_written_again() {
    let (dir, store) = files();
    let id = source_id(b"whole");
    store.put_source(&id, Bytes::from_static(b"whole")).await.unwrap();
    std::fs::write(dir.path().join("sources").join(id.as_str()), "who").unwrap();
    store.put_source(&source_id(b"whole"), Bytes::from_static(b"whole")).await.unwrap();
    assert_eq!(store.get_source(&id).await.unwrap(), "whole");
}

#[tokio::test]
async fn a_killed_writer_leaves_no_torn_object() {
    for _ in 0..3 {
        let (dir, store) = files();
        let sources = dir.path().join("sources");
        // Killed in the middle of a file: after a few are there and while a half-written one is.
        let mut writer = Writer::start(&url(&dir));
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let names = names(&sources);
            if names.len() > 3 && names.iter().any(|name| name.contains('#')) {
                break;
            }
            assert!(Instant::now() < deadline, "the writer wrote only {names:?}");
        }
        writer.kill();

        let ids: Vec<SourceId> = names(&sources).iter().filter_map(|name| SourceId::parse(name).ok()).collect();
        assert!(!ids.is_empty());
        for id in ids {
            assert_eq!(source_id(&store.get_source(&id).await.unwrap()), id);
        }
    }
}

/// Not a test of its own: the process that `a_killed_writer_leaves_no_torn_object` starts and kills.
#[tokio::test]
#[ignore = "started by another test, with a directory to write to"]
async fn writer_process() {
    let Ok(url) = std::env::var(WRITER_URL) else { return };
    let store = Store::open(&StoreConfig::new(url)).unwrap();
    for number in 0_u64.. {
        let mut bytes = vec![7; 4_000_000];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        store.put_source(&source_id(&bytes), bytes.into()).await.unwrap();
    }
}

/// The writer's process, killed at the latest when dropped.
struct Writer(Child);

impl Writer {
    fn start(url: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "writer_process", "--ignored"]).env(WRITER_URL, url);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// SIGKILL, and waits for its end.
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
