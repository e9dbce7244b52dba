//! What every backend must do, as functions that tests run against a broker of their own.
//!
//! Called by this crate's tests (in-process, on a paused clock) and by the tests across processes (real
//! RabbitMQ). A check that fails panics, as assertions do; nothing else may call this. Each function takes
//! a broker whose queues are empty and that nobody else uses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "this is test code: what does not hold must stop the test that called")]
#![expect(clippy::missing_panics_doc, reason = "every function here panics when its check fails, by design")]

use std::collections::HashSet;
use std::num::NonZeroU16;
use std::time::Duration;

use proto_shared::{Caption, CaptionSpec, JobId, JobMessage, JobRecord, MediaType, Position, SourceId, SourceInfo, Style};
use tokio::time::{Instant, sleep, timeout};

use crate::{Broker, Deliveries, Delivery, SettleError};

/// For what must happen: so long that only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(60);
/// For what must not happen: long enough that it would have.
const QUIET: Duration = Duration::from_millis(300);

/// Every check, one after the other; `fresh` gives each the broker of its own, and is told the check's name.
pub async fn all(fresh: impl AsyncFn(&'static str) -> Broker) {
    a_message_comes_out_as_it_went_in(&fresh("same").await).await;
    a_message_goes_to_one_consumer(&fresh("one").await).await;
    an_acked_message_never_comes_again(&fresh("ack").await).await;
    a_dropped_delivery_is_redelivered(&fresh("drop").await).await;
    a_retry_comes_after_its_delay_as_the_next_attempt(&fresh("retry").await).await;
    a_delay_without_a_queue_is_refused_and_given_back(&fresh("delay").await).await;
    a_dead_letter_is_kept_with_its_reason(&fresh("dead").await).await;
    prefetch_bounds_what_is_in_hand(&fresh("prefetch").await).await;
    a_stopped_consumer_gets_nothing_new_and_settles_the_rest(&fresh("stop").await).await;
    malformed_bytes_become_a_dead_letter(&fresh("malformed").await).await;
    poison_becomes_a_dead_letter_after_the_delivery_limit(&fresh("poison").await).await;
    a_closed_broker_says_so(&fresh("close").await).await;
}

/// A message for the suite and for tests beside it; `number` makes the job's id.
#[must_use]
pub fn message(number: u32) -> JobMessage {
    let id = JobId::parse(&format!("{number:032x}")).unwrap();
    let source = SourceInfo {
        id: SourceId::parse(&format!("{number:064x}")).unwrap(),
        media: MediaType::Gif,
        bytes: 12_345,
        width_px: 320,
        height_px: 200,
        frames: 12,
    };
    let caption = Caption::new("größer als \u{1f600} \"quoted\"", Position::Top, Style::Bar);
    let spec = CaptionSpec { captions: vec![caption] };
    let job = JobRecord::new(id, 1_700_000_000_000, source, spec);
    JobMessage::first(job)
}

/// Publish, consume: the same job, the first attempt, delivered for the first time.
pub async fn a_message_comes_out_as_it_went_in(broker: &Broker) {
    broker.ready().await.unwrap();
    let sent = message(1);
    broker.publish(&sent).await.unwrap();
    depth_becomes(broker, 1).await;
    let mut deliveries = consume(broker, 1).await;
    let got = next(&mut deliveries).await;
    assert_eq!((got.message(), got.attempt(), got.redelivered()), (&sent, 1, false));
    got.ack().await.unwrap();
    depth_becomes(broker, 0).await;
    broker.ready().await.unwrap();
}

/// Two consumers share the queue; between them they see every message once.
pub async fn a_message_goes_to_one_consumer(broker: &Broker) {
    let (mut left, mut right) = (consume(broker, 2).await, consume(broker, 2).await);
    for number in 0..20 {
        broker.publish(&message(number)).await.unwrap();
    }
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let got = timeout(PATIENCE, async {
            tokio::select! { got = left.next() => got, got = right.next() => got }
        });
        let delivery = got.await.unwrap().unwrap();
        assert!(seen.insert(delivery.message().job.id.clone()), "{} came twice", delivery.message().job.id);
        delivery.ack().await.unwrap();
    }
    stays_quiet(&mut left).await;
    stays_quiet(&mut right).await;
}

