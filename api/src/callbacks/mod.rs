//! Calling back: whoever asked for it is told of a job's end, by whichever api process gets to it.
//!
//! What is owed stands in the store before a client has its 202, and stays until the call has come to an end, so any
//! process may be killed at any time. News of ends make calls prompt; a look at what is owed makes them sure, and makes
//! the later attempts. An attempt is begun by a create-only mark, so that however many hear of an end one calls. A
//! process that dies between a receiver's answer and writing it down calls again: receivers know a call by its
//! `webhook-id`.

mod attempt;
mod courier;
mod sign;

use std::{sync::Arc, time::Duration};

use outbound::Client;
use proto_shared::JobId;
use tokio::sync::{Notify, mpsc};

pub(crate) use attempt::Notice;
pub use courier::Courier;
pub use sign::{BadSecret, Signer};

use crate::error::ApiError;

/// How often and how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routine {
    /// Before each further attempt. After the last one it is given up.
    pub delays: Vec<Duration>,
    /// Between two looks at what is owed.
    pub look_every: Duration,
    /// For one attempt.
    pub send_within: Duration,
}

impl Default for Routine {
    fn default() -> Self {
        let delays = [5, 30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60].map(Duration::from_secs).into();
        Self { delays, look_every: Duration::from_secs(60), send_within: Duration::from_secs(15) }
    }
}

impl Routine {
    /// Attempts there are.
    fn attempts(&self) -> u32 {
        u32::try_from(self.delays.len()).map_or(u32::MAX, |delays| delays.saturating_add(1))
    }

    /// The wait after an attempt failed; `None` after the last.
    fn delay_after(&self, attempt: u32) -> Option<Duration> {
        self.delays.get(usize::try_from(attempt.checked_sub(1)?).ok()?).copied()
    }
}

/// An attempt to be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Call {
    job: JobId,
    /// From 1.
    attempt: u32,
}

/// What the rest of the front knows of calling back. By default none is made.
#[derive(Clone, Debug, Default)]
pub struct Callbacks(Option<Handle>);

#[derive(Clone, Debug)]
struct Handle {
    client: Client,
    calls: mpsc::Sender<Call>,
    missed: Arc<Notify>,
}

impl Callbacks {
    /// Whether any are made.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A URL that may be called back, as far as it tells.
    pub(crate) fn check(&self, url: &str) -> Result<String, ApiError> {
        let handle = self.0.as_ref().ok_or(ApiError::CallbacksOff)?;
        let refused = |error| ApiError::Outbound { field: "callback_url", error };
        Ok(handle.client.check(url).map_err(refused)?.into())
    }

    /// A job has ended that somebody is to be told of.
    pub(crate) fn heard(&self, job: &JobId) {
        if let Some(handle) = &self.0 {
            // More than are waiting already are left to the next look.
            let _ = handle.calls.try_send(Call { job: job.clone(), attempt: 1 });
        }
    }

    /// News may have been missed.
    pub(crate) fn missed(&self) {
        if let Some(handle) = &self.0 {
            handle.missed.notify_one();
        }
    }
}
