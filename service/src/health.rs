//! Is this process alive, and is it ready: named checks behind `/healthz` and `/readyz`.
//!
//! The binary names the checks (broker, store) and says of each what it decides; `ops` answers with them. A check must be
//! cheap; its outcome is kept for a second, so that no prober can turn health into load.
//!
//! - Readiness fails while the process is draining, until each check that it rests on has held once, and when one of them
//!   has failed for longer than [`READY_GRACE`]. All processes see a short outage of one server at the same time: if each
//!   of them left its load balancer, no client would be answered at all.
//! - Liveness fails when a check that it rests on has failed for longer than [`VITAL_GRACE`]. It rests only on what a restart
//!   mends: a server that is away comes back no sooner because its clients are restarted. Liveness never waits for a check: a
//!   prober that gives up after a second would take a server that hangs for a process that does.
//! - Some checks only appear in the answer, and decide nothing.

use std::{
    future::Future,
    sync::{Arc, Mutex as Lock, PoisonError},
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use serde::Serialize;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

/// The outcome of the checks is kept this long.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// A check that takes longer has failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// A check may fail this long before the process counts as not ready.
pub const READY_GRACE: Duration = Duration::from_secs(30);
/// A check of liveness may fail this long before the process counts as dead.
pub const VITAL_GRACE: Duration = Duration::from_secs(300);

/// The checks of one process. Clones share them.
#[derive(Clone)]
pub struct Health {
    checks: Arc<Vec<Check>>,
    /// The last outcome; locked for a moment only.
    last: Arc<Lock<Option<Observation>>>,
    /// Held while checks run, so that they run once for all who ask.
    running: Arc<Mutex<()>>,
    draining: CancellationToken,
}

struct Check {
    name: &'static str,
    decides: Decides,
    run: Box<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>,
}

/// What a check decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// Whether the process is ready.
    Readiness,
    /// Whether the process is alive: for something that a restart mends.
    Liveness,
    /// Nothing: it only appears in the answer.
    Nothing,
}

#[derive(Clone)]
struct Observation {
    at: Instant,
    /// Of each check that fails at the moment.
    failing: Vec<Option<Failing>>,
    /// Whether all checks that readiness rests on have held at one time, now or before.
    all_held: bool,
}

#[derive(Clone)]
struct Failing {
    since: Instant,
    why: String,
    /// Whether it has held before.
    has_held: bool,
}

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    /// The check's name.
    pub name: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub message: Option<String>,
}

/// The answer to one question about a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Report {
    /// Yes or no.
    pub ok: bool,
    /// The checks.
    pub checks: Vec<Finding>,
}

impl Health {
    /// A process without checks, which is ready until `draining` is cancelled.
    #[must_use]
    pub fn new(draining: CancellationToken) -> Self {
        Self { checks: Arc::default(), last: Arc::default(), running: Arc::default(), draining }
    }

    /// Adds a check. To be called before the first clone is made.
    #[must_use]
    pub fn check<F>(self, name: &'static str, decides: Decides, run: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let mut checks = Arc::into_inner(self.checks).unwrap_or_default();
        checks.push(Check { name, decides, run: Box::new(move || run().boxed()) });
        Self { checks: Arc::new(checks), ..self }
    }

    /// Should this process be given work?
    pub async fn ready(&self) -> Report {
        if self.draining.is_cancelled() {
            // Answered at once: no check can change it.
            let message = Some("the process is shutting down".to_owned());
            return Report { ok: false, checks: vec![Finding { name: "draining", ok: false, message }] };
        }
        let observation = self.observe().await;
        self.report(&observation, |check, failing| {
            check.decides == Decides::Readiness && (!failing.has_held || failing.since.elapsed() > READY_GRACE)
        })
    }

    /// Should this process go on running? Answered from what was found last, while the checks run again behind it.
    #[expect(clippy::unused_async, reason = "it starts a task, which only a runtime can")]
    pub async fn live(&self) -> Report {
        let Some(observation) = self.kept() else {
            tokio::spawn(self.clone().observe_again());
            return Report { ok: true, checks: Vec::new() };
        };
        let now = Instant::now();
        if now.duration_since(observation.at) >= KEPT_FOR {
            tokio::spawn(self.clone().observe_again());
        }
        self.report(&observation, |check, failing| {
            check.decides == Decides::Liveness && now.duration_since(failing.since) > VITAL_GRACE
        })
    }

    /// Has everything that readiness rests on been there at one time? Once yes, always yes.
    pub async fn started(&self) -> Report {
        let observation = match self.kept() {
            Some(kept) if kept.all_held => kept,
            _ => self.observe().await,
        };
        let all_held = observation.all_held;
        self.report(&observation, |check, _| check.decides == Decides::Readiness && !all_held)
    }

    fn report(&self, observation: &Observation, counts: impl Fn(&Check, &Failing) -> bool) -> Report {
        let mut ok = true;
        let found = self.checks.iter().zip(&observation.failing).map(|(check, failing)| {
            ok &= !failing.as_ref().is_some_and(|failing| counts(check, failing));
            Finding { name: check.name, ok: failing.is_none(), message: failing.as_ref().map(|failing| failing.why.clone()) }
        });
        let checks = found.collect();
        Report { ok, checks }
    }

    fn kept(&self) -> Option<Observation> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn kept_and_fresh(&self) -> Option<Observation> {
        self.kept().filter(|kept| kept.at.elapsed() < KEPT_FOR)
    }

    async fn observe_again(self) {
        // A run that is under way is enough.
        if let Ok(_running) = self.running.try_lock() {
            self.run_checks().await;
        }
    }

    /// What the checks say, run anew unless that was done a moment ago.
    async fn observe(&self) -> Observation {
        if let Some(kept) = self.kept_and_fresh() {
            return kept;
        }
        let _running = self.running.lock().await;
        match self.kept_and_fresh() {
            Some(found_meanwhile) => found_meanwhile,
            None => self.run_checks().await,
        }
    }

    async fn run_checks(&self) -> Observation {
        let outcomes = join_all(self.checks.iter().map(|check| timeout(CHECK_TIMEOUT, (check.run)()))).await;
        let at = Instant::now();
        let before = self.kept();
        let failing: Vec<_> = outcomes
            .into_iter()
            .enumerate()
            .map(|(i, outcome)| {
                let was_failing = before.as_ref().and_then(|kept| kept.failing[i].as_ref());
                let check = self.checks[i].name;
                let why = match outcome {
                    Ok(Ok(())) => {
                        if let Some(Failing { since, .. }) = was_failing {
                            tracing::info!(check, failed_for_s = at.duration_since(*since).as_secs(), "a check holds again");
                        }
                        return None;
                    }
                    Ok(Err(why)) => why,
                    Err(_) => format!("no answer in {} s", CHECK_TIMEOUT.as_secs()),
                };
                let (since, has_held) = if let Some(before) = was_failing {
                    (before.since, before.has_held)
                } else {
                    tracing::warn!(check, why, "a check fails");
                    (at, before.is_some())
                };
                Some(Failing { since, why, has_held })
            })
            .collect();
        let is_needed = |check: &Check| check.decides == Decides::Readiness;
        let holds = self.checks.iter().zip(&failing).all(|(check, failing)| failing.is_none() || !is_needed(check));
        let all_held = holds || before.is_some_and(|kept| kept.all_held);
        let observation = Observation { at, failing, all_held };
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(observation.clone());
        observation
    }
}

#[cfg(test)]
mod tests;
