//! Promise 9: shutdown is clean.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use broker::Heard;
use e2e::{
    cluster::Cluster,
    deadline::within,
    ledger::{JOB_QUEUES, Ledger},
};
use futures::future::try_join_all;
use proto_shared::{Event, JobId, News};

use crate::{DONE, POLL, TEST, broker, cases, events, turn};

const JOBS: usize = 200;
/// The default grace period of a worker. Here it has a few small GIFs in hand.
const DRAINED: Duration = Duration::from_secs(150);

async fn results(cluster: &Cluster, wanted: usize) {
    while cluster.results().await.unwrap() < wanted {
        tokio::time::sleep(POLL).await;
    }
}

/// How often each job was begun. A message that was on its way to a worker when it left may be delivered again, but no job that a worker
/// had begun.
struct Starts(Arc<Mutex<HashMap<JobId, u32>>>);

impl Starts {
    async fn listen(cluster: &Cluster) -> Self {
        let (counts, broker) = (Arc::<Mutex<HashMap<JobId, u32>>>::default(), broker(cluster).await);
        let (mut events, seen) = (events(&broker).await, Arc::clone(&counts));
        tokio::spawn(async move {
            while let Some(heard) = events.next().await {
                if let Heard::Event(Event { job, news: News::Started { .. }, .. }) = heard {
                    *seen.lock().unwrap().entry(job).or_default() += 1;
                }
            }
            drop(broker);
        });
        Self(counts)
    }

    fn assert_once(&self) {
        let counts = self.0.lock().unwrap();
        let twice: Vec<_> = counts.iter().filter(|(_, begun)| **begun != 1).collect();
        // Events may be lost on a busy machine: for one job in fifty none need be received.
        assert!(twice.is_empty() && counts.len() >= JOBS - JOBS / 50, "{} begun, {twice:?} not once", counts.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_workers_to_one_under_load_redeliver_nothing() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(8).await.unwrap();
        let (client, cases, mut ledger) = (cluster.client(), cases(JOBS), Ledger::default());
        let starts = Starts::listen(&cluster).await;
        let mut leaving = cluster.workers.split_off(1);
        let leave = async {
            results(&cluster, JOBS / 4).await;
            let begun = Instant::now();
            let codes = try_join_all(leaving.iter_mut().map(|worker| worker.terminate(DRAINED))).await.unwrap();
            (codes, begun.elapsed(), JOBS - cluster.results().await.unwrap())
        };
        let (submitted, (codes, took, left)) = tokio::join!(ledger.submit(&client, &cases), leave);
        submitted.unwrap();
        println!("7 of 8 workers stopped within {} ms, {left} of {JOBS} jobs to do", took.as_millis());
        assert_eq!(codes, [0; 7], "{}", leaving[0].log_tail());
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
        starts.assert_once();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_of_everything_fails_nothing() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(2).await.unwrap();
        let (client, cases, mut ledger) = (cluster.client(), cases(JOBS), Ledger::default());
        let starts = Starts::listen(&cluster).await;
        let roll = async {
            for (which, part) in [(0, 1), (1, 2)] {
                results(&cluster, JOBS * part / 5).await;
                cluster.add_worker().await.unwrap();
                let mut old = cluster.workers.remove(0);
                assert_eq!(old.terminate(DRAINED).await.unwrap(), 0, "worker {which}: {}", old.log_tail());
            }
        };
        let (submitted, ()) = tokio::join!(ledger.submit(&client, &cases), roll);
        submitted.unwrap();

        // The api finishes what it had accepted when it was told to stop, and accepts nothing after that.
        let mut other = cluster.another_api().await.unwrap();
        let leaving = e2e::client::Client::new(other.url(""));
        let late = crate::case(9_000);
        let spec = late.spec_json().unwrap();
        let uploads = futures::future::join_all((0..40).map(|_| leaving.submit(&late.source, &spec)));
        let (answers, code) = tokio::join!(uploads, other.terminate(DRAINED));
        let taken: Vec<_> = answers.into_iter().flatten().collect();
        println!("api told to stop with 40 uploads on their way: {} accepted, exit {}", taken.len(), code.as_ref().unwrap());
        assert_eq!(code.unwrap(), 0, "{}", other.log_tail());
        for id in taken {
            ledger.accepted(id, &late);
        }

        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
        starts.assert_once();
        for name in JOB_QUEUES {
            assert_eq!(cluster.in_hand(name).await.unwrap(), 0, "{name}");
        }
    })
    .await;
}
