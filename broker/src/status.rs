//! How things stand with a broker: whether it can be used, and how many messages are where.
//!
//! Made by `Broker` and both backends, read by metrics and by the search for lost jobs. Nothing here decides anything.

use crate::BrokerError;

/// Messages that no consumer holds, by where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Jobs that wait in the standard lane.
    pub standard: u64,
    /// Jobs that wait in the express lane.
    pub express: u64,
    /// Jobs of both lanes that wait for the time of their next attempt.
    pub retrying: u64,
    /// Dead letters that no worker has moved to the store yet.
    pub dead: u64,
}

impl Depths {
    /// Jobs that a worker could take now.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.standard + self.express
    }
}

/// Whether a broker can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokerState {
    /// Messages go out and come in.
    Connected,
    /// It accepts no messages for now; it still delivers those it has.
    Blocked,
    /// It is connected, and a consumer or subscription that should receive does not.
    NotConsuming,
    /// There is no connection.
    Disconnected,
}

impl BrokerState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Connected, Self::Blocked, Self::NotConsuming, Self::Disconnected];

    /// Its name in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Blocked => "blocked",
            Self::NotConsuming => "not_consuming",
            Self::Disconnected => "disconnected",
        }
    }
}

impl From<Result<(), BrokerError>> for BrokerState {
    fn from(ready: Result<(), BrokerError>) -> Self {
        match ready {
            Ok(()) => Self::Connected,
            Err(BrokerError::Blocked) => Self::Blocked,
            Err(BrokerError::NotConsuming { .. }) => Self::NotConsuming,
            Err(_) => Self::Disconnected,
        }
    }
}
