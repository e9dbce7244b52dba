//! The engine on its own threads: a bounded pool, a time limit, a stop within a frame.
//!
//! `job` runs every task of a worker through it. Tests put another function in the engine's place; everything around
//! it stays the same. It must never wait for a thread that does not stop: it reports that the process should end.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rayon::ThreadPoolBuildError;
use tokio::{sync::oneshot, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::rendering::{
    render::{EngineError, Product, Task, attempt, render},
    threads::Threads,
};

/// The engine checks for a cancellation at every frame; no frame within the limits takes this long.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

type Render = dyn Fn(&Task, &AtomicBool) -> Result<Product, caption::Error> + Send + Sync;

/// The engine with its threads; clones share them.
#[derive(Clone)]
pub struct Engine {
    threads: Threads,
    render: Arc<Render>,
    job_timeout: Duration,
    stop_timeout: Duration,
    stuck: CancellationToken,
}

impl Engine {
    /// The real engine.
    ///
    /// # Errors
    /// The threads can't be started.
    pub fn new(job_timeout: Duration) -> Result<Self, ThreadPoolBuildError> {
        Self::with(job_timeout, render)
    }

    /// Another function in the engine's place. The flag it is given turns true when the task is cancelled.
    ///
    /// # Errors
    /// The threads can't be started.
    pub fn with(
        job_timeout: Duration,
        render: impl Fn(&Task, &AtomicBool) -> Result<Product, caption::Error> + Send + Sync + 'static,
    ) -> Result<Self, ThreadPoolBuildError> {
        let (render, stuck) = (Arc::new(render), CancellationToken::new());
        Ok(Self { threads: Threads::start()?, render, job_timeout, stop_timeout: STOP_TIMEOUT, stuck })
    }

    /// Runs one task. Dropping the future stops it within a frame.
    ///
    /// # Errors
    /// Whatever the engine says, its panic, or its taking too long.
    pub async fn run(&self, task: Task) -> Result<Product, EngineError> {
        let threads = self.threads.acquire(task.lane).await;
        let cancelled = Arc::new(AtomicBool::new(false));
        let (send, receive) = oneshot::channel();
        let (stop_timeout, stuck) = (self.stop_timeout, self.stuck.clone());
        let mut answer = Answer { cancelled: cancelled.clone(), receive: Some(receive), stop_timeout, stuck };
        let (render, span) = (self.render.clone(), Span::current());
        threads.spawn(move || {
            // A panic is logged where it happens: with the job's name.
            let _in_span = span.enter();
            let product = attempt(render.as_ref(), &task, &cancelled);
            // The receiver is gone when the job was dropped.
            let _ = send.send(product);
        });
        match timeout(self.job_timeout, answer.wait()).await {
            Ok(Some(product)) => product,
            Ok(None) => Err(EngineError::Panicked("the engine's thread gave no answer".to_owned())),
            Err(_) => Err(EngineError::TimedOut { limit_s: self.job_timeout.as_secs() }),
        }
    }

    /// Threads it has in all: jobs that are in it at one time.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.count()
    }

    /// Cancelled once a thread was told to stop and did not: it is lost to this process, which should end.
    #[must_use]
    pub fn stuck(&self) -> &CancellationToken {
        &self.stuck
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("threads", &self.threads.count()).finish_non_exhaustive()
    }
}

/// The answer that a thread of the engine will give. Dropped before that, it tells the thread to stop, and watches that it does.
struct Answer {
    cancelled: Arc<AtomicBool>,
    receive: Option<oneshot::Receiver<Result<Product, EngineError>>>,
    stop_timeout: Duration,
    stuck: CancellationToken,
}

impl Answer {
    /// None if the thread ended without an answer.
    async fn wait(&mut self) -> Option<Result<Product, EngineError>> {
        let answer = self.receive.as_mut()?.await.ok();
        self.receive = None;
        answer
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
        let Some(receive) = self.receive.take() else { return };
        let (stop_timeout, stuck) = (self.stop_timeout, self.stuck.clone());
        let watch = async move {
            if timeout(stop_timeout, receive).await.is_err() {
                tracing::error!(within_ms = stop_timeout.as_millis(), "a job that was told to stop did not");
                stuck.cancel();
            }
        };
        // Without a runtime the process is at its end anyway.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(watch.in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use caption::Limits;
    use proto_shared::{ErrorCode, Lane};

    use super::*;
    use crate::Progress;

    fn task() -> Task {
        Task {
            source: Bytes::new(),
            spec: caption::LoadedSpec::new(Vec::new()),
            limits: Limits::default(),
            progress: Progress::default(),
            lane: Lane::Standard,
        }
    }

    #[tokio::test]
    async fn a_panic_is_one_jobs_own_and_the_pool_goes_on() {
        let engine = Engine::with(Duration::from_secs(60), |_, _| panic!("bad frame")).unwrap();
        for _ in 0..10 {
            let error = engine.run(task()).await.unwrap_err();
            assert_eq!((error.code(), error.to_string().as_str()), (ErrorCode::EnginePanic, "the engine panicked: bad frame"));
        }
    }

    #[tokio::test]
    async fn a_job_that_takes_too_long_is_told_to_stop() {
        let (send, receive) = oneshot::channel();
        let send = std::sync::Mutex::new(Some(send));
        let engine = Engine::with(Duration::from_millis(1), move |_, cancelled| {
            while !cancelled.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            let _ = send.lock().unwrap().take().unwrap().send(());
            Err(caption::Error::Cancelled)
        });
        let error = engine.unwrap().run(task()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Timeout);
        receive.await.unwrap();
    }

    #[tokio::test]
    async fn a_thread_that_does_not_stop_after_its_caller_has_given_up_is_seen() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let released = Arc::new(std::sync::Barrier::new(2));
        let waiting = Arc::clone(&released);
        let engine = Engine::with(Duration::from_secs(60), move |_, _| {
            tell.send(()).unwrap();
            waiting.wait();
            Err(caption::Error::Cancelled)
        });
        let engine = Engine { stop_timeout: Duration::from_millis(1), ..engine.unwrap() };
        let run = tokio::spawn({
            let engine = engine.clone();
            async move { engine.run(task()).await }
        });
        told.recv().await.unwrap();
        assert!(!engine.stuck().is_cancelled());
        run.abort();
        engine.stuck().cancelled().await;
        released.wait();
    }

    #[tokio::test]
    async fn what_the_engine_refuses_keeps_its_code() {
        let engine = Engine::new(Duration::from_secs(60)).unwrap();
        let error = engine.run(Task { source: Bytes::from_static(b"no picture"), ..task() }).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnsupportedMedia);
    }
}
