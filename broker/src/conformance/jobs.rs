//! What must hold for jobs: from publish to settle, in either lane.
//!
//! Run by `conformance::all` and nothing else.

use std::collections::HashSet;
use std::num::NonZeroU16;
use std::time::Duration;

use proto_shared::{Lane, event::News};
use tokio::time::{Instant, timeout};

use super::support::{PATIENCE, consume, depths_become, event, message, message_in, next, note, stays_quiet, waiting_becomes};
use crate::{Broker, BrokerState, Counts, Depths, Filter, Prefetch, SettleError};

/// Publish, consume: the same job, the first attempt, delivered for the first time.
pub async fn a_message_comes_out_as_it_went_in(broker: &Broker) {
    broker.ready().await.unwrap();
    let sent = message(1);
    broker.publish(&sent).await.unwrap();
    waiting_becomes(broker, 1).await;
    let mut deliveries = consume(broker, 1).await;
    let got = next(&mut deliveries).await;
    assert_eq!((got.message(), got.attempt(), got.redelivered()), (&sent, 1, false));
    got.ack().await.unwrap();
    waiting_becomes(broker, 0).await;
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
    assert_eq!(broker.depths().await.unwrap().dead, 0);
}

/// Dropping is giving back: it comes again, marked, and as the same attempt.
pub async fn a_dropped_delivery_is_redelivered(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    drop(next(&mut deliveries).await);
    let again = next(&mut deliveries).await;
    assert_eq!((again.message(), again.attempt(), again.redelivered()), (&message(1), 1, true));
    assert_eq!(again.deliveries_before(), 1);
    drop(again);
    let again = next(&mut deliveries).await;
    assert_eq!(again.deliveries_before(), 2);
    again.ack().await.unwrap();
    stays_quiet(&mut deliveries).await;
}

/// What is published again counts as delivered before; its retry is another attempt, which was not.
pub async fn what_is_published_again_counts_from_one(broker: &Broker) {
    broker.publish_again(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    let first = next(&mut deliveries).await;
    assert_eq!((first.message(), first.redelivered(), first.deliveries_before()), (&message(1), true, 1));
    drop(first);
    let again = next(&mut deliveries).await;
    assert_eq!(again.deliveries_before(), 2);
    again.retry(broker.retry_delays()[0], note(1)).await.unwrap();
    let retried = next(&mut deliveries).await;
    assert_eq!((retried.attempt(), retried.deliveries_before()), (2, 0));
    retried.ack().await.unwrap();
}

/// Every delay there is, each from a new message: not before its time, not much later, one attempt on, with a note of
/// each attempt before.
pub async fn a_retry_comes_after_its_delay_as_the_next_attempt(broker: &Broker) {
    let mut deliveries = consume(broker, 1).await;
    let (mut attempt, mut history) = (1, Vec::new());
    broker.publish(&message(1)).await.unwrap();
    for &delay in broker.retry_delays() {
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.attempt(), attempt);
        let asked_at = Instant::now();
        delivery.retry(delay, note(attempt)).await.unwrap();
        let again = timeout(delay + PATIENCE, deliveries.next()).await.unwrap().unwrap();
        let waited = asked_at.elapsed();
        assert!(waited + Duration::from_millis(5) >= delay, "{delay:?} was asked for, it came after {waited:?}");
        assert!(waited <= delay.mul_f64(1.2) + Duration::from_secs(5), "{delay:?} was asked for, it came after {waited:?}");
        history.push(note(attempt));
        attempt += 1;
        assert_eq!((&again.message().job, again.attempt()), (&message(1).job, attempt));
        assert_eq!(again.message().history, history);
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
    let refused = next(&mut deliveries).await.retry(Duration::from_millis(1_234), note(1)).await;
    assert!(matches!(refused, Err(SettleError::UnknownDelay { delay_ms: 1_234 })), "{refused:?}");
    let again = next(&mut deliveries).await;
    assert_eq!((again.attempt(), again.redelivered()), (1, true));
    again.ack().await.unwrap();
}

/// With that many unsettled nothing more comes, and each one settled makes room for one.
pub async fn prefetch_bounds_what_is_in_hand(broker: &Broker) {
    for number in 0..5 {
        broker.publish(&message(number)).await.unwrap();
    }
    let mut deliveries = consume(broker, 2).await;
    let (first, second) = (next(&mut deliveries).await, next(&mut deliveries).await);
    stays_quiet(&mut deliveries).await;
    waiting_becomes(broker, 3).await;
    first.ack().await.unwrap();
    let third = next(&mut deliveries).await;
    stays_quiet(&mut deliveries).await;
    second.ack().await.unwrap();
    third.ack().await.unwrap();
    for _ in 0..2 {
        next(&mut deliveries).await.ack().await.unwrap();
    }
    waiting_becomes(broker, 0).await;
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
    waiting_becomes(broker, 0).await;
}

/// Consumers end, and nothing is taken any more.
pub async fn a_closed_broker_says_so(broker: &Broker) {
    let mut deliveries = consume(broker, 1).await;
    let mut letters = broker.consume_dead().await.unwrap();
    let mut events = broker.subscribe(Filter::Every).await.unwrap();
    broker.close().await;
    assert!(timeout(PATIENCE, deliveries.next()).await.unwrap().is_none());
    assert!(timeout(PATIENCE, letters.next()).await.unwrap().is_none());
    assert!(timeout(PATIENCE, events.next()).await.unwrap().is_none());
    assert!(broker.ready().await.is_err());
    assert!(broker.publish(&message(1)).await.is_err());
    assert!(broker.consume(Prefetch::each(NonZeroU16::MIN)).await.is_err());
    assert!(broker.consume_dead().await.is_err());
    assert!(broker.subscribe(Filter::Every).await.is_err());
}

/// What is published by one lane is counted there and comes out of it.
pub async fn a_message_comes_by_its_lane(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    for number in [2, 3] {
        broker.publish(&message_in(Lane::Express, number)).await.unwrap();
    }
    depths_become(broker, Depths { standard: 1, express: 2, ..Depths::default() }).await;
    let mut deliveries = consume(broker, 2).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.lane(), delivery.message().job.lane);
        seen.push((delivery.lane().as_str(), delivery.message().job.id.clone()));
        delivery.ack().await.unwrap();
    }
    seen.sort();
    assert_eq!(seen, [("express", message(2).job.id), ("express", message(3).job.id), ("standard", message(1).job.id)]);
    depths_become(broker, Depths::default()).await;
}

