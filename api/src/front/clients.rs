//! What each client may do: jobs a second, unfinished jobs, and which lane the next one takes.
//!
//! `jobs::request` asks before it reads an upload, `jobs::accept` counts what it accepts; `jobs::subscribers` tells of each end
//! with [`Clients::finished`]. The event of an end can be lost, so `recount` asks the store about jobs whose end was not heard.
//! `rate` and `unfinished` count what went through this process alone, and each holds a bounded number of clients and jobs. It
//! never waits.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto_shared::{ClientId, JobId, Lane};
use service::config::Fairness;
use tokio::time::Instant;

use super::{
    rate::Rates,
    unfinished::{Recount, UnfinishedJobs},
};
use crate::problem::{RETRY_AFTER_S, refusals};

refusals! {
    /// Why a client may not have another job now.
    #[derive(PartialEq, Eq)]
    pub(crate) enum ClientRefusal {
        /// The client has asked for too many jobs in a short time.
        RateLimited { wait_s: u64 } = TOO_MANY_REQUESTS RateLimited,
            "too many jobs were asked for in a short time; the next may be in {wait_s} s",
            with retry_after_s(*wait_s),
            example { wait_s: 2 };
        /// The client has too many unfinished jobs. Some are likely to be done when it comes again.
        TooManyJobs { limit: u32, got: u32 } = TOO_MANY_REQUESTS TooManyJobs, "a client may have {limit} unfinished jobs, got {got}",
            with limit(*limit, *got).retry_after_s(6 * RETRY_AFTER_S),
            example { limit: 20_000, got: 20_000 };
    }
}

/// The clients of this process. Clones share them.
#[derive(Clone, Debug)]
pub struct Clients {
    rules: Fairness,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    rates: Rates,
    unfinished: UnfinishedJobs,
    /// When events were missed, unless the store was asked about all jobs since.
    missed_at: Option<Instant>,
}

impl Clients {
    /// No client yet.
    #[must_use]
    pub fn new(rules: Fairness) -> Self {
        let state = State {
            rates: Rates::new(rules.rate_burst, rules.rate_per_s),
            unfinished: UnfinishedJobs::default(),
            missed_at: None,
        };
        Self { rules, state: Arc::new(Mutex::new(state)) }
    }

    /// Lets a client ask for one more job.
    pub(crate) fn admit(&self, client: &ClientId) -> Result<(), ClientRefusal> {
        let mut state = self.lock();
        state.rates.take(client).map_err(|wait| ClientRefusal::RateLimited { wait_s: whole_seconds(wait) })?;
        state.unfinished.forget_old(Instant::now());
        match state.unfinished.of(client) {
            got if got >= self.rules.client_jobs => Err(ClientRefusal::TooManyJobs { limit: self.rules.client_jobs, got }),
            _ => Ok(()),
        }
    }

    /// Counts a client's job and chooses its lane. Its file has so many bytes and so many pixels over all its frames. The job
    /// counts as unfinished from here on: of many that come at once, each sees those before it.
    #[must_use = "what is dropped is given up"]
    pub(crate) fn count(&self, job: &JobId, client: &ClientId, bytes: u64, pixels: u64) -> CountedJob {
        let small = bytes <= self.rules.express_bytes && pixels <= self.rules.express_pixels;
        let mut state = self.lock();
        let few = state.unfinished.of(client) < self.rules.express_jobs;
        let is_new = state.unfinished.add(job, client);
        drop(state);
        let lane = if small && few { Lane::Express } else { Lane::Standard };
        CountedJob { lane, given_up: is_new.then(|| (self.clone(), job.clone())) }
    }

    /// Events of ends may have been missed, of any job that counts by now.
    pub(crate) fn missed(&self) {
        self.lock().missed_at = Some(Instant::now());
    }

    /// What to ask the store so that no count is higher than it should be: of each client whose count puts it into the standard
    /// lane its oldest jobs, and of all clients what was accepted before events were missed.
    pub(super) fn to_recount(&self) -> Vec<Recount> {
        let state = self.lock();
        state.unfinished.to_recount(self.rules.express_jobs, state.missed_at)
    }

