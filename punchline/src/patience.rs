//! How long to keep trying a service that is overloaded or has gone away, and how often.
//!
//! Every wait of `client`, and of what speaks through it, is decided here. It must never wait for longer than it was told.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    client::Passing,
    exit::{Failure, Reason},
    progress::Activity,
};

/// How long to keep trying, and since when.
#[derive(Debug)]
pub(crate) struct Patience {
    limit: Duration,
    since: Instant,
    tries: u32,
    was_reached: bool,
}

/// A service that was never reached is more likely misspelt than restarting.
const UNREACHED_FOR: Duration = Duration::from_secs(5);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
impl Patience {
    pub(crate) fn new(seconds: u64) -> Self {
        Self { limit: Duration::from_secs(seconds), since: Instant::now(), tries: 0, was_reached: false }
    }

    /// The service does what it should: what comes later is another trouble.
    pub(crate) fn heard(&mut self) {
        (self.since, self.tries, self.was_reached) = (Instant::now(), 0, true);
    }

    /// Waits before the next try, or gives up.
    pub(crate) async fn wait(&mut self, passing: &Passing, server: &str, activity: &Activity) -> Result<(), Failure> {
        self.was_reached |= passing.is_answer;
        let pause = passing.after.unwrap_or_else(|| self.pause());
        let limit = if self.was_reached { self.limit } else { self.limit.min(UNREACHED_FOR) };
        self.tries = self.tries.saturating_add(1);
        if self.since.elapsed() + pause > limit {
            let what = if passing.is_answer { "is overloaded" } else { "can't be reached" };
            let asked = passing.after.filter(|after| *after > limit).map(|after| format!(" (it asks for {} s)", after.as_secs()));
            return Err(Failure::new(
                Reason::Unavailable,
                format_args!(
                    "the service at {} {what}: {}; tried for {} s{}",
                    server,
                    passing.why,
                    self.since.elapsed().as_secs(),
                    asked.unwrap_or_default()
                ),
            ));
        }
        activity.say(format!("{}; again in {:.0} s", passing.why, pause.as_secs_f64().ceil()));
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Longer each time, and not the same for all who wait.
    fn pause(&self) -> Duration {
        let longest = FIRST_WAIT.saturating_mul(1 << self.tries.min(10)).min(LONGEST_WAIT);
        longest.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn patience_has_its_end_and_begins_again_when_the_service_is_heard() {
        let activity = Activity::new();
        let asked = |after| Passing { why: "busy".to_owned(), after: Some(Duration::from_secs(after)), is_answer: true };
        let mut patience = Patience::new(30);
        assert!(patience.wait(&asked(20), "http://a", &activity).await.is_ok());
        assert_eq!(patience.wait(&asked(20), "http://a", &activity).await.unwrap_err().reason(), Reason::Unavailable);
        patience.heard();
        assert!(patience.wait(&asked(20), "http://a", &activity).await.is_ok());

        // One that never answered is given up sooner.
        let begun = Instant::now();
        let mut patience = Patience::new(600);
        let refused = Passing { why: "refused".to_owned(), after: None, is_answer: false };
        while patience.wait(&refused, "http://a", &activity).await.is_ok() {}
        assert!(begun.elapsed() <= UNREACHED_FOR);
    }
}
