//! Which backend a handle is of: everything this crate hands out has a part of either.

use crate::rabbitmq;

/// A part that is of the queues in this process, or of those on a RabbitMQ server.
#[derive(Clone, Debug)]
pub(crate) enum Backend<I, R> {
    InProcess(I),
    RabbitMq(R),
}

/// What keeps a message in hand.
pub(crate) type Hold<I> = Backend<I, Box<rabbitmq::Hold>>;

impl<I> Hold<I> {
    /// Whether the broker has taken the message back already, so that settling it would come too late.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Self::InProcess(_) => false,
            Self::RabbitMq(hold) => hold.is_lost(),
        }
    }
}
