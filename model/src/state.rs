//! The world at one moment: what clients know, what each process is doing, what queue and store hold.
//!
//! Small and copied whole: there are millions of it. What no process of ours can see, and only the properties read, is marked
//! as such.

use crate::{
    bag::Bag,
    names::{DeliveryStage, ReplayStep, Step},
    sizes::{JobSet, LetterSet, MAX_REQUESTS, Sizes},
};

/// The workers, and the apis: request `n` goes to api `n % 2`.
pub(crate) const WORKERS: usize = 2;

/// A request, and with it a job that it may make, by number.
pub(crate) type Number = u8;

/// All of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The requests, each with the task that accepts its job.
    pub requests: [Request; MAX_REQUESTS],
    /// What is true of each job. Job `n` has the id that request `n` was given.
    pub jobs: [Job; MAX_REQUESTS],
    /// The job that the key names in the store.
    pub name: Option<Number>,
    /// Whether the output stands in the store: all requests ask for the same picture in the same words.
    pub output: bool,
    /// The mark of the process that searches for lost jobs in this slot of time.
    pub search_begun: bool,
    /// The queue of jobs, retry queues included.
    pub queue: Bag<Message>,
    /// The queue of dead letters.
    pub dead: Bag<Number>,
    /// Whether other people's messages fill the queue of jobs.
    pub flooded: bool,
    /// The workers.
    pub workers: [Worker; WORKERS],
    /// `punchline dead replay`, while it runs.
    pub replay: Option<Replay>,
    /// Retention, while it runs.
    pub retention: Option<Retention>,
    /// The trouble that is left.
    pub left: Budget,
    /// For the properties: a message was acked before a result stood.
    pub acked_early: bool,
}

/// A client's request and the task that accepts its job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// How far the task has come.
    pub task: Task,
    /// The job that it is about: its own, unless the key names another.
    pub job: Number,
    /// Whether the client is gone: no answer reaches it.
    pub hung_up: bool,
    /// For the properties: it has written the job's record, and its api was not killed meanwhile.
    pub wrote: bool,
}

/// How far the task of a request has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Task {
    /// The client has not asked yet.
    #[default]
    Unasked,
    /// It is so far.
    At(Step),
    /// Between [`Step::Recorded`] and an end: the job was refused, and its record is to be taken back.
    TakesBack,
    /// The old step of hole 1: the mark is written, and the message is not confirmed.
    MarkedEarly,
    /// It died with its api; or, by the old step of hole 2, with its request.
    Dropped,
}

/// A job: its objects in the store, and what the properties remember of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Job {
    /// `job.json` stands.
    pub record: bool,
    /// It was written before this stretch of time.
    pub is_old: bool,
    /// `result.json`, if it stands.
    pub result: Option<Outcome>,
    /// The dead letters of it that stand.
    pub letters: LetterSet,
    /// The mark of a repeated request: its message was confirmed in this stretch of time.
    pub queued: bool,
    /// The same mark of a look for lost work.
    pub requeued: bool,
    /// An api has counted it as accepted.
    pub counted: bool,
    /// For the properties: a message of it was confirmed to an api, a look or a replay.
    pub confirmed: bool,
    /// For the properties: a result of it stood.
    pub ended: bool,
    /// For the properties: it was done.
    pub done: bool,
    /// For the properties: retention has taken it.
    pub expired: bool,
    /// For the properties: it was replayed.
    pub replayed: bool,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// With a picture.
    Done,
    /// By a defect, or after its last attempt: there is a dead letter of it.
    Failed,
}

/// A message of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Message {
    /// Which job.
    pub job: Number,
    /// Which attempt it brings.
    pub attempt: u8,
    /// How often it was delivered before and not settled. A message that is queued again says one.
    pub deliveries: u8,
}

/// A worker process: what its three tasks are doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Worker {
    /// The delivery in hand.
    pub delivery: Option<Delivery>,
    /// The dead letter in hand.
    pub burial: Option<Burial>,
    /// Its look for lost work.
    pub look: Look,
    /// Of hole 10: it has started, and not looked since.
    pub look_is_due: bool,
}

/// A delivery on its way to its settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Delivery {
    /// What was delivered.
    pub message: Message,
    /// How far it has come.
    pub at: DeliveryStage,
    /// How it is to end, as far as that is known.
    pub ending: Ending,
    /// The copy for the retry queue or the dead letters is confirmed.
    pub copied: bool,
    /// Its channel is gone: the broker has taken the message back, and settling does nothing.
    pub lost: bool,
    /// For the properties: a result of the job stood while it was in hand.
    pub stood: bool,
}

