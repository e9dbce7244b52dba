//! Promise 1: 202 means durable.

use std::collections::HashSet;

use e2e::{cluster::Cluster, deadline::within, ledger::Ledger};

use crate::{DONE, POLL, TEST, cases, turn};

const JOBS: usize = 200;

/// No worker takes a job before the last kill, so that every message that was published goes through all kills.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_killed_while_jobs_are_published_keeps_every_accepted_one() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(0).await.unwrap();
        let (client, cases, mut ledger) = (cluster.client(), cases(JOBS), Ledger::default());
        let kill = async {
            for part in 1..=3 {
                while cluster.records().await.unwrap() < JOBS * part / 4 {
                    tokio::time::sleep(POLL).await;
                }
                cluster.rabbitmq.kill();
                cluster.rabbitmq.restart().await.unwrap();
            }
        };
        let (submitted, ()) = tokio::join!(ledger.submit(&client, &cases), kill);
        submitted.unwrap();
        // The last attempt of the api to connect may have failed.
        cluster.api.wait_ready(DONE).await.unwrap();
        for _ in 0..2 {
            cluster.add_worker().await.unwrap();
        }
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("the broker killed 3 times among {JOBS} uploads: {balance}");
        assert_eq!(ledger.ids().collect::<HashSet<_>>().len(), JOBS);
        balance.assert_all_done();
    })
    .await;
}
