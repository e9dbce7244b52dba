//! A delivered message until it is settled, and the three ways to settle it.
//!
//! Used by `Arrivals` and `consumer`. A retry and a dead letter are a copy that is confirmed first and an ack second: a
//! fault in between leaves two messages, never none. All of it is bounded by the publish timeout.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Acker, Channel};
use proto_shared::{
    ErrorCode, TraceContext,
    queue::{HEADER_CODE, HEADER_DELIVERED, HEADER_REASON},
    trace::TRACEPARENT,
};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    channel::channel_error,
    publisher::{self, Publisher, Route},
    server::Server,
    topology::Topology,
};
use crate::{
    BrokerError, SettleError,
    counts::Tally,
    wire::{Envelope, Reason},
};

/// A header must fit into one frame with all others; a reason is for people and needs no more.
const MAX_REASON_CHARS: usize = 1_000;

/// A message that could not be copied is given back after this at most, however long a retry asked for.
const LONGEST_KEPT: Duration = Duration::from_secs(10);

/// What the names of our own headers begin with, among those that a server may add.
const OUR_HEADERS: &str = "x-punchline-";

/// The server's word in `x-death` for a message that was given back too often.
const DELIVERY_LIMIT: &str = "delivery_limit";

/// The server's header on a message that came back to its quorum queue: how often.
const DELIVERY_COUNT: &str = "x-delivery-count";

/// A message that the server has given to us and waits to hear about.
pub(crate) struct Unsettled {
    body: Vec<u8>,
    message_id: String,
    /// Where it goes again after a retry: the queue it came from.
    queue: String,
    headers: Option<FieldTable>,
    redelivered: bool,
    acker: Acker,
    /// The last handle on a channel closes it, and with it goes the right to settle.
    channel: Arc<Channel>,
    publisher: Publisher,
    topology: Arc<Topology>,
    tally: Arc<Tally>,
    limit: Duration,
    closed: CancellationToken,
}

impl Unsettled {
    pub(super) fn new(server: &Server, queue: &str, channel: Arc<Channel>, raw: lapin::message::Delivery) -> Self {
        Self {
            message_id: raw.properties.message_id().as_ref().map(ToString::to_string).unwrap_or_default(),
            queue: queue.to_owned(),
            headers: raw.properties.headers().clone(),
            body: raw.data,
            redelivered: raw.redelivered,
            acker: raw.acker,
            channel,
            publisher: server.publisher.clone(),
            topology: Arc::clone(&server.topology),
            tally: Arc::clone(&server.tally),
            limit: server.config.publish_timeout,
            closed: server.closed.clone(),
        }
    }

    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(super) fn take_body(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }

    /// Why it is a dead letter: in our headers if a worker made it one, in the server's if the server did.
    pub(super) fn reason(&self, delivery_limit: u32) -> Reason {
        let code = self.header(HEADER_CODE).and_then(text).and_then(|code| ErrorCode::parse(&code));
        let ours = self.header(HEADER_REASON).and_then(text);
        // The newest of the server's notes stands first.
        let servers = || match self.header("x-death")?.as_array()?.as_slice().first()? {
            AMQPValue::FieldTable(newest) => newest.inner().get("reason").and_then(text),
            _ => None,
        };
        match ours.or_else(servers) {
            // The server counts deaths, not deliveries; how often it was given back follows from the limit.
            Some(reason) if reason == DELIVERY_LIMIT => Reason::delivery_limit(delivery_limit),
            Some(text) => Reason { code, text },
            None => Reason { code, text: "unknown".to_owned() },
        }
    }

    /// What goes with a copy. It counts from nothing: it is another attempt, or no delivery any more.
    fn envelope(&self) -> Envelope {
        Envelope { trace: self.trace(), deliveries_before: 0 }
    }

    /// The trace that the message's header names.
    pub(super) fn trace(&self) -> Option<TraceContext> {
        TraceContext::parse(&self.header(TRACEPARENT).and_then(text)?)
    }

    pub(super) fn message_id(&self) -> &str {
        &self.message_id
    }

    /// How often the message was delivered before, by the server's count, and the job before this message, by the publisher's.
    /// A quorum queue counts what came back; the flag alone tells of a delivery too, where a server gives no count.
    pub(super) fn deliveries_before(&self) -> u32 {
        let number = |name| self.header(name).and_then(number).unwrap_or_default();
        number(DELIVERY_COUNT).max(u32::from(self.redelivered)).saturating_add(number(HEADER_DELIVERED))
    }

    /// Whether its channel has ended, so that the server has taken the message back.
    pub(crate) fn is_lost(&self) -> bool {
        self.acker.poisoned()
    }

    pub(crate) async fn ack(self) -> Result<(), SettleError> {
        let lost = match timeout(self.limit, self.acker.ack(BasicAckOptions::default())).await {
            Ok(Ok(true)) => return Ok(()),
            // Not an error to lapin, but nobody was told.
            Ok(Ok(false)) => SettleError::Lost,
            Ok(Err(error)) => SettleError::Ack(channel_error(error)),
            Err(_) => SettleError::Ack(BrokerError::timeout("ack", self.limit)),
        };
        self.tally.acks_lost.increment();
        Err(lost)
    }

