//! Which queues there are and how each is declared. The one place that knows a queue argument.
//!
//! ```text
//! publish -> jobs[.v2][.express] -> consumer -> ack
//!              ^  \-> (delivery limit) -> dead -> consumer -> ack
//!              |                           ^- dead_letter
//!              \-- (expired) -- retry.<delay> <- retry, or of a newer release
//! ```
//! Jobs that need more than the first releases know go to the queues named v2, which workers of those releases do not consume.
//!
//! All are quorum queues. Dead-lettering is at-least-once everywhere (the default may lose messages when
//! the server fails in between), and that in turn asks for `reject-publish`: a full queue refuses instead
//! of dropping its head.
//!
//! A retry must come back to its own lane. So it is published to an exchange that gives everything to the one retry queue,
//! with its lane as the routing key; the retry queue dead-letters through the default exchange and names no key of its own,
//! so the message's key stands, and that is the lane's queue.
//!
//! The arguments are valid from RabbitMQ 3.10 to 4.x. What differs: from 4.0 on a quorum queue without `x-delivery-limit` has
//! one of 20 (before: none), so every queue that is consumed from names its own, and -1 for none, which 3.x refuses, is not
//! used; a queue's mirror policies are gone there, and we have none.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};
use proto_shared::{
    Lane,
    queue::{self, Generation},
};

use super::channel::channel_error;
use crate::{AmqpConfig, BrokerError};

/// AMQP's reply code for "exists with other arguments".
const PRECONDITION_FAILED: u16 = 406;

/// A dead letter that is given back (the store was down) counts as a redelivery, and must not vanish by that.
const GIVING_BACK_A_DEAD_LETTER: i32 = 1_000_000_000;

/// The queues and exchanges of one broker.
#[derive(Debug)]
pub(super) struct Topology {
    pub(super) dead: String,
    pub(super) events: String,
    jobs: Vec<(Lane, Generation, String)>,
    /// The exchange and the queue behind it have the same name.
    retries: Vec<(Duration, String)>,
    delivery_limit: u32,
    max_waiting_jobs: u32,
}

impl Topology {
    pub(super) fn new(config: &AmqpConfig) -> Result<Self, BrokerError> {
        config.validate()?;
        let prefix = &config.queue_prefix;
        let named = |name: &str| format!("{prefix}{name}");
        let of_lane = |lane| Generation::ALL.map(|generation| (lane, generation, named(queue::jobs(lane, generation))));
        Ok(Self {
            dead: named(queue::DEAD),
            events: named(queue::EVENTS),
            jobs: Lane::ALL.into_iter().flat_map(of_lane).collect(),
            retries: config.retry_delays.iter().map(|&delay| (delay, named(&queue::retry(delay)))).collect(),
            delivery_limit: config.delivery_limit,
            max_waiting_jobs: config.max_waiting_jobs,
        })
    }

    /// The queue of a lane and a generation.
    pub(super) fn jobs(&self, lane: Lane, generation: Generation) -> &str {
        let mut all = self.all_jobs();
        // There is one of each; the shared name is what it has without a prefix.
        all.find(|queue| (queue.0, queue.1) == (lane, generation)).map_or(queue::jobs(lane, generation), |queue| queue.2)
    }

    /// All queues of jobs.
    pub(super) fn all_jobs(&self) -> impl Iterator<Item = (Lane, Generation, &str)> {
        self.jobs.iter().map(|(lane, generation, name)| (*lane, *generation, name.as_str()))
    }

    /// The retry exchange whose queue waits this long.
    pub(super) fn retry(&self, delay: Duration) -> Option<&str> {
        self.retries.iter().find(|(waits, _)| *waits == delay).map(|(_, name)| name.as_str())
    }

    /// The shortest wait there is, and its exchange.
    pub(super) fn shortest_retry(&self) -> Option<(Duration, &str)> {
        self.retries.iter().min().map(|(waits, name)| (*waits, name.as_str()))
    }

    /// All retry queues.
    pub(super) fn retries(&self) -> impl Iterator<Item = &str> {
        self.retries.iter().map(|(_, name)| name.as_str())
    }

