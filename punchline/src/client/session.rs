//! One command's dealings with a service: the client, what is shown meanwhile, and how long and how often a request is tried
//! again.
//!
//! Every wait between two tries is decided here. It must never wait for longer than the user allows.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::{
    client::{
        activity::Activity,
        http::{Client, RequestError, ServerArgs, Transient, shown},
    },
    exit::{Failure, Reason},
};

pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) activity: Activity,
    server: String,
    patience: Patience,
}

impl Session {
    pub(crate) fn new(server: &ServerArgs) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(&server.server, server.key.as_deref())?,
            activity: Activity::new(),
            server: shown(&server.server),
            patience: Patience::new(server.patience),
        })
    }

    /// Tries until there is an answer, a refusal, or no patience left.
    pub(crate) async fn retry<T>(
        &mut self,
        mut attempt: impl AsyncFnMut(&Client, &Activity) -> Result<T, RequestError>,
    ) -> Result<T, RequestError> {
        loop {
            match attempt(&self.client, &self.activity).await {
                Ok(answer) => {
                    self.heard();
                    return Ok(answer);
                }
                Err(RequestError::Transient(failure)) => {
                    let pause = self.patience.pause(&failure, &self.server)?;
                    self.activity.say(format!("{}; again in {:.0} s", failure.why, pause.as_secs_f64().ceil()));
                    tokio::time::sleep(pause).await;
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// The service does what it should: a later failure is another one, with its own time and its own tries.
    pub(crate) fn heard(&mut self) {
        self.patience = Patience { was_reached: true, ..Patience::new(self.patience.limit.as_secs()) };
    }
}

/// How long to keep trying, and since when.
struct Patience {
    limit: Duration,
    since: Instant,
    was_reached: bool,
    pauses: ExponentialBackoff,
}

/// A service that was never reached is more likely misspelt than restarting.
const UNREACHED_FOR: Duration = Duration::from_secs(5);

/// Longer each time, and not the same for all who wait: the jitter adds up to once the pause, so from 0.25 s to 8 s.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(4))
    .with_jitter()
    .without_max_times();

impl Patience {
    fn new(seconds: u64) -> Self {
        let limit = Duration::from_secs(seconds);
        Self { limit, since: Instant::now(), was_reached: false, pauses: PAUSES.build() }
    }

    /// How long to wait before the next try, or why there is none.
    fn pause(&mut self, failure: &Transient, server: &str) -> Result<Duration, Failure> {
        let Transient { why, retry_after, was_answered } = failure;
        self.was_reached |= was_answered;
        let limit = if self.was_reached { self.limit } else { self.limit.min(UNREACHED_FOR) };
        let pause = retry_after.or_else(|| self.pauses.next()).unwrap_or_default();
        if self.since.elapsed() + pause <= limit {
            return Ok(pause);
        }
        let what = if *was_answered { "is overloaded" } else { "can't be reached" };
        let asked = retry_after.filter(|after| *after > limit).map(|after| format!(" (it asks for {} s)", after.as_secs()));
        let tried_s = self.since.elapsed().as_secs();
        let why = format_args!("the service at {server} {what}: {why}; tried for {tried_s} s{}", asked.unwrap_or_default());
        Err(Failure::new(Reason::Unavailable, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn patience_has_its_end_and_begins_again_when_the_service_is_heard() {
        let server = ServerArgs { server: "http://a".parse().unwrap(), key: None, patience: 30 };
        let mut session = Session::new(&server).unwrap();
        let busy = || {
            RequestError::Transient(Transient {
                why: "busy".to_owned(),
                retry_after: Some(Duration::from_secs(20)),
                was_answered: true,
            })
        };
        // Each time there is patience for one wait of 20 s, and the answer renews it.
        for _ in 0..2 {
            let begun = Instant::now();
            session.retry(async |_, _| if begun.elapsed().is_zero() { Err(busy()) } else { Ok(()) }).await.unwrap();
            assert_eq!(begun.elapsed(), Duration::from_secs(20));
        }
        let begun = Instant::now();
        let failure = Failure::from(session.retry(async |_, _| Err::<(), _>(busy())).await.unwrap_err());
        assert_eq!((failure.reason(), begun.elapsed()), (Reason::Unavailable, Duration::from_secs(20)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_never_answered_is_given_up_sooner() {
        let server = ServerArgs { server: "http://a".parse().unwrap(), key: None, patience: 600 };
        let begun = Instant::now();
        let refused = async |_: &Client, _: &Activity| Err::<(), _>(RequestError::lost("refused"));
        Session::new(&server).unwrap().retry(refused).await.unwrap_err();
        assert!(begun.elapsed() > UNREACHED_FOR / 4 && begun.elapsed() <= UNREACHED_FOR);
    }
}
