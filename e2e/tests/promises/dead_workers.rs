//! Promise 3: a dead worker loses nothing, and its jobs are picked up soon.

use std::{
    collections::HashSet,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use e2e::{cluster::Cluster, deadline::within, ledger::Ledger};
use proto_shared::{Event, News};

use crate::{DONE, TEST, broker, case, cases, events, heard, started, turn};

/// From the end of the socket to the start at another worker.
const AFTER_KILL: Duration = Duration::from_secs(5);
/// Two heartbeats of 10 s, and 5 s more.
const AFTER_FREEZE: Duration = Duration::from_secs(25);

/// A job that stays in hand until its worker is gone: its time limit is longer than the test.
const ENDLESS: &str = r#"{"captions":[{"text":"fault: never end"}]}"#;

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_workers_job_is_picked_up_within_five_seconds() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(1).await.unwrap();
        let (client, broker) = (cluster.client(), broker(&cluster).await);
        let mut events = events(&broker).await;
        let mut slowest = Duration::ZERO;
        for round in 0..3 {
            let id = client.submit(&case(3_000 + round).source, ENDLESS).await.unwrap();
            started(&mut events, &id).await;
            cluster.add_worker().await.unwrap();
            let killed_at = Instant::now();
            cluster.workers.remove(0).kill();
            let took = started(&mut events, &id).await - killed_at;
            slowest = slowest.max(took);
            client.cancel(&id).await.unwrap();
        }
        println!("picked up at most {} ms after the kill", slowest.as_millis());
        assert!(slowest < AFTER_KILL, "{slowest:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_workers_jobs_are_done_by_another_and_it_does_no_harm_when_it_wakes() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start_with(1, &[("PUNCHLINE_PARALLELISM", "6")]).await.unwrap();
        let (client, cases, mut ledger) = (cluster.client(), cases(40), Ledger::default());
        let broker = broker(&cluster).await;
        let mut events = events(&broker).await;
        // Stopped while the first jobs are on their way to it: as many as it may have in hand, of one lane.
        cluster.workers[0].freeze().unwrap();
        let frozen_at_ms = now_ms();
        let (held, others) = cases.split_at(3);
        ledger.submit(&client, held).await.unwrap();
        let mut held: HashSet<_> = ledger.ids().map(str::to_owned).collect();
        cluster.add_worker().await.unwrap();
        ledger.submit(&client, others).await.unwrap();
        // By the clock of the worker that picks a job up, not by the arrival of its event, nor by the end of rendering.
        let mut took_ms = 0;
        while !held.is_empty() {
            let begun = |event: &Event| held.contains(event.job.as_str()) && matches!(event.news, News::Started { .. });
            let (event, _) = heard(&mut events, begun).await;
            held.remove(event.job.as_str());
            took_ms = event.at_ms.saturating_sub(frozen_at_ms).max(took_ms);
        }
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("one of two workers frozen: what it held was picked up after {took_ms} ms: {balance}");
        balance.assert_all_done();
        // The broker drops a silent worker after one to three of its own check intervals.
        assert!(Duration::from_millis(took_ms) < AFTER_FREEZE, "{took_ms} ms");

        cluster.workers[0].thaw().unwrap();
        let mut woken = cluster.workers.remove(0);
        woken.wait_ready(DONE).await.unwrap();
        cluster.workers[0].kill();
        cluster.workers[0] = woken;
        let mut again = Ledger::default();
        again.submit(&client, &[case(3_500), case(3_501)]).await.unwrap();
        let balance = again.settle(&cluster, DONE).await.unwrap();
        assert_eq!((balance.done, balance.dead_letters), (2, 0), "{balance}");
        ledger.settle(&cluster, DONE).await.unwrap().assert_all_done();
    })
    .await;
}
