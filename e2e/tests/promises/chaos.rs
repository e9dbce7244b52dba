//! All promises at once: workers killed and frozen, broker and store killed alone and together, queues full, the network slow,
//! cut and silent, while jobs come in. What is struck, and when, is the seed's to say; every kind comes once at least.
//! In the last act no worker reaches broker or store while a third of all jobs comes in, and something else is struck besides:
//! so that there is work left when the last trouble ends, and the time from then on is that of recovery.
//!
//! Every job that was accepted is done within a minute of the last trouble, without a sweep. One seed and few jobs by default;
//! `PUNCHLINE_CHAOS_SEEDS=1,2,3` and `PUNCHLINE_CHAOS_JOBS=500` make it the long run.

use std::time::{Duration, Instant};

use e2e::{cluster::Cluster, deadline::within, ledger::Ledger, proxy::Mode};
use fastrand::Rng;

use crate::{DONE, TEST, cases, turn};

const SEEDS: &str = "PUNCHLINE_CHAOS_SEEDS";
const JOBS: &str = "PUNCHLINE_CHAOS_JOBS";
const WORKERS: usize = 3;
/// Troubles in one run.
const TROUBLES: usize = 12;
/// From one to the next where nothing is done any more.
const AT_LATEST: Duration = Duration::from_secs(180);
/// Between two looks at how many are done, each of which lists everything.
const COUNT_EVERY: Duration = Duration::from_millis(250);
/// From the end of the last trouble until all is as if there had been none.
const RECOVERED_WITHIN: Duration = Duration::from_secs(60);

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    WorkerKilled,
    /// For longer than the broker waits for a heartbeat.
    WorkerFrozen,
    BrokerKilled,
    StoreKilled,
    /// One within seconds of the other.
    BrokerAndStoreKilled,
    /// An operator's bound, far below what waits.
    QueuesFull,
    /// Of the workers, to broker and store.
    Network(Mode),
    /// Of the api, to broker and store.
    ApiNetwork(Mode),
    ApiKilled,
}

impl Trouble {
    /// Each kind, and some more.
    fn draw(random: &mut Rng) -> Vec<Self> {
        let modes = [Mode::Reset, Mode::BlackHole, Mode::HalfOpen, Mode::Latency(Duration::from_millis(200))];
        let mut all = vec![
            Self::WorkerKilled,
            Self::WorkerFrozen,
            Self::BrokerKilled,
            Self::StoreKilled,
            Self::BrokerAndStoreKilled,
            Self::QueuesFull,
            Self::Network(modes[random.usize(0..modes.len())]),
            Self::ApiNetwork(modes[random.usize(0..modes.len())]),
            Self::ApiKilled,
        ];
        while all.len() < TROUBLES {
            let again = all[random.usize(0..all.len())];
            all.push(again);
        }
        random.shuffle(&mut all);
        all
    }

