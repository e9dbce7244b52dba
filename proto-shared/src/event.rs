//! News of jobs, as api and worker tell each other.
//!
//! Truth is in the store: an event that is lost changes nothing, and a process that waits for one looks there as well.

use serde::{Deserialize, Serialize};

use crate::{ErrorCode, JobId, JobRecord};

/// Something happened to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Which.
    pub job: JobId,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub news: News,
    /// Whether somebody is to be called back about the job, so that a process that hears this need not ask the store.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_callback: bool,
}

impl Event {
    /// What happened to this job.
    #[must_use]
    pub fn of(job: &JobRecord, at_ms: u64, news: News) -> Self {
        Self { job: job.id.clone(), at_ms, news, has_callback: job.callback_url.is_some() }
    }
}

/// What can happen to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum News {
    /// It waits in a queue.
    Queued,
    /// A worker has begun.
    Started {
        /// Which attempt, from 1.
        attempt: u32,
    },
    /// A worker is so far.
    Progress {
        /// Frames that are finished.
        frames_done: u32,
        /// Frames there are.
        frames: u32,
    },
    /// An attempt failed; it comes again.
    Retrying {
        /// The attempt that failed.
        attempt: u32,
        /// After how long.
        delay_ms: u64,
        /// Why.
        code: ErrorCode,
    },
    /// Its result stands: captioned.
    Done,
    /// Its result stands: it can't be done.
    Failed {
        /// Why.
        code: ErrorCode,
    },
    /// Its result stands: nobody wants it. A worker that has it in hand stops.
    Cancelled,
}

impl News {
    /// The last word of an event's routing key, and its name for clients.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Started { .. } => "started",
            Self::Progress { .. } => "progress",
            Self::Retrying { .. } => "retrying",
            Self::Done => "done",
            Self::Failed { .. } => "failed",
            Self::Cancelled => CANCELLED,
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Done | Self::Failed { .. } | Self::Cancelled)
    }
}

pub(crate) const CANCELLED: &str = "cancelled";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_one_in_the_json() {
        let news = [
            News::Queued,
            News::Started { attempt: 1 },
            News::Progress { frames_done: 1, frames: 2 },
            News::Retrying { attempt: 1, delay_ms: 5000, code: ErrorCode::StoreUnavailable },
            News::Done,
            News::Failed { code: ErrorCode::Truncated },
            News::Cancelled,
        ];
        for news in news {
            let event = Event { job: JobId::from_bytes([7; 16]), at_ms: 1, news, has_callback: false };
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(json["event"], event.news.name());
            assert!(json.get("has_callback").is_none(), "as older releases write it");
            assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
        }
    }
}
