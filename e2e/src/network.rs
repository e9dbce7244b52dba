//! What lies between processes and their servers: a proxy before the broker and one before the store.
//!
//! api has one and the workers have one, so that one side may lose what the other still reaches.

use crate::{
    HarnessError,
    proxy::{Mode, Proxy},
    rabbitmq::RabbitMq,
    seaweedfs::SeaweedFs,
};

/// Two ways that can fail.
#[derive(Debug)]
pub struct Network {
    /// To the broker.
    pub broker: Proxy,
    /// To the store.
    pub store: Proxy,
}

impl Network {
    /// Starts with everything passing.
    ///
    /// # Errors
    /// No port could be bound.
    pub async fn start(rabbitmq: &RabbitMq, store: &SeaweedFs) -> Result<Self, HarnessError> {
        let (broker, store) = tokio::try_join!(Proxy::start(rabbitmq.amqp_port()), Proxy::start(store.s3_port()))?;
        Ok(Self { broker, store })
    }

    /// Does the same to both ways.
    pub fn set(&self, mode: Mode) {
        self.broker.set(mode);
        self.store.set(mode);
    }
}
