//! Which jobs are in hand, and stopping them when word comes that nobody wants them any more.
//!
//! `settle` holds each job here while it works on it; `listen` hears the word. That a job is cancelled is said by
//! its result, which whoever cancelled it has written before; this only saves the work.

use std::sync::Arc;

use broker::{Broker, Filter, Heard};
use proto_shared::{JobId, News, Outcome};
use service::{
    held::{Held, Hold},
    late::until_it_works,
};
use store::Store;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

/// The jobs in hand; clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct InHand(Held<JobId, Job>);

#[derive(Clone, Debug)]
struct Job {
    unwanted: CancellationToken,
    span: Span,
    turn: Arc<Mutex<()>>,
}

/// One of them, until it is dropped.
pub(crate) struct Work {
    pub(crate) unwanted: CancellationToken,
    turn: Arc<Mutex<()>>,
    _hold: Hold<JobId, Job>,
}

impl Work {
    /// The turn of one delivery among those of its job. One that came again waits for the others: this process may still work
    /// on the one before, whose channel has gone away, and the result of that is found then. A first one waits for none.
    pub(crate) async fn turn(&self, came_again: bool) -> Option<OwnedMutexGuard<()>> {
        let turn = Arc::clone(&self.turn);
        if came_again { Some(turn.lock_owned().await) } else { turn.try_lock_owned().ok() }
    }
}

impl InHand {
    /// Takes a job in hand. One that is there already, delivered twice, shares its fate.
    pub(crate) fn hold(&self, job: &JobId) -> Work {
        let make = || Job { unwanted: CancellationToken::new(), span: Span::current(), turn: Arc::default() };
        let (Job { unwanted, turn, .. }, hold) = self.0.hold(job, make);
        Work { unwanted, turn, _hold: hold }
    }

    /// Stops what is cancelled, until the broker is closed or `shutdown`.
    pub(crate) async fn listen(&self, broker: &Broker, store: &Store, shutdown: &CancellationToken) {
        let subscribe = || broker.subscribe(Filter::Cancellations);
        let Some(mut events) = until_it_works("hear of cancellations", shutdown, subscribe).await else { return };
        while let Some(Some(heard)) = shutdown.run_until_cancelled(events.next()).await {
            match heard {
                Heard::Event(event) if event.news == News::Cancelled => self.stop(&event.job),
                Heard::Event(_) => {}
                Heard::Gap => self.look(store).await,
            }
        }
    }

    fn stop(&self, job: &JobId) {
        if let Some(Job { unwanted, .. }) = self.0.get(job) {
            unwanted.cancel();
        }
    }

    /// Looks for what may have been missed.
    async fn look(&self, store: &Store) {
        for (id, job) in self.0.all() {
            let found = store.get_result(&id).instrument(job.span.clone()).await;
            match found {
                Ok(Some(result)) if result.outcome == Outcome::Cancelled => job.unwanted.cancel(),
                Ok(_) => {}
                // It goes on, and finds the result when it wants to write its own.
                Err(error) => job.span.in_scope(|| tracing::debug!(%error, "failed to look whether the job is cancelled")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_in_hand_until_it_is_dropped() {
        let in_hand = InHand::default();
        let (one, other) = (JobId::from_bytes([1; 16]), JobId::from_bytes([2; 16]));
        let held = in_hand.hold(&one);
        in_hand.stop(&other);
        assert!(!held.unwanted.is_cancelled());
        in_hand.stop(&one);
        assert!(held.unwanted.is_cancelled());
        drop(held);
        assert!(!in_hand.hold(&one).unwanted.is_cancelled(), "the word was about the delivery before");
    }

    #[test]
    fn of_two_deliveries_of_one_job_the_second_can_be_stopped_after_the_first_has_ended() {
        let in_hand = InHand::default();
        let job = JobId::from_bytes([1; 16]);
        let (first, second) = (in_hand.hold(&job), in_hand.hold(&job));
        drop(first);
        in_hand.stop(&job);
        assert!(second.unwanted.is_cancelled());
    }
}