/// How a delivery is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// Nothing has failed so far.
    Open,
    /// The job failed by a defect; its result is to be written.
    Failed,
    /// The last attempt failed; a result is to be written if the store takes it.
    GivenUp,
    /// A copy goes to the retry queue, then it is acked.
    Retry,
    /// A copy goes to the dead letters, then it is acked.
    DeadLetter,
    /// It is acked.
    Ack,
}

/// A dead letter on its way from the queue to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Burial {
    /// Of which job.
    pub job: Number,
    /// How far it has come.
    pub at: Kept,
}

/// How far a dead letter has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kept {
    /// It was delivered.
    Taken,
    /// A result of its job stands.
    ResultStored,
    /// So does the letter.
    LetterStored,
}

/// A look for jobs that neither queue nor result knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Look {
    /// None is on.
    #[default]
    None,
    /// These jobs had no result when they were listed.
    Listed(JobSet),
    /// These are left; the message of the first is confirmed.
    Queued(JobSet),
}

/// A replay of a dead job: the step that comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replay {
    /// Of which job.
    pub job: Number,
    /// The letters that it has read.
    pub read: LetterSet,
    /// What it does next.
    pub next: ReplayStep,
}

/// Retention of one job: what is deleted next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Retention {
    /// Which job.
    pub job: Number,
    /// What it deletes next.
    pub next: Expiry,
}

/// What retention deletes of a job behind its name, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expiry {
    /// Its record.
    Record,
    /// Its result and marks.
    Result,
}

/// How much trouble may still come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Processes that are killed.
    pub crashes: u8,
    /// Failures of store and broker.
    pub faults: u8,
    /// Floods of other people's messages.
    pub floods: u8,
    /// Clients that hang up.
    pub hang_ups: u8,
    /// Jobs that die of a defect.
    pub defects: u8,
    /// Replays.
    pub replays: u8,
    /// Runs of retention.
    pub sweeps: u8,
    /// Stretches of ten minutes that go by.
    pub stretches: u8,
}

impl State {
    /// The same world, but for the names of its workers: of all that differ in them alone, one is explored.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        self.workers.sort_unstable();
        self
    }
}

impl Job {
    /// Writes a result where none stands.
    pub(crate) fn create_result(&mut self, outcome: Outcome) {
        if self.result.is_none() {
            self.result = Some(outcome);
        }
        self.ended = true;
        self.done |= self.result == Some(Outcome::Done);
    }
}

impl Budget {
    /// The trouble is over.
    pub const NONE: Self =
        Self { crashes: 0, faults: 0, floods: 0, hang_ups: 0, defects: 0, replays: 0, sweeps: 0, stretches: 0 };

    fn of(sizes: &Sizes) -> Self {
        let Sizes { crashes, faults, floods, hang_ups, defects, replays, sweeps, stretches, .. } = *sizes;
        Self { crashes, faults, floods, hang_ups, defects, replays, sweeps, stretches }
    }
}

impl State {
    /// Nobody has asked for anything; the workers have just started.
    #[must_use]
    pub fn first(sizes: &Sizes) -> Self {
        Self {
            requests: Default::default(),
            jobs: Default::default(),
            name: None,
            output: false,
            search_begun: false,
            queue: Bag::default(),
            dead: Bag::default(),
            flooded: false,
            workers: [Worker::STARTED; WORKERS],
            replay: None,
            retention: None,
            left: Budget::of(sizes),
            acked_early: false,
        }
    }

    /// The job of this number.
    #[must_use]
    pub fn job(&self, number: Number) -> &Job {
        &self.jobs[usize::from(number)]
    }

    pub(crate) fn job_mut(&mut self, number: Number) -> &mut Job {
        &mut self.jobs[usize::from(number)]
    }

    pub(crate) fn request(&self, number: Number) -> &Request {
        &self.requests[usize::from(number)]
    }

    pub(crate) fn request_mut(&mut self, number: Number) -> &mut Request {
        &mut self.requests[usize::from(number)]
    }

    /// Writes a job's result where none stands; everyone who holds a message of it holds one of a job that has ended.
    pub(crate) fn create_result(&mut self, job: Number, outcome: Outcome) {
        self.job_mut(job).create_result(outcome);
        for delivery in self.workers.iter_mut().filter_map(|worker| worker.delivery.as_mut()) {
            delivery.stood |= delivery.message.job == job;
        }
    }

    /// The jobs of which this is so.
    pub(crate) fn jobs_where(&self, is_so: impl Fn(&Job) -> bool) -> JobSet {
        self.jobs.iter().enumerate().filter(|(_, job)| is_so(job)).fold(0, |set, (number, _)| set | (1 << number))
    }
}
