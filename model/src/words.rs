//! A trace in words: what each action does, said of the state in which it happens.

use std::fmt::{self, Display, Formatter};

use crate::{
    action::{Action, Luck, Process},
    names::{DeliveryStage, ReplayStep, Step},
    old::OldStep,
    protocol::Protocol,
    state::{Delivery, Ending, Expiry, Kept, Look, State, Task},
};

/// An action, to be shown in the state before it.
#[derive(Clone, Copy, Debug)]
pub struct InWords<'a>(pub &'a Protocol, pub &'a State, pub Action);

impl Display for InWords<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(protocol, state, action) = *self;
        match action {
            Action::Ask(number) => write!(f, "client: request {number} is sent"),
            Action::HangUp(number) => write!(f, "client: request {number} is given up"),
            Action::Accept(number, luck) => {
                let request = state.request(number);
                let job = request.job;
                let step = match request.task {
                    Task::At(Step::Begun) => "names its job".to_owned(),
                    Task::At(Step::Identified) => format!("creates the record of job {job}"),
                    Task::At(Step::Recorded) if state.output => format!("writes the result of job {job}, whose output stands"),
                    Task::At(Step::Recorded) => format!("publishes job {job}{}", full(protocol, state)),
                    Task::At(Step::Repeated) if state.job(job).queued => format!("sees job {job} marked as queued: 202"),
                    Task::At(Step::Repeated) if protocol.walks(OldStep::MarkBeforeConfirm) => {
                        format!("marks job {job} as queued")
                    }
                    Task::At(Step::Repeated) => format!("publishes job {job} again{}", full(protocol, state)),
                    Task::MarkedEarly => format!("publishes job {job}, which is marked as queued{}", full(protocol, state)),
                    Task::At(Step::Confirmed) => format!("marks job {job} as queued"),
                    Task::TakesBack => format!("takes the record of job {job} back"),
                    Task::At(_) | Task::Unasked | Task::Dropped => "is over".to_owned(),
                };
                write!(f, "api {}: request {number} {step}{}", number % 2, suffix(luck))
            }
            Action::Deliver(worker, message) => {
                write!(f, "broker: job {} goes to worker {worker}, ", message.job)?;
                write!(f, "attempt {}, {} deliveries before", message.attempt, message.deliveries)
            }
            Action::Work(worker, luck) => {
                let step = state.workers[worker].delivery.map(|delivery| work(&delivery, luck)).unwrap_or_default();
                write!(f, "worker {worker}: {step}{}", suffix(luck))
            }
            Action::DeliverLetter(worker, job) => write!(f, "broker: the dead letter of job {job} goes to worker {worker}"),
            Action::Bury(worker, luck) => {
                let Some(burial) = state.workers[worker].burial else { return Ok(()) };
                let next = Protocol::after_burial(burial.at);
                let step = match next {
                    Some(Kept::ResultStored) => "writes the result failed, where none stands, for the dead letter",
                    Some(Kept::LetterStored) => "stores the dead letter",
                    Some(Kept::Taken) | None => "acks the dead letter",
                };
                write!(f, "worker {worker}: {step} of job {}{}", burial.job, suffix(luck))
            }
            Action::Look(worker, luck) => {
                let step = match state.workers[worker].look {
                    Look::None => "looks for lost work".to_owned(),
                    Look::Listed(jobs) => format!("queues job {} again{}", jobs.trailing_zeros(), full(protocol, state)),
                    Look::Queued(jobs) => format!("marks job {} as queued again", jobs.trailing_zeros()),
                };
                write!(f, "worker {worker}: {step}{}", suffix(luck))
            }
            Action::BeginReplay(job) => write!(f, "replay: reads {} letters of job {job}", state.job(job).letters.count_ones()),
            Action::Replay(luck) => {
                let Some(replay) = state.replay else { return Ok(()) };
                write!(f, "replay: {} of job {}{}", replay_step(replay.next, protocol, state), replay.job, suffix(luck))
            }
            Action::Expire(job) => write!(f, "retention: job {job} ended long ago; deletes its name"),
            Action::Delete => {
                let Some(retention) = state.retention else { return Ok(()) };
                let what = match retention.next {
                    Expiry::Record => "record",
                    Expiry::Result => "result",
                };
                write!(f, "retention: deletes the {what} of job {}", retention.job)
            }
            Action::Kill(Process::Api(number)) => write!(f, "api {number}: is killed"),
            Action::Kill(Process::Worker(worker)) => write!(f, "worker {worker}: is killed, and started again"),
            Action::Kill(Process::Replay) => write!(f, "replay: is killed"),
            Action::Kill(Process::Retention) => write!(f, "retention: is killed"),
            Action::LoseChannel(worker) => write!(f, "worker {worker}: its channel ends, and its message goes back"),
            Action::DeleteQueue => write!(f, "operator: deletes the queue of jobs"),
            Action::Flood => write!(f, "broker: other messages fill the queue"),
            Action::FloodEnds => write!(f, "broker: the other messages are gone"),
            Action::TimePasses => write!(f, "ten minutes go by"),
        }
    }
}

fn full(protocol: &Protocol, state: &State) -> &'static str {
    if protocol.has_room(state) { "" } else { " (the queue is full)" }
}

fn suffix(luck: Luck) -> &'static str {
    match luck {
        Luck::Well | Luck::Defect => "",
        Luck::Failed => ": fails",
        Luck::AnswerLost => ": is done, and its answer is lost",
        Luck::TriedAgain => ": is done, its answer is lost, and another try finds it there",
    }
}

fn work(delivery: &Delivery, luck: Luck) -> String {
    let job = delivery.message.job;
    let step = match (delivery.ending, delivery.at) {
        (Ending::Retry | Ending::DeadLetter | Ending::Ack, _) if delivery.lost => "lets go, without its channel, of",
        (Ending::Retry, _) if !delivery.copied => "sends a copy to the retry queue of",
        (Ending::DeadLetter, _) if !delivery.copied => "sends a copy to the dead letters of",
        (Ending::Retry | Ending::DeadLetter | Ending::Ack, _) => "acks",
        (Ending::GivenUp, _) => "writes that the last attempt failed of",
        (Ending::Failed, _) => "writes that a defect ended",
        (Ending::Open, DeliveryStage::Taken) => "looks whether a result stands of",
        (Ending::Open, DeliveryStage::LookedUp) if delivery.message.may_have_been_begun() => {
            "looks at the output and marks its start of"
        }
        (Ending::Open, DeliveryStage::LookedUp | DeliveryStage::StartMarked) if luck == Luck::Defect => "meets a defect in",
        (Ending::Open, DeliveryStage::LookedUp | DeliveryStage::StartMarked) => "renders",
        (Ending::Open, DeliveryStage::Rendered) => "stores the output of",
        (Ending::Open, DeliveryStage::OutputStored | DeliveryStage::ResultStored | DeliveryStage::Settled) => {
            "writes the result of"
        }
    };
    format!("{step} job {job}")
}

fn replay_step(step: ReplayStep, protocol: &Protocol, state: &State) -> String {
    match step {
        ReplayStep::ReadLetters => "reads letters".to_owned(),
        ReplayStep::LookAtResult => "looks at the result".to_owned(),
        ReplayStep::DeleteResult => "deletes the result".to_owned(),
        ReplayStep::Publish => format!("publishes the message{}", full(protocol, state)),
        ReplayStep::DeleteLetters => "deletes the letters that it read".to_owned(),
    }
}
