//! The network between processes and their servers: a proxy in front of the broker and one in front of the store.
//!
//! Called by [`crate::cluster`], which gives api and workers a network each, so that one side may lose what the other still reaches.
//! It must change nothing by itself: what fails, and when, is the tests' to say.

use crate::{
    HarnessError,
    proxy::{Mode, Proxy},
    rabbitmq::RabbitMq,
    seaweedfs::SeaweedFs,
};

/// Two connections that can fail.
#[derive(Debug)]
pub struct Network {
    /// To the broker.
    pub broker: Proxy,
    /// To the store.
    pub store: Proxy,
}

impl Network {
    /// Starts in a mode in which everything passes.
    ///
    /// # Errors
    /// No port could be bound.
    pub async fn start(rabbitmq: &RabbitMq, store: &SeaweedFs) -> Result<Self, HarnessError> {
        let (broker, store) = tokio::try_join!(Proxy::start(rabbitmq.amqp_port()), Proxy::start(store.s3_port()))?;
        Ok(Self { broker, store })
    }

    /// Sets the mode of both proxies.
    pub fn set(&self, mode: Mode) {
        self.broker.set(mode);
        self.store.set(mode);
    }
}
