//! A place in an HTTP conversation where something happens: a request is held or cut before it goes out, or its answer
//! before it comes back.
//!
//! Set on a [`crate::proxy::Proxy`] by tests that must strike between two steps of a process, not merely at some time. It
//! must never alter a byte; what it holds goes on when it is dropped.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::watch;

/// What a tap does to the request whose bytes it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The request waits and is not sent.
    HoldRequest,
    /// The request is done; its answer waits.
    HoldAnswer,
    /// The connection is reset in the place of the request.
    CutRequest,
    /// The request is done; the connection is reset in the place of its answer.
    CutAnswer,
}

/// The test's end of a tap. Dropping it takes the tap away and lets go what it holds.
#[derive(Debug)]
pub struct Tap(Arc<Shared>);

#[derive(Debug)]
pub(crate) struct Shared {
    pattern: Vec<u8>,
    strike: Strike,
    left: AtomicUsize,
    struck: watch::Sender<usize>,
    let_go: watch::Sender<bool>,
}

/// The taps of one proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taps(Arc<Mutex<Vec<Arc<Shared>>>>);

/// The taps as one connection sees them, in both directions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    taps: Taps,
    // Set by a request, read when its answer comes: requests of one connection follow one another.
    answer: Arc<Mutex<Option<Arc<Shared>>>>,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From client to server.
    Up,
    /// Back.
    Down,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    GoOn,
    Cut,
}

impl Tap {
    /// Waits until so many requests were struck since the tap was set.
    pub async fn struck(&self, times: usize) {
        // The sender is ours: it can't be gone.
        let _ = self.0.struck.subscribe().wait_for(|struck| *struck >= times).await;
    }

    /// How many requests were struck so far.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.0.struck.borrow()
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.0.left.store(0, Ordering::Relaxed);
        self.0.let_go.send_replace(true);
    }
}

impl Taps {
    /// Sets a tap for the next `times` requests that hold `pattern`, in their first line as a rule.
    pub(crate) fn set(&self, pattern: &str, strike: Strike, times: usize) -> Tap {
        let shared = Arc::new(Shared {
            pattern: pattern.as_bytes().to_vec(),
            strike,
            left: AtomicUsize::new(times),
            struck: watch::channel(0).0,
            let_go: watch::channel(false).0,
        });
        let mut taps = lock(&self.0);
        taps.retain(|tap| tap.left.load(Ordering::Relaxed) > 0);
        taps.push(Arc::clone(&shared));
        Tap(shared)
    }

    /// The first tap that is meant by these bytes; one of its times is used up.
    fn take(&self, bytes: &[u8]) -> Option<Arc<Shared>> {
        let taps = lock(&self.0);
        let meant = taps.iter().find(|tap| {
            let found = bytes.windows(tap.pattern.len()).any(|window| window == tap.pattern);
            found && tap.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        });
        meant.cloned()
    }
}

impl Watch {
    pub(crate) fn of(taps: &Taps) -> Self {
        Self { taps: taps.clone(), ..Self::default() }
    }

    /// To be awaited before bytes are sent on.
    pub(crate) async fn look(&self, way: Way, bytes: &[u8]) -> Then {
        match way {
            Way::Up => self.request(bytes).await,
            Way::Down => self.answer().await,
        }
    }

    /// A request's first line comes in one piece from every client that is used here: it is sent with its headers.
    async fn request(&self, bytes: &[u8]) -> Then {
        let Some(tap) = self.taps.take(bytes) else { return Then::GoOn };
        match tap.strike {
            Strike::HoldAnswer | Strike::CutAnswer => {
                *lock(&self.answer) = Some(tap);
                Then::GoOn
            }
            Strike::HoldRequest | Strike::CutRequest => tap.strike().await,
        }
    }

    async fn answer(&self) -> Then {
        let tap = lock(&self.answer).take();
        match tap {
            Some(tap) => tap.strike().await,
            None => Then::GoOn,
        }
    }
}

impl Shared {
    async fn strike(&self) -> Then {
        self.struck.send_modify(|struck| *struck += 1);
        match self.strike {
            Strike::CutRequest | Strike::CutAnswer => Then::Cut,
            Strike::HoldRequest | Strike::HoldAnswer => {
                let _ = self.let_go.subscribe().wait_for(|let_go| *let_go).await;
                Then::GoOn
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
