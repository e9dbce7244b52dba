//! The engine's threads: a job that is alone uses all of them, of several each has one.
//!
//! Used by `engine` alone. Frames that are spread over threads cost a fifth more, and a job that waits for a frame may take
//! up another job meanwhile and with it whatever that one does to a thread: neither is worth it where there is a job for
//! each thread.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Clones share them.
#[derive(Clone)]
pub(crate) struct Threads(Arc<Shared>);

struct Shared {
    /// A thread a CPU, for one job.
    all: ThreadPool,
    /// As many pools of one thread, those that no job has.
    single: Mutex<Vec<Arc<ThreadPool>>>,
    free: Arc<Semaphore>,
    jobs: AtomicUsize,
}

/// Threads for one job, until it is dropped.
pub(crate) struct Seat {
    threads: Threads,
    single: Option<(Arc<ThreadPool>, OwnedSemaphorePermit)>,
}

impl Threads {
    /// A thread a CPU, whatever the number of jobs.
    pub(crate) fn start() -> Result<Self, ThreadPoolBuildError> {
        let all = pool(ThreadPoolBuilder::new().thread_name(|i| format!("engine-{i}")))?;
        let count = all.current_num_threads();
        let single = |i: usize| pool(ThreadPoolBuilder::new().num_threads(1).thread_name(move |_| format!("engine-job-{i}")));
        let single = (0..count).map(|i| single(i).map(Arc::new)).collect::<Result<_, _>>()?;
        let (free, jobs) = (Arc::new(Semaphore::new(count)), AtomicUsize::new(0));
        Ok(Self(Arc::new(Shared { all, single: Mutex::new(single), free, jobs })))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.all.current_num_threads()
    }

    /// A seat for a job: at once if there is no other job, else as soon as a thread is free.
    pub(crate) async fn seat(&self) -> Seat {
        let alone = self.0.jobs.fetch_add(1, Ordering::Relaxed) == 0;
        let mut seat = Seat { threads: self.clone(), single: None };
        if !alone {
            // The semaphore is never closed; were it, the job would share.
            let permit = self.0.free.clone().acquire_owned().await.ok();
            let pool = self.0.singles().pop();
            seat.single = pool.zip(permit);
        }
        seat
    }
}

impl Shared {
    fn singles(&self) -> MutexGuard<'_, Vec<Arc<ThreadPool>>> {
        self.single.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    pub(crate) fn spawn(&self, work: impl FnOnce() + Send + 'static) {
        match &self.single {
            Some((pool, _)) => pool.spawn(work),
            None => self.threads.0.all.spawn(work),
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.threads.0.jobs.fetch_sub(1, Ordering::Relaxed);
        if let Some((pool, permit)) = self.single.take() {
            self.threads.0.singles().push(pool);
            drop(permit);
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
        let first = threads.seat().await;
        assert_eq!(threads_seen(&first), threads.count());
        let mut others = Vec::new();
        for _ in 0..threads.count() {
            others.push(threads.seat().await);
        }
        assert!(others.iter().all(|seat| threads_seen(seat) == 1));
        // Everybody sits: the next one waits for whoever leaves first.
        let mut waiting = std::pin::pin!(threads.seat());
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(others.pop());
        assert_eq!(threads_seen(&waiting.await), 1);
        drop((first, others));
        assert_eq!(threads_seen(&threads.seat().await), threads.count());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_is_not_counted() {
        let threads = Threads::start().unwrap();
        let mut taken = vec![threads.seat().await];
        for _ in 0..threads.count() {
            taken.push(threads.seat().await);
        }
        {
            let mut waiting = std::pin::pin!(threads.seat());
            assert!(futures::poll!(&mut waiting).is_pending());
        }
        taken.clear();
        assert_eq!(threads_seen(&threads.seat().await), threads.count());
    }
}
