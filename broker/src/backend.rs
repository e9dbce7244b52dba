//! One of two backends: the queues in this process, or RabbitMQ.
//!
//! `Broker`, the streams of arrivals, and unsettled messages each hold their part of one backend. This file knows none of the three.

/// A part that is of the queues in this process, or of those on a RabbitMQ server.
#[derive(Clone, Debug)]
pub(crate) enum Backend<I, R> {
    InProcess(I),
    RabbitMq(R),
}
