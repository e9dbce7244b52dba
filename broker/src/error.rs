//! What can go wrong between us and the broker, as types that callers can match on.
//!
//! Shown to people in logs and in answers to requests; the texts hold no URL and no password.

use std::time::Duration;

use proto_shared::{ErrorCode, NewerRelease};

/// A message could not be published, or the broker could not be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BrokerError {
    /// A setting that cannot work.
    #[error("bad broker setting: {0}")]
    Config(&'static str),
    /// The connection attempt failed.
    #[error("cannot connect to the broker: {0}")]
    Connect(String),
    /// There is no connection at the moment; it is being re-established.
    #[error("the broker is not connected")]
    Disconnected,
    /// The broker has blocked publishing (memory or disk alarm on its side).
    #[error("the broker has blocked publishers")]
    Blocked,
    /// A consumer is not receiving at the moment; it is being re-established.
    #[error("{waiting} consumers are not receiving")]
    NotConsuming {
        /// How many.
        waiting: usize,
    },
    /// No answer in time.
    #[error("the broker did not answer to {what} within {limit_ms} ms")]
    Timeout {
        /// What was asked.
        what: &'static str,
        /// How long was waited.
        limit_ms: u128,
    },
    /// The queue takes no more messages.
    #[error("queue {queue} is full")]
    Full {
        /// Which.
        queue: String,
    },
    /// The message reached no queue.
    #[error("queue {queue} does not exist")]
    Unroutable {
        /// Where it should have gone.
        queue: String,
    },
    /// The queue exists already and was declared otherwise.
    #[error(
        "queue {queue} exists with other arguments than this release declares; delete it once it is empty, or use another vhost ({detail})"
    )]
    TopologyMismatch {
        /// Which.
        queue: String,
        /// The server's words.
        detail: String,
    },
    /// The channel or connection failed while it was used.
    #[error("the broker's channel failed: {0}")]
    Channel(String),
    /// The broker was closed by this process.
    #[error("the broker is closed")]
    Closed,
    /// The message could not be written as JSON.
    #[error("the message cannot be encoded: {0}")]
    Encode(String),
    /// What this release would write of the job is not all of it.
    #[error(transparent)]
    NewerRelease(#[from] NewerRelease),
}

impl BrokerError {
    /// The stable code for responses and records.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Config(_) | Self::Encode(_) => ErrorCode::Internal,
            Self::Connect(_)
            | Self::Disconnected
            | Self::Blocked
            | Self::NotConsuming { .. }
            | Self::Timeout { .. }
            | Self::Full { .. }
            | Self::Unroutable { .. }
            | Self::TopologyMismatch { .. }
            | Self::Channel(_)
            | Self::Closed
            | Self::NewerRelease(_) => ErrorCode::BrokerUnavailable,
        }
    }

    /// Whether the message that this is about is surely in no queue. After the others it may be.
    #[must_use]
    pub fn nothing_was_queued(&self) -> bool {
        match self {
            Self::Config(_)
            | Self::Connect(_)
            | Self::Full { .. }
            | Self::Unroutable { .. }
            | Self::TopologyMismatch { .. }
            | Self::Closed
            | Self::Encode(_)
            | Self::NewerRelease(_) => true,
            // It may be on its way when the block or the end of the connection comes.
            Self::Blocked | Self::Disconnected | Self::NotConsuming { .. } | Self::Timeout { .. } | Self::Channel(_) => false,
        }
    }

    pub(crate) fn timeout(what: &'static str, limit: Duration) -> Self {
        Self::Timeout { what, limit_ms: limit.as_millis() }
    }
}

/// A delivery could not be settled. It counts as given back: the broker will deliver it again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettleError {
    /// The channel that brought the delivery is gone, and the broker has taken the message back.
    #[error("the delivery's channel is gone; the broker delivers the message again")]
    Lost,
    /// No retry queue has this delay.
    #[error("no retry queue waits {delay_ms} ms")]
    UnknownDelay {
        /// The delay asked for.
        delay_ms: u128,
    },
    /// The copy for the retry or dead queue was not confirmed, so the original was not acked.
    #[error("the copy was not confirmed: {0}")]
    Copy(#[source] BrokerError),
    /// The acknowledgement failed on the way.
    #[error("the acknowledgement failed: {0}")]
    Ack(#[source] BrokerError),
}

impl SettleError {
    /// The stable code for records.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Lost => ErrorCode::BrokerUnavailable,
            Self::UnknownDelay { .. } => ErrorCode::Internal,
            Self::Copy(error) | Self::Ack(error) => error.code(),
        }
    }
}
