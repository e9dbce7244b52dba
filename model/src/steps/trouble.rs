//! What goes wrong between two steps: processes are killed, channels end, queues are filled or deleted, clients hang up. What goes
//! wrong within a step is its `Luck`.

use crate::{
    action::{Action, Process, numbers},
    bag::Bag,
    old::OldStep,
    protocol::Protocol,
    state::{Budget, Look, Number, State, Task, WORKERS, Worker},
};

impl Worker {
    /// A worker that has just started.
    pub(crate) const STARTED: Self = Self { delivery: None, burial: None, look: Look::None, look_is_due: true };
}

impl Protocol {
    fn kill(&self, state: &mut State, process: Process) {
        match process {
            Process::Api(api) => {
                for number in numbers().filter(|number| number % 2 == api) {
                    let request = state.request_mut(number);
                    if request.is_under_way() {
                        request.wrote = false;
                        request.go_on(Task::Dropped);
                    }
                }
            }
            Process::Worker(worker) => {
                let killed = std::mem::replace(&mut state.workers[worker], Worker::STARTED);
                if let Some(delivery) = killed.delivery.filter(|delivery| !delivery.lost) {
                    self.give_back(state, delivery.message);
                }
                if let Some(burial) = killed.burial {
                    state.dead.put(burial.job);
                }
            }
            Process::Replay => state.replay = None,
            Process::Retention => state.retention = None,
        }
    }

    pub(crate) fn offer_trouble(state: &State, actions: &mut Vec<Action>) {
        let Budget { crashes, faults, floods, hang_ups, .. } = state.left;
        if crashes > 0 {
            let api = |api| numbers().any(|number| number % 2 == api && state.request(number).is_under_way());
            actions.extend((0..2).filter(|&number| api(number)).map(|number| Action::Kill(Process::Api(number))));
            let works = |worker: &usize| state.workers[*worker] != Worker::STARTED;
            actions.extend((0..WORKERS).filter(works).map(|worker| Action::Kill(Process::Worker(worker))));
            actions.extend(state.replay.map(|_| Action::Kill(Process::Replay)));
            actions.extend(state.retention.map(|_| Action::Kill(Process::Retention)));
        }
        if faults > 0 {
            let holds = |worker: &usize| state.workers[*worker].delivery.is_some_and(|delivery| !delivery.lost);
            actions.extend((0..WORKERS).filter(holds).map(Action::LoseChannel));
            if !state.queue.is_empty() {
                actions.push(Action::DeleteQueue);
            }
        }
        if floods > 0 && !state.flooded {
            actions.push(Action::Flood);
        }
        if hang_ups > 0 {
            let waits = |number: &Number| {
                let request = state.request(*number);
                request.is_under_way() && !request.hung_up
            };
            actions.extend(numbers().filter(waits).map(Action::HangUp));
        }
    }

    /// What is struck by an action that [`Self::offer_trouble`] has offered.
    pub(crate) fn strike(&self, state: &mut State, action: Action) {
        match action {
            Action::Kill(process) => {
                state.left.crashes -= 1;
                self.kill(state, process);
            }
            Action::LoseChannel(worker) => {
                state.left.faults -= 1;
                if let Some(delivery) = &mut state.workers[worker].delivery {
                    delivery.lost = true;
                    let message = delivery.message;
                    self.give_back(state, message);
                }
            }
            Action::DeleteQueue => {
                state.left.faults -= 1;
                state.queue = Bag::default();
            }
            Action::Flood => {
                state.left.floods -= 1;
                state.flooded = true;
            }
            Action::HangUp(number) => {
                state.left.hang_ups -= 1;
                let request = state.request_mut(number);
                request.hung_up = true;
                if self.walks(OldStep::DroppedWithRequest) {
                    request.go_on(Task::Dropped);
                }
            }
            _ => {}
        }
    }
}
