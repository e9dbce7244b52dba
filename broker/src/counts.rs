//! What a broker handle has seen so far, for metrics.
//!
//! Kept by both backends, read through `Broker::counts`. Plain numbers that only grow: nothing here knows a metrics library,
//! and nothing decides by them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::newer_release::NewerReleases;

/// Totals since the broker was made, over all its clones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that were lost and came back.
    pub reconnects: u64,
    /// Consumers and subscriptions that ended without being asked to, and receive again.
    pub consumers_reopened: u64,
    /// Jobs whose publishing was confirmed.
    pub published: u64,
    /// Jobs whose publishing was refused or not confirmed in time.
    pub publish_failed: u64,
    /// Acknowledgements that the broker did not get: too late, or on a channel that had ended. Each is a redelivery.
    pub acks_lost: u64,
    /// Messages of a newer release that were put back for a worker that knows them; each delivery of one counts.
    pub from_newer_release: u64,
    /// Events handed over to be sent.
    pub events_emitted: u64,
    /// Events that were thrown away instead of waiting: no connection, a blocked one, or too many at once.
    pub events_dropped: u64,
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) reconnects: Counter,
    pub(crate) consumers_reopened: Counter,
    pub(crate) published: Counter,
    pub(crate) publish_failed: Counter,
    pub(crate) acks_lost: Counter,
    pub(crate) from_newer_release: NewerReleases,
    pub(crate) events_emitted: Counter,
    pub(crate) events_dropped: Counter,
}

impl Tally {
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            reconnects: self.reconnects.get(),
            consumers_reopened: self.consumers_reopened.get(),
            published: self.published.get(),
            publish_failed: self.publish_failed.get(),
            acks_lost: self.acks_lost.get(),
            from_newer_release: self.from_newer_release.get(),
            events_emitted: self.events_emitted.get(),
            events_dropped: self.events_dropped.get(),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
