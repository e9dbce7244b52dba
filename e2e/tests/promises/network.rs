//! Promise 7: broker trouble is survived and seen.

use std::time::{Duration, Instant};

use e2e::{cluster::Cluster, deadline::within, ledger::Ledger, proxy::Mode};

use crate::{DONE, TEST, case, turn, until};

const CONSUMING_AGAIN: Duration = Duration::from_secs(60);
/// Two heartbeats of 10 s, and until it is looked at.
const SEEN: Duration = Duration::from_secs(40);

async fn ready(cluster: &Cluster) -> bool {
    reqwest::get(cluster.workers[0].url("/readyz")).await.is_ok_and(|answer| answer.status().is_success())
}

/// A job is done, and the one worker that there is has done it: it is consuming.
async fn consumes(cluster: &Cluster, ledger: &mut Ledger, seed: u64) {
    ledger.submit(&cluster.client(), &[case(seed)]).await.unwrap();
    let id = ledger.ids().last().unwrap().to_owned();
    cluster.client().wait_done(&id, CONSUMING_AGAIN).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_consumes_again_within_a_minute_of_whatever_befell_its_broker() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(1).await.unwrap();
        let (mut ledger, mut seed) = (Ledger::default(), 7_000);
        consumes(&cluster, &mut ledger, seed).await;
        let process = cluster.workers[0].pid();

        for trouble in ["killed and restarted", "connections closed", "queues deleted"] {
            match trouble {
                "killed and restarted" => {
                    cluster.rabbitmq.kill();
                    until("readiness says so", SEEN, async || !ready(&cluster).await).await;
                    cluster.rabbitmq.restart().await.unwrap();
                }
                "connections closed" => {
                    cluster.rabbitmq.ctl(&["close_all_connections", "tested"]).await.unwrap();
                }
                _ => {
                    for queue in proto_shared::queue::ALL_JOBS {
                        cluster.rabbitmq.ctl(&["delete_queue", queue]).await.unwrap();
                    }
                }
            }
            seed += 1;
            let begun = Instant::now();
            consumes(&cluster, &mut ledger, seed).await;
            println!("{trouble}: the next job was done after {:.1} s", begun.elapsed().as_secs_f64());
        }
        for mode in [Mode::Reset, Mode::BlackHole, Mode::HalfOpen] {
            let broken_at = Instant::now();
            cluster.worker_network.broker.set(mode);
            until("readiness says so", SEEN, async || !ready(&cluster).await).await;
            let seen_s = broken_at.elapsed().as_secs_f64();
            cluster.worker_network.broker.set(Mode::Pass);
            seed += 1;
            let begun = Instant::now();
            consumes(&cluster, &mut ledger, seed).await;
            let again_s = begun.elapsed().as_secs_f64();
            println!("{mode:?}: not ready after {seen_s:.1} s; the next job was done {again_s:.1} s after the mend");
            until("ready again", CONSUMING_AGAIN, async || ready(&cluster).await).await;
        }
        assert!(cluster.workers[0].is_running() && cluster.workers[0].pid() == process, "it was not restarted");
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
    })
    .await;
}
