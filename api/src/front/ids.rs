//! Makes job and trace ids and reads the clock: the things about a job that no request decides.
//!
//! Handed in from outside, so that a test knows every byte of an answer beforehand.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use proto_shared::JobId;
use service::Clock;
use uuid::Uuid;

/// Makes ids and stamps.
#[derive(Clone)]
pub struct Ids {
    clock: Clock,
    next_uuid: Arc<dyn Fn() -> Uuid + Send + Sync>,
    next_trace: Arc<dyn Fn() -> u128 + Send + Sync>,
}

impl Ids {
    /// Ids by the machine's clock and randomness, so that they sort by the time they were made.
    #[must_use]
    pub fn system() -> Self {
        Self { clock: Clock::system(), next_uuid: Arc::new(Uuid::now_v7), next_trace: Arc::new(|| fastrand::u128(..)) }
    }

    /// Job ids 0, 1, 2 and so on, all made at `now_ms`; trace and span ids 1, 2, 3 and so on.
    #[must_use]
    pub fn counting(now_ms: u64) -> Self {
        let count = AtomicU64::new(0);
        let next_uuid = move || Uuid::from_u128(u128::from(count.fetch_add(1, Ordering::Relaxed)));
        let traces = AtomicU64::new(1);
        let next_trace = move || u128::from(traces.fetch_add(1, Ordering::Relaxed));
        Self { clock: Clock::fixed(now_ms), next_uuid: Arc::new(next_uuid), next_trace: Arc::new(next_trace) }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Never zero, which would be no id.
    pub(crate) fn trace_id(&self) -> u128 {
        (self.next_trace)().max(1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "any 64 of its bits are an id")]
    pub(crate) fn span_id(&self) -> u64 {
        ((self.next_trace)() as u64).max(1)
    }

    #[expect(clippy::expect_used, reason = "a UUID without hyphens is 32 lowercase hexadecimal digits by definition")]
    pub(crate) fn job_id(&self) -> JobId {
        JobId::parse(&(self.next_uuid)().simple().to_string()).expect("a UUID is a job id")
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("clock", &self.clock).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_new_each_time_and_sort_by_when_they_were_made() {
        let ids_of = Ids::system();
        let ids: Vec<_> = (0..100).map(|_| ids_of.job_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
    }
}
