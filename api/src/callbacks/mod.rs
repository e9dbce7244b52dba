//! Callbacks: one of the api processes tells the receiver that a job names of the job's end.
//!
//! The callback that is owed is in the store before the client has its 202, and stays there until the callback has ended. So any
//! process may be killed at any time. Events of ends make callbacks prompt. A scan of what is owed makes them sure, and makes the
//! later attempts. An attempt begins with a create-only mark, so that only one of the processes that hear of an end makes it. A
//! process that dies between a receiver's answer and its writing down sends the callback again: a receiver knows it by its
//! `webhook-id`.

pub(crate) mod attempt;
pub(crate) mod courier;
pub(crate) mod handle;
pub(crate) mod sign;
