//! Which queues there are and how each is declared. The one place that knows a queue argument.
//!
//! ```text
//! publish -> jobs -> consumer -> ack
//!             ^  \-> (delivery limit) -> dead <- dead_letter
//!             \-- (expired) -- retry.<delay> <- retry
//! ```
//! All are quorum queues. Dead-lettering is at-least-once everywhere (the default may lose messages when
//! the server fails in between), and that in turn asks for `reject-publish`: a full queue refuses instead
//! of dropping its head.

use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Connection, ErrorKind};
use proto_shared::queue;

use super::channel_error;
use crate::{AmqpConfig, BrokerError};

/// AMQP's reply code for "exists with other arguments".
const PRECONDITION_FAILED: u16 = 406;

/// Looking at a dead letter counts as a redelivery, and from version 4 on a quorum queue has a limit of
/// 20 unless told otherwise; a letter must not vanish for being read.
const LOOKS_AT_A_DEAD_LETTER: i32 = 1_000_000_000;

/// The queues of one broker.
#[derive(Debug)]
pub(super) struct Topology {
    pub(super) jobs: String,
    pub(super) dead: String,
    retries: Vec<(Duration, String)>,
    delivery_limit: u32,
    max_waiting_jobs: u32,
}

impl Topology {
    pub(super) fn new(config: &AmqpConfig) -> Result<Self, BrokerError> {
        config.validate()?;
        let prefix = &config.queue_prefix;
        let retries = config.retry_delays.iter().map(|&delay| (delay, format!("{prefix}{}", queue::retry(delay)))).collect();
        Ok(Self {
            jobs: format!("{prefix}{}", queue::JOBS),
            dead: format!("{prefix}{}", queue::DEAD),
            retries,
            delivery_limit: config.delivery_limit,
            max_waiting_jobs: config.max_waiting_jobs,
        })
    }

    /// The retry queue that waits this long.
    pub(super) fn retry(&self, delay: Duration) -> Option<&str> {
        self.retries.iter().find(|(waits, _)| *waits == delay).map(|(_, name)| name.as_str())
    }

    /// Creates what is missing. Queues that exist with other arguments are an error that names the first.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = connection.create_channel().await.map_err(channel_error)?;
        for (name, arguments) in self.queues() {
            let declared = channel.queue_declare(ShortString::from(name), QueueDeclareOptions::durable(), arguments).await;
            declared.map_err(|error| match error.kind() {
                ErrorKind::ProtocolError(refusal) if refusal.get_id() == PRECONDITION_FAILED => {
                    BrokerError::TopologyMismatch { queue: name.to_owned(), detail: refusal.get_message().to_string() }
                }
                _ => channel_error(error),
            })?;
        }
        channel.close(200, "OK".into()).await.map_err(channel_error)
    }

    fn queues(&self) -> Vec<(&str, FieldTable)> {
        let mut dead = quorum();
        set(&mut dead, "x-delivery-limit", AMQPValue::LongInt(LOOKS_AT_A_DEAD_LETTER));
        let mut jobs = quorum();
        set(&mut jobs, "x-delivery-limit", AMQPValue::LongLongInt(self.delivery_limit.into()));
        self.bound(&mut jobs);
        dead_letters_to(&mut jobs, &self.dead);
        let mut queues = vec![(self.dead.as_str(), dead), (self.jobs.as_str(), jobs)];
        for (delay, name) in &self.retries {
            let mut retry = quorum();
            let ttl_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            set(&mut retry, "x-message-ttl", AMQPValue::LongLongInt(ttl_ms));
            self.bound(&mut retry);
            dead_letters_to(&mut retry, &self.jobs);
            queues.push((name, retry));
        }
        queues
    }

    fn bound(&self, arguments: &mut FieldTable) {
        set(arguments, "x-max-length", AMQPValue::LongLongInt(self.max_waiting_jobs.into()));
        set(arguments, "x-overflow", text("reject-publish"));
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    set(&mut arguments, "x-queue-type", text("quorum"));
    arguments
}

fn dead_letters_to(arguments: &mut FieldTable, queue: &str) {
    set(arguments, "x-dead-letter-exchange", text(""));
    set(arguments, "x-dead-letter-routing-key", text(queue));
    set(arguments, "x-dead-letter-strategy", text("at-least-once"));
}

fn set(arguments: &mut FieldTable, name: &str, value: AMQPValue) {
    arguments.insert(ShortString::from(name), value);
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(value.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology(prefix: &str) -> Topology {
        let mut config = AmqpConfig::new("amqp://localhost", "test");
        prefix.clone_into(&mut config.queue_prefix);
        Topology::new(&config).unwrap()
    }

    #[test]
    fn the_names_are_the_shared_ones() {
        let plain = topology("");
        assert_eq!((plain.jobs.as_str(), plain.dead.as_str()), (queue::JOBS, queue::DEAD));
        for delay in queue::RETRY_DELAYS {
            assert_eq!(plain.retry(delay), Some(queue::retry(delay).as_str()));
        }
        assert_eq!(plain.retry(Duration::from_secs(6)), None);
        assert_eq!(topology("t1.").jobs, format!("t1.{}", queue::JOBS));
    }

    #[test]
    fn whatever_dead_letters_does_so_at_least_once_and_refuses_when_full() {
        let topology = topology("");
        let queues = topology.queues();
        assert_eq!(queues.len(), 2 + queue::RETRY_DELAYS.len());
        for (name, arguments) in queues {
            let arguments = arguments.inner();
            assert_eq!(arguments.get("x-queue-type"), Some(&text("quorum")), "{name}");
            if arguments.contains_key("x-dead-letter-exchange") {
                assert_eq!(arguments.get("x-dead-letter-strategy"), Some(&text("at-least-once")), "{name}");
                assert_eq!(arguments.get("x-overflow"), Some(&text("reject-publish")), "{name}");
            } else {
                assert_eq!(name, queue::DEAD);
            }
        }
    }

    #[test]
    fn a_prefix_that_no_queue_name_could_hold_is_refused() {
        let mut config = AmqpConfig::new("amqp://localhost", "test");
        config.queue_prefix = "p".repeat(101);
        assert!(matches!(Topology::new(&config), Err(BrokerError::Config(_))));
    }
}