    pub(crate) async fn retry(self, body: &[u8], delay: Duration) -> Result<(), SettleError> {
        let Some(exchange) = self.topology.retry(delay) else {
            return Err(SettleError::UnknownDelay { delay_ms: delay.as_millis() });
        };
        match self.copy_to(Route { exchange, key: &self.queue }, body, publisher::headers(self.envelope())).await {
            Ok(()) => self.ack().await,
            Err(error) => Err(self.give_back_after(delay, error)),
        }
    }

    pub(crate) async fn dead_letter(self, reason: Reason) -> Result<(), SettleError> {
        let Reason { code, text } = reason;
        let text: String = text.chars().take(MAX_REASON_CHARS).collect();
        let mut headers = publisher::headers(self.envelope());
        headers.insert(ShortString::from(HEADER_REASON), AMQPValue::LongString(text.into()));
        if let Some(code) = code {
            headers.insert(ShortString::from(HEADER_CODE), AMQPValue::LongString(code.as_str().into()));
        }
        match self.copy_to(Route::to_queue(&self.topology.dead), &self.body, headers).await {
            Ok(()) => self.ack().await,
            Err(error) => Err(self.give_back_after(LONGEST_KEPT, error)),
        }
    }

    /// Leaves the message to a newer release: a copy of it, as it is, comes to this queue again after the shortest delay. While
    /// the server takes no copy the message stays unsettled, however long that is: given back it would count as delivered,
    /// and become a dead letter in the end.
    pub(super) async fn put_back(self: Box<Self>) {
        let closed = self.closed.clone();
        let copying = async {
            loop {
                let copied = match self.topology.shortest_retry() {
                    Some((_, exchange)) => {
                        self.copy_to(Route { exchange, key: &self.queue }, &self.body, self.lasting_headers()).await
                    }
                    None => Err(SettleError::UnknownDelay { delay_ms: 0 }),
                };
                match copied {
                    Ok(()) => return true,
                    Err(SettleError::Lost) => return false,
                    Err(error) => tracing::debug!(%error, "failed to put a message of a newer release back; trying again"),
                }
                sleep(LONGEST_KEPT).await;
            }
        };
        if closed.run_until_cancelled(copying).await == Some(true) {
            // Where it fails there is a copy too many, which is harmless.
            let _ = self.ack().await;
        }
    }

    /// The headers that the message was sent with, without what the server has added on its way.
    fn lasting_headers(&self) -> FieldTable {
        let mut lasting = FieldTable::default();
        for (name, value) in self.headers.iter().flat_map(FieldTable::inner) {
            if !name.as_str().starts_with("x-") || name.as_str().starts_with(OUR_HEADERS) {
                lasting.insert(name.clone(), value.clone());
            }
        }
        lasting
    }

    /// Keeps the message out of the queue for a while. Given back at once it would be delivered at once, fail again while the
    /// server accepts no messages, and reach the delivery limit within a second.
    fn give_back_after(self, wait: Duration, cause: SettleError) -> SettleError {
        let closed = self.closed.clone();
        tokio::spawn(async move {
            closed.run_until_cancelled(sleep(wait.min(LONGEST_KEPT))).await;
            drop(self);
        });
        cause
    }

    fn header(&self, name: &str) -> Option<&AMQPValue> {
        self.headers.as_ref()?.inner().get(name)
    }

    async fn copy_to(&self, route: Route<'_>, body: &[u8], headers: FieldTable) -> Result<(), SettleError> {
        // Whoever gets the message next will make the copy; one more now would be one too many.
        if self.is_lost() {
            return Err(SettleError::Lost);
        }
        self.publisher.publish(route, body, &self.message_id, headers).await.map_err(SettleError::Copy)
    }
}

impl std::fmt::Debug for Unsettled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unsettled").field("message_id", &self.message_id).finish_non_exhaustive()
    }
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        // Outside a runtime nothing can be sent, but then the connection ends too and gives it back.
        if self.acker.usable()
            && let Ok(runtime) = Handle::try_current()
        {
            let (acker, channel) = (self.acker.clone(), self.channel.clone());
            runtime.spawn(async move {
                give_back(&acker).await;
                drop(channel);
            });
        }
    }
}

fn text(value: &AMQPValue) -> Option<String> {
    value.as_long_string().map(ToString::to_string)
}

/// A count, in whichever of AMQP's integers; below nothing is nothing.
fn number(value: &AMQPValue) -> Option<u32> {
    let number = match *value {
        AMQPValue::ShortShortInt(number) => i64::from(number),
        AMQPValue::ShortShortUInt(number) => i64::from(number),
        AMQPValue::ShortInt(number) => i64::from(number),
        AMQPValue::ShortUInt(number) => i64::from(number),
        AMQPValue::LongInt(number) => i64::from(number),
        AMQPValue::LongUInt(number) => i64::from(number),
        AMQPValue::LongLongInt(number) => number,
        _ => return None,
    };
    Some(u32::try_from(number.max(0)).unwrap_or(u32::MAX))
}

/// Best effort: where it fails the channel has ended, and the server takes the message back by itself.
pub(super) async fn give_back(acker: &Acker) {
    let _ = acker.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await;
}
