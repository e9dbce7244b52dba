//! What becomes of a state once the trouble is over: no process dies, store and broker answer, nobody asks for anything new.
//!
//! A promise such as "it comes to an end" says nothing of one state. `stateright` has `eventually` for that, which overlooks
//! cycles and paths that meet, and time that goes on is a cycle. So each state is followed here until nothing moves any more,
//! and the properties ask what stands then. It is followed twice: once by the first process in line, once by the last.

use std::cell::Cell;

use crate::{
    action::Action,
    protocol::Protocol,
    state::{Budget, State},
};

/// More steps than any state needs until nothing moves. One that needs more does not come to rest, which is as bad as a job
/// that has no end.
const MOST_STEPS: usize = 500;

/// In line, who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Requests before workers, and what lies in a queue at the end.
    First,
    /// The other way round.
    Last,
}

impl Protocol {
    /// The state that this one comes to, once the trouble is over, and what is done until then. None if it never rests.
    #[must_use]
    pub fn rest(&self, state: &State, turn: Turn, mut told: impl FnMut(&State, Action)) -> Option<State> {
        let mut state = State { left: Budget::NONE, ..*state };
        let mut actions = Vec::new();
        for _ in 0..MOST_STEPS {
            actions.clear();
            self.offers(&state, &mut actions);
            // Nobody asks any more, and time stands still while anything else moves.
            let moves = |action: &&Action| !matches!(action, Action::Ask(_));
            let next = match turn {
                Turn::First => actions.iter().find(moves),
                Turn::Last => actions.iter().rfind(moves),
            };
            let next = match next {
                Some(next) => *next,
                None if self.is_at_rest(&state) => return Some(state),
                None => Action::TimePasses,
            };
            told(&state, next);
            state = self.after(&state, next);
        }
        None
    }

    /// Whether the next look would find nothing. Where none is to come, it never will.
    fn is_at_rest(&self, state: &State) -> bool {
        state.jobs_where(|job| job.record && job.result.is_none()) == 0 || !self.will_look(state)
    }

    /// What is wrong with the states that this one comes to.
    pub(crate) fn aftermath(&self, state: &State) -> Aftermath {
        thread_local! {
            // Several properties ask of one state, one after the other.
            static LAST: Cell<Option<(State, Aftermath)>> = const { Cell::new(None) };
        }
        if let Some((of, aftermath)) = LAST.get()
            && of == *state
        {
            return aftermath;
        }
        let [first, last] = [Turn::First, Turn::Last].map(|turn| Aftermath::of(self.rest(state, turn, |_, _| ())));
        let aftermath = Aftermath {
            accepted_without_end: first.accepted_without_end || last.accepted_without_end,
            record_without_end: first.record_without_end || last.record_without_end,
            failed_without_letter: first.failed_without_letter || last.failed_without_letter,
        };
        LAST.set(Some((*state, aftermath)));
        aftermath
    }

    /// Whether anything is wrong with the state that this one comes to.
    pub(crate) fn ends_badly(&self, state: &State, turn: Turn) -> bool {
        Aftermath::of(self.rest(state, turn, |_, _| ())) != Aftermath::default()
    }
}

/// What is wrong when nothing moves any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Aftermath {
    pub(crate) accepted_without_end: bool,
    pub(crate) record_without_end: bool,
    pub(crate) failed_without_letter: bool,
}

impl Aftermath {
    fn of(rest: Option<State>) -> Self {
        let Some(rest) = rest else {
            return Self { accepted_without_end: true, record_without_end: true, failed_without_letter: true };
        };
        Self {
            accepted_without_end: rest.accepted().any(|job| job.result.is_none() && !job.expired),
            record_without_end: rest.jobs_where(|job| job.record && job.result.is_none()) != 0,
            failed_without_letter: rest.jobs_where(|job| job.is_failed() && job.letters == 0 && !job.expired) != 0,
        }
    }
}
