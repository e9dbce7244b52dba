//! The threads of one `caption`: as many as the picture keeps busy.
//!
//! Called by `caption` when there is something to do. A job of a few milliseconds is over before a scheduler
//! has moved a thread that it started beside its parent, so each begins on a processor of its own and is
//! free to move from there.

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// Starts the threads. Where one is enough, it is the one that calls.
pub(crate) fn start(threads: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    let pool = ThreadPoolBuilder::new().num_threads(threads);
    if threads == 1 {
        return pool.use_current_thread().build();
    }
    #[cfg(target_os = "linux")]
    let pool = match processors::beside_this() {
        // More threads than processors are left to the system.
        Some(processors) if (2..=processors.len()).contains(&threads) => {
            pool.start_handler(move |thread| processors.begin_on(thread))
        }
        _ => pool,
    };
    pool.build()
}

#[cfg(target_os = "linux")]
mod processors {
    use nix::{
        sched::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity},
        unistd::Pid,
    };

    /// The calling thread, as these calls name it.
    const THIS_THREAD: Pid = Pid::from_raw(0);

    /// Those that may be used, by number, from the caller's on.
    pub(super) struct Processors {
        allowed: CpuSet,
        numbers: Vec<usize>,
    }

    pub(super) fn beside_this() -> Option<Processors> {
        let allowed = sched_getaffinity(THIS_THREAD).ok()?;
        let mut numbers: Vec<usize> = (0..CpuSet::count()).filter(|&cpu| allowed.is_set(cpu).unwrap_or(false)).collect();
        let here = sched_getcpu().ok()?;
        let own = numbers.iter().position(|&cpu| cpu == here)?;
        numbers.rotate_left(own);
        Some(Processors { allowed, numbers })
    }

    impl Processors {
        pub(super) fn len(&self) -> usize {
            self.numbers.len()
        }

        /// Moves the calling thread, number `thread` of the pool, to its processor and lets it go again. Where
        /// that is refused, it runs where it is.
        pub(super) fn begin_on(&self, thread: usize) {
            let mut own = CpuSet::new();
            if self.numbers.get(thread).is_some_and(|&cpu| own.set(cpu).is_ok()) {
                let _ = sched_setaffinity(THIS_THREAD, &own).and_then(|()| sched_setaffinity(THIS_THREAD, &self.allowed));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn as_many_threads_as_asked_for_work_at_once() {
        // The thread that starts a pool stays in it.
        for threads in [1, 2, 5] {
            std::thread::spawn(move || {
                let pool = start(threads).unwrap();
                let all_there = Barrier::new(threads);
                pool.install(|| rayon::broadcast(|_| all_there.wait().is_leader()).into_iter().filter(|&one| one).count())
            })
            .join()
            .map(|leaders| assert_eq!(leaders, 1))
            .unwrap();
        }
    }
}
