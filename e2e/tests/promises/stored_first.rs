//! Promise 2: no ack before the output is stored. The worker is killed, or its store fails, at each step between source and ack.

use std::time::Instant;

use e2e::{cluster::Cluster, deadline::within, interceptor::Action, ledger::Ledger};
use proto_shared::queue;

use crate::{DONE, TEST, case, turn, until};

/// The requests of a worker to the store, by a part of their first line: is there a result, the source, then the output (only its path ends
/// so), and the result to be stored. With each, how often it must be refused until an attempt fails.
const STEPS: [(&str, usize); 4] =
    [("GET /gifs/e2e/jobs/", 12), ("GET /gifs/e2e/sources/", 12), (".gif HTTP/1.1", 12), ("PUT /gifs/e2e/jobs/", 1)];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_any_two_steps_leaves_one_valid_output() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(1).await.unwrap();
        let (client, mut ledger, mut seed) = (cluster.client(), Ledger::default(), 1_000);
        for (step, _) in STEPS {
            for action in [Action::HoldRequest, Action::HoldAnswer] {
                // A worker repeats a request after half a minute. On a busy machine the broker may need longer to report the job in hand.
                let intercepted = cluster.worker_network.store.intercept(step, action, 3);
                seed += 1;
                ledger.submit(&client, &[case(seed)]).await.unwrap();
                intercepted.wait_hits(1).await;
                let in_hand = async || cluster.in_hand(queue::JOBS_EXPRESS).await.unwrap();
                until("in hand", DONE, async || in_hand().await == 1).await;
                // This request takes a second, in which a worker that does not wait for its store would go on to the ack.
                assert_eq!(in_hand().await, 1, "{step} {action:?}: acked already");
                cluster.workers[0].kill();
                drop(intercepted);
                cluster.replace_ended_workers().await.unwrap();
                // Otherwise this job would be intercepted again, in place of the next one.
                ledger.wait_finished(&cluster, DONE).await.unwrap();
            }
        }
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("killed before and after each of {} steps: {balance}", STEPS.len());
        balance.assert_all_done();
        assert_eq!(cluster.outputs().await.unwrap(), STEPS.len() * 2);
    })
    .await;
}

/// Each request is refused so often that an attempt fails; each loses its answer; each hangs for longer than the worker waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_or_hangs_at_any_step_delays_a_job_and_no_more() {
    let _turn = turn().await;
    within(TEST, async {
        // So many jobs in hand that one that hangs delays no other.
        let settings = [("PUNCHLINE_PARALLELISM", "8"), ("PUNCHLINE_RETRY_DELAYS_S", "1,2,3,4")];
        let cluster = Cluster::start_with(1, &settings).await.unwrap();
        let (client, mut ledger, mut seed) = (cluster.client(), Ledger::default(), 2_000);
        let begun = Instant::now();
        for (step, refusals) in STEPS {
            // The store's client retries by itself, so only repeated cuts make an attempt fail. Each cut is one more try.
            for (action, times) in [(Action::CutRequest, 1), (Action::CutAnswer, 1), (Action::CutRequest, refusals)] {
                let intercepted = cluster.worker_network.store.intercept(step, action, times);
                seed += 1;
                ledger.submit(&client, &[case(seed)]).await.unwrap();
                let last = ledger.ids().last().unwrap().to_owned();
                client.wait_done(&last, DONE).await.unwrap();
                assert!(intercepted.hits() > 0, "{step} {action:?}");
            }
        }
        let cut_s = begun.elapsed().as_secs_f64();
        let mut all = Vec::new();
        for (step, _) in STEPS {
            let intercepted = cluster.worker_network.store.intercept(step, Action::HoldAnswer, 1);
            seed += 1;
            ledger.submit(&client, &[case(seed)]).await.unwrap();
            intercepted.wait_hits(1).await;
            all.push(intercepted);
        }
        // They hang until the worker gives each up, and the next attempt gets through: each interceptor acts once.
        let begun = Instant::now();
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        drop(all);
        println!("cut at each step, {cut_s:.0} s; hung at each, {:.0} s: {balance}", begun.elapsed().as_secs_f64());
        balance.assert_all_done();
    })
    .await;
}
