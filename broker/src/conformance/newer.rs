//! What must hold for jobs of a newer release: they wait for a consumer that knows them, as they were.
//!
//! Run by `conformance::all` and nothing else.

use std::num::NonZeroU16;

use proto_shared::{ErrorCode, Lane, RecordedSpec, TraceContext, queue::DELIVERY_LIMIT, queue::Generation, spec::NEWEST_VERSION};
use serde_json::Value;

use super::support::{PATIENCE, STANDARD, become_true, consume, depths_become, message, message_in, next};
use crate::{
    Broker, BrokerError, Deliveries, Depths, Prefetch,
    wire::{self, Envelope},
};

/// It is put back again and again, more often than a job may be given back, and is neither lost nor counted; then it comes to one
/// that knows it, bit for bit, as the attempt that it was.
pub async fn what_a_consumer_does_not_know_waits_for_one_that_does(broker: &Broker) {
    let trace = TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    for generation in Generation::ALL {
        // Not as this release writes it.
        let body = [b" ".as_slice(), &wire::encode(&message(1)).unwrap(), b"\n"].concat();
        broker
            .publish_body((Lane::Express, generation), body.clone(), "newer", Envelope { trace, ..Envelope::default() })
            .await
            .unwrap();
        let before = broker.counts().from_newer_release;
        let mut older = broker.consume_up_to(message(1).job.version - 1, Prefetch::each(NonZeroU16::MIN)).await.unwrap();
        let times = u64::from(DELIVERY_LIMIT) + 3;
        gets_none_until(&mut older, broker, "put back often", |_| broker.counts().from_newer_release >= before + times).await;
        drop(older);

        let mut knowing = consume(broker, 1).await;
        let delivery = next(&mut knowing).await;
        assert_eq!((delivery.message(), delivery.attempt(), delivery.lane()), (&message(1), 1, Lane::Express));
        assert_eq!(delivery.trace(), trace);
        delivery.dead_letter(ErrorCode::Internal, "tested").await.unwrap();
        drop(knowing);
        let letter = tokio::time::timeout(PATIENCE, broker.consume_dead().await.unwrap().next()).await.unwrap().unwrap();
        assert_eq!((letter.body(), letter.reason()), (body.as_slice(), "internal: tested"));
        letter.ack().await.unwrap();
    }
    depths_become(broker, Depths::default()).await;
}

/// A version, a field or a value that nobody here knows: none is a dead letter, and what comes behind them comes through.
pub async fn what_is_left_to_others_is_in_nobodys_way(broker: &Broker) {
    let changed = |path: &str, member: &str, value: Value| {
        let mut json = serde_json::to_value(message(1)).unwrap();
        json.pointer_mut(path).unwrap().as_object_mut().unwrap().insert(member.to_owned(), value);
        serde_json::to_vec(&json).unwrap()
    };
    let bodies = [
        changed("/job", "version", 99.into()),
        changed("/job/spec", "layers", 1.into()),
        changed("/job/spec/captions/0", "style", "bubble".into()),
    ];
    let left = bodies.len() as u64;
    for body in bodies {
        broker.publish_body(STANDARD, body, "newer", Envelope::default()).await.unwrap();
    }
    broker.publish(&message(2)).await.unwrap();
    let mut deliveries = consume(broker, 1).await;
    let ours = next(&mut deliveries).await;
    assert_eq!(ours.message(), &message(2));
    ours.ack().await.unwrap();
    let put_back_twice = |_: &Depths| broker.counts().from_newer_release >= 2 * left;
    gets_none_until(&mut deliveries, broker, "all put back twice", put_back_twice).await;
    deliveries.stop().await;
    become_true(broker, "all are there", |depths| depths.waiting() + depths.retrying == left && depths.dead == 0).await;
}

/// What this release would write of it is not all of it.
pub async fn a_job_of_a_newer_release_is_not_published(broker: &Broker) {
    let mut of_its_version = message_in(Lane::Express, 1);
    of_its_version.job.version = NEWEST_VERSION + 1;
    let mut of_its_spec = message(1);
    of_its_spec.job.spec = RecordedSpec::Newer(serde_json::json!({"captions": [], "layers": 1}));
    for newer in [of_its_version, of_its_spec] {
        let refused = broker.publish(&newer).await;
        assert!(matches!(refused, Err(BrokerError::NewerRelease(_))), "{refused:?}");
    }
    assert_eq!(broker.depths().await.unwrap(), Depths::default());
}

async fn gets_none_until(deliveries: &mut Deliveries, broker: &Broker, what: &str, holds: impl Fn(&Depths) -> bool) {
    tokio::select! {
        delivery = deliveries.next() => panic!("nothing was expected, got {delivery:?}"),
        () = become_true(broker, what, holds) => {}
    }
}
