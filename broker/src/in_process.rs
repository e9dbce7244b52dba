//! The queues inside this process: the backend of `punchline serve` and of tests.
//!
//! Used through `Broker` alone. It waits for tokio's clock and nothing else, holds no task of its own, and
//! never holds more than its configured number of waiting messages and dead letters. (Messages given back
//! or retried come on top, at most the sum of all prefetches: they were accepted once already.)

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU16;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::config::InProcessConfig;
use crate::delivery::{DeadLetter, Delivery, Hold as AnyHold};
use crate::{BrokerError, SettleError, wire};

/// All clones are the same queues.
#[derive(Clone, Debug)]
pub(crate) struct InProcess(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    config: InProcessConfig,
    state: Mutex<State>,
    /// Something became available, or will at a new time.
    changed: Notify,
    closed: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    ready: VecDeque<Entry>,
    /// By the time they come back, then by the order they went.
    delayed: BTreeMap<(Instant, u64), Entry>,
    delayed_so_far: u64,
    dead: VecDeque<DeadLetter>,
}

#[derive(Debug)]
struct Entry {
    body: Vec<u8>,
    /// How often it was delivered and given back.
    redeliveries: u32,
}

impl InProcess {
    pub(crate) fn new(config: InProcessConfig) -> Self {
        Self(Arc::new(Shared { config, state: Mutex::default(), changed: Notify::new(), closed: CancellationToken::new() }))
    }

    pub(crate) fn publish(&self, body: Vec<u8>) -> Result<(), BrokerError> {
        self.ready()?;
        let mut state = self.0.lock();
        if state.ready.len() + state.delayed.len() >= self.0.config.max_waiting_jobs {
            return Err(BrokerError::Full { queue: proto_shared::queue::JOBS.to_owned() });
        }
        state.ready.push_back(Entry { body, redeliveries: 0 });
        drop(state);
        self.0.changed.notify_waiters();
        Ok(())
    }

    pub(crate) fn consume(&self, prefetch: NonZeroU16) -> Result<Consumer, BrokerError> {
        self.ready()?;
        let slots = Arc::new(Semaphore::new(usize::from(prefetch.get())));
        Ok(Consumer { shared: Arc::clone(&self.0), slots, stopped: false })
    }

    pub(crate) fn ready(&self) -> Result<(), BrokerError> {
        if self.0.closed.is_cancelled() { Err(BrokerError::Closed) } else { Ok(()) }
    }

    pub(crate) fn depth(&self) -> u64 {
        let mut state = self.0.lock();
        state.release_due(Instant::now());
        state.ready.len() as u64
    }

    pub(crate) fn dead_letters(&self, at_most: usize) -> Vec<DeadLetter> {
        self.0.lock().dead.iter().take(at_most).cloned().collect()
    }

    pub(crate) fn retry_delays(&self) -> &[Duration] {
        &self.0.config.retry_delays
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

    fn bury(&self, body: Vec<u8>, reason: String) {
        let mut state = self.lock();
        if state.dead.len() >= self.config.max_dead_letters {
            state.dead.pop_front();
            tracing::warn!(kept = self.config.max_dead_letters, "the oldest dead letter was dropped");
        }
        state.dead.push_back(DeadLetter { body, reason });
    }

    fn give_back(&self, mut entry: Entry) {
        entry.redeliveries += 1;
        if entry.redeliveries > self.config.delivery_limit {
            let reason = format!("delivery_limit: given back unsettled {} times", entry.redeliveries);
            self.bury(entry.body, reason);
        } else {
            self.lock().ready.push_front(entry);
            self.changed.notify_waiters();
        }
    }
}

impl State {
    fn release_due(&mut self, now: Instant) {
        while let Some(first) = self.delayed.first_entry()
            && first.key().0 <= now
        {
            self.ready.push_back(first.remove());
        }
    }
}

#[derive(Debug)]
pub(crate) struct Consumer {
    shared: Arc<Shared>,
    /// One for each delivery that may be in hand.
    slots: Arc<Semaphore>,
    stopped: bool,
}

impl Consumer {
    pub(crate) async fn next(&mut self) -> Option<Delivery> {
        if self.stopped {
            return None;
        }
        let closed = self.shared.closed.clone();
        closed.run_until_cancelled_owned(self.wait()).await.flatten()
    }

    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    async fn wait(&self) -> Option<Delivery> {
        // Never closed, so this never is an error.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        loop {
            // Listening before looking: what arrives in between is not missed.
            let mut changed = pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            let next_due = {
                let mut state = self.shared.lock();
                state.release_due(Instant::now());
                if let Some(entry) = state.ready.pop_front() {
                    drop(state);
                    match wire::decode(&entry.body) {
                        Ok(message) => {
                            let redelivered = entry.redeliveries > 0;
                            let hold = Hold { shared: Arc::clone(&self.shared), entry: Some(entry), _slot: slot };
                            return Some(Delivery::new(message, redelivered, AnyHold::InProcess(hold)));
                        }
                        Err(reason) => {
                            tracing::warn!(%reason, "a message became a dead letter");
                            self.shared.bury(entry.body, reason);
                            continue;
                        }
                    }
                }
                state.delayed.keys().next().map(|(at, _)| *at)
            };
            match next_due {
                None => changed.await,
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(at) => {}
                },
            }
        }
    }
}

/// What keeps a delivered message out of the queue, and its consumer's slot taken.
#[derive(Debug)]
pub(crate) struct Hold {
    shared: Arc<Shared>,
    /// Until it is settled.
    entry: Option<Entry>,
    _slot: OwnedSemaphorePermit,
}

impl Hold {
    pub(crate) fn ack(mut self) {
        self.entry = None;
    }

    pub(crate) fn retry(mut self, body: Vec<u8>, delay: Duration) -> Result<(), SettleError> {
        if !self.shared.config.retry_delays.contains(&delay) {
            return Err(SettleError::UnknownDelay { delay_ms: delay.as_millis() });
        }
        let mut state = self.shared.lock();
        state.delayed_so_far += 1;
        let place = (Instant::now() + delay, state.delayed_so_far);
        state.delayed.insert(place, Entry { body, redeliveries: 0 });
        drop(state);
        self.entry = None;
        self.shared.changed.notify_waiters();
        Ok(())
    }

    pub(crate) fn dead_letter(mut self, reason: &str) {
        if let Some(entry) = self.entry.take() {
            self.shared.bury(entry.body, reason.to_owned());
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.shared.give_back(entry);
        }
    }
}
