//! Makes the callbacks of this process: for ends of jobs that it hears of, for callbacks that a scan finds owed, and again for
//! those that failed shortly before.
//!
//! So many at a time, and so many that wait in memory; what is beyond stays owed and is found by a scan. Nothing waits
//! in memory for longer than until the next scan, so a restart forgets nothing that a scan does not find.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::TryStreamExt as _;
use outbound::Client;
use service::{Clock, metrics::Registry};
use store::{OwedCallback, Store, StoreError};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    attempt::Attempts,
    handle::{Call, CallbackSchedule, Callbacks, Handle},
    sign::Signer,
};
use crate::metrics::CallbackMetrics;

/// Attempts at one time: each may wait for a host that does not answer.
const AT_ONCE: usize = 256;
/// Calls that wait to be made.
const WAITING: usize = 1024;
/// Failed calls that wait for a short delay to pass.
const SOON: usize = 4096;

/// Makes the callbacks of this process; [`Courier::run`] must run beside the routes.
pub struct Courier {
    attempts: Arc<Attempts>,
    sender: mpsc::Sender<Call>,
    calls: mpsc::Receiver<Call>,
    missed: Arc<Notify>,
}

impl Courier {
    /// A courier, and what the rest of the api is to know of it. Its metrics are added to `registry`.
    #[must_use]
    pub fn new(
        store: Store,
        client: Client,
        signer: Signer,
        schedule: CallbackSchedule,
        clock: Clock,
        registry: &mut Registry,
    ) -> (Self, Callbacks) {
        let (sender, calls) = mpsc::channel(WAITING);
        let missed = Arc::new(Notify::new());
        let handle = Handle { client: client.clone(), calls: sender.clone(), missed: missed.clone() };
        let metrics = CallbackMetrics::register(registry);
        let attempts = Arc::new(Attempts { store, client, signer, clock, metrics, schedule });
        (Self { attempts, sender, calls, missed }, Callbacks(Some(handle)))
    }

    /// Makes callbacks until `shutdown`, then ends what is in hand, within the time of one attempt.
    pub async fn run(self, shutdown: &CancellationToken) {
        let Self { attempts, sender, calls, missed } = self;
        tokio::join!(make(attempts.clone(), calls, shutdown), scan(&attempts, &sender, &missed, shutdown));
    }
}

async fn make(attempts: Arc<Attempts>, mut calls: mpsc::Receiver<Call>, shutdown: &CancellationToken) {
    let mut in_hand = JoinSet::new();
    let mut soon = BTreeSet::new();
    loop {
        let has_room = in_hand.len() < AT_ONCE;
        let next = soon.first().map_or_else(Instant::now, |(at, _)| *at);
        let call = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(made) = in_hand.join_next() => {
                if let Ok(Some((call, delay))) = made
                    && delay <= attempts.schedule.scan_every
                    && soon.len() < SOON
                {
                    soon.insert((Instant::now() + delay, call));
                }
                continue;
            }
            () = sleep_until(next), if has_room && !soon.is_empty() => soon.pop_first().map(|(_, call)| call),
            call = calls.recv(), if has_room => call,
        };
        let Some(call) = call else { break };
        let attempts = attempts.clone();
        in_hand.spawn(async move { attempts.make(&call).await });
    }
    // Each of them is bounded, by the time of an attempt and of the store.
    in_hand.join_all().await;
}

/// Scans what is owed: at once, then every so often, and whenever events may have been missed.
async fn scan(attempts: &Attempts, calls: &mpsc::Sender<Call>, missed: &Notify, shutdown: &CancellationToken) {
    let mut tick = interval(attempts.schedule.scan_every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let scanning = async {
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = missed.notified() => {}
            }
            if let Err(error) = scan_once(attempts, calls).await {
                tracing::warn!(%error, "failed to scan for callbacks that are owed");
            }
        }
    };
    shutdown.run_until_cancelled(scanning).await;
}

async fn scan_once(attempts: &Attempts, calls: &mpsc::Sender<Call>) -> Result<(), StoreError> {
    let mut owed = attempts.store.owed_callbacks();
    while let Some(owed) = owed.try_next().await? {
        if let Some(call) = due(owed, &attempts.schedule, attempts.clock.now_ms())
            && calls.send(call).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

/// The attempt that is due, if one is. The first is from the promise on: whether the job has ended is seen later.
fn due(owed: OwedCallback, schedule: &CallbackSchedule, now_ms: u64) -> Option<Call> {
    let OwedCallback { job, attempts, at_ms } = owed;
    // After the last attempt only its end is missing.
    let delay = schedule.delay_after(attempts).unwrap_or_default();
    let wait = if attempts == 0 { Duration::ZERO } else { delay + schedule.send_within };
    let is_due = u128::from(now_ms.saturating_sub(at_ms)) >= wait.as_millis();
    is_due.then(|| Call { job, attempt: attempts.saturating_add(1) })
}

#[cfg(test)]
mod tests {
    use proto_shared::JobId;

    use super::*;

    #[test]
    fn an_attempt_is_due_when_the_one_before_has_had_its_time_and_its_delay() {
        let schedule = CallbackSchedule::default();
        let after = |attempts: u32, ms: u64| {
            let owed = OwedCallback { job: JobId::from_bytes([1; 16]), attempts, at_ms: 1_000 };
            due(owed, &schedule, 1_000 + ms).map(|call| call.attempt)
        };
        assert_eq!(after(0, 0), Some(1));
        for (attempts, delay_ms) in [(1, 5_000), (2, 30_000), (3, 120_000), (4, 600_000), (5, 3_600_000), (6, 21_600_000), (7, 0)]
        {
            assert_eq!(after(attempts, delay_ms + 14_999), None, "{attempts}");
            assert_eq!(after(attempts, delay_ms + 15_000), Some(attempts + 1));
        }
        assert_eq!(schedule.attempts(), 7);
    }
}
