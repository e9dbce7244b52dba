//! `punchline dead` on a folder of dead letters, most of which can't be read or hold no job. None of them must hide another.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use e2e::binary;
use proto_shared::{
    Caption, CaptionSpec, DeadRecord, ErrorCode, JobId, JobMessage, JobRecord, JobResult, MediaType, Outcome, Position,
    SourceInfo, Style, job, keys,
};
use store::{Created, Store, StoreConfig, source_id};
use tempfile::TempDir;

/// More letters than are read to find the oldest.
const BROKEN: u32 = 1_100;

fn id(n: u32) -> JobId {
    let mut bytes = [1; 16];
    bytes[12..].copy_from_slice(&n.to_be_bytes());
    JobId::from_bytes(bytes)
}

/// A store with broken letters, and a letter of a failed job that is younger than all of them.
async fn folder() -> (TempDir, Store, JobId) {
    let folder = TempDir::with_prefix("punchline-dead-").unwrap();
    let store = Store::open(&StoreConfig::new(format!("file://{}", folder.path().display()))).unwrap();
    for n in 0..BROKEN {
        if n % 2 == 0 {
            let reason = "malformed message: not JSON".to_owned();
            let letter = DeadRecord { version: 1, id: id(n), dead_at_ms: 1, reason, message: None, body: Some("?".to_owned()) };
            store.put_dead(&letter).await.unwrap();
        } else {
            // Where an earlier release kept it.
            fs::write(folder.path().join(keys::dead_of_earlier_release(&id(n))), b"{").unwrap();
        }
    }
    let source = SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
    let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
    let job = JobRecord::new(id(BROKEN), 1, source, spec);
    assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    let outcome = Outcome::Failed { code: ErrorCode::EnginePanic, message: "tested".to_owned(), field: None };
    let result = JobResult { version: job::VERSION, id: job.id.clone(), finished_at_ms: 2, attempts: 1, outcome };
    assert_eq!(store.create_result(&result).await.unwrap(), Created::New);
    let (id, message) = (job.id.clone(), Some(JobMessage::first(job)));
    // After everything that can be written today.
    let letter =
        DeadRecord { version: 1, id: id.clone(), dead_at_ms: u64::MAX / 2_000_000, reason: "t".to_owned(), message, body: None };
    store.put_dead(&letter).await.unwrap();
    (folder, store, id)
}

fn punchline(arguments: &str, env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary::punchline().unwrap());
    command.args(arguments.split_whitespace()).env_clear().envs(env.iter().copied()).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

fn on(folder: &Path, arguments: &str) -> Output {
    punchline(&format!("dead {arguments} --data {}", folder.display()), &[])
}

#[tokio::test]
async fn letters_that_are_no_use_hide_no_other_and_are_dropped_with_all() {
    let (folder, store, good) = folder().await;
    let listed = on(folder.path(), "list --limit 5000");
    assert_eq!(text(&listed.stdout).lines().count(), BROKEN as usize + 1);
    assert!(text(&listed.stdout).contains("unreadable: "), "{}", text(&listed.stdout));
    assert!(text(&on(folder.path(), "list --limit 9").stderr).contains("1092 more: --limit 1101 shows all"));

    let replayed = on(folder.path(), "replay --all");
    let said = text(&replayed.stderr);
    assert_eq!((replayed.status.code(), text(&replayed.stdout)), (Some(65), "1 queued again\n"), "{said}");
    assert!(said.contains("1000 of 1101") && said.contains("1100 of 1101 could not be replayed"), "{said}");
    for n in [0, 1, BROKEN - 1] {
        assert!(said.contains(id(n).as_str()), "{n} is not told");
    }
    assert_eq!(store.get_dead(&good).await.unwrap(), None);
    assert_eq!(store.get_result(&good).await.unwrap(), None, "its end is taken back");

    let one = id(1);
    let dropped = on(folder.path(), &format!("drop {one}"));
    assert_eq!(text(&dropped.stdout), "1 dropped\n", "{}", text(&dropped.stderr));
    assert!(text(&on(folder.path(), &format!("drop {one}")).stderr).contains("there is no dead letter"));
    assert_eq!(text(&on(folder.path(), "drop --all").stdout), format!("{} dropped\n", BROKEN - 1));
    assert_eq!(text(&on(folder.path(), "list").stdout), "no dead letters\n");
}

#[tokio::test]
async fn only_a_replay_asks_for_a_broker_and_an_error_says_what_to_set() {
    let folder = TempDir::with_prefix("punchline-dead-").unwrap();
    let url = format!("file://{}", folder.path().display());
    let store = [("PUNCHLINE_STORE_URL", url.as_str())];
    let listed = punchline("dead list", &store);
    assert_eq!(text(&listed.stdout), "no dead letters\n", "{}", text(&listed.stderr));
    assert_eq!(text(&punchline("dead drop --all", &store).stdout), "0 dropped\n");

    let replay = punchline("dead replay --all", &store);
    let said = text(&replay.stderr);
    assert!(replay.status.code() == Some(2) && said.contains("PUNCHLINE_AMQP_URL") && !said.contains("STORE_URL"), "{said}");
    let listed = punchline("dead list", &[]);
    let said = text(&listed.stderr);
    assert!(listed.status.code() == Some(2) && said.contains("--data DIR") && said.contains("PUNCHLINE_STORE_URL"), "{said}");
    assert!(!said.contains("AMQP"), "{said}");
    let help = punchline("dead list --help", &[]);
    assert!(text(&help.stdout).contains("--data"), "{}", text(&help.stdout));
}
