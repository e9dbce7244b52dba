//! What each client may do: jobs a second, unfinished jobs, and which lane the next one takes.
//!
//! `jobs::request` asks before it reads an upload, `jobs::accept` counts what it accepts; `jobs::subscribers` tells of each end with
//! [`Clients::finished`]. The event of an end can be lost, so `recount` asks the store about jobs whose end was not heard. It counts
//! what went through this process alone, forgets a job after a day at the latest, and holds a bounded number of clients
//! and jobs whatever they do. It never waits.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use proto_shared::{ClientId, JobId, Lane};
use service::config::Fairness;
use tokio::time::Instant;

use super::rate::Rates;
use crate::problem::{RETRY_AFTER_S, refusals};

/// Jobs remembered; beyond it the oldest are taken for finished. A few megabytes.
const MAX_REMEMBERED_JOBS: usize = 200_000;
/// Longer than any job lives: an hour's queue and every retry are over by then many times.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

refusals! {
    /// Why a client may not have another job now.
    #[derive(PartialEq, Eq)]
    pub(crate) enum ClientRefusal {
        /// Too many were asked for in a short time.
        RateLimited { wait_s: u64 } = TOO_MANY_REQUESTS RateLimited,
            "too many jobs were asked for in a short time; the next may be in {wait_s} s",
            with retry_after_s(*wait_s),
            example { wait_s: 2 };
        /// Too many are unfinished. Some are likely to be done when the client comes again.
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
    /// Whose each unfinished job is.
    owners: HashMap<JobId, ClientId>,
    unfinished: HashMap<ClientId, u32>,
    /// Jobs as they were accepted, finished ones among them until they come to the front or are swept out.
    order: VecDeque<(Instant, JobId)>,
    /// When events were missed, unless the store was asked about all jobs since.
    missed_at: Option<Instant>,
}

impl Clients {
    /// No client yet.
    #[must_use]
    pub fn new(rules: Fairness) -> Self {
        let state = State {
            rates: Rates::new(rules.rate_burst, rules.rate_per_s),
            owners: HashMap::new(),
            unfinished: HashMap::new(),
            order: VecDeque::new(),
            missed_at: None,
        };
        Self { rules, state: Arc::new(Mutex::new(state)) }
    }

    /// Lets a client ask for one more job.
    pub(crate) fn admit(&self, client: &ClientId) -> Result<(), ClientRefusal> {
        let mut state = self.lock();
        let now = Instant::now();
        state.rates.take(client).map_err(|wait| ClientRefusal::RateLimited { wait_s: whole_seconds(wait) })?;
        state.forget_old(now);
        match state.unfinished(client) {
            got if got >= self.rules.client_jobs => Err(ClientRefusal::TooManyJobs { limit: self.rules.client_jobs, got }),
            _ => Ok(()),
        }
    }

    /// Counts a client's job and chooses its lane. Its file has so many bytes and so many pixels over all its frames. The job
    /// counts as unfinished from here on: of many that come at once, each sees those before it.
    #[must_use = "what is dropped is given up"]
    pub(crate) fn count(&self, job: &JobId, client: &ClientId, bytes: u64, pixels: u64) -> Counted {
        let small = bytes <= self.rules.express_bytes && pixels <= self.rules.express_pixels;
        let mut state = self.lock();
        let few = state.unfinished(client) < self.rules.express_jobs;
        let is_new = state.add(job, client);
        drop(state);
        let lane = if small && few { Lane::Express } else { Lane::Standard };
        Counted { lane, given_up: is_new.then(|| (self.clone(), job.clone())) }
    }

    /// Events of ends may have been missed, of any job that counts by now.
    pub(crate) fn missed(&self) {
        self.lock().missed_at = Some(Instant::now());
    }

    /// What to ask the store so that no count is higher than it should be, of each client its jobs, oldest first: of those
    /// that so many jobs have put into the standard lane; and what was accepted before events were missed, of all clients.
    pub(crate) fn to_recount(&self) -> Vec<Recount> {
        let state = self.lock();
        let missed_at = state.missed_at;
        let mut of_client: HashMap<&ClientId, Recount> = HashMap::new();
        for (at, job) in &state.order {
            let Some(client) = state.owners.get(job) else { continue };
            let was_missed = missed_at.is_some_and(|missed_at| *at <= missed_at);
            if was_missed || state.unfinished(client) >= self.rules.express_jobs {
                let recount =
                    of_client.entry(client).or_insert_with(|| Recount { jobs: Vec::new(), enough: self.rules.express_jobs });
                if was_missed {
                    recount.enough = u32::MAX;
                }
                recount.jobs.push(job.clone());
            }
        }
        of_client.into_values().collect()
    }

    /// All was recounted that [`Clients::to_recount`] told at this moment.
    pub(crate) fn recounted(&self, since: Instant) {
        let mut state = self.lock();
        state.missed_at = state.missed_at.filter(|missed_at| *missed_at > since);
    }

    /// A job ended, whichever process accepted it. Called twice, or for a job that is not known, it changes nothing.
    pub fn finished(&self, job: &JobId) {
        self.lock().remove(job);
    }

    /// How many jobs of a client are unfinished.
    #[cfg(test)]
    pub(crate) fn unfinished(&self, client: &ClientId) -> u32 {
        self.lock().unfinished(client)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything that could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Jobs of one client that count as unfinished.
#[derive(Debug)]
pub(crate) struct Recount {
    /// Oldest first: most of them end in the order in which they came.
    pub(crate) jobs: Vec<JobId>,
    /// So many that are found to be unfinished show that the client is where its count says.
    pub(crate) enough: u32,
}

/// A job on its way into a lane. Dropped before it is kept, it counts no more, unless it counted before.
#[derive(Debug)]
pub(crate) struct Counted {
    /// Which lane.
    pub(crate) lane: Lane,
    given_up: Option<(Clients, JobId)>,
}

impl Counted {
    /// The job is accepted: it counts until it is finished.
    pub(crate) fn keep(mut self) {
        self.given_up = None;
    }
}

impl Drop for Counted {
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

impl State {
    /// Whether it was not counted yet.
    fn add(&mut self, job: &JobId, client: &ClientId) -> bool {
        let now = Instant::now();
        let is_new = self.owners.insert(job.clone(), client.clone()).is_none();
        if is_new {
            *self.unfinished.entry(client.clone()).or_default() += 1;
            self.order.push_back((now, job.clone()));
        }
        self.forget_old(now);
        is_new
    }

    fn unfinished(&self, client: &ClientId) -> u32 {
        self.unfinished.get(client).copied().unwrap_or(0)
    }

    fn remove(&mut self, job: &JobId) {
        let Some(client) = self.owners.remove(job) else { return };
        if let Some(count) = self.unfinished.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.unfinished.remove(&client);
            }
        }
        // Else a queue that drains fast would hold a day's worth of finished jobs.
        if self.order.len() > 2 * self.owners.len() + 1024 {
            self.order.retain(|(_, job)| self.owners.contains_key(job));
        }
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((at, _)) = self.order.front()
            && (now.duration_since(*at) > REMEMBERED_FOR || self.owners.len() > MAX_REMEMBERED_JOBS)
            && let Some((_, job)) = self.order.pop_front()
        {
            self.remove(&job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    fn job(n: u128) -> JobId {
        JobId::from_bytes(n.to_be_bytes())
    }

    fn clients(rules: Fairness) -> Clients {
        Clients::new(rules)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_may_have_so_many_unfinished_jobs_and_another_is_not_asked() {
        let clients = clients(Fairness { client_jobs: 2, ..Fairness::default() });
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
        let clients = clients(rules);
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
        let clients = clients(Fairness::default());
        clients.count(&job(1), &client(1), 1, 1).keep();
        tokio::time::advance(REMEMBERED_FOR).await;
        assert_eq!(clients.admit(&client(1)), Ok(()));
        assert_eq!(clients.unfinished(&client(1)), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clients.admit(&client(1)), Ok(()));
        assert_eq!(clients.unfinished(&client(1)), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let clients = clients(Fairness::default());
        let most = MAX_REMEMBERED_JOBS as u128;
        for n in 0..most + 10 {
            clients.count(&job(n), &client(1), 1, 1).keep();
        }
        assert_eq!(clients.unfinished(&client(1)) as usize, MAX_REMEMBERED_JOBS);
        for n in 0..most + 10 {
            clients.finished(&job(n));
        }
        let state = clients.lock();
        assert!(state.owners.is_empty() && state.unfinished.is_empty());
        assert!(state.order.len() <= 1024);
    }
}
