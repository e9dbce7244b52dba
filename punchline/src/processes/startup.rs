//! What must hold before a process touches a job: a store that keeps its word, then a broker that answers.
//!
//! `api` and `worker` begin it and listen meanwhile, not ready; `serve` asks its folder before anything else. Nothing may
//! be accepted or taken on a store that overwrites what it was told only to create: two workers could each believe that
//! their result is the only one. A store or a broker that is away is waited for.

use std::time::Duration;

use anyhow::Context as _;
use broker::{AmqpConfig, Broker};
use service::{Eventual, eventual::until_it_works};
use store::{Store, StoreError};
use tokio::{task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a question in hand may take at a shutdown, so that it can clear away what it has written.
const CLEARED_WITHIN: Duration = Duration::from_secs(5);

/// A start that goes on beside the listener.
pub(crate) struct Startup {
    /// There once the store has shown that it can be used.
    pub(crate) store_checked: Eventual<()>,
    /// There once the process may work.
    pub(crate) broker: Eventual<Broker>,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Startup {
    /// Begins. A store that must not be used cancels `shutdown`, and [`Startup::end`] says why.
    pub(crate) fn begin(store: &Store, config: AmqpConfig, shutdown: &CancellationToken) -> Self {
        let (store_checked, broker) = (Eventual::default(), Eventual::default());
        let (store, shutdown, checked, late) = (store.clone(), shutdown.clone(), store_checked.clone(), broker.clone());
        let task = tokio::spawn(async move {
            if let Err(refused) = check_store(&store, &shutdown).await {
                shutdown.cancel();
                return Err(refused);
            }
            checked.set(());
            late.fill("broker", &shutdown, || Broker::connect(&config)).await;
            Ok(())
        });
        Self { store_checked, broker, task }
    }

    /// Ends what was begun.
    ///
    /// # Errors
    /// Why the process must not run.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        if let Some(broker) = self.broker.get() {
            broker.close().await;
        }
        Ok(self.task.await.context("failed to start")??)
    }
}

/// Asks the store, for as long as it does not answer, whether it creates without overwriting. A shutdown ends the asking.
///
/// # Errors
/// It overwrites, or can't be used for another reason that waiting does not mend.
pub(crate) async fn check_store(store: &Store, shutdown: &CancellationToken) -> Result<(), StoreError> {
    // In tasks of their own: one that is dropped half way would leave its object behind.
    let questions = TaskTracker::new();
    let ask = || {
        let store = store.clone();
        let question = questions.spawn(async move { store.probe_conditional_puts().await });
        async {
            match question.await {
                // With all causes: the reader of the log has to mend it.
                Ok(Err(error)) if error.is_passing() => Err(format!("{:#}", anyhow::Error::from(error))),
                Ok(answered) => Ok(answered),
                Err(defect) => Err(defect.to_string()),
            }
        }
    };
    let answer = until_it_works("ask the store whether it overwrites", shutdown, ask).await;
    questions.close();
    if timeout(CLEARED_WITHIN, questions.wait()).await.is_err() {
        tracing::debug!("the store did not answer before the end");
    }
    answer.unwrap_or(Ok(()))
}

#[cfg(test)]
mod tests {
    use store::{Fault, Faults, Operation, StoreConfig};

    use super::*;

    const PROBES: &str = "probe/";

    fn store() -> (Store, Faults) {
        Store::open_with_faults(&StoreConfig::new("memory:")).unwrap()
    }

    /// Each probe that was written has been deleted.
    fn nothing_is_left(faults: &Faults) -> bool {
        let asked = faults.asked();
        let of = |wanted: Operation| asked.iter().filter(move |(operation, _)| *operation == wanted).map(|(_, key)| key);
        of(Operation::Create).all(|key| of(Operation::Delete).any(|deleted| deleted == key))
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_away_is_asked_again_until_it_answers() {
        let (store, faults) = store();
        faults.next(5, Operation::Create, PROBES, Fault::Fail);
        check_store(&store, &CancellationToken::new()).await.unwrap();
        assert_eq!(faults.count(Operation::Create, PROBES), 7, "five that failed, and two of the one that worked");
        assert!(nothing_is_left(&faults), "{:?}", faults.asked());
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_in_the_middle_leaves_nothing_behind() {
        let (store, faults) = store();
        faults.next(1, Operation::Create, PROBES, Fault::Delay(Duration::from_secs(2)));
        let shutdown = CancellationToken::new();
        let asking = check_store(&store, &shutdown);
        let stopping = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            shutdown.cancel();
        };
        tokio::join!(asking, stopping).0.unwrap();
        assert_eq!(faults.count(Operation::Create, PROBES), 2);
        assert!(nothing_is_left(&faults), "{:?}", faults.asked());
    }

    #[tokio::test]
    async fn many_that_start_at_once_do_not_meet() {
        let (store, faults) = store();
        let shutdown = CancellationToken::new();
        let answers = futures::future::join_all((0..50).map(|_| check_store(&store, &shutdown))).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert!(nothing_is_left(&faults));
    }
}
