//! The engine's threads: a job that is alone uses all of them; of several, each has one.
//!
//! Used by `engine` alone. Frames that are spread over threads cost a fifth more CPU. And a thread of a shared
//! pool that waits for a frame may begin another job meanwhile; if that job hangs or takes long, the first one waits with it. So
//! where there is a job for each thread, each job gets one.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use proto_shared::{Lane, PerLane};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::oneshot;

/// Clones share them.
#[derive(Clone)]
pub(crate) struct Threads(Arc<Pools>);

struct Pools {
    /// A thread a CPU, for one job.
    all: ThreadPool,
    state: Mutex<Assignment>,
}

#[derive(Default)]
struct Assignment {
    /// Pools of one thread that no job has; with those that jobs have, one for each CPU.
    free: Vec<Arc<ThreadPool>>,
    /// Jobs that wait for one. Express jobs come first: they are small, so they don't delay large ones for long.
    waiting: PerLane<VecDeque<oneshot::Sender<Arc<ThreadPool>>>>,
    /// Jobs that have threads or wait for one.
    jobs: usize,
}

/// Threads for one job, until it is dropped.
pub(crate) struct JobThreads {
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
        Ok(Self(Arc::new(Pools { all, state: Mutex::new(Assignment { free, ..Assignment::default() }) })))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.all.current_num_threads()
    }

    /// Threads for a job: all of them at once if there is no other job, else one as soon as it is free.
    pub(crate) async fn acquire(&self, lane: Lane) -> JobThreads {
        let waiting = {
            let mut state = self.lock();
            state.jobs += 1;
            if state.jobs == 1 {
                None
            } else if let Some(pool) = state.free.pop() {
                return JobThreads { threads: self.clone(), single: Some(pool) };
            } else {
                let (give, waiting) = oneshot::channel();
                state.waiting.of_mut(lane).push_back(give);
                Some(waiting)
            }
        };
        // From here on a caller that gives up is no longer counted.
        let mut acquired = JobThreads { threads: self.clone(), single: None };
        if let Some(waiting) = waiting {
            acquired.single = Waiting { threads: self, waiting }.wait().await;
        }
        acquired
    }

    fn lock(&self) -> MutexGuard<'_, Assignment> {
        // Every change is complete before anything that could panic.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a queue. A pool that was sent to a caller that has given up meanwhile is passed on.
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

impl Assignment {
    fn give(&mut self, pool: Arc<ThreadPool>) {
        let mut pool = pool;
        while let Some(waiting) = self.waiting.express.pop_front().or_else(|| self.waiting.standard.pop_front()) {
            match waiting.send(pool) {
                Ok(()) => return,
                Err(gone) => pool = gone,
            }
        }
        self.free.push(pool);
    }
}

impl JobThreads {
    pub(crate) fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        match &self.single {
            Some(pool) => pool.spawn(work),
            None => self.threads.0.all.spawn(work),
        }
    }
}

impl Drop for JobThreads {
    fn drop(&mut self) {
        let mut state = self.threads.lock();
        state.jobs -= 1;
        if let Some(pool) = self.single.take() {
            state.give(pool);
        }
    }
}

fn pool(builder: ThreadPoolBuilder) -> Result<ThreadPool, ThreadPoolBuildError> {
    // Jobs catch their own panics. If one is missed, it must not abort the process.
    builder.panic_handler(|_| tracing::error!("a panic reached the engine's threads")).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads_seen(acquired: &JobThreads) -> usize {
        let (send, receive) = std::sync::mpsc::channel();
        acquired.spawn(move || send.send(rayon::current_num_threads()).unwrap());
        receive.recv().unwrap()
    }

    #[tokio::test]
    async fn a_job_alone_has_all_threads_and_of_several_each_has_one() {
        let threads = Threads::start().unwrap();
        let first = threads.acquire(Lane::Standard).await;
        assert_eq!(threads_seen(&first), threads.count());
        let mut others = taken(&threads).await;
        assert!(others.iter().all(|one| threads_seen(one) == 1));
        // All threads are taken: the next job waits for the first that ends.
        let mut waiting = std::pin::pin!(threads.acquire(Lane::Standard));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(others.pop());
        assert_eq!(threads_seen(&waiting.await), 1);
        drop((first, others));
        assert_eq!(threads_seen(&threads.acquire(Lane::Standard).await), threads.count());
    }

    #[tokio::test]
    async fn express_jobs_go_before_standard_ones_and_a_caller_that_gives_up_is_forgotten() {
        let threads = Threads::start().unwrap();
        let first = threads.acquire(Lane::Standard).await;
        let mut others = taken(&threads).await;
        let mut standard = Box::pin(threads.acquire(Lane::Standard));
        let mut gone = Box::pin(threads.acquire(Lane::Express));
        let mut express = Box::pin(threads.acquire(Lane::Express));
        for waiting in [&mut standard, &mut gone, &mut express] {
            assert!(futures::poll!(waiting).is_pending());
        }
        drop(gone);
        drop(others.pop());
        assert!(futures::poll!(&mut standard).is_pending());
        let acquired = express.await;
        // Sent, and given up before it was taken.
        drop(acquired);
        drop(standard);
        drop((first, others));
        assert_eq!(threads.lock().free.len(), threads.count());
        assert_eq!(threads_seen(&threads.acquire(Lane::Express).await), threads.count());
    }

    /// Every single thread.
    async fn taken(threads: &Threads) -> Vec<JobThreads> {
        let mut all = Vec::new();
        for _ in 0..threads.count() {
            all.push(threads.acquire(Lane::Standard).await);
        }
        all
    }
}
