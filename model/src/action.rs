//! What can happen next, one thing at a time, and how lucky it is.

use crate::{
    sizes::MAX_REQUESTS,
    state::{Message, Number},
};

/// A thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A client sends its request.
    Ask(Number),
    /// A client hangs up, or its request runs out of time.
    HangUp(Number),
    /// An api takes the next step of accepting this request's job.
    Accept(Number, Luck),
    /// The broker hands a message to a worker.
    Deliver(usize, Message),
    /// A worker takes the next step of its delivery.
    Work(usize, Luck),
    /// The broker hands a dead letter to a worker.
    DeliverLetter(usize, Number),
    /// A worker takes the next step of keeping its dead letter.
    Bury(usize, Luck),
    /// A worker takes the next step of its look for lost work.
    Look(usize, Luck),
    /// A replay reads the dead letters of a job.
    BeginReplay(Number),
    /// The replay takes its next step.
    Replay(Luck),
    /// Retention finds a job that ended long ago, and deletes its name.
    Expire(Number),
    /// Retention deletes the next thing.
    Delete,
    /// A process is killed. Another is there at once: a step that takes long says the same as one that is away.
    Kill(Process),
    /// A worker's channel ends, and the worker lives.
    LoseChannel(usize),
    /// Someone deletes the queue of jobs, with all that waits in it.
    DeleteQueue,
    /// Other people's messages fill the queue.
    Flood,
    /// They are gone.
    Ebb,
    /// Ten minutes go by.
    TimePasses,
}

/// A process that may be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// An api, by number.
    Api(Number),
    /// A worker.
    Worker(usize),
    /// `punchline dead replay`.
    Replay,
    /// `punchline sweep`.
    Retention,
}

/// How a step goes that needs the store or the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// As it should.
    Well,
    /// It is not done, and an error says so.
    Failed,
    /// It is done, and an error says that it may not be.
    AnswerLost,
    /// It is done, its answer lost; tried again it is told that something stands there.
    TriedAgain,
    /// The job dies of a defect.
    Defect,
}

/// What may become of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lucks {
    /// It touches nothing that can fail, or its failing changes nothing.
    Sure,
    /// It reads.
    Read,
    /// It writes, publishes or deletes.
    Write,
    /// It writes where nothing may stand.
    Create,
    /// It reads a picture and draws.
    Render,
}

impl Lucks {
    /// All that is possible with so much trouble left.
    pub(crate) fn possible(self, faults: u8, defects: u8) -> impl Iterator<Item = Luck> {
        let failing: &[Luck] = match self {
            Self::Sure => &[],
            Self::Read | Self::Render => &[Luck::Failed],
            Self::Write => &[Luck::Failed, Luck::AnswerLost],
            Self::Create => &[Luck::Failed, Luck::AnswerLost, Luck::TriedAgain],
        };
        let failing = if faults > 0 { failing } else { &[] };
        let defect = (self == Self::Render && defects > 0).then_some(Luck::Defect);
        std::iter::once(Luck::Well).chain(failing.iter().copied()).chain(defect)
    }
}

/// The numbers of all requests there may be.
pub(crate) fn numbers() -> impl Iterator<Item = Number> {
    (0..).take(MAX_REQUESTS)
}
