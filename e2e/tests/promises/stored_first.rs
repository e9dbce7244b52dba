//! Promise 2: no ack before the output is stored. The worker is struck at each step between source and ack.

use std::time::Instant;

use e2e::{cluster::Cluster, deadline::within, ledger::Ledger, tap::Strike};
use proto_shared::queue;

use crate::{DONE, TEST, case, turn, until};

/// What a worker asks the store for, by the first line of each request: whether there is a result, the source, and then the
/// output, which alone has such an ending, and the result to be kept. With each, how often it must be refused until an attempt fails.
const STEPS: [(&str, usize); 4] =
    [("GET /gifs/e2e/jobs/", 12), ("GET /gifs/e2e/sources/", 12), (".gif HTTP/1.1", 12), ("PUT /gifs/e2e/jobs/", 1)];

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_between_any_two_steps_leaves_one_valid_output() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(1).await.unwrap();
        let (client, mut ledger, mut seed) = (cluster.client(), Ledger::default(), 1_000);
        for (step, _) in STEPS {
            for strike in [Strike::HoldRequest, Strike::HoldAnswer] {
                // A worker asks again after half a minute, which the broker's word may take on a busy machine.
                let tap = cluster.worker_network.store.tap(step, strike, 3);
                seed += 1;
                ledger.submit(&client, &[case(seed)]).await.unwrap();
                tap.struck(1).await;
                let in_hand = async || cluster.in_hand(queue::JOBS_EXPRESS).await.unwrap();
                until("in hand", DONE, async || in_hand().await == 1).await;
                // Asking takes a second, in which a worker that does not wait for its store would go on.
                assert_eq!(in_hand().await, 1, "{step} {strike:?}: acked already");
                cluster.workers[0].kill();
                drop(tap);
                cluster.replace_ended_workers().await.unwrap();
                // Or this one would be struck again, in the place of the next.
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

/// Each step is refused so often that an attempt fails, loses its answer, and hangs for longer than the worker waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_fails_or_hangs_at_any_step_delays_a_job_and_no_more() {
    let _turn = turn().await;
    within(TEST, async {
        // So many in hand that one that hangs holds nobody up.
        let settings = [("PUNCHLINE_PARALLELISM", "8"), ("PUNCHLINE_RETRY_DELAYS_S", "1,2,3,4")];
        let cluster = Cluster::start_with(1, &settings).await.unwrap();
        let (client, mut ledger, mut seed) = (cluster.client(), Ledger::default(), 2_000);
        let begun = Instant::now();
        for (step, refusals) in STEPS {
            // The client of the store tries again by itself, so a cut counts only if it lasts: each cut is another try.
            for (strike, times) in [(Strike::CutRequest, 1), (Strike::CutAnswer, 1), (Strike::CutRequest, refusals)] {
                let tap = cluster.worker_network.store.tap(step, strike, times);
                seed += 1;
                ledger.submit(&client, &[case(seed)]).await.unwrap();
                let last = ledger.ids().last().unwrap().to_owned();
                client.wait_done(&last, DONE).await.unwrap();
                assert!(tap.count() > 0, "{step} {strike:?}");
            }
        }
        let cut_s = begun.elapsed().as_secs_f64();
        let mut taps = Vec::new();
        for (step, _) in STEPS {
            let tap = cluster.worker_network.store.tap(step, Strike::HoldAnswer, 1);
            seed += 1;
            ledger.submit(&client, &[case(seed)]).await.unwrap();
            tap.struck(1).await;
            taps.push(tap);
        }
        // They hang until the worker gives each up, and the next attempt gets through: the taps strike once.
        let begun = Instant::now();
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        drop(taps);
        println!("cut at each step, {cut_s:.0} s; hung at each, {:.0} s: {balance}", begun.elapsed().as_secs_f64());
        balance.assert_all_done();
    })
    .await;
}
