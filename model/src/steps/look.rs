//! worker: the search for jobs that neither queue nor result knows (`worker/src/lost_jobs/schedule.rs`,
//! `worker/src/lost_jobs/requeue.rs`). A sweep's search takes the same steps.

use crate::{
    action::{Action, Luck, Lucks},
    old::OldStep,
    protocol::{Protocol, Published},
    sizes::JobSet,
    state::{Look, Message, Number, State},
};

impl Protocol {
    pub(crate) fn offer_look(&self, state: &State, worker: usize, actions: &mut Vec<Action>) {
        let lucks = match state.workers[worker].look {
            Look::None => {
                let may = !self.walks(OldStep::LookAtStartOnly) || state.workers[worker].look_is_due;
                // One that would find nothing is as good as none.
                let is_needed = lost(state) != 0 || self.walks(OldStep::LookAtStartOnly);
                if state.search_begun || !may || !is_needed {
                    return;
                }
                Lucks::Create
            }
            Look::Listed(_) => Lucks::Write,
            Look::Queued(_) => Lucks::Sure,
        };
        actions.extend(lucks.possible(state.left.faults, 0).map(|luck| Action::Look(worker, luck)));
    }

    /// Whether any look is still to come.
    pub(crate) fn will_look(&self, state: &State) -> bool {
        !self.walks(OldStep::LookAtStartOnly) || state.workers.iter().any(|worker| worker.look_is_due)
    }

    pub(crate) fn look(&self, state: &mut State, worker: usize, luck: Luck) {
        let next = match state.workers[worker].look {
            Look::None => {
                state.search_begun |= luck != Luck::Failed;
                // Where the store takes no mark, everyone looks; who finds its own mark takes it for another's.
                if luck == Luck::TriedAgain { Look::None } else { left(lost(state)) }
            }
            Look::Listed(jobs) => self.queue_again(state, jobs, luck),
            Look::Queued(jobs) => {
                state.job_mut(first(jobs)).requeued = true;
                left(without_first(jobs))
            }
        };
        state.workers[worker].look = next;
        if self.walks(OldStep::LookAtStartOnly) && next == Look::None {
            // It spares those who started before it theirs.
            state.workers.iter_mut().for_each(|worker| worker.look_is_due = false);
        }
    }

    /// A look ends at its first failure; the next one finds what is left.
    fn queue_again(&self, state: &mut State, jobs: JobSet, luck: Luck) -> Look {
        let job = first(jobs);
        if state.job(job).requeued {
            return left(without_first(jobs));
        }
        match self.publish(state, Message::again(job), luck) {
            Published::Confirmed => Look::Queued(jobs),
            Published::Full | Published::Unknown => Look::None,
        }
    }
}

/// The jobs that a look finds.
fn lost(state: &State) -> JobSet {
    state.jobs_where(|job| job.record && job.is_old && job.result.is_none())
}

fn left(jobs: JobSet) -> Look {
    if jobs == 0 { Look::None } else { Look::Listed(jobs) }
}

fn first(jobs: JobSet) -> Number {
    // A set of jobs has eight bits.
    u8::try_from(jobs.trailing_zeros()).unwrap_or_default()
}

fn without_first(jobs: JobSet) -> JobSet {
    jobs & (jobs - 1)
}
