//! Worker processes in the place of pods: started, and stopped by SIGTERM, as an autoscaler says.
//!
//! It is what a Deployment is to an HPA. A worker that is no longer wanted finishes its job; one that ends otherwise fails the
//! test.

use std::time::{Duration, Instant};

use e2e::{cluster::Cluster, process::Process};
use tokio::task::JoinHandle;

const READY: Duration = Duration::from_secs(600);
const DRAINED: Duration = Duration::from_secs(600);

/// All workers.
pub(crate) struct Fleet {
    env: Vec<(String, String)>,
    /// Those that are wanted, the oldest first, with the time of their start.
    workers: Vec<(Instant, Process)>,
    /// Those that are no longer, with the time of their start; each gives the time of its end.
    leaving: Vec<(Instant, JoinHandle<Instant>)>,
}

impl Fleet {
    pub(crate) fn new(cluster: &Cluster) -> Self {
        Self { env: cluster.env(&cluster.worker_network), workers: Vec::new(), leaving: Vec::new() }
    }

    /// How many there are, without those that leave.
    pub(crate) fn replicas(&self) -> u32 {
        u32::try_from(self.workers.len()).unwrap()
    }

    /// How many there are in all.
    pub(crate) fn alive(&self) -> u32 {
        self.replicas() + u32::try_from(self.leaving.iter().filter(|(_, gone)| !gone.is_finished()).count()).unwrap()
    }

    /// Starts workers, or sends the youngest away, until there are `wanted`. Waits for none of them.
    pub(crate) fn scale(&mut self, wanted: u32) {
        while self.replicas() < wanted {
            self.workers.push((Instant::now(), Process::launch("worker", &self.env).unwrap()));
        }
        while self.replicas() > wanted {
            let (began, mut process) = self.workers.pop().unwrap();
            let leaves = tokio::spawn(async move {
                assert_eq!(process.terminate(DRAINED).await.unwrap(), 0, "{}", process.log_tail());
                Instant::now()
            });
            self.leaving.push((began, leaves));
        }
    }

    /// Waits until the youngest is ready; how long its start took.
    pub(crate) async fn ready(&mut self) -> Duration {
        let (began, process) = self.workers.last_mut().unwrap();
        process.wait_ready(READY).await.unwrap();
        began.elapsed()
    }

    /// What the oldest has logged.
    pub(crate) fn log(&self) -> String {
        String::from_utf8(self.workers[0].1.log()).unwrap()
    }

    /// Ends all; the time that they took together, from `since` on.
    pub(crate) async fn end(self, since: Instant) -> Duration {
        let mut spent: Duration = self.workers.iter().map(|&(began, _)| began.max(since).elapsed()).sum();
        for (began, gone) in self.leaving {
            spent += gone.await.unwrap().saturating_duration_since(began.max(since));
        }
        spent
    }
}
