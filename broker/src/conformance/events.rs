//! What must hold for events: who hears what, and that nobody waits for anybody.
//!
//! Run by `conformance::all` and nothing else.

use proto_shared::event::News;
use tokio::time::timeout;

use super::support::{PATIENCE, QUIET, event};
use crate::{Broker, Events, Filter, Heard};

/// Everyone who listens hears everything, in order, from the subscription on.
pub async fn every_subscriber_hears_every_event_in_order(broker: &Broker) {
    broker.emit(&event(9, News::Queued));
    // Handed over is not yet sent: only what a subscription can't have heard is past for certain.
    let mut early = broker.subscribe(Filter::Every).await.unwrap();
    while timeout(QUIET, early.next()).await.is_ok() {}
    let mut late = broker.subscribe(Filter::Every).await.unwrap();
    let all = [News::Queued, News::Started { attempt: 1 }, News::Progress { frames_done: 3, frames: 7 }, News::Done];
    for news in &all {
        broker.emit(&event(1, news.clone()));
    }
    for events in [&mut early, &mut late] {
        for news in &all {
            assert_eq!(next(events).await, Heard::Event(event(1, news.clone())));
        }
        assert!(timeout(QUIET, events.next()).await.is_err());
    }
    assert_eq!(broker.counts().events_dropped, 0);
}

/// Who asked for cancellations hears nothing else.
pub async fn a_filter_lets_only_its_own_through(broker: &Broker) {
    let mut cancellations = broker.subscribe(Filter::Cancellations).await.unwrap();
    for number in 0..20 {
        broker.emit(&event(number, News::Progress { frames_done: number, frames: 20 }));
    }
    broker.emit(&event(20, News::Cancelled));
    broker.emit(&event(21, News::Done));
    broker.emit(&event(22, News::Cancelled));
    for number in [20, 22] {
        assert_eq!(next(&mut cancellations).await, Heard::Event(event(number, News::Cancelled)));
    }
    assert!(timeout(QUIET, cancellations.next()).await.is_err());
}

/// Who does not listen holds up nobody, is told that it missed something, and hears what follows.
pub async fn a_slow_subscriber_is_told_of_the_gap(broker: &Broker) {
    let mut slow = broker.subscribe(Filter::Every).await.unwrap();
    let mut quick = broker.subscribe(Filter::Every).await.unwrap();
    let total = 3 * u32::try_from(crate::receiving::events::MAX_BEHIND).unwrap();
    for number in 0..total {
        broker.emit(&event(number, News::Queued));
        assert_eq!(next(&mut quick).await, Heard::Event(event(number, News::Queued)));
    }
    assert_eq!(next(&mut slow).await, Heard::Gap);
    let Heard::Event(oldest) = next(&mut slow).await else { panic!("one gap is told once") };
    assert_ne!(oldest, event(0, News::Queued));
    broker.emit(&event(total, News::Done));
    while next(&mut slow).await != Heard::Event(event(total, News::Done)) {}
}

/// Without anyone to hear them, events are no burden and no failure.
pub async fn events_need_no_subscriber(broker: &Broker) {
    drop(broker.subscribe(Filter::Every).await.unwrap());
    for number in 0..100 {
        broker.emit(&event(number, News::Queued));
    }
    broker.ready().await.unwrap();
}

async fn next(events: &mut Events) -> Heard {
    timeout(PATIENCE, events.next()).await.unwrap().unwrap()
}
