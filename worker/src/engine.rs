//! The engine on its own threads: a bounded pool, each job's panic caught, a time limit, a stop within a frame.
//!
//! It exists so that nothing else in this crate knows rayon or `catch_unwind`. Tests put another function in
//! the engine's place; everything around it stays the same.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use caption::Limits;
use proto_shared::{ErrorCode, Lane, MediaType, RenderStats};
use rayon::ThreadPoolBuildError;
use tokio::{sync::oneshot, time::timeout};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::{Progress, threads::Threads};

/// A job that is cancelled looks for it at every frame; no frame within the limits takes so long.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// What the engine is given.
#[derive(Clone, Debug)]
pub struct Task {
    /// The picture.
    pub source: Bytes,
    /// What to write on it.
    pub spec: caption::Spec,
    /// What it may cost.
    pub limits: Limits,
    /// Who is told how far it is.
    pub progress: Progress,
    /// Whether it goes before others.
    pub lane: Lane,
}

/// What the engine gives.
#[derive(Clone, Debug)]
pub struct Product {
    /// The captioned picture.
    pub bytes: Bytes,
    /// Its kind.
    pub media: MediaType,
    /// Its width.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
    /// What was done; the time is filled in by [`Engine::run`].
    pub stats: RenderStats,
    /// Characters that no font had.
    pub missing_glyphs: Vec<char>,
}

/// Why the engine gave nothing. None of it passes by waiting.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The picture or the spec can't be done.
    #[error("{0}")]
    Refused(#[from] caption::Error),
    /// A defect of ours; its place is in the log.
    #[error("the engine panicked: {0}")]
    Panicked(String),
    /// The same, said by a process of its own.
    #[error("{message}")]
    RefusedElsewhere {
        /// The engine's code.
        code: ErrorCode,
        /// The engine's message.
        message: String,
    },
    /// The process that rendered it died.
    #[error("the engine crashed: {how}")]
    Crashed {
        /// How the process ended.
        how: String,
    },
    /// It took too long.
    #[error("the job took longer than {limit_s} s")]
    TimedOut {
        /// The limit.
        limit_s: u64,
    },
}

impl EngineError {
    /// The code for the job's result.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(error) => ErrorCode::parse(error.code()).unwrap_or(ErrorCode::Internal),
            Self::RefusedElsewhere { code, .. } => *code,
            Self::Crashed { .. } => ErrorCode::EngineCrashed,
            Self::Panicked(_) => ErrorCode::EnginePanic,
            Self::TimedOut { .. } => ErrorCode::Timeout,
        }
    }
}

type Render = dyn Fn(&Task, &AtomicBool) -> Result<Product, caption::Error> + Send + Sync;

/// The engine with its threads; clones share them.
#[derive(Clone)]
pub struct Engine {
    threads: Threads,
    render: Arc<Render>,
    job_timeout: Duration,
    stops_within: Duration,
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

    /// Another function in the engine's place. The flag it is given turns true when its answer is no longer wanted.
    ///
    /// # Errors
    /// The threads can't be started.
    pub fn with(
        job_timeout: Duration,
        render: impl Fn(&Task, &AtomicBool) -> Result<Product, caption::Error> + Send + Sync + 'static,
    ) -> Result<Self, ThreadPoolBuildError> {
        let (render, stuck) = (Arc::new(render), CancellationToken::new());
        Ok(Self { threads: Threads::start()?, render, job_timeout, stops_within: STOPS_WITHIN, stuck })
    }

