//! Jobs of every fate, and the counters over all of them: what was accepted has ended or is somewhere.

use futures::TryStreamExt as _;
use proto_shared::{JobMessage, queue};
use store::{Fault, Operation};

use crate::{
    TURN,
    fixture::{ENDLESS, Fixture, PANICS, REFUSED, until},
};

const OUTPUTS: &str = "outputs/";

#[tokio::test]
async fn what_was_accepted_is_done_failed_cancelled_dead_or_in_flight() {
    let _turn = TURN.lock().await;
    let mut fixture = Fixture::new();

    // Given back more often than a message may be: the broker gives it up, and no worker ever had it.
    let poison = fixture.submit("poison").await;
    fixture.give_back(queue::DELIVERY_LIMIT + 1).await;
    // A worker died with it in hand, and the next renders it apart.
    let suspect = fixture.submit("suspect").await;
    fixture.give_back(1).await;
    fixture.die_with(&suspect).await;
    // Cancelled before anybody takes it: its message is still there.
    let unwanted = fixture.submit("unwanted").await;
    fixture.cancel(&unwanted).await;

    let working = fixture.work();
    for id in [&poison, &suspect, &unwanted] {
        fixture.ended(id).await;
    }
    let plain = fixture.submit("plain").await;
    fixture.ended(&plain).await;
    // The same again is answered from what is stored.
    let known = fixture.submit("plain").await;
    fixture.ended(&known).await;
    // One request sent twice is one job.
    let named = [("idempotency-key", "order-7")];
    let first = fixture.submit_with("named", &named).await;
    fixture.ended(&first).await;
    assert_eq!(fixture.submit_with("named", &named).await, first);
    // One message that comes twice is one job too.
    let record = fixture.store.get_job(&first).await.unwrap().unwrap();
    fixture.broker.publish(&JobMessage::first(record)).await.unwrap();

    let refused = fixture.submit(REFUSED).await;
    let panics = fixture.submit(PANICS).await;
    for id in [&refused, &panics] {
        fixture.ended(id).await;
    }
    fixture.faults.next(1, Operation::Put, OUTPUTS, Fault::Fail);
    let retried = fixture.submit("retried").await;
    fixture.ended(&retried).await;
    fixture.faults.next(3, Operation::Put, OUTPUTS, Fault::Fail);
    let given_up = fixture.submit("given up").await;
    fixture.ended(&given_up).await;

    let stopped = fixture.submit(ENDLESS).await;
    fixture.begun.notified().await;
    fixture.cancel(&stopped).await;
    // One in hand, and one that waits behind it.
    let in_hand = fixture.submit(ENDLESS).await;
    fixture.begun.notified().await;
    let waiting = fixture.submit("waiting").await;

    let settled = |metric: &str, count: u64| (fixture.sum(metric) == count).then_some(());
    until(async || settled("worker_dead_letters_total", 4)).await;
    let text = fixture.scrape();
    let accepted = fixture.sum("api_jobs_accepted_total");
    assert_eq!(accepted, 13, "{text}");
    for (counter, count) in [
        (r#"api_jobs_ended_total{outcome="done"}"#, 1),
        (r#"api_jobs_ended_total{outcome="cancelled"}"#, 2),
        (r#"worker_jobs_ended_total{outcome="done",code=""}"#, 3),
        (r#"worker_jobs_ended_total{outcome="failed",code="no_frames"}"#, 1),
        (r#"worker_jobs_ended_total{outcome="dead",code="engine_panic"}"#, 1),
        (r#"worker_jobs_ended_total{outcome="dead",code="engine_crashed"}"#, 1),
        (r#"worker_jobs_ended_total{outcome="dead",code="attempts_exhausted"}"#, 2),
        (r#"worker_jobs_total{outcome="retried"}"#, 3),
        (r#"worker_jobs_total{outcome="duplicate"}"#, 1),
        (r#"queue_unacked_messages{lane="express"}"#, 1),
        ("worker_jobs_in_flight", 1),
        ("worker_redelivered_total", 1),
        ("worker_queue_wait_seconds_count", 10),
        (r#"worker_store_seconds_count{step="source"}"#, 14),
    ] {
        assert!(text.contains(&format!("\npunchline_{counter} {count}\n")), "{counter} {count} was expected:\n{text}");
    }
    let depths = fixture.broker.depths().await.unwrap();
    let in_flight = depths.waiting() + depths.retrying + depths.dead + fixture.sum("worker_jobs_in_flight");
    assert_eq!(in_flight, 2, "{depths:?}");
    assert_eq!(accepted, fixture.sum("api_jobs_ended_total") + fixture.sum("worker_jobs_ended_total") + in_flight, "{text}");

    // And the store says the same.
    let unfinished: Vec<_> = fixture.store.unfinished_jobs(None).map_ok(|job| job.id).try_collect().await.unwrap();
    assert!(unfinished.len() == 2 && unfinished.contains(&in_hand) && unfinished.contains(&waiting), "{unfinished:?}");
    fixture.stop();
    assert!(!working.await.unwrap(), "the one in hand is given back");
}
