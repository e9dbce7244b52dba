//! Messages and waits that the checks share.
//!
//! `message`, `message_in`, `note` and `event` are for tests beside the suite too.

use std::num::NonZeroU16;
use std::time::Duration;

use proto_shared::event::News;
use proto_shared::{
    AttemptNote, Caption, CaptionSpec, ErrorCode, Event, JobId, JobMessage, JobRecord, Lane, MediaType, Position, SourceId,
    SourceInfo, Style, queue::Generation,
};
use tokio::time::{Instant, sleep, timeout};

use crate::{Broker, Deliveries, Delivery, Depths, Prefetch};

/// Where jobs go that ask for nothing new and have no haste.
pub(super) const STANDARD: (Lane, Generation) = (Lane::Standard, Generation::First);
/// For what must happen: so long that only a defect reaches it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// For what must not happen: long enough that it would have.
pub(super) const QUIET: Duration = Duration::from_millis(300);

/// A message of the standard lane, for the suite and for tests beside it; `number` makes the job's id.
#[must_use]
pub fn message(number: u32) -> JobMessage {
    message_in(Lane::Standard, number)
}

/// A message of that lane.
#[must_use]
pub fn message_in(lane: Lane, number: u32) -> JobMessage {
    let source = SourceInfo {
        id: SourceId::parse(&format!("{number:064x}")).unwrap(),
        media: MediaType::Gif,
        bytes: 12_345,
        width_px: 320,
        height_px: 200,
        frames: 12,
    };
    let caption = Caption::new("größer als \u{1f600} \"quoted\"", Position::Top, Style::Bar);
    let spec = CaptionSpec::of(vec![caption]);
    JobMessage::first(JobRecord { lane, ..JobRecord::new(id(number), 1_700_000_000_000, source, spec) })
}

/// How an attempt ended.
#[must_use]
pub fn note(attempt: u32) -> AttemptNote {
    let message = format!("attempt {attempt} found no store");
    AttemptNote { attempt, at_ms: 1_700_000_000_000, code: ErrorCode::StoreUnavailable, message }
}

/// News of the job of [`message`]`(number)`.
#[must_use]
pub fn event(number: u32, news: News) -> Event {
    Event { job: id(number), at_ms: 1_700_000_000_000, news, has_callback: false }
}

fn id(number: u32) -> JobId {
    JobId::parse(&format!("{number:032x}")).unwrap()
}

pub(super) async fn consume(broker: &Broker, prefetch: u16) -> Deliveries {
    broker.consume(Prefetch::each(NonZeroU16::new(prefetch).unwrap())).await.unwrap()
}

pub(super) async fn next(deliveries: &mut Deliveries) -> Delivery {
    timeout(PATIENCE, deliveries.next()).await.unwrap().unwrap()
}

pub(super) async fn stays_quiet(deliveries: &mut Deliveries) {
    if let Ok(delivery) = timeout(QUIET, deliveries.next()).await {
        panic!("nothing was expected, got {delivery:?}");
    }
}

pub(super) async fn waiting_becomes(broker: &Broker, expected: u64) {
    become_true(broker, &format!("{expected} waiting"), |depths| depths.waiting() == expected).await;
}

pub(super) async fn depths_become(broker: &Broker, expected: Depths) {
    become_true(broker, &format!("{expected:?}"), |depths| *depths == expected).await;
}

pub(super) async fn become_true(broker: &Broker, what: &str, holds: impl Fn(&Depths) -> bool) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let depths = broker.depths().await.unwrap();
        if holds(&depths) {
            return;
        }
        assert!(Instant::now() < deadline, "{what} was expected, got {depths:?}");
        sleep(Duration::from_millis(20)).await;
    }
}
