//! All promises at once: workers killed and frozen, broker and store killed, the network slow, cut and silent, while jobs
//! come in. What is struck, and when, is the seed's to say.
//!
//! One seed and few jobs by default; `PUNCHLINE_CHAOS_SEEDS=1,2,3` and `PUNCHLINE_CHAOS_JOBS=500` make it the long run.

use std::time::{Duration, Instant};

use e2e::{cluster::Cluster, deadline::within, ledger::Ledger, proxy::Mode};
use fastrand::Rng;

use crate::{DONE, LOOK, TEST, cases, turn};

const SEEDS: &str = "PUNCHLINE_CHAOS_SEEDS";
const JOBS: &str = "PUNCHLINE_CHAOS_JOBS";
const WORKERS: usize = 3;
/// Troubles in one run.
const TROUBLES: usize = 10;
/// From one to the next where nothing is done any more.
const AT_LATEST: Duration = Duration::from_secs(180);

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    WorkerKilled,
    WorkerFrozen,
    BrokerKilled,
    StoreKilled,
    /// Of the workers, to broker and store.
    Network(Mode),
    /// Of the api, to broker and store.
    ApiNetwork(Mode),
    ApiKilled,
}

impl Trouble {
    fn draw(random: &mut Rng) -> Self {
        let modes = [Mode::Reset, Mode::BlackHole, Mode::HalfOpen, Mode::Latency(Duration::from_millis(200))];
        let mode = modes[random.usize(0..modes.len())];
        match random.u8(0..12) {
            0..4 => Self::WorkerKilled,
            4 => Self::WorkerFrozen,
            5 | 6 => Self::BrokerKilled,
            7 | 8 => Self::StoreKilled,
            9 => Self::ApiKilled,
            10 => Self::ApiNetwork(mode),
            _ => Self::Network(mode),
        }
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
    let (submitted, troubles) = tokio::join!(ledger.submit(&client, &cases), make_trouble(&mut cluster, seed, jobs));
    submitted.unwrap();
    let balance = ledger.settle(&cluster, DONE).await.unwrap();
    println!("seed {seed}, {:.0} s, {troubles:?}: {balance}", begun.elapsed().as_secs_f64());
    balance.assert_all_done();
}

/// Something each time that a further part of the jobs has a result, or at the latest after a while: there may be nobody left
/// to do them.
async fn make_trouble(cluster: &mut Cluster, seed: u64, jobs: usize) -> Vec<Trouble> {
    let mut random = Rng::with_seed(seed);
    let mut troubles = Vec::new();
    for part in 1..=TROUBLES {
        let wanted = jobs * part / (TROUBLES + 2);
        let deadline = Instant::now() + AT_LATEST;
        while cluster.results().await.is_ok_and(|done| done < wanted) && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        let trouble = Trouble::draw(&mut random);
        // Long enough for a heartbeat to be missed now and then, and not always.
        let lasts = Duration::from_millis(random.u64(500..15_000));
        let which = random.usize(0..WORKERS);
        println!("  {trouble:?}");
        strike(cluster, trouble, which, lasts).await;
        cluster.replace_ended_workers().await.unwrap();
        troubles.push(trouble);
    }
    troubles
}

async fn strike(cluster: &mut Cluster, trouble: Trouble, which: usize, lasts: Duration) {
    match trouble {
        Trouble::WorkerKilled => cluster.workers[which].kill(),
        Trouble::WorkerFrozen => {
            cluster.workers[which].freeze().unwrap();
            tokio::time::sleep(lasts).await;
            cluster.workers[which].thaw().unwrap();
        }
        Trouble::BrokerKilled => {
            cluster.rabbitmq.kill();
            cluster.rabbitmq.restart().await.unwrap();
        }
        Trouble::StoreKilled => {
            cluster.store.kill();
            cluster.store.restart().await.unwrap();
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
