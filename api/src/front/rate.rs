//! How often each client may ask for a job: a burst, then a rate (GCRA, by `governor`).
//!
//! `clients` asks for each request that makes a job. Of a client that has its whole burst again nothing need be known, so it is
//! forgotten: that bounds how many are held.

use std::{num::NonZeroU32, time::Duration};

use governor::{Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, nanos::Nanos, state::keyed::HashMapStateStore};
use proto_shared::ClientId;
use tokio::time::Instant;

/// Clients held; a few megabytes.
const MAX_CLIENTS: usize = 50_000;

/// The time since a beginning, by the runtime's clock, which tests may stop and move.
#[derive(Clone, Debug)]
struct Elapsed(Instant);

impl Clock for Elapsed {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

type Limiter = RateLimiter<ClientId, HashMapStateStore<ClientId>, Elapsed, NoOpMiddleware<Nanos>>;

#[derive(Debug)]
pub(crate) struct Rates {
    quota: Quota,
    limiter: Limiter,
}

impl Rates {
    /// So many at once, and so many a second after them; at least one of each.
    pub(crate) fn new(burst: u32, per_s: u32) -> Self {
        let at_least_one = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(at_least_one(per_s)).allow_burst(at_least_one(burst));
        Self { quota, limiter: limiter(quota) }
    }

    /// Lets a client ask once more, or says after how long it may.
    pub(crate) fn take(&mut self, client: &ClientId) -> Result<(), Duration> {
        if self.limiter.len() >= MAX_CLIENTS {
            self.limiter.retain_recent();
        }
        // To be generous to all for a moment is better than to hold something of everybody who ever came.
        if self.limiter.len() >= MAX_CLIENTS {
            self.limiter = limiter(self.quota);
        }
        self.limiter.check_key(client).map_err(|until| until.wait_time_from(self.limiter.clock().now()))
    }
}

fn limiter(quota: Quota) -> Limiter {
    RateLimiter::hashmap_with_clock(quota, Elapsed(Instant::now()))
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_a_rate() {
        let mut rates = Rates::new(3, 10);
        for _ in 0..3 {
            assert_eq!(rates.take(&client(1)), Ok(()));
        }
        assert_eq!(rates.take(&client(1)), Err(Duration::from_millis(100)));
        assert_eq!(rates.take(&client(2)), Ok(()), "another's burst is its own");
        advance(Duration::from_millis(60)).await;
        assert_eq!(rates.take(&client(1)), Err(Duration::from_millis(40)));
        advance(Duration::from_millis(40)).await;
        assert_eq!(rates.take(&client(1)), Ok(()));
        assert!(rates.take(&client(1)).is_err());
        advance(Duration::from_secs(60)).await;
        for _ in 0..3 {
            assert_eq!(rates.take(&client(1)), Ok(()));
        }
        assert!(rates.take(&client(1)).is_err(), "rest earns one burst, not more");
    }

    #[tokio::test(start_paused = true)]
    async fn clients_at_rest_are_forgotten_first_and_there_are_never_too_many() {
        let mut rates = Rates::new(1, 1);
        for n in 0..MAX_CLIENTS as u64 {
            rates.take(&client(n)).unwrap();
        }
        // One second for the burst to be whole again, and as much before it is forgotten.
        advance(Duration::from_secs(3)).await;
        rates.take(&client(u64::MAX)).unwrap();
        assert_eq!(rates.limiter.len(), 1, "all others had their whole burst again");
        for n in 0..2 * MAX_CLIENTS as u64 {
            rates.take(&client(n)).unwrap();
            assert!(rates.limiter.len() <= MAX_CLIENTS);
        }
    }
}