/// Neither this consumer nor the next one sees it again.
pub async fn an_acked_message_never_comes_again(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut first = consume(broker, 1).await;
    next(&mut first).await.ack().await.unwrap();
    stays_quiet(&mut first).await;
    first.stop().await;
    stays_quiet(&mut consume(broker, 1).await).await;
    assert_eq!(broker.dead_letters(10).await.unwrap(), []);
}

/// Dropping is giving back: it comes again, marked, and as the same attempt.
pub async fn a_dropped_delivery_is_redelivered(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    drop(next(&mut deliveries).await);
    let again = next(&mut deliveries).await;
    assert_eq!((again.message(), again.attempt(), again.redelivered()), (&message(1), 1, true));
    again.ack().await.unwrap();
    stays_quiet(&mut deliveries).await;
}

/// Every delay there is, each from a new message: not before its time, not much later, one attempt on.
pub async fn a_retry_comes_after_its_delay_as_the_next_attempt(broker: &Broker) {
    let mut deliveries = consume(broker, 1).await;
    let mut attempt = 1;
    broker.publish(&message(1)).await.unwrap();
    for &delay in broker.retry_delays() {
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.attempt(), attempt);
        let asked_at = Instant::now();
        delivery.retry(delay).await.unwrap();
        let again = timeout(delay + PATIENCE, deliveries.next()).await.unwrap().unwrap();
        let waited = asked_at.elapsed();
        assert!(waited + Duration::from_millis(5) >= delay, "{delay:?} was asked for, it came after {waited:?}");
        assert!(waited <= delay.mul_f64(1.2) + Duration::from_secs(2), "{delay:?} was asked for, it came after {waited:?}");
        attempt += 1;
        assert_eq!((&again.message().job, again.attempt()), (&message(1).job, attempt));
        assert!(!again.redelivered(), "a retry is a new message, not one that somebody dropped");
        drop(again);
    }
    next(&mut deliveries).await.ack().await.unwrap();
    stays_quiet(&mut deliveries).await;
}

/// A delay that no queue waits is an error, and the message is not lost over it.
pub async fn a_delay_without_a_queue_is_refused_and_given_back(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    let refused = next(&mut deliveries).await.retry(Duration::from_millis(1_234)).await;
    assert!(matches!(refused, Err(SettleError::UnknownDelay { delay_ms: 1_234 })), "{refused:?}");
    let again = next(&mut deliveries).await;
    assert_eq!((again.attempt(), again.redelivered()), (1, true));
    again.ack().await.unwrap();
}

/// It is gone from the jobs and kept, with its bytes and reason; looking does not take it away.
pub async fn a_dead_letter_is_kept_with_its_reason(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    next(&mut deliveries).await.dead_letter("no such font: comic").await.unwrap();
    for _ in 0..2 {
        let letters = dead_letters_become(broker, 1).await;
        assert_eq!(letters, [(Some(message(1)), "no such font: comic".to_owned())]);
    }
    assert_eq!(broker.dead_letters(0).await.unwrap(), []);
    stays_quiet(&mut deliveries).await;
    depth_becomes(broker, 0).await;
}

/// With that many unsettled nothing more comes, and each one settled makes room for one.
pub async fn prefetch_bounds_what_is_in_hand(broker: &Broker) {
    for number in 0..5 {
        broker.publish(&message(number)).await.unwrap();
    }
    let mut deliveries = consume(broker, 2).await;
    let (first, second) = (next(&mut deliveries).await, next(&mut deliveries).await);
    stays_quiet(&mut deliveries).await;
    depth_becomes(broker, 3).await;
    first.ack().await.unwrap();
    let third = next(&mut deliveries).await;
    stays_quiet(&mut deliveries).await;
    second.ack().await.unwrap();
    third.ack().await.unwrap();
    for _ in 0..2 {
        next(&mut deliveries).await.ack().await.unwrap();
    }
    depth_becomes(broker, 0).await;
}

