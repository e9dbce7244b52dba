//! Retention under everything that may meet it: killed after any operation, run by many at once, and between any sequence
//! of uploads, repeats, finished and replayed jobs, with time passing. What must hold stands in `Fixture::check`.

#![expect(clippy::unwrap_used, reason = "what fails here stops the test that called")]

mod fixture;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use proptest::prelude::*;
use store::{Expired, Fault, Operation, source_id};

use fixture::{Fixture, QUARTER, expire, furnished};

#[tokio::test]
async fn a_run_that_is_killed_anywhere_breaks_no_promise_and_the_next_one_ends_it() {
    let whole = furnished("memory:").await;
    whole.faults.forget();
    let in_one_go = whole.expire().await.unwrap();
    let operations = whole.faults.asked().len() as u64;
    assert!(operations > 20 && in_one_go.jobs == 2 && in_one_go.dead_letters == 1, "{operations} {in_one_go:?}");
    for killed_after in 0..operations {
        let fixture = furnished("memory:").await;
        fixture.faults.stop_after(killed_after);
        fixture.expire().await.unwrap_err();
        fixture.faults.heal();
        fixture.check().await;
        // The letter may be gone since the first run, so that its job goes now; then all is as after two runs.
        fixture.expire().await.unwrap();
        fixture.check().await;
        fixture.expire().await.unwrap();
        assert_eq!(fixture.expire().await.unwrap(), Expired::default(), "killed after {killed_after}");
        fixture.check().await;
        assert!(fixture.store.get_result(&fixture.jobs[2].job.id).await.unwrap().is_none());
        assert!(fixture.store.get_source(&fixture.jobs[3].job.source.id).await.is_ok());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_do_what_one_does() {
    let dir = tempfile::tempdir().unwrap();
    for url in ["memory:".to_owned(), format!("file://{}", dir.path().display())] {
        let fixture = furnished(&url).await;
        for _ in 0..2 {
            let runs: Vec<_> = (0..8)
                .map(|_| {
                    let store = fixture.store.clone();
                    tokio::spawn(async move { expire(&store).await })
                })
                .collect();
            for run in runs {
                run.await.unwrap().unwrap();
            }
            fixture.check().await;
        }
        assert_eq!(fixture.expire().await.unwrap(), Expired::default());
    }
    let left: Vec<_> = std::fs::read_dir(dir.path().join("jobs")).unwrap().collect();
    assert_eq!(left.len(), 4, "three unfinished jobs, one of now, and no empty folder");
}

#[tokio::test]
async fn a_job_keeps_its_images_as_it_keeps_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let mut fixture = Fixture::new(&format!("file://{}", dir.path().display()));
    let [image, unused] = [b"an image", b"unused!!"].map(|bytes| Bytes::from_static(bytes));
    for bytes in [&image, &unused] {
        fixture.store.put_source(&source_id(bytes), bytes.clone()).await.unwrap();
    }
    fixture.upload(1, 0).await;
    let record = dir.path().join("jobs").join(fixture.jobs[0].job.id.as_str()).join("job.json");
    let mut job: serde_json::Value = serde_json::from_slice(&std::fs::read(&record).unwrap()).unwrap();
    let mut write = |images: serde_json::Value| {
        job["spec"]["images"] = images;
        std::fs::write(&record, job.to_string()).unwrap();
    };
    write(serde_json::json!({"party": source_id(&image).as_str()}));
    fixture.pass(100);
    assert_eq!(fixture.expire().await.unwrap().sources, 1, "the unused one");
    assert!(fixture.store.get_source(&source_id(&image)).await.is_ok());
    // As a later release may write it: any source may be meant.
    write(serde_json::json!({"party": {"id": source_id(&image).as_str()}}));
    assert_eq!(fixture.expire().await.unwrap().sources, 0);
    write(serde_json::json!({}));
    fixture.pass(100);
    assert_eq!(fixture.expire().await.unwrap().sources, 1, "named by no job any more");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_keeps_all_sources() {
    let dir = tempfile::tempdir().unwrap();
    let mut fixture = Fixture::new(&format!("file://{}", dir.path().display()));
    fixture.upload(1, 0).await;
    let job = fixture.jobs[0].job.clone();
    let record = dir.path().join("jobs").join(job.id.as_str()).join("job.json");
    let whole = std::fs::read(&record).unwrap();
    std::fs::write(&record, &whole[..20]).unwrap();
    fixture.pass(48);
    fixture.expire().await.unwrap();
    assert!(fixture.store.get_source(&job.source.id).await.is_ok());
    std::fs::write(&record, whole).unwrap();
    fixture.check().await;
}

#[tokio::test]
async fn half_written_files_of_killed_writers_go_when_they_are_old() {
    let dir = tempfile::tempdir().unwrap();
    let mut fixture = Fixture::new(&format!("file://{}", dir.path().display()));
    fixture.upload(1, 0).await;
    let stray = |name: &str, hours: u64| {
        let file = std::fs::File::create(dir.path().join("sources").join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(hours * 60 * 60)).unwrap();
    };
    stray("old#1", 4);
    stray("young#12", 2);
    stray("no-number#", 4);
    assert_eq!(fixture.expire().await.unwrap().strays, 1);
    assert!(!dir.path().join("sources/old#1").exists());
    assert!(dir.path().join("sources/young#12").exists() && dir.path().join("sources/no-number#").exists());
    fixture.check().await;
}

#[tokio::test]
async fn a_store_that_fails_in_the_middle_is_said_to_have_failed() {
    let fixture = furnished("memory:").await;
    for (operation, prefix) in [(Operation::Get, "jobs/"), (Operation::Head, "sources/"), (Operation::List, "outputs")] {
        fixture.faults.next(1, operation, prefix, Fault::Fail);
        assert!(fixture.expire().await.unwrap_err().is_passing(), "{operation:?}");
        fixture.check().await;
    }
}

#[tokio::test]
async fn a_dead_letter_keeps_its_job_until_the_run_after_the_one_that_deletes_it() {
    let mut fixture = Fixture::new("memory:");
    fixture.upload(1, 0).await;
    fixture.give_up(0).await;
    let job = fixture.jobs[0].job.clone();
    fixture.pass(48);
    let letter = fixture.store.get_dead(&job.id).await.unwrap().unwrap();
    fixture.store.put_dead(&letter).await.unwrap();
    for expected in [(0, 0), (0, 0)] {
        let expired = fixture.expire().await.unwrap();
        assert_eq!((expired.dead_letters, expired.jobs), expected, "a young letter keeps an old job");
    }
    assert!(fixture.store.get_source(&job.source.id).await.is_ok(), "what replays needs the source");
    fixture.pass(48);
    for expected in [(1, 0), (0, 1)] {
        let expired = fixture.expire().await.unwrap();
        assert_eq!((expired.dead_letters, expired.jobs), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_put_again_while_retention_runs_stays() {
    let fixture = Fixture::new("memory:");
    let bytes = Bytes::from_static(b"again");
    let id = source_id(&bytes);
    fixture.store.put_source(&id, bytes.clone()).await.unwrap();
    fixture.faults.pass(QUARTER * 48);
    fixture.faults.forget();
    // The run has listed the source as old, and its last look is late.
    fixture.faults.next(1, Operation::Head, "sources/", Fault::Delay(Duration::from_secs(5)));
    let store = fixture.store.clone();
    let run = tokio::spawn(async move { expire(&store).await });
    for _ in 0..10_000 {
        if fixture.faults.count(Operation::Head, "sources/") == 0 {
            tokio::task::yield_now().await;
        }
    }
    fixture.store.put_source(&source_id(&bytes), bytes).await.unwrap();
    assert_eq!(run.await.unwrap().unwrap(), Expired::default());
    assert!(fixture.store.get_source(&id).await.is_ok());
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Upload { picture: u8, text: u8 },
    Render(usize),
    GiveUp(usize),
    Replay(usize),
    Pass { quarters: u32 },
    Expire,
    ExpireKilledAfter(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..20_usize;
    prop_oneof![
        4 => (0..4_u8, 0..2_u8).prop_map(|(picture, text)| Step::Upload { picture, text }),
        3 => which.clone().prop_map(Step::Render),
        1 => which.clone().prop_map(Step::GiveUp),
        1 => which.prop_map(Step::Replay),
        4 => (1..16_u32).prop_map(|quarters| Step::Pass { quarters }),
        2 => Just(Step::Expire),
        2 => (0..30_u64).prop_map(Step::ExpireKilledAfter),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_needed_is_ever_deleted_and_all_else_is_in_the_end(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut fixture = Fixture::new("memory:");
            for step in steps {
                match step {
                    Step::Upload { picture, text } => fixture.upload(picture, text).await,
                    Step::Render(index) => fixture.render(index).await,
                    Step::GiveUp(index) => fixture.give_up(index).await,
                    Step::Replay(index) => fixture.replay(index).await,
                    Step::Pass { quarters } => fixture.pass(quarters),
                    Step::Expire => drop(fixture.expire().await.unwrap()),
                    Step::ExpireKilledAfter(operations) => {
                        fixture.faults.stop_after(operations);
                        let _ = fixture.expire().await; // it may have been done before
                        fixture.faults.heal();
                    }
                }
                fixture.check().await;
            }
            for index in 0..fixture.jobs.len() {
                fixture.render(index).await;
            }
            fixture.pass(48);
            fixture.expire().await.unwrap();
            fixture.expire().await.unwrap();
            fixture.faults.forget();
            assert_eq!(fixture.expire().await.unwrap(), Expired::default());
            assert_eq!(fixture.faults.asked().len(), 9, "nine listings of nothing: {:?}", fixture.faults.asked());
        });
    }
}
