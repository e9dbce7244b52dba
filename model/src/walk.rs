//! The protocol as `stateright` walks it: its first state, the actions of each, and the promises.

use stateright::{Model, Property};

use crate::{action::Action, properties, protocol::Protocol, state::State};

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