/// After `stop` there is no next; what is in hand can be settled, and the rest goes to others.
pub async fn a_stopped_consumer_gets_nothing_new_and_settles_the_rest(broker: &Broker) {
    for number in 0..3 {
        broker.publish(&message(number)).await.unwrap();
    }
    let mut stopped = consume(broker, 2).await;
    let in_hand = next(&mut stopped).await;
    let held = in_hand.message().job.id.clone();
    stopped.stop().await;
    assert!(timeout(PATIENCE, stopped.next()).await.unwrap().is_none());

    let mut other = consume(broker, 3).await;
    let mut seen = HashSet::from([held]);
    for _ in 0..2 {
        let delivery = next(&mut other).await;
        assert!(seen.insert(delivery.message().job.id.clone()), "what is in hand was given to another");
        delivery.ack().await.unwrap();
    }
    in_hand.ack().await.unwrap();
    stays_quiet(&mut other).await;
    depth_becomes(broker, 0).await;
}

/// Bytes that are no job are never returned and never looped; the jobs behind them come through.
pub async fn malformed_bytes_become_a_dead_letter(broker: &Broker) {
    let cut_off = br#"{"job":{"version":1}"#;
    broker.publish_body(cut_off.to_vec(), "broken").await.unwrap();
    broker.publish(&message(2)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    let good = next(&mut deliveries).await;
    assert_eq!(good.message(), &message(2));
    good.ack().await.unwrap();
    let letters = broker.dead_letters(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].body.as_slice(), letters[0].message()), (cut_off.as_slice(), None));
    assert!(letters[0].reason.starts_with("malformed message: "), "{}", letters[0].reason);
}

/// What everyone drops is taken out of the way, and the reason says why.
pub async fn poison_becomes_a_dead_letter_after_the_delivery_limit(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    let mut times: u32 = 0;
    while let Ok(delivery) = timeout(Duration::from_secs(2), deliveries.next()).await {
        drop(delivery.unwrap());
        times += 1;
        assert!(times < 100, "it comes again for ever");
    }
    assert_eq!(times, proto_shared::queue::DELIVERY_LIMIT + 1, "the first delivery and the redeliveries allowed");
    let letters = dead_letters_become(broker, 1).await;
    assert_eq!(letters[0].0, Some(message(1)));
    assert!(letters[0].1.starts_with("delivery_limit"), "{}", letters[0].1);
    depth_becomes(broker, 0).await;
}

/// Consumers end, and nothing is taken any more.
pub async fn a_closed_broker_says_so(broker: &Broker) {
    let mut deliveries = consume(broker, 1).await;
    broker.close().await;
    assert!(timeout(PATIENCE, deliveries.next()).await.unwrap().is_none());
    assert!(broker.ready().await.is_err());
    assert!(broker.publish(&message(1)).await.is_err());
    assert!(broker.consume(NonZeroU16::MIN).await.is_err());
}

async fn consume(broker: &Broker, prefetch: u16) -> Deliveries {
    broker.consume(NonZeroU16::new(prefetch).unwrap()).await.unwrap()
}

async fn next(deliveries: &mut Deliveries) -> Delivery {
    timeout(PATIENCE, deliveries.next()).await.unwrap().unwrap()
}

async fn stays_quiet(deliveries: &mut Deliveries) {
    if let Ok(delivery) = timeout(QUIET, deliveries.next()).await {
        panic!("nothing was expected, got {delivery:?}");
    }
}

async fn depth_becomes(broker: &Broker, expected: u64) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let depth = broker.depth().await.unwrap();
        if depth == expected {
            return;
        }
        assert!(Instant::now() < deadline, "a depth of {expected} was expected, got {depth}");
        sleep(Duration::from_millis(20)).await;
    }
}

async fn dead_letters_become(broker: &Broker, count: usize) -> Vec<(Option<JobMessage>, String)> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let letters = broker.dead_letters(count + 1).await.unwrap();
        if letters.len() == count {
            return letters.into_iter().map(|letter| (letter.message(), letter.reason)).collect();
        }
        assert!(Instant::now() < deadline, "{count} dead letters were expected, got {}", letters.len());
        sleep(Duration::from_millis(20)).await;
    }
}
