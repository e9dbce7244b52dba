//! Worker processes in place of pods, started, and stopped by SIGTERM, as an autoscaler says.
//!
//! Called by `run`, for which it is what a Deployment is for an HPA. A worker that is no longer wanted must finish its job; one that
//! ends in any other way fails the test.

use std::time::{Duration, Instant};

use e2e::{cluster::Cluster, process::Process};
use tokio::task::JoinHandle;

const READY: Duration = Duration::from_secs(600);
const DRAINED: Duration = Duration::from_secs(600);

/// All workers.
pub(crate) struct Fleet {
    env: Vec<(String, String)>,
    /// Those that are to run, the oldest first, with the time of their start.
    workers: Vec<(Instant, Process)>,
    /// Those that were told to end, with the time of their start; each task returns the time of the end.
    ending: Vec<(Instant, JoinHandle<Instant>)>,
}

impl Fleet {
    pub(crate) fn new(cluster: &Cluster) -> Self {
        Self { env: cluster.env(&cluster.worker_network), workers: Vec::new(), ending: Vec::new() }
    }

    /// How many there are, without those that are ending.
    pub(crate) fn replicas(&self) -> u32 {
        u32::try_from(self.workers.len()).unwrap()
    }

    /// How many there are, with those that are ending.
    pub(crate) fn alive(&self) -> u32 {
        self.replicas() + u32::try_from(self.ending.iter().filter(|(_, gone)| !gone.is_finished()).count()).unwrap()
    }

    /// Starts workers, or tells the youngest to end, until there are `wanted`. Does not wait for any of them.
    pub(crate) fn scale(&mut self, wanted: u32) {
        while self.replicas() < wanted {
            self.workers.push((Instant::now(), Process::launch("worker", &self.env).unwrap()));
        }
        while self.replicas() > wanted {
            let (began, mut process) = self.workers.pop().unwrap();
            let ends = tokio::spawn(async move {
                assert_eq!(process.terminate(DRAINED).await.unwrap(), 0, "{}", process.log_tail());
                Instant::now()
            });
            self.ending.push((began, ends));
        }
    }

    /// Waits until the youngest is ready, and returns how long its start took.
    pub(crate) async fn ready(&mut self) -> Duration {
        let (began, process) = self.workers.last_mut().unwrap();
        process.wait_ready(READY).await.unwrap();
        began.elapsed()
    }

    /// The log of the oldest.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.workers[0].1.log()).unwrap()
    }

    /// Ends all, and returns the sum of their running times from `since` on.
    pub(crate) async fn end(self, since: Instant) -> Duration {
        let mut spent: Duration = self.workers.iter().map(|&(began, _)| began.max(since).elapsed()).sum();
        for (began, gone) in self.ending {
            spent += gone.await.unwrap().saturating_duration_since(began.max(since));
        }
        spent
    }
}
