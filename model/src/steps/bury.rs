//! worker: a dead letter, from its queue to the store (`worker/src/settling/dead_letters.rs`).

use crate::{
    action::{Action, Luck, Lucks},
    old::OldStep,
    protocol::Protocol,
    state::{Burial, Kept, Number, Outcome, State},
};

impl Protocol {
    pub(crate) fn offer_burial(state: &State, worker: usize, actions: &mut Vec<Action>) {
        let Some(burial) = state.workers[worker].burial else {
            let mut last = None;
            for &job in state.dead.items() {
                if last.replace(job) != Some(job) {
                    actions.push(Action::DeliverLetter(worker, job));
                }
            }
            return;
        };
        let lucks = if Self::after_burial(burial.at).is_some() { Lucks::Write } else { Lucks::Sure };
        actions.extend(lucks.possible(state.left.faults, 0).map(|luck| Action::Bury(worker, luck)));
    }

    pub(crate) fn deliver_letter(state: &mut State, worker: usize, job: Number) {
        state.dead.take(job);
        state.workers[worker].burial = Some(Burial { job, at: Kept::Taken });
    }

    /// The result first: a replay that finds the letter takes the result back, and nobody may write it again for the old death.
    /// What fails is tried again.
    pub(crate) fn bury(&self, state: &mut State, worker: usize, luck: Luck) {
        let Some(Burial { job, at }) = state.workers[worker].burial else { return };
        let next = Self::after_burial(at);
        if luck != Luck::Failed {
            match next {
                Some(Kept::ResultStored) => state.create_result(job, Outcome::Failed),
                Some(Kept::LetterStored) => {
                    let letters = &mut state.job_mut(job).letters;
                    // Each death has a key of its own; once one key was for all.
                    *letters |= if self.walks(OldStep::OneLetterKey) { 1 } else { !*letters & (*letters + 1) };
                }
                Some(Kept::Taken) | None => {}
            }
        }
        let at = if luck == Luck::Well { next } else { Some(at) };
        state.workers[worker].burial = at.map(|at| Burial { job, at });
    }

    /// What comes next of a letter that is so far; none where only its ack does.
    pub(crate) fn after_burial(at: Kept) -> Option<Kept> {
        match at {
            Kept::Taken => Some(Kept::ResultStored),
            Kept::ResultStored => Some(Kept::LetterStored),
            Kept::LetterStored => None,
        }
    }
}
