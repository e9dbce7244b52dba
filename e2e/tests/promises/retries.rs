//! Promise 6: failures are retried with bounds, then kept.

use std::time::{Duration, Instant};

use e2e::{cluster::Cluster, deadline::within, interceptor::Action, ledger::Ledger};
use object_store::{ObjectStoreExt as _, path::Path};
use proto_shared::{Event, News, queue};
use serde_json::Value;

use crate::{DONE, TEST, broker, case, events, heard, turn};

/// The delays of this test in seconds, because the promised ones take long; `PUNCHLINE_PROMISED_DELAYS=1` takes those. A fifth of the
/// shortest is enough time for a busy machine to pass a message on. No two are equal within a fifth.
const SHORT_DELAYS_S: [u64; 4] = [6, 10, 16, 26];
const PROMISED: &str = "PUNCHLINE_PROMISED_DELAYS";

fn delays() -> [Duration; 4] {
    if std::env::var_os(PROMISED).is_some() { queue::RETRY_DELAYS } else { SHORT_DELAYS_S.map(Duration::from_secs) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_away_for_three_attempts_is_met_by_a_fourth_after_the_delays_promised() {
    let _turn = turn().await;
    within(TEST, async {
        let delays = delays();
        let setting = delays.map(|delay| delay.as_secs().to_string()).join(",");
        let cluster = Cluster::start_with(1, &[("PUNCHLINE_RETRY_DELAYS_S", &setting)]).await.unwrap();
        let (client, broker, mut ledger) = (cluster.client(), broker(&cluster).await, Ledger::default());
        let mut events = events(&broker).await;
        let store = &cluster.worker_network.store;
        let mut away = Some(store.intercept("GET /gifs/e2e/sources/", Action::CutRequest, usize::MAX));
        ledger.submit(&client, &[case(6_000)]).await.unwrap();
        let id = ledger.ids().next().unwrap().to_owned();
        for (attempt, promised) in (1..=3).zip(delays) {
            let failed = |event: &Event| {
                event.job.as_str() == id && matches!(event.news, News::Retrying { attempt: a, .. } if a == attempt)
            };
            let (_, failed_at) = heard(&mut events, failed).await;
            if attempt == 3 {
                away = None;
            }
            // An attempt begins with this request.
            let next = store.intercept("GET /gifs/e2e/jobs/", Action::HoldRequest, 1);
            next.wait_hits(1).await;
            let waited = failed_at.elapsed();
            println!("attempt {attempt} failed; the next began after {:.2} s of {promised:?}", waited.as_secs_f64());
            assert!(waited > promised.mul_f64(0.8) && waited < promised.mul_f64(1.2), "{waited:?} of {promised:?}");
        }
        drop(away);
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
        assert_eq!(client.job(&id).await.unwrap()["attempts"], 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_stays_away_makes_a_dead_letter_that_a_replay_mends() {
    let _turn = turn().await;
    within(TEST, async {
        let cluster = Cluster::start_with(1, &[("PUNCHLINE_RETRY_DELAYS_S", "1,1,1,1")]).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        // Only reads of sources fail, so that the dead letter and the result can be written.
        let intercepted = cluster.worker_network.store.intercept("GET /gifs/e2e/sources/", Action::CutRequest, usize::MAX);
        ledger.submit(&client, &[case(6_100)]).await.unwrap();
        let id = ledger.ids().next().unwrap().to_owned();
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{} requests cut: {balance}", intercepted.hits());
        assert_eq!((balance.failed.get("attempts_exhausted"), balance.dead_letters), (Some(&1), 1), "{balance}");

        println!("$ punchline dead list\n{}", cluster.command(&["dead", "list"]).await.unwrap());
        let shown = cluster.command(&["dead", "show", &id]).await.unwrap();
        println!("$ punchline dead show {id}\n{shown}");
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let history = shown["message"]["history"].as_array().unwrap();
        assert_eq!((history.len(), shown["message"]["attempt"].as_u64()), (4, Some(5)), "{shown}");
        assert!(history.iter().all(|note| note["code"] == "store_unavailable"), "{shown}");

        drop(intercepted);
        println!("$ punchline dead replay {id}\n{}", cluster.command(&["dead", "replay", &id]).await.unwrap());
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("after the replay: {balance}");
        balance.assert_all_done();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_attempt_can_mend_is_not_tried_again() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(0).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        ledger.submit(&client, &[case(6_200)]).await.unwrap();
        let id = ledger.ids().next().unwrap().to_owned();
        let source = cluster.record(&id).await.unwrap().source.id;
        let store = cluster.store.client().unwrap();
        store.delete(&Path::from(format!("e2e/sources/{source}"))).await.unwrap();
        let begun = Instant::now();
        cluster.add_worker().await.unwrap();
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("its source is gone: {balance}, after {:.1} s", begun.elapsed().as_secs_f64());
        assert_eq!(balance.failed.values().sum::<usize>(), 1, "{balance}");
        assert_eq!(client.job(&id).await.unwrap()["attempts"], 1);
        for delay in queue::RETRY_DELAYS {
            assert_eq!(cluster.waiting(&queue::retry(delay)).await.unwrap(), 0);
        }
    })
    .await;
}
