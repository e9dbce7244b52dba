//! How far a delivery has come, by names that the metrics use and the model of the protocol shares.
//!
//! `settle` and `job` report each stage as it is reached; nothing decides by it.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelValue, LabelValueEncoder};

/// What has happened to a delivery, in the order in which it happens. Some deliveries pass some of them over: a first
/// delivery is not marked, and one whose output stands already is not rendered.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The broker has handed it over.
    Taken,
    /// No result stands for its job, which is therefore to be done.
    LookedUp,
    /// The store says that this process works on it.
    StartMarked,
    /// The picture is made, in this process or in one of its own.
    Rendered,
    /// The store holds the picture.
    OutputStored,
    /// The store holds a result, be it another's.
    ResultStored,
    /// The broker was told what becomes of the message.
    Settled,
}

impl Stage {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::LookedUp => "looked_up",
            Self::StartMarked => "start_marked",
            Self::Rendered => "rendered",
            Self::OutputStored => "output_stored",
            Self::ResultStored => "result_stored",
            Self::Settled => "settled",
        }
    }
}

impl EncodeLabelValue for Stage {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        self.as_str().encode(encoder)
    }
}