    /// Runs one task. Dropping the future stops it within a frame.
    ///
    /// # Errors
    /// Whatever the engine says, its panic, or its taking too long.
    pub async fn run(&self, task: Task) -> Result<Product, EngineError> {
        let seat = self.threads.seat(task.lane).await;
        let unwanted = Arc::new(AtomicBool::new(false));
        let (send, receive) = oneshot::channel();
        let (stops_within, stuck) = (self.stops_within, self.stuck.clone());
        let mut answer = Answer { unwanted: unwanted.clone(), receive: Some(receive), stops_within, stuck };
        let (render, span) = (self.render.clone(), Span::current());
        seat.spawn(move || {
            // A panic is logged where it happens: with the job's name.
            let _in_span = span.enter();
            let product = attempt(render.as_ref(), &task, &unwanted);
            // Nobody listens any more when the job was dropped.
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

/// What a thread of the engine will say. Dropped before that, it tells the thread to stop, and sees to it that it does.
struct Answer {
    unwanted: Arc<AtomicBool>,
    receive: Option<oneshot::Receiver<Result<Product, EngineError>>>,
    stops_within: Duration,
    stuck: CancellationToken,
}

impl Answer {
    /// None if the thread ended without a word.
    async fn wait(&mut self) -> Option<Result<Product, EngineError>> {
        let said = self.receive.as_mut()?.await.ok();
        self.receive = None;
        said
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.unwanted.store(true, Ordering::Relaxed);
        let Some(receive) = self.receive.take() else { return };
        let (stops_within, stuck) = (self.stops_within, self.stuck.clone());
        let watch = async move {
            if timeout(stops_within, receive).await.is_err() {
                tracing::error!(within_ms = stops_within.as_millis(), "a job that was told to stop did not");
                stuck.cancel();
            }
        };
        // Without a runtime the process is at its end anyway.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(watch.in_current_span());
        }
    }
}

/// One rendering with its panic caught, and its wall time: what a thread of the pool does, and a process of its own.
pub(crate) fn attempt(
    render: impl Fn(&Task, &AtomicBool) -> Result<Product, caption::Error>,
    task: &Task,
    unwanted: &AtomicBool,
) -> Result<Product, EngineError> {
    let begun = Instant::now();
    // Nothing that the closure shares is used after a panic but the flag.
    let rendered = catch_unwind(AssertUnwindSafe(|| render(task, unwanted)));
    let engine_wall_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match rendered {
        Ok(Ok(product)) => Ok(Product { stats: RenderStats { engine_wall_ms, ..product.stats }, ..product }),
        Ok(Err(error)) => Err(EngineError::Refused(error)),
        Err(panic) => Err(EngineError::Panicked(message_of(panic.as_ref()))),
    }
}

pub(crate) fn render(task: &Task, unwanted: &AtomicBool) -> Result<Product, caption::Error> {
    #[cfg(feature = "faults")]
    crate::faults::strike(task);
    let progress = |done, of| {
        #[cfg(feature = "faults")]
        crate::faults::dawdle(task);
        task.progress.tell(done, of);
    };
    let watch = caption::Watch { progress: &progress, cancelled: unwanted };
    let rendered = caption::render_with(&task.source, &task.spec, &task.limits, &watch)?;
    Ok(Product {
        media: match rendered.media {
            caption::Media::Gif => MediaType::Gif,
            caption::Media::Png => MediaType::Png,
            caption::Media::Jpeg => MediaType::Jpeg,
            caption::Media::Webp => MediaType::Webp,
        },
        width_px: rendered.width_px,
        height_px: rendered.height_px,
        stats: stats_of(&rendered.stats),
        missing_glyphs: rendered.missing_glyphs,
        bytes: rendered.output.to_vec(&task.source).into(),
    })
}

fn stats_of(done: &caption::Stats) -> RenderStats {
    // Named one by one, so that a figure the engine adds is not forgotten here.
    let caption::Stats {
        frames,
        frames_copied,
        frames_spliced,
        frames_recoded,
        segments,
        segments_copied,
        segments_spliced,
        segments_recoded,
    } = *done;
    RenderStats {
        frames,
        frames_copied,
        frames_spliced,
        frames_recoded,
        segments,
        segments_copied,
        segments_spliced,
        segments_recoded,
        engine_wall_ms: 0,
    }
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        Task {
            source: Bytes::new(),
            spec: caption::Spec::new(Vec::new()),
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
        let engine = Engine::with(Duration::from_millis(1), move |_, unwanted| {
            while !unwanted.load(Ordering::Relaxed) {
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
    async fn a_thread_that_does_not_stop_for_whoever_has_gone_away_is_seen() {
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let released = Arc::new(std::sync::Barrier::new(2));
        let waiting = Arc::clone(&released);
        let engine = Engine::with(Duration::from_secs(60), move |_, _| {
            tell.send(()).unwrap();
            waiting.wait();
            Err(caption::Error::Cancelled)
        });
        let engine = Engine { stops_within: Duration::from_millis(1), ..engine.unwrap() };
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

    #[test]
    fn every_figure_of_the_engine_arrives_under_its_own_name() {
        let done = caption::Stats {
            frames: 6,
            frames_copied: 1,
            frames_spliced: 2,
            frames_recoded: 3,
            segments: 15,
            segments_copied: 4,
            segments_spliced: 5,
            segments_recoded: 6,
        };
        let expected = RenderStats {
            frames: 6,
            frames_copied: 1,
            frames_spliced: 2,
            frames_recoded: 3,
            segments: 15,
            segments_copied: 4,
            segments_spliced: 5,
            segments_recoded: 6,
            engine_wall_ms: 0,
        };
        assert_eq!(stats_of(&done), expected);
    }

    #[tokio::test]
    async fn what_the_engine_refuses_keeps_its_code() {
        let engine = Engine::new(Duration::from_secs(60)).unwrap();
        let error = engine.run(Task { source: Bytes::from_static(b"no picture"), ..task() }).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::UnsupportedMedia);
    }
}
