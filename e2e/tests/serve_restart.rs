//! `punchline serve` is killed with jobs in hand and started again on the same folder. It must lose none of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::{HarnessError, cases::Case, client::Client, deadline::within, ledger::Ledger, process::Process};
use samples::minimal::many_frames;

const JOBS: usize = 60;
const TEST: Duration = Duration::from_secs(900);
const DONE: Duration = Duration::from_secs(480);

async fn done(client: &Client, ledger: &Ledger) -> usize {
    let mut done = 0;
    for id in ledger.ids() {
        done += usize::from(client.job(id).await.unwrap()["state"] == "done");
    }
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_finishes_its_jobs_after_the_restart() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        // One job of each lane at a time, so that many wait when the kill comes. In a program that was built with the feature
        // `faults` the first job of the express lane takes forty seconds, so that no quick job overtakes it.
        let env = [("PUNCHLINE_PARALLELISM".to_owned(), "1".to_owned())];
        let cases: Vec<_> = (0..JOBS as u64).map(|seed| Arc::new(Case::generated(1_000 + seed))).collect();

        let mut server = Process::serve(data.path(), &env).await.unwrap();
        let mut ledger = Ledger::default();
        let slow = r#"{"captions":[{"text":"fault: slow frames"}]}"#;
        let slow = Client::new(server.url("")).submit(&many_frames(2_000), slow).await.unwrap();
        ledger.submit(&Client::new(server.url("")), &cases).await.unwrap();
        let done_before = done(&Client::new(server.url("")), &ledger).await;
        server.kill();
        println!("killed with {done_before} of {JOBS} jobs done");
        assert!(done_before < JOBS, "all jobs were done before the kill");

        let server = Process::serve(data.path(), &env).await.unwrap();
        // The slow job is no longer needed.
        Client::new(server.url("")).cancel(&slow).await.unwrap();
        let faults = ledger.faults_by_api(&Client::new(server.url("")), DONE).await.unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    })
    .await;
}

/// The names of the dead letters that the folder holds.
fn letters(data: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(data.join("dead")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_the_server_does_so_twice_and_is_then_a_dead_letter() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        // Accepted jobs wait behind a slow one, so that no answer is lost when the server is killed.
        let env = [("PUNCHLINE_PARALLELISM".to_owned(), "1".to_owned())];
        let cases: Vec<_> = (0..10).map(|seed| Arc::new(Case::generated(2_000 + seed))).collect();
        let mut server = Process::serve(data.path(), &env).await.unwrap();
        let (client, mut ledger) = (Client::new(server.url("")), Ledger::default());
        let slow = client.submit(&many_frames(2_000), r#"{"captions":[{"text":"fault: slow frames"}]}"#).await.unwrap();
        let (first, second) = cases.split_at(5);
        ledger.submit(&client, first).await.unwrap();
        let poison = client.submit(&cases[0].source, r#"{"captions":[{"text":"fault: abort"}]}"#).await.unwrap();
        ledger.submit(&client, second).await.unwrap();
        client.cancel(&slow).await.unwrap();

        let (deadline, mut deaths) = (Instant::now() + DONE, 0);
        let job = loop {
            assert!(Instant::now() < deadline, "the job has not failed after {deaths} deaths");
            if server.is_running() {
                match client.job(&poison).await {
                    Ok(job) if job["state"] == "failed" => break job,
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            } else {
                deaths += 1;
                assert!(deaths <= 2, "it dies at every start");
                match server.replace_serve(data.path(), &env).await {
                    Ok(()) | Err(HarnessError::Ended { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        };
        println!("failed after {deaths} deaths of the server: {job}");
        assert_eq!((deaths, &job["error"]["code"]), (2, &"engine_crashed".into()));
        let faults = ledger.faults_by_api(&client, DONE).await.unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        assert!(server.is_running());
        let kept = || letters(data.path()).iter().any(|name| name.starts_with(&poison));
        while !kept() {
            assert!(Instant::now() < deadline, "{:?}", letters(data.path()));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_served_is_refused_to_another_and_free_after_a_kill() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let mut server = Process::serve(data.path(), &[]).await.unwrap();
        let Err(HarnessError::Ended { log, .. }) = Process::serve(data.path(), &[]).await else { panic!("it is served") };
        assert!(log.contains(&data.path().display().to_string()) && log.contains("--data"), "{log}");
        server.kill();
        Process::serve(data.path(), &[]).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_with_0_and_a_later_start_still_knows_its_jobs() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let case = [Arc::new(Case::generated(1))];
        let mut server = Process::serve(data.path(), &[]).await.unwrap();
        let mut ledger = Ledger::default();
        ledger.submit(&Client::new(server.url("")), &case).await.unwrap();
        assert_eq!(server.terminate(DONE).await.unwrap(), 0);
        let server = Process::serve(data.path(), &[]).await.unwrap();
        let faults = ledger.faults_by_api(&Client::new(server.url("")), DONE).await.unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    })
    .await;
}