    /// All was recounted that [`Clients::to_recount`] told at this moment.
    pub(crate) fn recounted(&self, since: Instant) {
        let mut state = self.lock();
        state.missed_at = state.missed_at.filter(|missed_at| *missed_at > since);
    }

    /// A job ended, whichever process accepted it. Called twice, or for a job that is not known, it changes nothing.
    pub fn finished(&self, job: &JobId) {
        self.lock().unfinished.remove(job);
    }

    /// How many jobs of a client are unfinished.
    #[cfg(test)]
    pub(crate) fn unfinished(&self, client: &ClientId) -> u32 {
        self.lock().unfinished.of(client)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything that could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job on its way into a lane. Dropped before it is kept, it counts no more, unless it counted before.
#[derive(Debug)]
pub(crate) struct CountedJob {
    /// Which lane.
    pub(crate) lane: Lane,
    given_up: Option<(Clients, JobId)>,
}

impl CountedJob {
    /// The job is accepted: it counts until it is finished.
    pub(crate) fn keep(mut self) {
        self.given_up = None;
    }
}

impl Drop for CountedJob {
    fn drop(&mut self) {
        if let Some((clients, job)) = self.given_up.take() {
            clients.finished(&job);
        }
    }
}

/// Rounded up: a client that waits so long does not come too early.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::unfinished::REMEMBERED_FOR;

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    fn job(n: u128) -> JobId {
        JobId::from_bytes(n.to_be_bytes())
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_have_so_many_unfinished_jobs_and_another_is_not_asked() {
        let clients = Clients::new(Fairness { client_jobs: 2, ..Fairness::default() });
        for n in 0..2 {
            assert_eq!(clients.admit(&client(1)), Ok(()));
            clients.count(&job(n), &client(1), 1, 1).keep();
        }
        assert_eq!(clients.admit(&client(1)), Err(ClientRefusal::TooManyJobs { limit: 2, got: 2 }));
        assert_eq!(clients.admit(&client(2)), Ok(()));
        clients.finished(&job(0));
        clients.finished(&job(0));
        clients.finished(&job(99));
        assert_eq!(clients.unfinished(&client(1)), 1);
        assert_eq!(clients.admit(&client(1)), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn small_jobs_of_those_who_have_few_go_express() {
        let rules = Fairness { express_jobs: 2, ..Fairness::default() };
        let clients = Clients::new(rules);
        let lane = |n, bytes, pixels| clients.count(&job(100), &client(n), bytes, pixels).lane;
        assert_eq!(lane(1, rules.express_bytes, rules.express_pixels), Lane::Express);
        assert_eq!(lane(1, rules.express_bytes + 1, 1), Lane::Standard);
        assert_eq!(lane(1, 1, rules.express_pixels + 1), Lane::Standard);
        // Given up, each of them, so none counts.
        clients.count(&job(1), &client(1), 1, 1).keep();
        clients.count(&job(1), &client(1), 1, 1).keep();
        assert_eq!(lane(1, 1, 1), Lane::Express);
        // On its way it counts already, and when it is accepted as well.
        let on_its_way = clients.count(&job(2), &client(1), 1, 1);
        assert_eq!((on_its_way.lane, lane(1, 1, 1), lane(2, 1, 1)), (Lane::Express, Lane::Standard, Lane::Express));
        on_its_way.keep();
        assert_eq!(lane(1, 1, 1), Lane::Standard);
        clients.finished(&job(1));
        assert_eq!(lane(1, 1, 1), Lane::Express);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_reports_is_forgotten_after_a_day() {
        let clients = Clients::new(Fairness::default());
        clients.count(&job(1), &client(1), 1, 1).keep();
        tokio::time::advance(REMEMBERED_FOR).await;
        assert_eq!(clients.admit(&client(1)), Ok(()));
        assert_eq!(clients.unfinished(&client(1)), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clients.admit(&client(1)), Ok(()));
        assert_eq!(clients.unfinished(&client(1)), 0);
    }
}