    /// Creates what is missing. Queues that exist with other arguments are an error that names the first.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<(), BrokerError> {
        let channel = connection.create_channel().await.map_err(channel_error)?;
        for (name, arguments) in self.queues() {
            let declared = channel.queue_declare(ShortString::from(name), QueueDeclareOptions::durable(), arguments).await;
            declared.map_err(|error| refused(name, error))?;
        }
        for name in self.retries() {
            declare_exchange(&channel, name, ExchangeKind::Fanout).await?;
            let (queue, exchange) = (ShortString::from(name), ShortString::from(name));
            let any_key = ShortString::default();
            let bound = channel.queue_bind(queue, exchange, any_key, QueueBindOptions::default(), FieldTable::default()).await;
            bound.map_err(channel_error)?;
        }
        self.declare_events(&channel).await?;
        channel.close(200, "OK".into()).await.map_err(channel_error)
    }

    /// Creates the exchange of the events, if it is missing.
    pub(super) async fn declare_events(&self, channel: &Channel) -> Result<(), BrokerError> {
        declare_exchange(channel, &self.events, ExchangeKind::Topic).await
    }

    fn queues(&self) -> Vec<(&str, FieldTable)> {
        let mut dead = quorum();
        set(&mut dead, "x-delivery-limit", AMQPValue::LongInt(GIVING_BACK_A_DEAD_LETTER));
        let mut queues = vec![(self.dead.as_str(), dead)];
        for (.., name) in self.all_jobs() {
            let mut jobs = quorum();
            set(&mut jobs, "x-delivery-limit", AMQPValue::LongLongInt(self.delivery_limit.into()));
            self.bound(&mut jobs);
            dead_letters_to(&mut jobs, Some(&self.dead));
            queues.push((name, jobs));
        }
        for (delay, name) in &self.retries {
            let mut retry = quorum();
            let ttl_ms = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
            set(&mut retry, "x-message-ttl", AMQPValue::LongLongInt(ttl_ms));
            self.bound(&mut retry);
            dead_letters_to(&mut retry, None);
            queues.push((name, retry));
        }
        queues
    }

    fn bound(&self, arguments: &mut FieldTable) {
        set(arguments, "x-max-length", AMQPValue::LongLongInt(self.max_waiting_jobs.into()));
        set(arguments, "x-overflow", text("reject-publish"));
    }
}

async fn declare_exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), BrokerError> {
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let declared = channel.exchange_declare(ShortString::from(name), kind, durable, FieldTable::default()).await;
    declared.map_err(|error| refused(name, error))
}

fn refused(name: &str, error: lapin::Error) -> BrokerError {
    match error.kind() {
        ErrorKind::ProtocolError(refusal) if refusal.get_id() == PRECONDITION_FAILED => {
            BrokerError::TopologyMismatch { queue: name.to_owned(), detail: refusal.get_message().to_string() }
        }
        _ => channel_error(error),
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    set(&mut arguments, "x-queue-type", text("quorum"));
    arguments
}

/// To the queue named, or else to the one that the message's own routing key names.
fn dead_letters_to(arguments: &mut FieldTable, queue: Option<&str>) {
    set(arguments, "x-dead-letter-exchange", text(""));
    if let Some(queue) = queue {
        set(arguments, "x-dead-letter-routing-key", text(queue));
    }
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
        assert_eq!((plain.dead.as_str(), plain.events.as_str()), (queue::DEAD, queue::EVENTS));
        let all = [queue::JOBS, queue::JOBS_V2, queue::JOBS_EXPRESS, queue::JOBS_V2_EXPRESS];
        assert!(plain.all_jobs().map(|(.., name)| name).eq(all));
        for (lane, generation, name) in plain.all_jobs() {
            assert_eq!((name, plain.jobs(lane, generation)), (queue::jobs(lane, generation), name));
        }
        for delay in queue::RETRY_DELAYS {
            assert_eq!(plain.retry(delay), Some(queue::retry(delay).as_str()));
        }
        assert_eq!(plain.retry(Duration::from_secs(6)), None);
        assert_eq!(plain.shortest_retry().map(|(delay, _)| delay), queue::RETRY_DELAYS.into_iter().min());
        assert_eq!(topology("t1.").jobs(Lane::Express, Generation::First), format!("t1.{}", queue::JOBS_EXPRESS));
    }

    #[test]
    fn whatever_dead_letters_does_so_at_least_once_and_refuses_when_full() {
        let topology = topology("");
        let queues = topology.queues();
        assert_eq!(queues.len(), 1 + topology.all_jobs().count() + queue::RETRY_DELAYS.len());
        for (name, arguments) in queues {
            let arguments = arguments.inner();
            assert_eq!(arguments.get("x-queue-type"), Some(&text("quorum")), "{name}");
            if arguments.contains_key("x-dead-letter-exchange") {
                assert_eq!(arguments.get("x-dead-letter-strategy"), Some(&text("at-least-once")), "{name}");
                assert_eq!(arguments.get("x-overflow"), Some(&text("reject-publish")), "{name}");
                // A retry with a key of its own would bring every lane's jobs to one.
                let names_a_key = arguments.contains_key("x-dead-letter-routing-key");
                assert_eq!(names_a_key, !arguments.contains_key("x-message-ttl"), "{name}");
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
