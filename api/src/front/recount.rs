//! Finds ends whose event was lost, so that a client's count of unfinished jobs is right again within five minutes.
//!
//! Runs beside the routes. An event is lost when a subscription breaks off, or was never emitted; a job whose end was lost
//! would else count for a day. It asks the store only where a count matters. Of a client whose count has put it into the
//! standard lane it asks about the oldest jobs first, until enough are unfinished to show that the client belongs there. After
//! events were missed it asks once about all clients. So its cost grows with the clients at the limit, not with the jobs that
//! they have waiting.

use std::time::Duration;

use futures::{StreamExt as _, stream};
use store::{Store, StoreError};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::{clients::Clients, unfinished::Recount};

/// Between two rounds: with the time that a round takes, less than five minutes.
const EVERY: Duration = Duration::from_secs(240);
/// Questions to the store at one time.
const AT_ONCE: usize = 16;

impl Clients {
    /// Asks the store about jobs that count as unfinished, round after round until `shutdown`.
    pub async fn recount(&self, store: &Store, shutdown: &CancellationToken) {
        let rounds = async {
            loop {
                sleep(EVERY).await;
                if let Err(error) = self.recount_once(store).await {
                    tracing::debug!(%error, "failed to count unfinished jobs again; the next round tries it again");
                }
            }
        };
        let _ = shutdown.run_until_cancelled(rounds).await;
    }

    async fn recount_once(&self, store: &Store) -> Result<(), StoreError> {
        let since = Instant::now();
        for Recount { jobs, enough } in self.to_recount() {
            let questions = stream::iter(jobs).map(|job| async move { (store.has_result(&job).await, job) });
            let mut answers = questions.buffered(AT_ONCE);
            let mut unfinished = 0;
            while let Some((has_ended, job)) = answers.next().await {
                if has_ended? {
                    self.finished(&job);
                } else {
                    unfinished += 1;
                }
                if unfinished >= enough {
                    break;
                }
            }
        }
        self.recounted(since);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proto_shared::{ClientId, JobId, JobResult, Outcome, keys};
    use service::config::Fairness;
    use store::{Created, Fault, Faults, Operation, StoreConfig};
    use tokio::{task::JoinHandle, time::advance};

    use super::*;

    const FIVE_MINUTES: Duration = Duration::from_secs(300);
    const RULES: Fairness =
        Fairness { express_jobs: 32, client_jobs: 1_000, rate_burst: 1, rate_per_s: 1, express_bytes: 1, express_pixels: 1 };

    struct Recounting {
        clients: Clients,
        store: Store,
        faults: Faults,
        _task: JoinHandle<()>,
    }

    impl Recounting {
        fn new() -> Self {
            let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
            let clients = Clients::new(RULES);
            let (counting, asked) = (clients.clone(), store.clone());
            let recounting = tokio::spawn(async move { counting.recount(&asked, &CancellationToken::new()).await });
            Self { clients, store, faults, _task: recounting }
        }

        fn accept(&self, client: u64, jobs: std::ops::Range<u128>) {
            for job in jobs {
                self.clients.count(&id(job), &of(client), 1, 1).keep();
            }
        }

        /// They end, and nobody is told.
        async fn end(&self, jobs: std::ops::Range<u128>) {
            for job in jobs {
                let result = JobResult { version: 1, id: id(job), finished_at_ms: 1, attempts: 1, outcome: Outcome::Cancelled };
                assert_eq!(self.store.create_result(&result).await.unwrap(), Created::New);
            }
        }

        async fn pass(&self, time: Duration) {
            // Once for the sleep to begin, once for what it wakes.
            tokio::task::yield_now().await;
            advance(time).await;
            for _ in 0..10_000 {
                tokio::task::yield_now().await;
            }
        }

        fn questions(&self) -> u64 {
            self.faults.count(Operation::Head, keys::JOBS_PREFIX)
        }
    }

    fn of(client: u64) -> ClientId {
        ClientId::from_bytes(client.to_be_bytes())
    }

    fn id(job: u128) -> JobId {
        JobId::from_bytes(job.to_be_bytes())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_whose_news_was_lost_is_express_again_within_five_minutes() {
        let recounting = Recounting::new();
        recounting.accept(1, 0..40);
        recounting.end(0..40).await;
        assert_eq!(recounting.clients.unfinished(&of(1)), 40);
        recounting.pass(FIVE_MINUTES).await;
        assert_eq!(recounting.clients.unfinished(&of(1)), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_asked_grows_with_the_clients_at_the_limit_and_not_with_their_jobs() {
        let recounting = Recounting::new();
        recounting.accept(1, 0..900);
        recounting.accept(2, 1_000..1_031);
        recounting.pass(FIVE_MINUTES).await;
        let most = u64::from(RULES.express_jobs) + AT_ONCE as u64;
        assert!((32..=most).contains(&recounting.questions()), "{}", recounting.questions());
        // The oldest first.
        recounting.end(0..10).await;
        recounting.pass(FIVE_MINUTES).await;
        assert_eq!(recounting.clients.unfinished(&of(1)), 890);
        assert_eq!(recounting.clients.unfinished(&of(2)), 31, "below the limit a count decides nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn after_news_was_missed_everybody_is_counted_anew_once() {
        let recounting = Recounting::new();
        recounting.accept(1, 0..5);
        recounting.accept(2, 10..12);
        recounting.end(0..4).await;
        recounting.end(10..11).await;
        recounting.clients.missed();
        sleep(Duration::from_secs(1)).await;
        recounting.accept(2, 12..13);
        recounting.pass(FIVE_MINUTES).await;
        assert_eq!([1, 2].map(|client| recounting.clients.unfinished(&of(client))), [1, 2]);
        assert_eq!(recounting.questions(), 7, "what was accepted since is heard of");
        recounting.pass(FIVE_MINUTES).await;
        assert_eq!(recounting.questions(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_store_does_not_answer_the_next_round_asks_again() {
        let recounting = Recounting::new();
        recounting.accept(1, 0..40);
        recounting.end(0..40).await;
        recounting.faults.next(1, Operation::Head, keys::JOBS_PREFIX, Fault::Fail);
        recounting.pass(FIVE_MINUTES).await;
        recounting.pass(FIVE_MINUTES).await;
        assert_eq!(recounting.clients.unfinished(&of(1)), 0);
    }
}
