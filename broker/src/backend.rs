//! Which backend something is of.
//!
//! `Broker`, the streams of arrivals and unsettled messages each have a part of one backend. It knows neither of them.

/// A part that is of the queues in this process, or of those on a RabbitMQ server.
#[derive(Clone, Debug)]
pub(crate) enum Backend<I, R> {
    InProcess(I),
    RabbitMq(R),
}
