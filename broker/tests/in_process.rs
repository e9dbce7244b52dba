//! The conformance suite against the in-process broker, on a clock that stands still unless all wait, and
//! the limits that only this backend has.

use std::num::NonZeroU16;
use std::time::Duration;

use broker::{Broker, BrokerError, InProcessConfig, Prefetch, conformance};
use conformance::{message, message_in, note};
use proto_shared::{ErrorCode, Lane};
use tokio::time::{Instant, timeout};

const ONE: Prefetch = Prefetch::each(NonZeroU16::MIN);

#[tokio::test(start_paused = true)]
async fn the_in_process_broker_conforms() {
    conformance::all(async |_| Broker::in_process()).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_until_there_is_room() {
    let broker = Broker::in_process_with(InProcessConfig { max_waiting_jobs: 2, ..InProcessConfig::default() });
    let mut deliveries = broker.consume(ONE).await.unwrap();
    broker.publish(&message(1)).await.unwrap();
    broker.publish(&message(2)).await.unwrap();
    let refused = broker.publish(&message(3)).await.unwrap_err();
    assert!(matches!(refused, BrokerError::Full { .. }), "{refused:?}");
    assert_eq!(refused.code(), ErrorCode::BrokerUnavailable);
    // The other lane has its own room.
    broker.publish(&message_in(Lane::Express, 4)).await.unwrap();
    let express = deliveries.next().await.unwrap();
    assert_eq!(express.lane(), Lane::Express);
    express.ack().await.unwrap();

    // A message that waits for its retry takes its room with it.
    let delay = broker.retry_delays()[0];
    deliveries.next().await.unwrap().retry(delay, note(1)).await.unwrap();
    assert!(broker.publish(&message(3)).await.is_err());
    deliveries.next().await.unwrap().ack().await.unwrap();
    broker.publish(&message(3)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_given_back_or_retried_is_taken_even_by_a_full_queue() {
    let broker = Broker::in_process_with(InProcessConfig { max_waiting_jobs: 1, ..InProcessConfig::default() });
    let mut deliveries = broker.consume(ONE).await.unwrap();
    broker.publish(&message(1)).await.unwrap();
    let in_hand = deliveries.next().await.unwrap();
    broker.publish(&message(2)).await.unwrap();
    drop(in_hand);
    for expected in [message(1), message(2)] {
        let delivery = deliveries.next().await.unwrap();
        assert_eq!(delivery.message(), &expected);
        delivery.ack().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_bounded_and_the_oldest_goes() {
    let broker = Broker::in_process_with(InProcessConfig { max_dead_letters: 2, ..InProcessConfig::default() });
    let mut deliveries = broker.consume(ONE).await.unwrap();
    for number in 1..=3 {
        broker.publish(&message(number)).await.unwrap();
        deliveries.next().await.unwrap().dead_letter(ErrorCode::Internal, "tested").await.unwrap();
    }
    let mut letters = broker.consume_dead().await.unwrap();
    for kept in [2, 3] {
        let letter = letters.next().await.unwrap();
        assert_eq!(letter.message(), Some(message(kept)));
        letter.ack().await.unwrap();
    }
    assert_eq!(broker.depths().await.unwrap().dead, 0);
}

#[tokio::test(start_paused = true)]
async fn retries_come_back_in_the_order_of_their_time() {
    let broker = Broker::in_process();
    let mut deliveries = broker.consume(Prefetch::each(NonZeroU16::new(2).unwrap())).await.unwrap();
    broker.publish(&message(1)).await.unwrap();
    broker.publish(&message(2)).await.unwrap();
    let (first, second) = (deliveries.next().await.unwrap(), deliveries.next().await.unwrap());
    let start = Instant::now();
    let [soon, late, ..] = broker.retry_delays() else { panic!("two delays") };
    first.retry(*late, note(1)).await.unwrap();
    second.retry(*soon, note(1)).await.unwrap();
    for (delay, expected) in [(soon, message(2)), (late, message(1))] {
        let delivery = deliveries.next().await.unwrap();
        assert_eq!(delivery.message().job, expected.job);
        assert_eq!(start.elapsed().as_secs(), delay.as_secs());
        delivery.ack().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_next_that_is_given_up_loses_neither_message_nor_room() {
    let broker = Broker::in_process();
    let mut deliveries = broker.consume(ONE).await.unwrap();
    for _ in 0..3 {
        assert!(timeout(Duration::from_millis(1), deliveries.next()).await.is_err());
    }
    broker.publish(&message(1)).await.unwrap();
    deliveries.next().await.unwrap().ack().await.unwrap();
}
