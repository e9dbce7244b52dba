//! The queues inside this process: the backend of `punchline serve` and of tests.
//!
//! Used through `Broker` alone. It waits for tokio's clock and nothing else, holds no task of its own, and
//! never holds more than its configured number of waiting messages and dead letters. (Messages given back
//! or retried come on top, at most the sum of all prefetches: they were accepted once already.)

mod consumer;
mod dead;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use proto_shared::{
    Event, Lane, TraceContext,
    queue::{self, Generation},
};
use tokio::sync::{Notify, broadcast};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use self::consumer::{Consumer, Hold};
use self::dead::Letter;
pub(crate) use self::dead::{DeadConsumer, DeadHold};
use crate::config::{InProcessConfig, Prefetch};
use crate::counts::Tally;
use crate::events::MAX_BEHIND;
use crate::{BrokerError, Depths, Envelope, Events, Filter, Heard, wire};

/// How long a message of a newer release waits where there is no retry.
const NEWER_WAITS: Duration = Duration::from_secs(5);

/// All clones are the same queues.
#[derive(Clone, Debug)]
pub(crate) struct InProcess(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: InProcessConfig,
    state: Mutex<State>,
    /// Something became available, or will at a new time, or there is room in a hand again.
    changed: Notify,
    events: broadcast::Sender<Heard>,
    tally: Tally,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    standard: Waiting,
    express: Waiting,
    dead: VecDeque<Letter>,
}

/// The messages of one lane.
#[derive(Debug, Default)]
struct Waiting {
    ready: VecDeque<Entry>,
    /// By the time they come back, then by the order they went.
    delayed: BTreeMap<(Instant, u64), Entry>,
    delayed_so_far: u64,
}

#[derive(Debug)]
struct Entry {
    body: Vec<u8>,
    lane: Lane,
    trace: Option<TraceContext>,
    /// How often it was delivered and given back, here or by a message that was before this one.
    deliveries_before: u32,
}

impl InProcess {
    pub(crate) fn new(config: InProcessConfig) -> Self {
        Self(Arc::new(Shared {
            config,
            state: Mutex::default(),
            changed: Notify::new(),
            events: broadcast::Sender::new(MAX_BEHIND),
            tally: Tally::default(),
            closed: CancellationToken::new(),
        }))
    }

    pub(crate) fn publish(&self, lane: Lane, body: Vec<u8>, envelope: Envelope) -> Result<(), BrokerError> {
        let Envelope { trace, deliveries_before } = envelope;
        self.ready()?;
        let mut state = self.0.lock();
        let waiting = self.with_room(&mut state, lane)?;
        waiting.ready.push_back(Entry { body, lane, trace, deliveries_before });
        drop(state);
        self.0.changed.notify_waiters();
        Ok(())
    }

    pub(crate) fn can_publish(&self, lane: Lane) -> Result<(), BrokerError> {
        self.ready()?;
        self.with_room(&mut self.0.lock(), lane).map(|_| ())
    }

    fn with_room<'a>(&self, state: &'a mut State, lane: Lane) -> Result<&'a mut Waiting, BrokerError> {
        let waiting = state.lane(lane);
        if waiting.ready.len() + waiting.delayed.len() >= self.0.config.max_waiting_jobs {
            return Err(BrokerError::Full { queue: queue::jobs(lane, Generation::First).to_owned() });
        }
        Ok(waiting)
    }

    pub(crate) fn consume(&self, newest: u32, prefetch: Prefetch) -> Result<Consumer, BrokerError> {
        self.ready()?;
        Ok(Consumer::new(Arc::clone(&self.0), newest, prefetch))
    }

    pub(crate) fn consume_dead(&self) -> Result<DeadConsumer, BrokerError> {
        self.ready()?;
        Ok(DeadConsumer::new(Arc::clone(&self.0)))
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.0.tally.events_emitted.increment();
        // That nobody listens is no failure.
        let _ = self.0.events.send(Heard::Event(event.clone()));
    }

    pub(crate) fn subscribe(&self, filter: Filter) -> Result<Events, BrokerError> {
        self.ready()?;
        Ok(Events::in_process(filter, self.0.events.subscribe(), self.0.closed.clone()))
    }

    pub(crate) fn ready(&self) -> Result<(), BrokerError> {
        if self.0.closed.is_cancelled() { Err(BrokerError::Closed) } else { Ok(()) }
    }

    pub(crate) fn depths(&self) -> Depths {
        let mut state = self.0.lock();
        for lane in Lane::ALL {
            state.lane(lane).release_due(Instant::now());
        }
        let State { standard, express, dead } = &*state;
        Depths {
            standard: standard.ready.len() as u64,
            express: express.ready.len() as u64,
            retrying: (standard.delayed.len() + express.delayed.len()) as u64,
            dead: dead.len() as u64,
        }
    }

    pub(crate) fn retry_delays(&self) -> &[Duration] {
        &self.0.config.retry_delays
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.0.tally
    }

    pub(crate) fn close(&self) {
        self.0.closed.cancel();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change below is complete before anything that could panic: a poisoned lock guards good state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bury(&self, entry: Entry, reason: String) {
        let mut state = self.lock();
        if state.dead.len() >= self.config.max_dead_letters {
            state.dead.pop_front();
            tracing::warn!(kept = self.config.max_dead_letters, "the oldest dead letter was dropped");
        }
        state.dead.push_back(Letter { body: entry.body, reason, trace: entry.trace });
        drop(state);
        self.changed.notify_waiters();
    }

    fn delay(&self, entry: Entry, delay: Duration) {
        let mut state = self.lock();
        let waiting = state.lane(entry.lane);
        waiting.delayed_so_far += 1;
        let place = (Instant::now() + delay, waiting.delayed_so_far);
        waiting.delayed.insert(place, entry);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Keeps a message for a consumer of a newer release.
    fn put_back(&self, entry: Entry, version: u64) {
        self.tally.from_newer_release.note(version);
        let delay = self.config.retry_delays.iter().min().copied().unwrap_or(NEWER_WAITS);
        self.delay(entry, delay);
    }

    fn give_back(&self, mut entry: Entry) {
        entry.deliveries_before += 1;
        if entry.deliveries_before > self.config.delivery_limit {
            self.bury(entry, wire::delivery_limit_reason(self.config.delivery_limit));
        } else {
            self.lock().lane(entry.lane).ready.push_front(entry);
            self.changed.notify_waiters();
        }
    }
}

impl State {
    fn lane(&mut self, lane: Lane) -> &mut Waiting {
        match lane {
            Lane::Standard => &mut self.standard,
            Lane::Express => &mut self.express,
        }
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

    fn next_due(&self) -> Option<Instant> {
        self.delayed.keys().next().map(|(at, _)| *at)
    }
}
