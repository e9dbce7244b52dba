//! What must hold for dead letters: how a message becomes one, and how it leaves.
//!
//! Run by `conformance::all` and nothing else.

use std::collections::HashSet;

use proto_shared::{ErrorCode, TraceContext};
use tokio::time::timeout;

use super::support::{PATIENCE, QUIET, STANDARD, consume, depths_become, message, next, note, stays_quiet, waiting_becomes};
use crate::{
    Broker, DeadLetter, DeadLetters, Depths,
    wire::{self, Envelope},
};

/// It is gone from the jobs and kept, with its bytes, its reason and the history of its attempts.
pub async fn a_dead_letter_is_kept_with_its_reason(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    next(&mut deliveries).await.retry(broker.retry_delays()[0], note(1)).await.unwrap();
    next(&mut deliveries).await.dead_letter(ErrorCode::UnknownFont, "no such font: comic").await.unwrap();
    depths_become(broker, Depths { dead: 1, ..Depths::default() }).await;
    let mut letters = broker.consume_dead().await.unwrap();
    let letter = next_letter(&mut letters).await;
    assert_eq!((letter.message(), letter.code()), (Some(message(1).next(note(1))), Some(ErrorCode::UnknownFont)));
    assert_eq!(letter.reason(), "unknown_font: no such font: comic");
    letter.ack().await.unwrap();
    stays_quiet(&mut deliveries).await;
}

/// A letter leaves by its ack alone: one that is dropped comes again, to the same consumer and to the next one.
pub async fn a_dead_letter_stays_until_it_is_acked(broker: &Broker) {
    let mut deliveries = consume(broker, 2).await;
    for number in [1, 2] {
        broker.publish(&message(number)).await.unwrap();
        next(&mut deliveries).await.dead_letter(ErrorCode::Internal, "tested").await.unwrap();
    }
    let mut letters = broker.consume_dead().await.unwrap();
    // More often than a job may be given back.
    for _ in 0..proto_shared::queue::DELIVERY_LIMIT + 3 {
        assert_eq!(next_letter(&mut letters).await.message(), Some(message(1)));
    }
    let in_hand = next_letter(&mut letters).await;
    assert!(timeout(QUIET, letters.next()).await.is_err(), "a second letter came while one is in hand");
    drop((in_hand, letters));

    let mut letters = broker.consume_dead().await.unwrap();
    let mut seen = HashSet::new();
    for _ in 0..2 {
        let letter = next_letter(&mut letters).await;
        assert!(seen.insert(letter.message().unwrap().job.id));
        letter.ack().await.unwrap();
    }
    assert!(timeout(QUIET, letters.next()).await.is_err(), "an acked letter came again");
    drop(letters);
    depths_become(broker, Depths::default()).await;
}

/// Bytes that are no job are never returned and never looped; the jobs behind them come through.
pub async fn malformed_bytes_become_a_dead_letter(broker: &Broker) {
    let cut_off = br#"{"job":{"version":1}"#;
    broker.publish_body(STANDARD, cut_off.to_vec(), "broken", Envelope::default()).await.unwrap();
    broker.publish(&message(2)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    let good = next(&mut deliveries).await;
    assert_eq!(good.message(), &message(2));
    good.ack().await.unwrap();
    let letter = next_letter(&mut broker.consume_dead().await.unwrap()).await;
    assert_eq!((letter.body(), letter.message()), (cut_off.as_slice(), None));
    assert!(letter.reason().starts_with("malformed message: "), "{}", letter.reason());
}

/// The trace travels in a header beside the message, through a redelivery, a retry and its end as a dead letter: those who
/// only pass a message on see it too.
pub async fn a_trace_stays_with_its_message(broker: &Broker) {
    let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    // The record names none, so that nothing but the header can.
    let body = wire::encode(&message(1)).unwrap();
    broker.publish_body(STANDARD, body, "traced", Envelope { trace, ..Envelope::default() }).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    assert_eq!(next(&mut deliveries).await.trace(), trace, "the first delivery, which is dropped");
    let again = next(&mut deliveries).await;
    assert_eq!((again.redelivered(), again.trace()), (true, trace));
    again.retry(broker.retry_delays()[0], note(1)).await.unwrap();
    let retried = next(&mut deliveries).await;
    assert_eq!((retried.attempt(), retried.trace()), (2, trace));
    retried.dead_letter(ErrorCode::Internal, "tested").await.unwrap();
    let letter = next_letter(&mut broker.consume_dead().await.unwrap()).await;
    assert_eq!(letter.trace(), trace);
    letter.ack().await.unwrap();
}

/// What everyone drops is taken out of the way, and the reason says why.
pub async fn poison_becomes_a_dead_letter_after_the_delivery_limit(broker: &Broker) {
    broker.publish(&message(1)).await.unwrap();
    let (mut deliveries, mut letters) = (consume(broker, 1).await, broker.consume_dead().await.unwrap());
    let mut times: u32 = 0;
    let letter = loop {
        tokio::select! {
            delivery = next(&mut deliveries) => drop(delivery),
            letter = next_letter(&mut letters) => break letter,
        }
        times += 1;
        assert!(times < 100, "it comes again for ever");
    };
    assert_eq!(times, proto_shared::queue::DELIVERY_LIMIT + 1, "the first delivery and the redeliveries allowed");
    stays_quiet(&mut deliveries).await;
    assert_eq!(
        (letter.code(), letter.message(), letter.reason()),
        (None, Some(message(1)), "delivery_limit: given back unsettled 6 times")
    );
    waiting_becomes(broker, 0).await;
}

async fn next_letter(letters: &mut DeadLetters) -> DeadLetter {
    timeout(PATIENCE, letters.next()).await.unwrap().unwrap()
}
