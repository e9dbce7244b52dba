//! The steps that have the names of the code's states: a test holds the lists together (`tests/names.rs`).

/// An enum whose variants can be listed by name.
macro_rules! named {
    ($(#[$meta:meta])* $enum:ident { $($(#[$variant_meta:meta])* $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[$variant_meta])* $variant,)*
        }

        impl $enum {
            /// The names of all, in their order.
            pub const NAMES: &[&str] = &[$(stringify!($variant)),*];
        }
    };
}

named! {
    /// How far the acceptance of a job has come: `api/src/jobs/accept/step.rs`.
    Step {
        /// The request is read; a key is yet to be looked up.
        Begun,
        /// The job's id is settled.
        Identified,
        /// The record is written, by this request.
        Recorded,
        /// The record was there before.
        Repeated,
        /// The broker has confirmed the message of a repeated job.
        Confirmed,
        /// An end, 202: the broker has confirmed a message of the job.
        Queued,
        /// An end, with the result.
        Ended,
        /// An end: this request has left no record.
        Refused,
        /// An end, 503: the record is gone again.
        TakenBack,
        /// An end, 503: the record may stand, and is counted.
        Unconfirmed,
    }
}

named! {
    /// How far a delivery has come: `worker/src/stage.rs`.
    DeliveryStage {
        /// The broker has handed it over.
        Taken,
        /// No result stands.
        LookedUp,
        /// The store says that this process works on it.
        StartMarked,
        /// There is an outcome.
        Rendered,
        /// The output stands.
        OutputStored,
        /// A result stands.
        ResultStored,
        /// The broker was told; the worker's hand is empty then.
        Settled,
    }
}

named! {
    /// What a replay of a dead job does: `worker/src/settling/replay.rs`.
    ReplayStep {
        /// All letters of the job that stand are read.
        ReadLetters,
        /// A job that was done meanwhile is left alone, but for its letters.
        LookAtResult,
        /// While a result stands, a worker takes a message for one of a finished job.
        DeleteResult,
        /// The message is published and confirmed.
        Publish,
        /// Those letters are deleted that were read.
        DeleteLetters,
    }
}
