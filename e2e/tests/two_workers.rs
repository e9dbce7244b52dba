//! The whole way on real parts: 200 GIFs through one api process, RabbitMQ, two workers and an S3 store; undisturbed, with
//! one worker killed, and with one worker told to stop.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use e2e::{
    cases::Case,
    client::Client,
    cluster::{Cluster, check_all, submit_all, wait_all},
    deadline::within,
};
use proto_shared::queue;

const JOBS: usize = 200;
const TEST: Duration = Duration::from_secs(300);
const DONE: Duration = Duration::from_secs(120);
/// A worker under load may finish what it holds: a few small GIFs.
const DRAINED: Duration = Duration::from_secs(30);

/// One cluster at a time: side by side they would measure each other.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn cases() -> Vec<Arc<Case>> {
    Case::many(JOBS).unwrap().into_iter().map(Arc::new).collect()
}

/// What was accepted, against the results, the outputs, the queue and the dead letters. Nothing in none, nothing in two.
async fn assert_settled(cluster: &Cluster, client: &Client, ids: &[String], cases: &[Arc<Case>]) {
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), JOBS, "an id was given twice");
    let faults = check_all(client, ids, cases, DONE).await.unwrap();
    assert!(faults.is_empty(), "{} of {JOBS} outputs are not what they should be:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(cluster.results().await.unwrap(), JOBS, "results in the store");
    assert_eq!(cluster.outputs().await.unwrap(), JOBS, "outputs in the store");
    cluster.wait_empty(queue::JOBS, DONE).await.unwrap();
    cluster.wait_empty(queue::JOBS_EXPRESS, DONE).await.unwrap();
    cluster.wait_empty(queue::DEAD, DONE).await.unwrap();
}

/// Waits until so many jobs have results, while others still wait.
async fn wait_for_results(cluster: &Cluster, wanted: usize) {
    loop {
        let done = cluster.results().await.unwrap();
        if done >= wanted {
            assert!(done < JOBS, "all jobs were done before anything could happen to a worker");
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_uploads_at_once_come_back_captioned() {
    let _turn = TURN.lock().await;
    within(TEST, async {
        let cluster = Cluster::start(2).await.unwrap();
        let (client, cases) = (cluster.client(), cases());
        let begun = Instant::now();
        let ids = submit_all(&client, &cases).await.unwrap();
        let accepted_s = begun.elapsed().as_secs_f64();
        wait_all(&client, &ids, DONE).await.unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        let rate = f64::from(u32::try_from(JOBS).unwrap()) / seconds;
        println!("{JOBS} jobs accepted in {accepted_s:.1} s, done in {seconds:.1} s: {rate:.1} jobs/s");
        assert_settled(&cluster, &client, &ids, &cases).await;
    })
    .await;
}

/// All jobs through two workers, `disturb` being done to the cluster as soon as a quarter have results. The uploads may
/// still be coming in then: waiting for them first could leave nothing to disturb.
async fn disturbed(disturb: impl AsyncFnOnce(&mut Cluster)) {
    let _turn = TURN.lock().await;
    within(TEST, async {
        let mut cluster = Cluster::start(2).await.unwrap();
        let (client, cases) = (cluster.client(), cases());
        let disturbance = async {
            wait_for_results(&cluster, JOBS / 4).await;
            disturb(&mut cluster).await;
        };
        let (ids, ()) = tokio::join!(submit_all(&client, &cases), disturbance);
        assert_settled(&cluster, &client, &ids.unwrap(), &cases).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_half_way_loses_nothing() {
    disturbed(async |cluster| {
        cluster.workers[0].kill();
        let waiting = JOBS - cluster.results().await.unwrap();
        println!("killed a worker with {waiting} of {JOBS} jobs to do");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_under_load_finishes_what_it_holds() {
    disturbed(async |cluster| {
        let begun = Instant::now();
        let code = cluster.workers[0].terminate(DRAINED).await.unwrap();
        println!("the worker ended {} ms after SIGTERM", begun.elapsed().as_millis());
        assert_eq!(code, 0, "{}", cluster.workers[0].log_tail());
    })
    .await;
}
