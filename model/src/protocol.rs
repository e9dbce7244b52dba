//! The protocol as a model for `stateright`: which actions a state offers, and the state that each leads to.
//!
//! Each actor's steps have a file of their own below `steps`.

use stateright::{Model, Property};

use crate::{
    action::{Action, Luck},
    old::OldStep,
    properties,
    sizes::Sizes,
    state::{Job, Message, Number, State, WORKERS},
};

/// The model: its bounds, and the steps of it that are put back to what they were.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// How much is explored.
    pub sizes: Sizes,
    /// The old step that it walks.
    pub old: Option<OldStep>,
}

/// How a publish ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Published {
    /// The queue holds it.
    Confirmed,
    /// The queue is full: it holds it surely not.
    Full,
    /// Nobody knows.
    Unknown,
}

impl Protocol {
    /// Whether this step is walked as it was.
    pub(crate) fn walks(&self, old: OldStep) -> bool {
        self.old == Some(old)
    }

    /// Whether this request carries the key.
    pub(crate) fn is_keyed(&self, request: Number) -> bool {
        request < self.sizes.keyed
    }

    /// Whether the queue of jobs takes another message.
    pub(crate) fn has_room(&self, state: &State) -> bool {
        !state.flooded && state.queue.len() < usize::from(self.sizes.queue)
    }

    /// Puts a message into the queue of jobs.
    pub(crate) fn publish(&self, state: &mut State, message: Message, luck: Luck) -> Published {
        if luck == Luck::Failed {
            return Published::Unknown;
        }
        if !self.has_room(state) {
            return Published::Full;
        }
        state.queue.put(message);
        if luck != Luck::Well {
            return Published::Unknown;
        }
        state.job_mut(message.job).confirmed = true;
        Published::Confirmed
    }

    /// The broker has a message back that was not settled.
    pub(crate) fn give_back(&self, state: &mut State, mut message: Message) {
        message.deliveries += 1;
        if message.deliveries > self.sizes.returns {
            state.dead.put(message.job);
        } else {
            state.queue.put(message);
        }
    }

    fn let_time_pass(state: &mut State) {
        state.search_begun = false;
        for job in &mut state.jobs {
            job.is_old = job.record;
            job.queued = false;
            job.requeued = false;
        }
    }

    /// The state after an action that [`Self::actions`] has offered.
    pub(crate) fn after(&self, before: &State, action: Action) -> State {
        let mut state = *before;
        if let Action::Accept(_, luck)
        | Action::Work(_, luck)
        | Action::Bury(_, luck)
        | Action::Look(_, luck)
        | Action::Replay(luck) = action
        {
            match luck {
                Luck::Well => {}
                Luck::Defect => state.left.defects -= 1,
                Luck::Failed | Luck::AnswerLost | Luck::TriedAgain => state.left.faults -= 1,
            }
        }
        match action {
            Action::Ask(number) => self.ask(&mut state, number),
            Action::Accept(number, luck) => self.accept(&mut state, number, luck),
            Action::Deliver(worker, message) => Self::deliver(&mut state, worker, message),
            Action::Work(worker, luck) => self.work(&mut state, worker, luck),
            Action::DeliverLetter(worker, job) => Self::deliver_letter(&mut state, worker, job),
            Action::Bury(worker, luck) => self.bury(&mut state, worker, luck),
            Action::Look(worker, luck) => self.look(&mut state, worker, luck),
            Action::BeginReplay(job) => Self::begin_replay(&mut state, job),
            Action::Replay(luck) => self.replay(&mut state, luck),
            Action::Expire(job) => Self::expire(&mut state, job),
            Action::Delete => Self::delete(&mut state),
            Action::FloodEnds => state.flooded = false,
            Action::TimePasses => {
                // Once the trouble is over, time goes on for ever.
                state.left.stretches = state.left.stretches.saturating_sub(1);
                Self::let_time_pass(&mut state);
            }
            Action::Kill(_) | Action::LoseChannel(_) | Action::DeleteQueue | Action::Flood | Action::HangUp(_) => {
                self.strike(&mut state, action);
            }
        }
        state
    }

    /// Everything that may happen next.
    pub(crate) fn offers(&self, state: &State, actions: &mut Vec<Action>) {
        self.offer_requests(state, actions);
        Self::offer_replay(state, actions);
        self.offer_retention(state, actions);
        for worker in 0..WORKERS {
            // Of two that are alike it matters not which one moves.
            if state.workers[..worker].contains(&state.workers[worker]) {
                continue;
            }
            Self::offer_burial(state, worker, actions);
            self.offer_delivery(state, worker, actions);
            self.offer_look(state, worker, actions);
        }
        if state.flooded {
            actions.push(Action::FloodEnds);
        }
        Self::offer_trouble(state, actions);
        let is_news = |job: &Job| job.queued || job.requeued || (job.record && !job.is_old);
        if state.left.stretches > 0 && (state.search_begun || state.jobs.iter().any(is_news)) {
            actions.push(Action::TimePasses);
        }
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(&self.sizes)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.offers(state, actions);
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        Some(self.after(before, action).canonical())
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
