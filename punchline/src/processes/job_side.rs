//! The side of a process that runs jobs: the worker, with its engine, its fonts and what it starts for a dangerous job. `worker`
//! and `serve` have it.

use std::num::{NonZeroU16, NonZeroUsize};

use anyhow::Context as _;
use broker::Broker;
use fonts::Fonts;
use service::{
    Clock, Eventual,
    config::{CommonSettings, JobSettings},
    memory,
    metrics::Registry,
};
use store::Store;
use worker::{Engine, Isolation, ProcessId, Worker, WorkerConfig, WorkerParts};

use crate::processes::render_one;

/// Address space of a process that renders a job which a worker may have died of: many times what any picture within
/// the limits takes.
const SUSPECT_MEMORY_BYTES: u64 = 2 << 30;

/// What is left to this process when it is counted how many such processes there is memory for.
const OWN_MEMORY_BYTES: u64 = 1 << 30;

/// A worker that is ready to run. Its threads are made here, once; its metrics are added to `registry`.
pub(crate) fn worker(
    broker: &Eventual<Broker>,
    store: &Store,
    jobs: &JobSettings,
    common: &CommonSettings,
    fonts: Fonts,
    registry: &mut Registry,
) -> anyhow::Result<Worker> {
    let isolation = Isolation {
        program: std::env::current_exe().context("failed to find this binary")?,
        args: render_one::args(common.font_dir.as_deref()),
        memory_bytes: SUSPECT_MEMORY_BYTES,
        at_once: suspects_at_once(memory::limit_bytes(), jobs.parallelism),
        timeout: jobs.timeout,
    };
    let parts = WorkerParts {
        broker: broker.clone(),
        store: store.clone(),
        engine: Engine::new(jobs.timeout).context("failed to start the engine's threads")?,
        isolation,
        fonts,
        clock: Clock::system(),
        process: ProcessId::random(),
    };
    let config = WorkerConfig {
        limits: common.limits,
        parallelism: jobs.parallelism,
        shutdown_grace: common.shutdown_grace,
        searches_for_lost: jobs.look_for_lost,
    };
    Ok(Worker::new(config, parts, registry))
}

/// As many as there is memory for, and no more than there can be jobs. Where the system does not say, one.
fn suspects_at_once(memory_bytes: Option<u64>, jobs: NonZeroU16) -> NonZeroUsize {
    let room = memory_bytes.unwrap_or_default().saturating_sub(OWN_MEMORY_BYTES) / SUSPECT_MEMORY_BYTES;
    let most = NonZeroUsize::from(jobs);
    usize::try_from(room).ok().and_then(NonZeroUsize::new).map_or(NonZeroUsize::MIN, |room| room.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspects_run_side_by_side_where_there_is_memory_for_each() {
        let jobs = NonZeroU16::new(6).unwrap();
        let at_once = |gib: Option<u64>| suspects_at_once(gib.map(|gib| gib << 30), jobs).get();
        for (gib, expected) in [(None, 1), (Some(0), 1), (Some(3), 1), (Some(5), 2), (Some(8), 3), (Some(64), 6)] {
            assert_eq!(at_once(gib), expected, "{gib:?} GiB");
        }
    }
}
