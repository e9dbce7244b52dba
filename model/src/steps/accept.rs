//! api: the acceptance of a job, from the request to its answer (`api/src/jobs/accept/acceptance.rs`).
//!
//! Not here: that several acceptances of one job at one api share a publish. Each publishes for itself, which allows more.

use crate::{
    action::{Action, Luck, Lucks, numbers},
    names::Step,
    old::OldStep,
    protocol::{Protocol, Published},
    state::{Job, Message, Number, Outcome, Request, State, Task},
};

impl Protocol {
    pub(crate) fn offer_requests(&self, state: &State, actions: &mut Vec<Action>) {
        for number in numbers().take(usize::from(self.sizes.requests())) {
            let lucks = match state.request(number).task {
                Task::Unasked => {
                    actions.push(Action::Ask(number));
                    continue;
                }
                // A request without a key has nothing to look up.
                Task::At(Step::Begun) if !self.is_keyed(number) => Lucks::Sure,
                Task::At(Step::Begun | Step::Recorded | Step::Repeated) | Task::MarkedEarly | Task::TakesBack => Lucks::Write,
                Task::At(Step::Identified) => Lucks::Create,
                // What is not marked is published once more, by who repeats it.
                Task::At(Step::Confirmed) => Lucks::Read,
                Task::At(_) | Task::Dropped => continue,
            };
            actions.extend(lucks.possible(state.left.faults, 0).map(|luck| Action::Accept(number, luck)));
        }
    }

    pub(crate) fn ask(&self, state: &mut State, number: Number) {
        let step = if self.is_keyed(number) { Step::Begun } else { Step::Identified };
        let request = state.request_mut(number);
        (request.task, request.job) = (Task::At(step), number);
    }

    pub(crate) fn accept(&self, state: &mut State, number: Number, luck: Luck) {
        let job = state.request(number).job;
        let next = match state.request(number).task {
            Task::At(Step::Begun) => Self::begun(state, number, luck),
            Task::At(Step::Identified) => self.identified(state, number, luck),
            Task::At(Step::Recorded) => self.recorded(state, number, luck),
            Task::At(Step::Repeated) => self.repeated(state, job, luck),
            Task::At(Step::Confirmed) => {
                state.job_mut(job).queued |= luck == Luck::Well;
                Task::At(Step::Queued)
            }
            Task::TakesBack => Self::take_back(state.job_mut(job), luck),
            Task::MarkedEarly => match self.publish(state, Message::first(job), luck) {
                Published::Confirmed => Task::At(Step::Queued),
                Published::Full | Published::Unknown => Task::At(Step::Unconfirmed),
            },
            over => over,
        };
        state.request_mut(number).go_on(next);
    }

    /// Gives the job its id.
    fn begun(state: &mut State, number: Number, luck: Luck) -> Task {
        if luck != Luck::Failed {
            let named = *state.name.get_or_insert(number);
            state.request_mut(number).job = named;
        }
        Task::At(if luck == Luck::Well { Step::Identified } else { Step::Refused })
    }

    /// Creates the record. What its own other try has written is its own.
    fn identified(&self, state: &mut State, number: Number, luck: Luck) -> Task {
        let number_of_job = state.request(number).job;
        let job = state.job_mut(number_of_job);
        if luck == Luck::Failed || (job.record && luck == Luck::AnswerLost) {
            return Task::At(Step::Refused);
        }
        if job.record {
            return Task::At(Step::Repeated);
        }
        job.record = true;
        state.request_mut(number).wrote = true;
        if luck == Luck::AnswerLost { self.refuse(state, number) } else { Task::At(Step::Recorded) }
    }

    /// Queues the job, or ends it where its output stands already.
    fn recorded(&self, state: &mut State, number: Number, luck: Luck) -> Task {
        let job = state.request(number).job;
        let next = if state.output {
            if luck != Luck::Failed {
                state.create_result(job, Outcome::Done);
            }
            if luck == Luck::Well { Step::Ended } else { Step::Unconfirmed }
        } else {
            match self.publish(state, Message::first(job), luck) {
                Published::Full => return self.refuse(state, number),
                Published::Confirmed => Step::Queued,
                Published::Unknown => Step::Unconfirmed,
            }
        };
        // Whatever its client is told: a record that stands comes to an end.
        state.job_mut(job).counted = true;
        Task::At(next)
    }

    /// A record of which surely no message is on its way is taken back, unless its name may have brought others to it.
    fn refuse(&self, state: &mut State, number: Number) -> Task {
        if self.is_keyed(number) {
            let job = state.request(number).job;
            state.job_mut(job).counted = true;
            return Task::At(Step::Unconfirmed);
        }
        Task::TakesBack
    }

    fn take_back(job: &mut Job, luck: Luck) -> Task {
        job.record &= luck == Luck::Failed;
        job.counted |= luck != Luck::Well;
        Task::At(if luck == Luck::Well { Step::TakenBack } else { Step::Unconfirmed })
    }

    /// Queues a job that was recorded before, unless it has ended or is marked as queued.
    fn repeated(&self, state: &mut State, number: Number, luck: Luck) -> Task {
        let job = state.job_mut(number);
        if luck != Luck::Failed && job.result.is_some() {
            return Task::At(Step::Ended);
        }
        if luck != Luck::Failed && job.queued {
            return Task::At(Step::Queued);
        }
        if self.walks(OldStep::MarkBeforeConfirm) {
            job.queued |= luck != Luck::Failed;
            return if luck == Luck::Well { Task::MarkedEarly } else { Task::At(Step::Unconfirmed) };
        }
        Task::At(match self.publish(state, Message::first(number), luck) {
            Published::Confirmed => Step::Confirmed,
            Published::Full | Published::Unknown => Step::Unconfirmed,
        })
    }
}

impl Request {
    /// Whether its task is at work.
    pub(crate) fn is_under_way(&self) -> bool {
        !matches!(self.task, Task::Unasked) && !self.is_over()
    }

    /// Whether the task is over, by whatever.
    pub(crate) fn is_over(&self) -> bool {
        self.is_told_accepted() || self.is_told_refused() || self.task == Task::Dropped
    }

    /// Whether its end is a 202.
    pub(crate) fn is_told_accepted(&self) -> bool {
        matches!(self.task, Task::At(Step::Queued | Step::Ended))
    }

    /// Whether its end is a refusal.
    pub(crate) fn is_told_refused(&self) -> bool {
        matches!(self.task, Task::At(Step::Refused | Step::TakenBack | Step::Unconfirmed))
    }

    pub(crate) fn go_on(&mut self, task: Task) {
        self.task = task;
        // What nobody will ask for is forgotten: fewer states say the same.
        if self.is_over() && !self.wrote && !self.is_told_accepted() {
            (self.job, self.hung_up) = (0, false);
        }
    }
}
