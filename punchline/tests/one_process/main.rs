//! api and worker together in one process, as `punchline serve` runs them: what they count and what they log fits together.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the functions that tests share are tests too")]

mod balance;
mod fixture;
mod trace;

/// One test at a time: whether a place in the code is logged is decided for all threads, when the first of them comes by.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
