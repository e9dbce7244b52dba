//! Promise 8: overload is refused, not absorbed.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use e2e::{
    cases::Case,
    client::{Answer, Client},
    cluster::Cluster,
    deadline::within,
    ledger::Ledger,
};
use futures::{StreamExt as _, future::join_all, stream};
use proto_shared::queue;
use reqwest::{
    StatusCode,
    multipart::{Form, Part},
};
use samples::minimal::many_frames;

use crate::{DONE, TEST, broker, case, cases, events, started, turn, until};

const REFUSED_WITHIN: Duration = Duration::from_secs(6);
/// For many requests at once, which slow each other on a small machine.
const ALL_REFUSED_WITHIN: Duration = Duration::from_secs(60);
/// For the few jobs in a full queue, from the moment when there is room and a worker.
const DONE_WITH_ROOM: Duration = Duration::from_secs(60);
const FLAT_BYTES: u64 = 20_000_000;

fn form(case: &Case) -> Form {
    Form::new().part("file", Part::bytes(case.source.clone())).text("spec", case.spec_json().unwrap())
}

async fn post(client: &Client, seed: u64) -> (Answer, Duration) {
    let form = form(&case(seed));
    let asked_at = Instant::now();
    (client.post(form).await.unwrap(), asked_at.elapsed())
}

fn assert_sent_away((answer, took): &(Answer, Duration), within: Duration) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(answer.retry_after_s.is_some_and(|seconds| seconds > 0), "{answer:?}");
    assert!(*took < within, "{took:?}");
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
        // One job is in hand for twelve seconds when the block begins.
        let spec = r#"{"captions":[{"text":"fault: slow frames"}]}"#;
        let held = client.submit(&many_frames(600), spec).await.unwrap();
        started(&mut events, &held).await;
        let before = cluster.api.resident_bytes().unwrap();

        cluster.rabbitmq.ctl(&["set_vm_memory_high_watermark", "0"]).await.unwrap();
        // Some one by one, the first of which may be sent before the block is noticed; then many at once.
        let mut slowest = Duration::ZERO;
        for seed in 8_050..8_060 {
            let answer = post(&client, seed).await;
            assert_sent_away(&answer, REFUSED_WITHIN);
            slowest = slowest.max(answer.1);
        }
        let answers: Vec<_> = stream::iter(8_100..8_300).map(|seed| post(&client, seed)).buffer_unordered(50).collect().await;
        for answer in &answers {
            assert_sent_away(answer, ALL_REFUSED_WITHIN);
        }
        let grown = cluster.api.resident_bytes().unwrap().saturating_sub(before);
        println!("blocked: all refused, of those that came alone the slowest after {slowest:?}; api grew by {grown} bytes");
        assert!(grown < FLAT_BYTES, "{grown}");

        // The job in hand is done, and its worker settles it on the blocked broker.
        client.wait_done(&held, DONE).await.unwrap();
        until("nothing in hand", DONE, async || cluster.in_hand(queue::JOBS_EXPRESS).await.is_ok_and(|n| n == 0)).await;
        assert!(client.is_ready().await, "it answers reads, and only submits are refused");
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
        // An operator's lower limit. The lower of two limits counts.
        let bound = [r#"{"max-length":30}"#, "--apply-to", "queues"];
        cluster.rabbitmq.ctl(&[["set_policy", "short", "^punchline.jobs"].as_slice(), &bound].concat()).await.unwrap();
        let mut refused = 0;
        for seed in 8_500..8_700 {
            let answer = post(&client, seed).await;
            if answer.0.status == StatusCode::ACCEPTED {
                ledger.accepted(answer.0.json()["id"].as_str().unwrap().to_owned(), &case(seed));
            } else {
                assert_sent_away(&answer, REFUSED_WITHIN);
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

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_sent_again_and_again_to_a_full_queue_is_told_202_only_with_a_message() {
    let _turn = turn().await;
    within(TEST, async {
        let mut cluster = Cluster::start(0).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        let bound = [r#"{"max-length":3}"#, "--apply-to", "queues"];
        cluster.rabbitmq.ctl(&[["set_policy", "short", "^punchline.jobs"].as_slice(), &bound].concat()).await.unwrap();
        // Each name four times at once, then again: the first names fill the queue, the last ones find it full.
        let (mut taken, mut refused) = (HashSet::new(), 0);
        for seed in 8_800..8_820 {
            let (case, name) = (case(seed), format!("order-{seed}"));
            for _ in 0..2 {
                for answer in join_all((0..4).map(|_| client.post_as(&name, form(&case)))).await {
                    let answer = answer.unwrap();
                    if answer.status == StatusCode::ACCEPTED {
                        let id = answer.json()["id"].as_str().unwrap().to_owned();
                        if taken.insert(id.clone()) {
                            ledger.accepted(id, &case);
                        }
                    } else {
                        assert_sent_away(&(answer, Duration::ZERO), REFUSED_WITHIN);
                        refused += 1;
                    }
                }
            }
        }
        println!("room for 3 a lane: {} names were told 202, {refused} requests were refused", taken.len());
        assert!(!taken.is_empty() && refused > 0);
        until("a message for each", DONE_WITH_ROOM, async || {
            let mut messages = 0;
            for lane in [queue::JOBS, queue::JOBS_EXPRESS] {
                messages += cluster.waiting(lane).await.unwrap_or(0);
            }
            usize::try_from(messages).unwrap() >= taken.len()
        })
        .await;
        cluster.rabbitmq.ctl(&["clear_policy", "short"]).await.unwrap();
        cluster.add_worker().await.unwrap();
        let balance = ledger.settle(&cluster, DONE_WITH_ROOM).await.unwrap();
        println!("{balance}");
        balance.assert_all_done();
    })
    .await;
}
