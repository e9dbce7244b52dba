//! The promises by name: what must hold in every state.
//!
//! `properties` says what each means of a state, `old` which of them an old step breaks.

/// A 202 says that the broker has confirmed the job's message, or that its result stood.
pub const ACCEPTED_IS_CONFIRMED: &str = "a 202 follows a confirm or a result";
/// Once the trouble is over, the job of every 202 comes to an end.
pub const ACCEPTED_ENDS: &str = "whoever got a 202 gets an end";
/// Once the trouble is over, every record that stands has a result: a refused request leaves nothing behind either.
pub const RECORD_ENDS: &str = "every record comes to an end";
/// What ends is counted as accepted: else the counters don't balance.
pub const RECORD_IS_COUNTED: &str = "a record is counted once its acceptance is over";
/// A job that is done stays done, until retention takes it.
pub const DONE_STAYS: &str = "a job that is done stays done";
/// A message is acked when a result of its job stood while it was in hand, or a copy of it is confirmed.
pub const RESULT_BEFORE_ACK: &str = "no ack before a result stands";
/// Once the trouble is over, every job that failed has its dead letter.
pub const FAILED_HAS_LETTER: &str = "no dead letter is lost";

/// All promises.
pub const PROMISES: [&str; 7] =
    [ACCEPTED_IS_CONFIRMED, ACCEPTED_ENDS, RECORD_ENDS, RECORD_IS_COUNTED, DONE_STAYS, RESULT_BEFORE_ACK, FAILED_HAS_LETTER];
