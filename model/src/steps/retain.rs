//! sweep: retention of a job that ended long ago (`store/src/retention/mod.rs`).
//!
//! That it ended long ago means here: no request of its name is under way, and no replay. Everything else may still be on its
//! way, the job's messages too.

use crate::{
    action::{Action, numbers},
    protocol::Protocol,
    state::{Expiry, Number, Retention, State},
};

impl Protocol {
    pub(crate) fn offer_retention(&self, state: &State, actions: &mut Vec<Action>) {
        if let Some(retention) = state.retention {
            if !self.is_asked_for(state, retention.job) {
                actions.push(Action::Delete);
            }
            return;
        }
        if state.left.sweeps > 0 && state.replay.is_none() {
            let has_ended = |number: &Number| {
                let job = state.job(*number);
                job.result.is_some() && job.letters == 0 && !self.is_asked_for(state, *number)
            };
            actions.extend(numbers().filter(has_ended).map(Action::Expire));
        }
    }

    /// Whether a request is under way that is about this job, or may be told so by its name.
    fn is_asked_for(&self, state: &State, number: Number) -> bool {
        numbers().any(|request| {
            let at = state.request(request);
            at.is_under_way() && (at.job == number || (self.is_keyed(request) && state.name == Some(number)))
        })
    }

    pub(crate) fn expire(state: &mut State, job: Number) {
        state.left.sweeps -= 1;
        if state.name == Some(job) {
            state.name = None;
        }
        state.retention = Some(Retention { job, next: Expiry::Record });
    }

    pub(crate) fn delete(state: &mut State) {
        let Some(Retention { job: number, next }) = state.retention else { return };
        let next = match next {
            Expiry::Record => {
                let job = state.job_mut(number);
                job.record = false;
                job.expired = true;
                Some(Expiry::Result)
            }
            Expiry::Result => {
                let job = state.job_mut(number);
                (job.result, job.queued, job.requeued) = (None, false, false);
                None
            }
        };
        state.retention = next.map(|next| Retention { job: number, next });
    }
}