/// A retry comes back by the lane it came by, from a queue that both lanes share.
pub async fn a_retry_stays_in_its_lane(broker: &Broker) {
    let mut deliveries = consume(broker, 1).await;
    for lane in Lane::ALL {
        broker.publish(&message_in(lane, 7)).await.unwrap();
        let delivery = next(&mut deliveries).await;
        assert_eq!(delivery.lane(), lane);
        delivery.retry(broker.retry_delays()[0], note(1)).await.unwrap();
        let again = next(&mut deliveries).await;
        assert_eq!((again.lane(), again.attempt()), (lane, 2));
        again.ack().await.unwrap();
    }
}

/// What waits for its next attempt is counted as that, and as nothing else.
pub async fn a_retry_is_counted_while_it_waits(broker: &Broker) {
    let mut deliveries = consume(broker, 1).await;
    broker.publish(&message(1)).await.unwrap();
    let longest = broker.retry_delays().iter().max().copied().unwrap();
    next(&mut deliveries).await.retry(longest, note(1)).await.unwrap();
    depths_become(broker, Depths { retrying: 1, ..Depths::default() }).await;
    let again = timeout(longest + PATIENCE, deliveries.next()).await.unwrap().unwrap();
    again.ack().await.unwrap();
    depths_become(broker, Depths::default()).await;
}

/// A lane of which everything allowed is in hand keeps nothing from the other.
pub async fn each_lane_has_its_own_prefetch(broker: &Broker) {
    for number in 0..4 {
        broker.publish(&message(number)).await.unwrap();
    }
    let (standard, express) = (NonZeroU16::new(2).unwrap(), NonZeroU16::MIN);
    let mut deliveries = broker.consume(Prefetch { standard, express }).await.unwrap();
    let in_hand = [next(&mut deliveries).await, next(&mut deliveries).await];
    stays_quiet(&mut deliveries).await;
    for number in [10, 11] {
        broker.publish(&message_in(Lane::Express, number)).await.unwrap();
    }
    let express = next(&mut deliveries).await;
    assert_eq!((express.lane(), &express.message().job.id), (Lane::Express, &message(10).job.id));
    stays_quiet(&mut deliveries).await;
    express.ack().await.unwrap();
    let express = next(&mut deliveries).await;
    assert_eq!((express.lane(), &express.message().job.id), (Lane::Express, &message(11).job.id));
    assert!(in_hand.iter().all(|delivery| delivery.lane() == Lane::Standard));
}

/// Every publish is counted by how it ended.
pub async fn what_was_published_is_counted(broker: &Broker) {
    assert_eq!((broker.counts(), broker.state()), (Counts::default(), BrokerState::Connected));
    for number in 0..3 {
        broker.publish(&message(number)).await.unwrap();
    }
    broker.emit(&event(1, News::Queued));
    broker.close().await;
    assert!(broker.publish(&message(3)).await.is_err());
    let counts = broker.counts();
    assert_eq!((counts.published, counts.publish_failed, counts.acks_lost), (3, 1, 0));
    assert_eq!((counts.events_emitted, counts.reconnects, broker.outage()), (1, 0, None));
    assert_eq!(broker.state(), BrokerState::Disconnected);
}
