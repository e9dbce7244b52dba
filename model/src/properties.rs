//! The promises, as properties of states; and what must happen in some state, because a promise that nothing can break is
//! worth nothing.

use stateright::Property;

use crate::{
    promises::{
        ACCEPTED_ENDS, ACCEPTED_IS_CONFIRMED, DONE_STAYS, FAILED_HAS_LETTER, RECORD_ENDS, RECORD_IS_COUNTED, RESULT_BEFORE_ACK,
    },
    protocol::Protocol,
    state::{Job, Outcome, Request, State},
};

pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(ACCEPTED_IS_CONFIRMED, |_, state: &State| state.accepted().all(|job| job.confirmed || job.ended)),
        Property::always(ACCEPTED_ENDS, |protocol: &Protocol, state| !protocol.aftermath(state).accepted_without_end),
        Property::always(RECORD_ENDS, |protocol: &Protocol, state| !protocol.aftermath(state).record_without_end),
        Property::always(RECORD_IS_COUNTED, |_, state: &State| state.uncounted() == 0),
        Property::always(DONE_STAYS, |_, state: &State| state.jobs_where(Job::is_undone) == 0),
        Property::always(RESULT_BEFORE_ACK, |_, state: &State| !state.acked_early),
        Property::always(FAILED_HAS_LETTER, |protocol: &Protocol, state| !protocol.aftermath(state).failed_without_letter),
        Property::sometimes("a job is done", |_, state: &State| state.jobs_where(|job| job.done) != 0),
        Property::sometimes("two jobs are done", |_, state: &State| state.jobs_where(|job| job.done).count_ones() > 1),
        Property::sometimes("a request is accepted", |_, state: &State| state.accepted().next().is_some()),
        Property::sometimes("a request is refused", |_, state: &State| state.requests.iter().any(Request::is_told_refused)),
        Property::sometimes("the queue is full", |protocol: &Protocol, state: &State| {
            state.queue.len() >= usize::from(protocol.sizes.queue)
        }),
        Property::sometimes("a message is delivered again", |_, state: &State| {
            state.workers.iter().any(|worker| worker.delivery.is_some_and(|delivery| delivery.message.deliveries > 0))
        }),
        Property::sometimes("two workers have one job", |_, state: &State| {
            let [one, other] = state.workers.map(|worker| worker.delivery.map(|delivery| delivery.message.job));
            one.is_some() && one == other
        }),
        Property::sometimes("a lost job is queued again", |_, state: &State| state.jobs_where(|job| job.requeued) != 0),
        Property::sometimes("a job fails", |_, state: &State| state.jobs_where(Job::is_failed) != 0),
        Property::sometimes("a dead letter is kept", |_, state: &State| state.jobs_where(|job| job.letters != 0) != 0),
        Property::sometimes("a job is replayed and done", |_, state: &State| {
            state.jobs_where(|job| job.replayed && job.done) != 0
        }),
        Property::sometimes("retention takes a job", |_, state: &State| {
            state.jobs_where(|job| job.expired && job.result.is_none()) != 0
        }),
    ]
}

impl Job {
    pub(crate) fn is_failed(&self) -> bool {
        self.result == Some(Outcome::Failed)
    }

    fn is_undone(&self) -> bool {
        self.done && self.result != Some(Outcome::Done) && !self.expired
    }
}

impl State {
    /// The jobs that clients were told are accepted.
    pub(crate) fn accepted(&self) -> impl Iterator<Item = &Job> {
        let accepted = self.requests.iter().filter(|request| request.is_told_accepted() && !request.hung_up);
        accepted.map(|request| self.job(request.job))
    }

    /// Records that stand and that no api has counted, though the request which wrote each is over and its api lives.
    fn uncounted(&self) -> usize {
        let over = self.requests.iter().filter(|request| request.is_over() && request.wrote);
        over.map(|request| self.job(request.job)).filter(|job| job.record && !job.counted).count()
    }
}
