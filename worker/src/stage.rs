//! How far a delivery has come. The metrics use these names, and the model of the protocol has the same.
//!
//! `settle` and `job` report each stage as it is reached; nothing decides by it.

/// What has happened to a delivery, in the order in which it happens. Some deliveries skip some of them: the start of a first
/// delivery is not marked, and a job whose output is stored already is not rendered.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(crate) enum DeliveryStage {
    /// The broker has delivered it.
    Taken,
    /// No result is stored for its job, so the job is to be done.
    LookedUp,
    /// The store has a mark that this process works on it.
    StartMarked,
    /// The picture is made, in this process or in one of its own.
    Rendered,
    /// The store holds the picture.
    OutputStored,
    /// The store holds a result, perhaps another worker's.
    ResultStored,
    /// The broker was told what becomes of the message.
    Settled,
}

impl DeliveryStage {
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
