//! Holds or cuts chosen requests on their way through a proxy, before they reach the server or before their answer comes back.
//!
//! Set on a [`crate::proxy::Proxy`] by tests that must strike between two steps of a process, not merely at some time. An
//! interceptor must never alter a byte. What it holds goes on when it is dropped.

use std::{
    ops::ControlFlow,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::watch;

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The request waits and is not sent.
    HoldRequest,
    /// The server gets the request; its answer waits.
    HoldAnswer,
    /// The connection is reset in place of the request.
    CutRequest,
    /// The server gets the request; the connection is reset in place of its answer.
    CutAnswer,
}

/// The test's handle of an interceptor. Dropping it ends the interceptor and releases what it holds.
#[derive(Debug)]
pub struct Interceptor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pattern: Vec<u8>,
    action: Action,
    times_left: AtomicUsize,
    hits: watch::Sender<usize>,
    released: watch::Sender<bool>,
}

/// The interceptors of one proxy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interceptors(Arc<Mutex<Vec<Arc<Shared>>>>);

/// The interceptors as one connection sees them, in both directions.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnConnection {
    interceptors: Interceptors,
    // Set by a request, taken when its answer comes: requests of one connection follow each other.
    for_answer: Arc<Mutex<Option<Arc<Shared>>>>,
}

/// The direction in which bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToServer,
    ToClient,
}

impl Interceptor {
    /// Waits until this many requests were intercepted.
    pub async fn wait_hits(&self, times: usize) {
        // The sender is in `self`, so it can't be gone.
        let _ = self.0.hits.subscribe().wait_for(|hits| *hits >= times).await;
    }

    /// How many requests were intercepted so far.
    #[must_use]
    pub fn hits(&self) -> usize {
        *self.0.hits.borrow()
    }
}

impl Drop for Interceptor {
    fn drop(&mut self) {
        self.0.times_left.store(0, Ordering::Relaxed);
        self.0.released.send_replace(true);
    }
}

impl Interceptors {
    /// Intercepts the next `times` requests that contain `pattern`, usually in their first line.
    pub(crate) fn add(&self, pattern: &str, action: Action, times: usize) -> Interceptor {
        let shared = Arc::new(Shared {
            pattern: pattern.as_bytes().to_vec(),
            action,
            times_left: AtomicUsize::new(times),
            hits: watch::channel(0).0,
            released: watch::channel(false).0,
        });
        let mut all = lock(&self.0);
        all.retain(|one| one.times_left.load(Ordering::Relaxed) > 0);
        all.push(Arc::clone(&shared));
        Interceptor(shared)
    }

    /// The first interceptor for these bytes, with one of its times used up.
    fn take(&self, bytes: &[u8]) -> Option<Arc<Shared>> {
        let all = lock(&self.0);
        let found = all.iter().find(|one| {
            let matches = bytes.windows(one.pattern.len()).any(|window| window == one.pattern);
            matches && one.times_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
        });
        found.cloned()
    }

    pub(crate) fn on_connection(&self) -> OnConnection {
        OnConnection { interceptors: self.clone(), ..OnConnection::default() }
    }
}

impl OnConnection {
    /// To be awaited before bytes are sent on; `Break` cuts the connection.
    pub(crate) async fn pass(&self, direction: Direction, bytes: &[u8]) -> ControlFlow<()> {
        let acts_now = match direction {
            Direction::ToServer => self.request(bytes),
            Direction::ToClient => lock(&self.for_answer).take(),
        };
        match acts_now {
            Some(interceptor) => interceptor.act().await,
            None => ControlFlow::Continue(()),
        }
    }

    /// The interceptor that acts on a request before it is sent. The first line of a request comes in one piece from every client
    /// here, because clients send it with the headers.
    fn request(&self, bytes: &[u8]) -> Option<Arc<Shared>> {
        let interceptor = self.interceptors.take(bytes)?;
        match interceptor.action {
            Action::HoldRequest | Action::CutRequest => Some(interceptor),
            Action::HoldAnswer | Action::CutAnswer => {
                *lock(&self.for_answer) = Some(interceptor);
                None
            }
        }
    }
}

impl Shared {
    async fn act(&self) -> ControlFlow<()> {
        self.hits.send_modify(|hits| *hits += 1);
        match self.action {
            Action::CutRequest | Action::CutAnswer => ControlFlow::Break(()),
            Action::HoldRequest | Action::HoldAnswer => {
                let _ = self.released.subscribe().wait_for(|released| *released).await;
                ControlFlow::Continue(())
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
