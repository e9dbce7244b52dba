//! The steps of an acceptance, by name.
//!
//! `acceptance` goes from one to the next. The model of the protocol has steps of these names, and a test there reads this file:
//! it must hold one enum, with one variant a line, and nothing else.

/// How far the acceptance of a job has come.
///
/// ```text
/// Begun ──────> Identified, Repeated, Refused
/// Identified ─> Recorded, Repeated, Refused, Unconfirmed
/// Recorded ───> Queued, Ended, TakenBack, Unconfirmed
/// Repeated ───> Confirmed, Queued, Ended, Unconfirmed
/// Confirmed ──> Queued
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptanceStep {
    /// The job has an id. That of an earlier request of the same name may take its place.
    Begun,
    /// The id is settled. As far as this request knows, there is no record under it.
    Identified,
    /// This request has stored source and record. Nothing is in the queue.
    Recorded,
    /// An earlier request of the same name has stored the record. Whether the job is queued is not known.
    Repeated,
    /// The broker has confirmed the message of a repeated job. Nothing in the store says so.
    Confirmed,
    /// An end, told with 202: the broker has confirmed a message of the job.
    Queued,
    /// An end, told with the result, which is stored.
    Ended,
    /// An end, told with a refusal: this request has left no record.
    Refused,
    /// An end, told with 503: the broker took nothing, and the record is gone again.
    TakenBack,
    /// An end, told with 503: the record is or may be stored, and no confirm came. The job is counted, found as lost, and run.
    Unconfirmed,
}
