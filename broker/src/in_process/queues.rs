//! The messages themselves, by where they wait, and the ways to settle one.
//!
//! Used by the rest of this backend. Every change is made under one lock and leaves the state whole; a message that is dropped
//! unsettled goes back to where it came from.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto_shared::{
    Lane, PerLane, TraceContext,
    queue::{self, Generation},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, broadcast},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{
    BrokerError, Depths, Heard, InProcessConfig, SettleError,
    counts::Tally,
    receiving::events::MAX_BEHIND,
    wire::{Envelope, Reason},
};

/// How long a message of a newer release waits where there is no retry delay.
const NEWER_WAITS: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Queues {
    pub(super) config: InProcessConfig,
    state: Mutex<Messages>,
    /// A message became available, or will at another time than before, or a consumer has room again.
    pub(super) changed: Notify,
    pub(super) events: broadcast::Sender<Heard>,
    pub(super) tally: Tally,
    pub(super) closed: CancellationToken,
}

#[derive(Debug, Default)]
struct Messages {
    lanes: PerLane<Waiting>,
    dead: VecDeque<Message>,
}

/// The messages of one lane.
#[derive(Debug, Default)]
struct Waiting {
    ready: VecDeque<Message>,
    /// By the time at which they become ready, then by the order in which they came.
    delayed: BTreeMap<(Instant, u64), Message>,
    delayed_so_far: u64,
}

/// A message.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) body: Vec<u8>,
    pub(super) lane: Lane,
    pub(super) trace: Option<TraceContext>,
    /// How often it was delivered and given back, here or as a message that was before this one.
    pub(super) deliveries_before: u32,
    /// Of a dead letter: why it is one.
    pub(super) reason: Option<Reason>,
}

impl Queues {
    pub(super) fn new(config: InProcessConfig) -> Self {
        Self {
            config,
            state: Mutex::default(),
            changed: Notify::new(),
            events: broadcast::Sender::new(MAX_BEHIND),
            tally: Tally::default(),
            closed: CancellationToken::new(),
        }
    }

    pub(super) fn publish(&self, lane: Lane, body: Vec<u8>, envelope: Envelope) -> Result<(), BrokerError> {
        let Envelope { trace, deliveries_before } = envelope;
        let mut state = self.lock();
        self.check_room(&state, lane)?;
        state.lanes.of_mut(lane).ready.push_back(Message { body, lane, trace, deliveries_before, reason: None });
        drop(state);
        self.changed.notify_waiters();
        Ok(())
    }

    pub(super) fn has_room(&self, lane: Lane) -> Result<(), BrokerError> {
        self.check_room(&self.lock(), lane)
    }

    fn check_room(&self, state: &Messages, lane: Lane) -> Result<(), BrokerError> {
        let waiting = state.lanes.of(lane);
        if waiting.ready.len() + waiting.delayed.len() >= self.config.max_waiting_jobs {
            return Err(BrokerError::Full { queue: queue::jobs(lane, Generation::First).to_owned() });
        }
        Ok(())
    }

    pub(super) fn depths(&self) -> Depths {
        let mut state = self.lock();
        for lane in Lane::ALL {
            state.lanes.of_mut(lane).release_due(Instant::now());
        }
        let Messages { lanes: PerLane { standard, express }, dead } = &*state;
        Depths {
            standard: standard.ready.len() as u64,
            express: express.ready.len() as u64,
            retrying: (standard.delayed.len() + express.delayed.len()) as u64,
            dead: dead.len() as u64,
        }
    }

    /// The first message of a lane, or when there will be one.
    pub(super) fn take(&self, lane: Lane) -> Result<Message, Option<Instant>> {
        let mut state = self.lock();
        let waiting = state.lanes.of_mut(lane);
        waiting.release_due(Instant::now());
        waiting.ready.pop_front().ok_or_else(|| waiting.delayed.keys().next().map(|(at, _)| *at))
    }

    /// The oldest dead letter.
    pub(super) fn take_dead(&self) -> Option<Message> {
        self.lock().dead.pop_front()
    }

    /// Keeps a message for a consumer of a newer release.
    pub(super) fn put_back(&self, entry: Message, version: u64) {
        self.tally.from_newer_release.note(version);
        let delay = self.config.retry_delays.iter().min().copied().unwrap_or(NEWER_WAITS);
        self.delay(entry, delay);
    }

    pub(super) fn dead_letter(&self, entry: Message, reason: Reason) {
        let mut state = self.lock();
        if state.dead.len() >= self.config.max_dead_letters {
            state.dead.pop_front();
            tracing::warn!(kept = self.config.max_dead_letters, "the oldest dead letter was dropped");
        }
        state.dead.push_back(Message { reason: Some(reason), ..entry });
        drop(state);
        self.changed.notify_waiters();
    }

    fn delay(&self, entry: Message, delay: Duration) {
        let mut state = self.lock();
        let waiting = state.lanes.of_mut(entry.lane);
        waiting.delayed_so_far += 1;
        let key = (Instant::now() + delay, waiting.delayed_so_far);
        waiting.delayed.insert(key, entry);
        drop(state);
        self.changed.notify_waiters();
    }

    /// A dead letter goes back however often; a job becomes a dead letter in the end.
    fn give_back(&self, mut entry: Message) {
        if entry.reason.is_some() {
            return self.lock().dead.push_front(entry);
        }
        entry.deliveries_before += 1;
        if entry.deliveries_before > self.config.delivery_limit {
            self.dead_letter(entry, Reason::delivery_limit(self.config.delivery_limit));
        } else {
            self.lock().lanes.of_mut(entry.lane).ready.push_front(entry);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Messages> {
        // Every change is complete before anything that could panic: a poisoned lock guards good state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn release_due(&mut self, now: Instant) {
        while let Some(first) = self.delayed.first_entry()
            && first.key().0 <= now
        {
            self.ready.push_back(first.remove());
        }
    }
}

/// What keeps a delivered message out of its queue, and its consumer's room taken.
#[derive(Debug)]
pub(crate) struct Unsettled {
    queues: Arc<Queues>,
    /// Until it is settled.
    entry: Option<Message>,
    room: Option<OwnedSemaphorePermit>,
}

impl Unsettled {
    pub(super) fn new(queues: &Arc<Queues>, entry: Message, room: OwnedSemaphorePermit) -> Self {
        Self { queues: Arc::clone(queues), entry: Some(entry), room: Some(room) }
    }

    pub(crate) fn ack(mut self) {
        self.entry = None;
    }

    pub(crate) fn retry(mut self, body: Vec<u8>, delay: Duration) -> Result<(), SettleError> {
        if !self.queues.config.retry_delays.contains(&delay) {
            return Err(SettleError::UnknownDelay { delay_ms: delay.as_millis() });
        }
        if let Some(entry) = self.entry.take() {
            self.queues.delay(Message { body, deliveries_before: 0, ..entry }, delay);
        }
        Ok(())
    }

    pub(crate) fn dead_letter(mut self, reason: Reason) {
        if let Some(entry) = self.entry.take() {
            self.queues.dead_letter(entry, reason);
        }
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.queues.give_back(entry);
        }
        drop(self.room.take());
        self.queues.changed.notify_waiters();
    }
}
