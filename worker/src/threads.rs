//! The engine's threads: a job that is alone uses all of them, of several each has one.
//!
//! Used by `engine` alone. Frames that are spread over threads cost a fifth more, and a job that waits for a frame may take
//! up another job meanwhile and with it whatever that one does to a thread: neither is worth it where there is a job for
//! each thread.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto_shared::Lane;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::oneshot;

/// Clones share them.
#[derive(Clone)]
pub(crate) struct Threads(Arc<Shared>);

struct Shared {
    /// A thread a CPU, for one job.
    all: ThreadPool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Pools of one thread that no job has; a thread a CPU in all.
    free: Vec<Arc<ThreadPool>>,
    /// Who waits for one. Small jobs come first: they are not long in the way of large ones.
    express: VecDeque<oneshot::Sender<Arc<ThreadPool>>>,
    standard: VecDeque<oneshot::Sender<Arc<ThreadPool>>>,
    /// Jobs that have threads or wait for one.
    jobs: usize,
}

/// Threads for one job, until it is dropped.
pub(crate) struct Seat {
    threads: Threads,
    /// None: all of them.
    single: Option<Arc<ThreadPool>>,
}

impl Threads {
    /// A thread a CPU, whatever the number of jobs.
    pub(crate) fn start() -> Result<Self, ThreadPoolBuildError> {
        let all = pool(ThreadPoolBuilder::new().thread_name(|i| format!("engine-{i}")))?;
        let single = |i: usize| pool(ThreadPoolBuilder::new().num_threads(1).thread_name(move |_| format!("engine-job-{i}")));
        let free = (0..all.current_num_threads()).map(|i| single(i).map(Arc::new)).collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Shared { all, state: Mutex::new(State { free, ..State::default() }) })))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.all.current_num_threads()
    }

    /// A seat for a job: at once if there is no other job, else as soon as a thread is free.
    pub(crate) async fn seat(&self, lane: Lane) -> Seat {
        let waiting = {
            let mut state = self.lock();
            state.jobs += 1;
            if state.jobs == 1 {
                None
            } else if let Some(pool) = state.free.pop() {
                return Seat { threads: self.clone(), single: Some(pool) };
            } else {
                let (give, waiting) = oneshot::channel();
                match lane {
                    Lane::Express => state.express.push_back(give),
                    Lane::Standard => state.standard.push_back(give),
                }
                Some(waiting)
            }
        };
        // From here on, whoever gives up is not counted.
        let mut seat = Seat { threads: self.clone(), single: None };
        if let Some(waiting) = waiting {
            seat.single = Waiting { threads: self, waiting }.wait().await;
        }
        seat
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is complete before anything that could panic.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a queue. A pool that was given to somebody who has gone away meanwhile is passed on.
struct Waiting<'a> {
    threads: &'a Threads,
    waiting: oneshot::Receiver<Arc<ThreadPool>>,
}

impl Waiting<'_> {
    async fn wait(mut self) -> Option<Arc<ThreadPool>> {
        (&mut self.waiting).await.ok()
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.waiting.close();
        if let Ok(pool) = self.waiting.try_recv() {
            self.threads.lock().give(pool);
        }
    }
}

impl State {
    fn give(&mut self, pool: Arc<ThreadPool>) {
        let mut pool = pool;
        while let Some(waiting) = self.express.pop_front().or_else(|| self.standard.pop_front()) {
            match waiting.send(pool) {
                Ok(()) => return,
                Err(gone) => pool = gone,
            }
        }
        self.free.push(pool);
    }
}

impl Seat {
    pub(crate) fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        match &self.single {
            Some(pool) => pool.spawn(work),
            None => self.threads.0.all.spawn(work),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.threads.lock();
        state.jobs -= 1;
        if let Some(pool) = self.single.take() {
            state.give(pool);
        }
    }
}

fn pool(builder: ThreadPoolBuilder) -> Result<ThreadPool, ThreadPoolBuildError> {
    // Jobs catch their own panics. Should one come past that, it must not abort the process.
    builder.panic_handler(|_| tracing::error!("a panic reached the engine's threads")).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads_seen(seat: &Seat) -> usize {
        let (send, receive) = std::sync::mpsc::channel();
        seat.spawn(move || send.send(rayon::current_num_threads()).unwrap());
        receive.recv().unwrap()
    }

    #[tokio::test]
    async fn a_job_alone_has_all_threads_and_of_several_each_has_one() {
        let threads = Threads::start().unwrap();
        let first = threads.seat(Lane::Standard).await;
        assert_eq!(threads_seen(&first), threads.count());
        let mut others = taken(&threads).await;
        assert!(others.iter().all(|seat| threads_seen(seat) == 1));
        // Everybody sits: the next one waits for whoever leaves first.
        let mut waiting = std::pin::pin!(threads.seat(Lane::Standard));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(others.pop());
        assert_eq!(threads_seen(&waiting.await), 1);
        drop((first, others));
        assert_eq!(threads_seen(&threads.seat(Lane::Standard).await), threads.count());
    }

    #[tokio::test]
    async fn express_jobs_sit_before_standard_ones_and_whoever_gives_up_is_forgotten() {
        let threads = Threads::start().unwrap();
        let first = threads.seat(Lane::Standard).await;
        let mut others = taken(&threads).await;
        let mut standard = Box::pin(threads.seat(Lane::Standard));
        let mut gone = Box::pin(threads.seat(Lane::Express));
        let mut express = Box::pin(threads.seat(Lane::Express));
        for waiting in [&mut standard, &mut gone, &mut express] {
            assert!(futures::poll!(waiting).is_pending());
        }
        drop(gone);
        drop(others.pop());
        assert!(futures::poll!(&mut standard).is_pending());
        let sits = express.await;
        // Given, and gone away before it was taken.
        drop(sits);
        drop(standard);
        drop((first, others));
        assert_eq!(threads.lock().free.len(), threads.count());
        assert_eq!(threads_seen(&threads.seat(Lane::Express).await), threads.count());
    }

    /// Every single thread.
    async fn taken(threads: &Threads) -> Vec<Seat> {
        let mut seats = Vec::new();
        for _ in 0..threads.count() {
            seats.push(threads.seat(Lane::Standard).await);
        }
        seats
    }
}
