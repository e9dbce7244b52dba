//! Token buckets, one for each client that was here lately.
//!
//! `clients` takes a token for each request that makes a job. A bucket that is full again says nothing that
//! a new one would not, so it may go: that bounds how many there are.

use std::{collections::HashMap, time::Duration};

use proto_shared::ClientId;
use tokio::time::Instant;

/// Buckets held; a few megabytes.
const MAX_BUCKETS: usize = 50_000;

/// How fast tokens may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// In a full bucket.
    pub(crate) burst: u32,
    /// That come back.
    pub(crate) per_s: u32,
}

#[derive(Debug)]
pub(crate) struct Buckets {
    rate: Rate,
    /// When each bucket will be full: all that need be known of it.
    full_at: HashMap<ClientId, Instant>,
}

impl Buckets {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, full_at: HashMap::new() }
    }

    /// Takes one token, or says when there will be one.
    pub(crate) fn take(&mut self, client: &ClientId, now: Instant) -> Result<(), Duration> {
        let token = Duration::from_secs(1) / self.rate.per_s;
        let full_at = self.full_at.get(client).map_or(now, |at| (*at).max(now));
        // An empty bucket is full after `burst` tokens' time: it must not become emptier than that.
        let after = full_at + token;
        let emptiest = now + token * self.rate.burst;
        if after > emptiest {
            return Err(after - emptiest);
        }
        if self.full_at.len() >= MAX_BUCKETS && !self.full_at.contains_key(client) {
            self.make_room(now);
        }
        self.full_at.insert(client.clone(), after);
        Ok(())
    }

    /// Drops what is full, and if that is too little, whatever comes first: to be generous to some for a moment
    /// is better than to hold a bucket for everybody who ever came.
    fn make_room(&mut self, now: Instant) {
        self.full_at.retain(|_, at| *at > now);
        let mut to_go = (self.full_at.len() + MAX_BUCKETS / 4).saturating_sub(MAX_BUCKETS);
        self.full_at.retain(|_, _| {
            let stays = to_go == 0;
            to_go = to_go.saturating_sub(1);
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    #[test]
    fn a_burst_then_a_rate() {
        let mut buckets = Buckets::new(Rate { burst: 3, per_s: 10 });
        let begin = Instant::now();
        for _ in 0..3 {
            assert_eq!(buckets.take(&client(1), begin), Ok(()));
        }
        assert_eq!(buckets.take(&client(1), begin), Err(Duration::from_millis(100)));
        assert_eq!(buckets.take(&client(2), begin), Ok(()), "another's bucket is its own");
        let later = begin + Duration::from_millis(60);
        assert_eq!(buckets.take(&client(1), later), Err(Duration::from_millis(40)));
        let later = begin + Duration::from_millis(100);
        assert_eq!(buckets.take(&client(1), later), Ok(()));
        assert!(buckets.take(&client(1), later).is_err());
        let rested = begin + Duration::from_secs(60);
        for _ in 0..3 {
            assert_eq!(buckets.take(&client(1), rested), Ok(()));
        }
        assert!(buckets.take(&client(1), rested).is_err(), "rest earns one burst, not more");
    }

    #[test]
    fn full_buckets_go_first_and_there_are_never_too_many() {
        let mut buckets = Buckets::new(Rate { burst: 1, per_s: 1 });
        let begin = Instant::now();
        for n in 0..MAX_BUCKETS as u64 {
            buckets.take(&client(n), begin).unwrap();
        }
        let soon = begin + Duration::from_secs(1);
        buckets.take(&client(u64::MAX), soon).unwrap();
        assert_eq!(buckets.full_at.len(), 1, "all others were full again");
        for n in 0..2 * MAX_BUCKETS as u64 {
            buckets.take(&client(n), soon).unwrap();
            assert!(buckets.full_at.len() <= MAX_BUCKETS);
        }
    }
}
