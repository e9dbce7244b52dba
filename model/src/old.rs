//! Steps as they were before they were mended, or as they must never be: each breaks a promise, and shows that the model would
//! have found it.

use clap::ValueEnum;

use crate::{promises, sizes::Sizes};

/// A step that the model can walk in its old way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OldStep {
    /// Hole 1: a repeated request marks its job as queued before the broker has confirmed the message
    MarkBeforeConfirm,
    /// Hole 2: the acceptance of a job is dropped with its request
    DroppedWithRequest,
    /// Hole 9: all deaths of a job have one letter key, so that a replay deletes the letter of a new death
    OneLetterKey,
    /// Hole 10: workers look for lost work when they start, and never again
    LookAtStartOnly,
    /// A worker acks a message before its result is stored
    AckBeforeResult,
    /// A message whose job has failed is acked, though its letter may never have been sent
    AckOfFailed,
    /// A worker settles by its own outcome, though the result that stands is another's
    OwnOutcomeDecides,
    /// A replay deletes the result without having seen that the job failed
    ReplayOfDone,
}

impl OldStep {
    /// The promise that it breaks.
    #[must_use]
    pub fn breaks(self) -> &'static str {
        match self {
            Self::MarkBeforeConfirm => promises::ACCEPTED_IS_CONFIRMED,
            Self::DroppedWithRequest => promises::RECORD_IS_COUNTED,
            Self::LookAtStartOnly => promises::ACCEPTED_ENDS,
            Self::AckBeforeResult => promises::RESULT_BEFORE_ACK,
            Self::OneLetterKey | Self::AckOfFailed | Self::OwnOutcomeDecides => promises::FAILED_HAS_LETTER,
            Self::ReplayOfDone => promises::DONE_STAYS,
        }
    }

    /// The least trouble in which it does.
    #[must_use]
    pub fn sizes(self) -> Sizes {
        let one = Sizes::SMALLEST;
        match self {
            Self::MarkBeforeConfirm => Sizes { keyed: 3, unkeyed: 0, floods: 1, ..one },
            Self::DroppedWithRequest => Sizes { hang_ups: 1, ..one },
            Self::LookAtStartOnly => Sizes { faults: 1, ..one },
            Self::AckBeforeResult => one,
            Self::OneLetterKey => Sizes { defects: 2, replays: 1, ..one },
            Self::AckOfFailed => Sizes { crashes: 1, defects: 1, ..one },
            Self::OwnOutcomeDecides => Sizes { faults: 1, defects: 1, ..one },
            Self::ReplayOfDone => Sizes { crashes: 1, defects: 1, replays: 2, ..one },
        }
    }
}
