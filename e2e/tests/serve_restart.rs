//! `punchline serve`, the embedded default: killed with jobs in hand and started again on the same folder, it loses none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use e2e::{cases::Case, client::Client, deadline::within, ledger::Ledger, process::Process, samples::many_frames};

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
        // One job of each lane at a time, so that many wait when the kill comes; and the first in the express lane has forty
        // seconds of work in a program that was built with its faults: nothing that is quick gets past it.
        let env = [("PUNCHLINE_PARALLELISM".to_owned(), "1".to_owned())];
        let cases: Vec<_> = (0..JOBS as u64).map(|seed| Arc::new(Case::generated(1_000 + seed).unwrap())).collect();

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
        // It has done its part.
        Client::new(server.url("")).cancel(&slow).await.unwrap();
        let faults = ledger.faults_by_api(&Client::new(server.url("")), DONE).await.unwrap();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_with_0_and_a_later_start_still_knows_its_jobs() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let case = [Arc::new(Case::generated(1).unwrap())];
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
