//! The broker's names: queues, headers, retry delays. Used by broker alone, and by an operator who looks
//! for them in the management page.

use std::time::Duration;

use crate::{Event, Lane};

/// The standard lane.
pub const JOBS: &str = "punchline.jobs";

/// The express lane.
pub const JOBS_EXPRESS: &str = "punchline.jobs.express";

/// The standard lane of jobs that need more than version 1.
pub const JOBS_V2: &str = "punchline.jobs.v2";

/// The express lane of jobs that need more than version 1.
pub const JOBS_V2_EXPRESS: &str = "punchline.jobs.v2.express";

/// Who may be given a job. Workers of the first releases take what they don't know for malformed and give it up, so jobs that
/// need more than they know go to queues that those workers do not consume. Later workers consume both, and leave what they
/// don't know to others: there will be no third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Every worker.
    First,
    /// Workers that leave what they don't know to others.
    Second,
}

impl Generation {
    /// Both.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// Of a job that needs this version.
    #[must_use]
    pub fn of(version: u32) -> Self {
        if version <= 1 { Self::First } else { Self::Second }
    }
}

/// A queue of jobs, which workers consume.
#[must_use]
pub fn jobs(lane: Lane, generation: Generation) -> &'static str {
    match (generation, lane) {
        (Generation::First, Lane::Standard) => JOBS,
        (Generation::First, Lane::Express) => JOBS_EXPRESS,
        (Generation::Second, Lane::Standard) => JOBS_V2,
        (Generation::Second, Lane::Express) => JOBS_V2_EXPRESS,
    }
}

/// The topic exchange of events.
pub const EVENTS: &str = "punchline.events";

/// The routing key of an event.
#[must_use]
pub fn event(event: &Event) -> String {
    format!("job.{}.{}", event.job, event.news.name())
}

/// Binds to every event.
pub const EVERY_EVENT: &str = "job.#";

/// Binds to the events by which a worker stops what it has in hand.
#[must_use]
pub fn cancellations() -> String {
    format!("job.*.{}", crate::event::CANCELLED)
}

/// Messages that no worker could settle, on their way to the store.
pub const DEAD: &str = "punchline.dead";

/// Header: why a message is a dead letter.
pub const HEADER_REASON: &str = "x-punchline-reason";

/// Header: the error code of a dead letter that a worker gave up. Releases before this header wrote it into the reason alone.
pub const HEADER_CODE: &str = "x-punchline-code";

/// Header: how often the job was delivered before by messages that are gone, where the publisher of the new message can't rule that out.
pub const HEADER_DELIVERED: &str = "x-punchline-delivered";

/// How long a job waits before each further attempt. One retry queue a delay, because a quorum queue
/// expires messages at its head only.
pub const RETRY_DELAYS: [Duration; 4] =
    [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120), Duration::from_secs(600)];

/// Redeliveries (a worker died with the message in hand) before the broker dead-letters it.
pub const DELIVERY_LIMIT: u32 = 5;

/// The retry queue that holds a message for `delay`.
#[must_use]
pub fn retry(delay: Duration) -> String {
    format!("punchline.retry.{}ms", delay.as_millis())
}
