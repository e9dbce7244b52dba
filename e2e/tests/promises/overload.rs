//! Promise 8: overload is refused, not absorbed.

use std::time::{Duration, Instant};

use e2e::{
    client::{Answer, Client},
    cluster::Cluster,
    deadline::within,
    ledger::Ledger,
    samples::many_frames,
};
use futures::{StreamExt as _, stream};
use proto_shared::queue;
use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};

use crate::{DONE, TEST, broker, case, cases, events, started, turn, until};

const REFUSED_WITHIN: Duration = Duration::from_secs(6);
const SETTLED: Duration = Duration::from_secs(10);
const FLAT_BYTES: u64 = 20_000_000;

async fn post(client: &Client, seed: u64) -> (Answer, Duration) {
    let case = case(seed);
    let form = Form::new().part("file", Part::bytes(case.source.clone())).text("spec", case.spec_json().unwrap());
    let asked_at = Instant::now();
    (client.post(form).await.unwrap(), asked_at.elapsed())
}

fn assert_sent_away((answer, took): &(Answer, Duration)) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.retry_after_s.is_some_and(|seconds| seconds > 0), "{answer:?}");
    assert!(*took < REFUSED_WITHIN, "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_broker_is_a_503_at_once_and_workers_still_ack() {
    let _turn = turn().await;
    within(TEST, async {
        let cluster = Cluster::start(1).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        let broker = broker(&cluster).await;
        let mut events = events(&broker).await;
        ledger.submit(&client, &cases(20)).await.unwrap();
        ledger.settle(&cluster, DONE).await.unwrap().assert_all_done();
        // One in hand when the block comes, for six seconds.
        let spec = r#"{"captions":[{"text":"fault: slow frames"}]}"#;
        let held = client.submit(&many_frames(300), spec).await.unwrap();
        started(&mut events, &held).await;
        let before = cluster.api.resident_bytes().unwrap();

        cluster.rabbitmq.ctl(&["set_vm_memory_high_watermark", "0"]).await.unwrap();
        let answers: Vec<_> = stream::iter(8_100..8_300).map(|seed| post(&client, seed)).buffer_unordered(50).collect().await;
        // Those that came before the first found out may have been taken.
        let refused: Vec<_> = answers.iter().filter(|(answer, _)| answer.status != StatusCode::ACCEPTED).collect();
        for answer in &refused {
            assert_sent_away(answer);
        }
        let slowest = refused.iter().map(|(_, took)| *took).max().unwrap();
        let grown = cluster.api.resident_bytes().unwrap().saturating_sub(before);
        println!("blocked: {} of 200 refused, the slowest after {slowest:?}; api grew by {grown} bytes", refused.len());
        assert!(refused.len() >= 190 && grown < FLAT_BYTES, "{} {grown}", refused.len());

        // The job in hand is done, and its worker settles it on the blocked broker.
        client.wait_done(&held, DONE).await.unwrap();
        until("nothing in hand", SETTLED, async || cluster.in_hand(queue::JOBS_EXPRESS).await.is_ok_and(|n| n == 0)).await;
        assert!(!cluster.client().is_ready().await, "ready while blocked");
        cluster.rabbitmq.ctl(&["set_vm_memory_high_watermark", "0.6"]).await.unwrap();
        ledger.submit(&client, &[case(8_400)]).await.unwrap();
        ledger.settle(&cluster, DONE).await.unwrap().assert_all_done();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_a_503_and_what_was_accepted_is_done() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(0).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        // An operator's tighter bound; the tighter one holds.
        let bound = [r#"{"max-length":30}"#, "--apply-to", "queues"];
        cluster.rabbitmq.ctl(&[["set_policy", "short", "^punchline.jobs"].as_slice(), &bound].concat()).await.unwrap();
        let mut refused = 0;
        for seed in 8_500..8_700 {
            let answer = post(&client, seed).await;
            if answer.0.status == StatusCode::ACCEPTED {
                ledger.accepted(answer.0.json()["id"].as_str().unwrap().to_owned(), &case(seed));
            } else {
                assert_sent_away(&answer);
                refused += 1;
            }
        }
        println!("room for 30 a lane: {} accepted, {refused} refused", ledger.ids().len());
        assert!(refused >= 100, "{refused}");
        cluster.add_worker().await.unwrap();
        let balance = ledger.settle(&cluster, DONE).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
    })
    .await;
}
