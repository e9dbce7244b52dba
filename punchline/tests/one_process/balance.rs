//! Jobs of every fate, and the counters over all of them: what was accepted has ended or is somewhere.

use futures::TryStreamExt as _;
use proto_shared::{JobMessage, queue};
use store::{Fault, Operation};

use crate::{
    TURN,
    house::{ENDLESS, House, PANICS, REFUSED, until},
};

const OUTPUTS: &str = "outputs/";

#[tokio::test]
async fn what_was_accepted_is_done_failed_cancelled_dead_or_in_flight() {
    let _turn = TURN.lock().await;
    let mut house = House::new();

    // Given back more often than a message may be: the broker gives it up, and no worker ever had it.
    let poison = house.submit("poison").await;
    house.give_back(queue::DELIVERY_LIMIT + 1).await;
    // A worker died with it in hand, and the next renders it apart.
    let suspect = house.submit("suspect").await;
    house.give_back(1).await;
    house.die_with(&suspect).await;
    // Cancelled before anybody takes it: its message is still there.
    let unwanted = house.submit("unwanted").await;
    house.cancel(&unwanted).await;

    let working = house.work();
    for id in [&poison, &suspect, &unwanted] {
        house.ended(id).await;
    }
    let plain = house.submit("plain").await;
    house.ended(&plain).await;
    // The same again is answered from what is stored.
    let known = house.submit("plain").await;
    house.ended(&known).await;
    // One request sent twice is one job.
    let named = [("idempotency-key", "order-7")];
    let first = house.submit_with("named", &named).await;
    house.ended(&first).await;
    assert_eq!(house.submit_with("named", &named).await, first);
    // One message that comes twice is one job too.
    let record = house.store.get_job(&first).await.unwrap().unwrap();
    house.broker.publish(&JobMessage::first(record)).await.unwrap();

    let refused = house.submit(REFUSED).await;
    let panics = house.submit(PANICS).await;
    for id in [&refused, &panics] {
        house.ended(id).await;
    }
    house.faults.next(1, Operation::Put, OUTPUTS, Fault::Fail);
    let retried = house.submit("retried").await;
    house.ended(&retried).await;
    house.faults.next(3, Operation::Put, OUTPUTS, Fault::Fail);
    let given_up = house.submit("given up").await;
    house.ended(&given_up).await;

    let stopped = house.submit(ENDLESS).await;
    house.begun.notified().await;
    house.cancel(&stopped).await;
    // One in hand, and one that waits behind it.
    let in_hand = house.submit(ENDLESS).await;
    house.begun.notified().await;
    let waiting = house.submit("waiting").await;

    let settled = |metric: &str, count: u64| (house.sum(metric) == count).then_some(());
    until(async || settled("worker_dead_letters_total", 4)).await;
    let text = house.scrape();
    let accepted = house.sum("api_jobs_accepted_total");
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
    let depths = house.broker.depths().await.unwrap();
    let in_flight = depths.waiting() + depths.retrying + depths.dead + house.sum("worker_jobs_in_flight");
    assert_eq!(in_flight, 2, "{depths:?}");
    assert_eq!(accepted, house.sum("api_jobs_ended_total") + house.sum("worker_jobs_ended_total") + in_flight, "{text}");

    // And the store says the same.
    let unfinished: Vec<_> = house.store.unfinished_jobs(None).map_ok(|job| job.id).try_collect().await.unwrap();
    assert!(unfinished.len() == 2 && unfinished.contains(&in_hand) && unfinished.contains(&waiting), "{unfinished:?}");
    house.stop();
    assert!(!working.await.unwrap(), "the one in hand is given back");
}
