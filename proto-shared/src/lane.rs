//! The two lanes in which jobs wait, and what there is one of for each.
//!
//! api chooses a job's lane, broker and worker serve both. A lane must never be left without anybody who serves it.

use serde::{Deserialize, Serialize};

/// A queue of jobs. There are two, so that many large jobs, or many of one client, keep nobody else waiting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Everything that is not express.
    #[default]
    Standard,
    /// Small jobs of clients who have few.
    Express,
}

impl Lane {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Standard, Self::Express];

    /// Its name on the wire and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
        }
    }
}

/// One value for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerLane<T> {
    /// Of the standard lane.
    pub standard: T,
    /// Of the express lane.
    pub express: T,
}

impl<T> PerLane<T> {
    /// The same value for both.
    #[must_use]
    pub const fn each(value: T) -> Self
    where
        T: Copy,
    {
        Self { standard: value, express: value }
    }

    /// What `value` makes of each.
    pub fn from_fn(value: impl Fn(Lane) -> T) -> Self {
        Self { standard: value(Lane::Standard), express: value(Lane::Express) }
    }

    /// That of one lane.
    pub fn of(&self, lane: Lane) -> &T {
        match lane {
            Lane::Standard => &self.standard,
            Lane::Express => &self.express,
        }
    }

    /// That of one lane, to be changed.
    pub fn of_mut(&mut self, lane: Lane) -> &mut T {
        match lane {
            Lane::Standard => &mut self.standard,
            Lane::Express => &mut self.express,
        }
    }
}
