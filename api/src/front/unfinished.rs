//! Which jobs of which clients are unfinished, as far as this process knows.
//!
//! `clients` holds it under its lock. It forgets a job after a day at the latest, and holds a bounded number of jobs whatever
//! clients do. It must never wait.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use proto_shared::{ClientId, JobId};
use tokio::time::Instant;

/// Jobs remembered; beyond it the oldest are taken for finished. A few megabytes.
const MAX_REMEMBERED_JOBS: usize = 200_000;
/// Longer than any job lives: an hour's queue and every retry are over by then many times.
pub(super) const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// The unfinished jobs.
#[derive(Debug, Default)]
pub(super) struct UnfinishedJobs {
    /// Whose each is.
    owners: HashMap<JobId, ClientId>,
    of_client: HashMap<ClientId, u32>,
    /// Jobs as they were accepted, finished ones among them until they are the oldest or are removed together.
    order: VecDeque<(Instant, JobId)>,
}

/// Jobs of one client that count as unfinished.
#[derive(Debug, Default)]
pub(super) struct Recount {
    /// Oldest first: most of them end in the order in which they came.
    pub(super) jobs: Vec<JobId>,
    /// So many that are found to be unfinished show that the client's count is right.
    pub(super) enough: u32,
}

impl UnfinishedJobs {
    /// Counts a job; true if it was not counted yet.
    pub(super) fn add(&mut self, job: &JobId, client: &ClientId) -> bool {
        let now = Instant::now();
        let is_new = self.owners.insert(job.clone(), client.clone()).is_none();
        if is_new {
            *self.of_client.entry(client.clone()).or_default() += 1;
            self.order.push_back((now, job.clone()));
        }
        self.forget_old(now);
        is_new
    }

    /// How many a client has.
    pub(super) fn of(&self, client: &ClientId) -> u32 {
        self.of_client.get(client).copied().unwrap_or(0)
    }

    /// Counts a job no more, if it was counted.
    pub(super) fn remove(&mut self, job: &JobId) {
        let Some(client) = self.owners.remove(job) else { return };
        if let Some(count) = self.of_client.get_mut(&client) {
            *count -= 1;
            if *count == 0 {
                self.of_client.remove(&client);
            }
        }
        // Else a queue that drains fast would hold a day's worth of finished jobs.
        if self.order.len() > 2 * self.owners.len() + 1024 {
            self.order.retain(|(_, job)| self.owners.contains_key(job));
        }
    }

    /// Forgets what is a day old, and the oldest of too many.
    pub(super) fn forget_old(&mut self, now: Instant) {
        while let Some((at, _)) = self.order.front()
            && (now.duration_since(*at) > REMEMBERED_FOR || self.owners.len() > MAX_REMEMBERED_JOBS)
            && let Some((_, job)) = self.order.pop_front()
        {
            self.remove(&job);
        }
    }

    /// Of each client the jobs whose end may have been missed: all that were accepted by `missed_at`; else, of a client with
    /// `many` jobs or more, as many of the oldest as show that it has so many.
    pub(super) fn to_recount(&self, many: u32, missed_at: Option<Instant>) -> Vec<Recount> {
        let mut of_client: HashMap<&ClientId, Recount> = HashMap::new();
        for (at, job) in &self.order {
            let Some(client) = self.owners.get(job) else { continue };
            let was_missed = missed_at.is_some_and(|missed_at| *at <= missed_at);
            if was_missed || self.of(client) >= many {
                let recount = of_client.entry(client).or_default();
                recount.enough = recount.enough.max(if was_missed { u32::MAX } else { many });
                recount.jobs.push(job.clone());
            }
        }
        of_client.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_remembered_is_bounded() {
        let job = |n: u128| JobId::from_bytes(n.to_be_bytes());
        let (mut jobs, client) = (UnfinishedJobs::default(), ClientId::from_bytes([1; 8]));
        let most = MAX_REMEMBERED_JOBS as u128;
        for n in 0..most + 10 {
            jobs.add(&job(n), &client);
        }
        assert_eq!(jobs.of(&client) as usize, MAX_REMEMBERED_JOBS);
        for n in 0..most + 10 {
            jobs.remove(&job(n));
        }
        assert!(jobs.owners.is_empty() && jobs.of_client.is_empty());
        assert!(jobs.order.len() <= 1024);
    }
}
