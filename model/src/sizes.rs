//! How much of the world is explored: how many requests, and how much trouble.
//!
//! Every bound is here; all else in a state follows from it. With more of each there is more to find, and ten times the states.

use clap::Args;

/// The most requests that there is room for.
pub const MAX_REQUESTS: usize = 4;
/// The bits of a set of jobs: each request may make one.
pub type JobSet = u8;
/// The bits of a set of dead letters of one job: each has a key of its own.
pub type LetterSet = u8;

/// The bounds. The trouble is a budget: it strikes so often, at any moment.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Requests that carry one and the same Idempotency-Key
    #[arg(long, default_value_t = 2)]
    pub keyed: u8,
    /// Requests without a key
    #[arg(long, default_value_t = 1)]
    pub unkeyed: u8,
    /// How often a process is killed: api, worker, replay or sweep
    #[arg(long, default_value_t = 1)]
    pub crashes: u8,
    /// How often the store or the broker fails to do a thing or to answer, a channel ends, or a queue is deleted
    #[arg(long, default_value_t = 0)]
    pub faults: u8,
    /// How often other people's messages fill the queue
    #[arg(long, default_value_t = 0)]
    pub floods: u8,
    /// How often a client hangs up, or its request runs out of time
    #[arg(long, default_value_t = 0)]
    pub hang_ups: u8,
    /// How often a job dies of a defect
    #[arg(long, default_value_t = 0)]
    pub defects: u8,
    /// How often a dead letter is replayed
    #[arg(long, default_value_t = 0)]
    pub replays: u8,
    /// How often retention takes a job that has ended
    #[arg(long, default_value_t = 0)]
    pub sweeps: u8,
    /// How often ten minutes go by while the trouble lasts
    #[arg(long, default_value_t = 1)]
    pub stretches: u8,
    /// Messages that the queue takes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub queue: u8,
    /// Attempts that a job has
    #[arg(long, default_value_t = 2)]
    pub attempts: u8,
    /// How often a message may come back before the broker makes a dead letter of it
    #[arg(long, default_value_t = 2)]
    pub returns: u8,
}

impl Sizes {
    /// One request, and no trouble.
    pub const SMALLEST: Self = Self {
        keyed: 0,
        unkeyed: 1,
        crashes: 0,
        faults: 0,
        floods: 0,
        hang_ups: 0,
        defects: 0,
        replays: 0,
        sweeps: 0,
        stretches: 0,
        queue: 1,
        attempts: 2,
        returns: 2,
    };

    /// What every change is held against: the trouble that requests meet, that a job meets which dies, and that store and
    /// broker make. One exploration with all of it would have more states than there is time for.
    pub const EACH_CHANGE: [(&str, Self); 3] = [
        (
            "requests",
            Self { keyed: 2, unkeyed: 1, crashes: 2, floods: 1, hang_ups: 1, sweeps: 1, stretches: 1, ..Self::SMALLEST },
        ),
        ("deaths", Self { crashes: 2, defects: 2, replays: 2, stretches: 1, ..Self::SMALLEST }),
        ("faults", Self { keyed: 2, unkeyed: 0, faults: 2, defects: 1, replays: 1, stretches: 1, ..Self::SMALLEST }),
    ];

    /// How many requests there are.
    #[must_use]
    pub fn requests(&self) -> u8 {
        self.keyed + self.unkeyed
    }
}