    /// One beside workers that are cut off.
    fn draw_last(random: &mut Rng) -> Self {
        let all = [Self::WorkerKilled, Self::BrokerKilled, Self::StoreKilled, Self::BrokerAndStoreKilled, Self::ApiKilled];
        all[random.usize(0..all.len())]
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_accepted_is_lost_whatever_dies() {
    let _turn = turn().await;
    let number = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    for seed in number(SEEDS, "1").split(',').map(|seed| seed.trim().parse().unwrap()) {
        let jobs = number(JOBS, "150").parse().unwrap();
        println!("seed {seed}, {jobs} jobs");
        within(TEST * 2, run(seed, jobs)).await;
    }
}

async fn run(seed: u64, jobs: usize) {
    let begun = Instant::now();
    let mut cluster = Cluster::start(WORKERS).await.unwrap();
    let (client, cases, mut ledger) = (cluster.client(), cases(jobs), Ledger::default());
    let (before, last) = cases.split_at(jobs - jobs / 3);
    let mut random = Rng::with_seed(seed);
    let (submitted, ()) = tokio::join!(ledger.submit(&client, before), make_trouble(&mut cluster, &mut random, begun, jobs));
    submitted.unwrap();
    cut_workers_off(&cluster, &mut random, begun);
    ledger.submit(&client, last).await.unwrap();
    strike(&mut cluster, Trouble::draw_last(&mut random), &mut random, begun).await;
    let left = ledger.unfinished(&cluster).await.unwrap();
    assert!(left >= last.len(), "{left} jobs are left, and no worker could write a result of the last {}", last.len());
    let so_far = begun.elapsed();
    cluster.worker_network.set(Mode::Pass);
    let ended_at = Instant::now();
    cluster.replace_ended_workers().await.unwrap();

    // What is left at the last trouble's end is work, at the pace of the run so far; it takes the machine what it takes.
    let count = |jobs: usize| u32::try_from(jobs).unwrap();
    let pace = so_far / count((jobs - left).max(1));
    let allowed = RECOVERED_WITHIN + pace * count(left);
    let mut first = None;
    let unfinished = loop {
        let unfinished = ledger.unfinished(&cluster).await.unwrap();
        if unfinished < left {
            first.get_or_insert_with(|| ended_at.elapsed().as_secs_f64());
        }
        if unfinished == 0 || ended_at.elapsed() >= allowed {
            break unfinished;
        }
        tokio::time::sleep(COUNT_EVERY).await;
    };
    let took = ended_at.elapsed().as_secs_f64();
    println!(
        "seed {seed}, {:.0} s: {left} jobs were left when the last trouble ended; the first of them was done after {:.1} s, \
         the last after {took:.1} s; {unfinished} unfinished of {} accepted",
        begun.elapsed().as_secs_f64(),
        first.unwrap_or(took),
        ledger.ids().len()
    );
    if unfinished > 0 {
        println!("{}", cluster.queues().await.unwrap());
    }
    let balance = ledger.settle(&cluster, DONE).await.unwrap();
    println!("seed {seed}, {:.0} s: {balance}", begun.elapsed().as_secs_f64());
    balance.assert_all_done();
    assert_eq!(unfinished, 0, "seed {seed}: after {took:.1} s of {:.1}", allowed.as_secs_f64());
}

/// Something each time that a further part of the jobs has a result, or at the latest after a while: there may be nobody left
/// to do them.
async fn make_trouble(cluster: &mut Cluster, random: &mut Rng, begun: Instant, jobs: usize) {
    for (i, trouble) in Trouble::draw(random).into_iter().enumerate() {
        let wanted = (jobs - jobs / 3) * (i + 1) / (TROUBLES + 2);
        let deadline = Instant::now() + AT_LATEST;
        while cluster.results().await.is_ok_and(|done| done < wanted) && Instant::now() < deadline {
            tokio::time::sleep(COUNT_EVERY).await;
        }
        strike(cluster, trouble, random, begun).await;
        cluster.replace_ended_workers().await.unwrap();
    }
}

/// From now on no worker reaches broker or store.
fn cut_workers_off(cluster: &Cluster, random: &mut Rng, begun: Instant) {
    let mode = [Mode::Reset, Mode::BlackHole][random.usize(0..2)];
    cluster.worker_network.set(mode);
    println!("  {:.0} s: no worker reaches broker or store ({mode:?})", begun.elapsed().as_secs_f64());
}

async fn strike(cluster: &mut Cluster, trouble: Trouble, random: &mut Rng, begun: Instant) {
    let lasts = Duration::from_millis(random.u64(500..15_000));
    let which = random.usize(0..WORKERS);
    let struck_at = begun.elapsed().as_secs_f64();
    hold(cluster, trouble, which, lasts).await;
    println!("  {struck_at:.0} s: {trouble:?}, over at {:.0} s", begun.elapsed().as_secs_f64());
}

/// One trouble, from its begin to its end.
async fn hold(cluster: &mut Cluster, trouble: Trouble, which: usize, lasts: Duration) {
    match trouble {
        Trouble::WorkerKilled => cluster.workers[which].kill(),
        Trouble::WorkerFrozen => {
            cluster.workers[which].freeze().unwrap();
            // The broker gives up a silent worker after two to three heartbeats of 5 s.
            tokio::time::sleep(lasts + Duration::from_secs(10)).await;
            cluster.workers[which].thaw().unwrap();
        }
        Trouble::BrokerKilled => {
            cluster.rabbitmq.kill();
            cluster.rabbitmq.restart().await.unwrap();
        }
        Trouble::StoreKilled => {
            cluster.store.kill();
            tokio::time::sleep(lasts).await;
            cluster.store.restart().await.unwrap();
        }
        Trouble::BrokerAndStoreKilled => {
            cluster.rabbitmq.kill();
            tokio::time::sleep(lasts / 5).await;
            cluster.store.kill();
            let (broker, store) = tokio::join!(cluster.rabbitmq.restart(), cluster.store.restart());
            broker.and(store).unwrap();
        }
        Trouble::QueuesFull => {
            cluster.bound_queues(Some(2)).await.unwrap();
            tokio::time::sleep(lasts).await;
            cluster.bound_queues(None).await.unwrap();
        }
        Trouble::Network(mode) => {
            cluster.worker_network.set(mode);
            tokio::time::sleep(lasts).await;
            cluster.worker_network.set(Mode::Pass);
        }
        Trouble::ApiNetwork(mode) => {
            cluster.api_network.set(mode);
            tokio::time::sleep(lasts).await;
            cluster.api_network.set(Mode::Pass);
        }
        Trouble::ApiKilled => cluster.restart_api(&[]).await.unwrap(),
    }
}
