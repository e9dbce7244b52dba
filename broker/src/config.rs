//! How a broker is set up: addresses, limits and times, each with the default a service begins with.
//!
//! Filled in by the binary from the environment, and by tests. The URL holds a password, so nothing here
//! prints it.

use std::{fmt, num::NonZeroU16, time::Duration};

use proto_shared::{PerLane, queue};

use crate::BrokerError;

/// Of [`AmqpConfig::queue_prefix`]: AMQP allows 255 bytes for a name, and the queue's own is added to it.
const MAX_PREFIX_BYTES: usize = 100;

/// A broker on a RabbitMQ server.
#[derive(Clone)]
pub struct AmqpConfig {
    /// `amqp://user:password@host:port/vhost`, or `amqps://`.
    pub url: String,
    /// What the server's management page calls our connections.
    pub connection_name: String,
    /// How often each side sends a sign of life. RabbitMQ checks once in this time and gives a client up that was silent at two
    /// checks, so after two to three of these; the client gives the server up after two.
    pub heartbeat: Duration,
    /// For one attempt to connect and declare the queues.
    pub connect_timeout: Duration,
    /// For one message from publish to confirm.
    pub publish_timeout: Duration,
    /// Messages that can be waiting for their confirm at one time.
    pub confirm_channels: usize,
    /// Put before every queue name. Empty but in tests that share a server.
    pub queue_prefix: String,
    /// The waits that a retry can ask for; one queue each.
    pub retry_delays: Vec<Duration>,
    /// Redeliveries of one message before it becomes a dead letter.
    pub delivery_limit: u32,
    /// Messages that the queue of a lane holds before publishing is refused: about an hour's backlog.
    pub max_waiting_jobs: u32,
}

impl AmqpConfig {
    /// The defaults, for a server at `url`.
    #[must_use]
    pub fn new(url: impl Into<String>, connection_name: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connection_name: connection_name.into(),
            // The shortest that RabbitMQ's guide recommends: a frozen worker's jobs go to another within 15 s.
            heartbeat: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(10),
            publish_timeout: Duration::from_secs(5),
            confirm_channels: 16,
            queue_prefix: String::new(),
            retry_delays: queue::RETRY_DELAYS.to_vec(),
            delivery_limit: queue::DELIVERY_LIMIT,
            max_waiting_jobs: 100_000,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), BrokerError> {
        if self.confirm_channels == 0 {
            return Err(BrokerError::Config("confirm_channels must be at least 1"));
        }
        if self.queue_prefix.len() > MAX_PREFIX_BYTES {
            return Err(BrokerError::Config("queue_prefix is longer than 100 bytes"));
        }
        Ok(())
    }
}

impl fmt::Debug for AmqpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AmqpConfig").field("connection_name", &self.connection_name).finish_non_exhaustive()
    }
}

/// How many deliveries of each lane may be unsettled. Neither can be none: a lane that no worker serves is never emptied.
pub type Prefetch = PerLane<NonZeroU16>;

/// A broker inside the process.
#[derive(Clone, Debug)]
pub struct InProcessConfig {
    /// Messages of one lane that may wait, for a consumer or for their retry, before publishing is refused.
    pub max_waiting_jobs: usize,
    /// Dead letters kept; beyond it the oldest goes.
    pub max_dead_letters: usize,
    /// Redeliveries of one message before it becomes a dead letter.
    pub delivery_limit: u32,
    /// The waits that a retry can ask for.
    pub retry_delays: Vec<Duration>,
}

impl Default for InProcessConfig {
    fn default() -> Self {
        Self {
            max_waiting_jobs: 10_000,
            max_dead_letters: 1_000,
            delivery_limit: queue::DELIVERY_LIMIT,
            retry_delays: queue::RETRY_DELAYS.to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_printed() {
        let config = AmqpConfig::new("amqp://user:hunter2@localhost", "test");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
