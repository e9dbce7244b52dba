//! Calling back: the receiver that a job names is told of its end, by one of the api processes.
//!
//! What is owed stands in the store before a client has its 202, and stays until the call has come to an end, so any
//! process may be killed at any time. Events of ends make calls prompt. A scan of what is owed makes them sure, and makes
//! the later attempts. An attempt is begun by a create-only mark, so that however many hear of an end one calls. A
//! process that dies between a receiver's answer and writing it down calls again: receivers know a call by its
//! `webhook-id`.

pub(crate) mod attempt;
pub(crate) mod courier;
pub(crate) mod handle;
pub(crate) mod sign;
