//! The queues inside this process: the backend of `punchline serve` and of tests.
//!
//! Used through `Broker` alone. It waits for tokio's clock and nothing else, holds no task of its own, and
//! never holds more than its configured number of waiting messages and dead letters. (Messages given back
//! or retried come on top, at most the sum of all prefetches: they were accepted once already.)

mod consumer;
mod queues;

use std::{sync::Arc, time::Duration};

use proto_shared::{Event, Lane};

use self::queues::Queues;
pub(crate) use self::{consumer::Consumer, queues::Unsettled};
use crate::{
    BrokerError, Depths, Events, Filter, Heard, InProcessConfig, Prefetch,
    counts::Tally,
    wire::{Envelope, ReadJob, ReadLetter},
};

/// All clones are the same queues.
#[derive(Clone, Debug)]
pub(crate) struct InProcess(Arc<Queues>);

impl InProcess {
    pub(crate) fn new(config: InProcessConfig) -> Self {
        Self(Arc::new(Queues::new(config)))
    }

    pub(crate) fn publish(&self, lane: Lane, body: Vec<u8>, envelope: Envelope) -> Result<(), BrokerError> {
        self.ready()?;
        self.0.publish(lane, body, envelope)
    }

    pub(crate) fn can_publish(&self, lane: Lane) -> Result<(), BrokerError> {
        self.ready()?;
        self.0.has_room(lane)
    }

    pub(crate) fn consume(&self, newest: u32, prefetch: Prefetch) -> Result<Consumer<ReadJob>, BrokerError> {
        self.ready()?;
        Ok(Consumer::jobs(Arc::clone(&self.0), newest, prefetch))
    }

    pub(crate) fn consume_dead(&self) -> Result<Consumer<ReadLetter>, BrokerError> {
        self.ready()?;
        Ok(Consumer::dead(Arc::clone(&self.0)))
    }

    pub(crate) fn emit(&self, event: &Event) {
        self.0.tally.events_emitted.increment();
        // That nobody listens is no failure.
        let _ = self.0.events.send(Heard::Event(event.clone()));
    }

    pub(crate) fn subscribe(&self, filter: Filter) -> Result<Events, BrokerError> {
        self.ready()?;
        Ok(Events::new(filter, self.0.events.subscribe(), self.0.closed.clone(), ()))
    }

    pub(crate) fn ready(&self) -> Result<(), BrokerError> {
        if self.0.closed.is_cancelled() { Err(BrokerError::Closed) } else { Ok(()) }
    }

    pub(crate) fn depths(&self) -> Depths {
        self.0.depths()
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
