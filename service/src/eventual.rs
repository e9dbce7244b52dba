//! A part that comes late: the process listens before its broker has answered, and says so.
//!
//! The binary fills it in the background; api and worker look at it. Exiting instead would turn a broker's
//! restart into a crash loop of everything that talks to it. Once filled it stays filled.

use std::{fmt, sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::{sync::SetOnce, time::sleep};
use tokio_util::sync::CancellationToken;

/// Between two attempts, doubled up to the longest. Many processes lose one broker together: the jitter, up to once the pause,
/// keeps them from coming back together.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(Duration::from_secs(5))
    .with_jitter()
    .without_max_times();

/// A value that may not be there yet. Clones share it.
#[derive(Debug)]
pub struct Eventual<T>(Arc<SetOnce<T>>);

impl<T> Clone for Eventual<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> From<T> for Eventual<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(SetOnce::new_with(Some(value))))
    }
}

impl<T> Default for Eventual<T> {
    fn default() -> Self {
        Self(Arc::new(SetOnce::new()))
    }
}

impl<T> Eventual<T> {
    /// The value, if it has come.
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        self.0.get()
    }

    /// The value, once it has come.
    pub async fn wait(&self) -> &T {
        self.0.wait().await
    }

    /// Puts the value in, unless one is there.
    pub fn set(&self, value: T) {
        // Whoever was first has put in as good a one.
        let _ = self.0.set(value);
    }

    /// Puts in what `attempt` gives, once it does; see [`until_it_works`].
    pub async fn fill<E, F>(&self, what: &'static str, shutdown: &CancellationToken, attempt: impl Fn() -> F)
    where
        E: fmt::Display,
        F: Future<Output = Result<T, E>>,
    {
        if let Some(value) = until_it_works(what, shutdown, attempt).await
            && self.0.set(value).is_ok()
        {
            tracing::info!(what, "connected");
        }
    }
}

/// Attempts for ever, 0.25 to 10 s apart, until one succeeds. `None` after `shutdown`.
pub async fn until_it_works<T, E, F>(what: &'static str, shutdown: &CancellationToken, attempt: impl Fn() -> F) -> Option<T>
where
    E: fmt::Display,
    F: Future<Output = Result<T, E>>,
{
    let attempts = async {
        let mut pauses = PAUSES.build();
        loop {
            match attempt().await {
                Ok(value) => break value,
                Err(error) => tracing::warn!(%error, what, "failed, trying again"),
            }
            sleep(pauses.next().unwrap_or_default()).await;
        }
    };
    shutdown.run_until_cancelled(attempts).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_filled_by_the_first_attempt_that_succeeds() {
        let late = Eventual::default();
        let attempts = AtomicU32::new(0);
        late.fill("broker", &CancellationToken::new(), || async {
            let n = attempts.fetch_add(1, Ordering::SeqCst);
            if n < 20 { Err("refused") } else { Ok(n) }
        })
        .await;
        assert_eq!(late.get(), Some(&20));
        assert_eq!(late.wait().await, &20);
    }

    #[tokio::test(start_paused = true)]
    async fn shutdown_ends_the_attempts() {
        let late = Eventual::<()>::default();
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        late.fill("broker", &shutdown, || async { Err("refused") }).await;
        assert_eq!(late.get(), None);
    }
}
