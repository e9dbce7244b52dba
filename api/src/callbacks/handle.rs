//! What the rest of the api knows of callbacks: whether any are made, which URLs may be called, and how often.
//!
//! `jobs` checks URLs and `jobs::subscribers` tells of ends; `courier` makes the calls.

use std::{sync::Arc, time::Duration};

use outbound::Client;
use proto_shared::JobId;
use tokio::sync::{Notify, mpsc};

use crate::{front::backends::HostRefusal, problem::refusals};

refusals! {
    /// Why a job may not have this `callback_url`.
    pub(crate) enum CallbackUrlRefusal: Host(HostRefusal) {
        /// The form has `callback_url`, and this service makes no callbacks.
        CallbacksOff = UNPROCESSABLE_ENTITY CallbacksOff, "no calls back are made here", with field("callback_url");
    }
}

/// How often a callback is tried, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackSchedule {
    /// Before each further attempt. After the last one it is given up.
    pub delays: Vec<Duration>,
    /// Between two scans of what is owed.
    pub scan_every: Duration,
    /// For one attempt.
    pub send_within: Duration,
}

impl Default for CallbackSchedule {
    fn default() -> Self {
        let delays = [5, 30, 2 * 60, 10 * 60, 60 * 60, 6 * 60 * 60].map(Duration::from_secs).into();
        Self { delays, scan_every: Duration::from_secs(60), send_within: Duration::from_secs(15) }
    }
}

impl CallbackSchedule {
    /// Attempts there are.
    pub(super) fn attempts(&self) -> u32 {
        u32::try_from(self.delays.len()).map_or(u32::MAX, |delays| delays.saturating_add(1))
    }

    /// The wait after an attempt failed; `None` after the last.
    pub(super) fn delay_after(&self, attempt: u32) -> Option<Duration> {
        self.delays.get(usize::try_from(attempt.checked_sub(1)?).ok()?).copied()
    }
}

/// An attempt to be made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Call {
    pub(super) job: JobId,
    /// From 1.
    pub(super) attempt: u32,
}

/// What the rest of the api knows of callbacks. By default none is made.
#[derive(Clone, Debug, Default)]
pub struct Callbacks(pub(super) Option<Handle>);

#[derive(Clone, Debug)]
pub(super) struct Handle {
    pub(super) client: Client,
    pub(super) calls: mpsc::Sender<Call>,
    pub(super) missed: Arc<Notify>,
}

impl Callbacks {
    /// Whether any are made.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A URL that may be called back, as far as it tells.
    pub(crate) fn check(&self, url: &str) -> Result<String, CallbackUrlRefusal> {
        let handle = self.0.as_ref().ok_or(CallbackUrlRefusal::CallbacksOff)?;
        let refused = |error| HostRefusal { field: "callback_url", error };
        Ok(handle.client.check(url).map_err(refused)?.into())
    }

    /// A job with a `callback_url` has ended.
    pub(crate) fn heard(&self, job: &JobId) {
        if let Some(handle) = &self.0 {
            // What does not fit the channel is left to the next scan.
            let _ = handle.calls.try_send(Call { job: job.clone(), attempt: 1 });
        }
    }

    /// Events may have been missed.
    pub(crate) fn missed(&self) {
        if let Some(handle) = &self.0 {
            handle.missed.notify_one();
        }
    }
}
