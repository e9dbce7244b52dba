//! Jobs that take a known time without computing, and the times of each by its events: queued, begun, done.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use broker::{AmqpConfig, Broker, Filter, Heard};
use e2e::cluster::Cluster;
use proto_shared::{Caption, CaptionSpec, Event, JobId, News, Position, Style, queue};
use samples::{Content, Frame, Palette, Sample};

/// Frames of the pictures: 20 ms each, whatever the number of the engine's threads.
const FRAMES: [u16; 5] = [10, 15, 20, 25, 40];
const SIDE_PX: u16 = 64;

/// The `n`th of jobs whose kinds take turns, so that each kind has its share. For measuring.
pub(crate) fn in_turn(n: usize) -> (Vec<u8>, String) {
    job(n, FRAMES[n % FRAMES.len()])
}

/// The `n`th of jobs whose kinds are random, as in the simulation. If the kinds took turns, jobs would wait less for each other.
pub(crate) fn at_random(n: usize) -> (Vec<u8>, String) {
    job(n, FRAMES[fastrand::Rng::with_seed(n as u64).usize(..FRAMES.len())])
}

/// A picture with so many frames, and a spec with a text of its own.
fn job(n: usize, frames: u16) -> (Vec<u8>, String) {
    let palette = Palette { log2_len: 1, seed: 0, has_black_and_white: true };
    let frames = (0..frames).map(|index| Frame::plain(SIDE_PX, SIDE_PX, Content::Runs, index.into())).collect();
    let sample = Sample { width: SIDE_PX, height: SIDE_PX, palette: Some(palette), loop_count: None, frames };
    let sleeps = Caption::new("fault: slow frames".to_owned(), Position::Bottom, Style::Overlay);
    let of_its_own = Caption::new(n.to_string(), Position::Top, Style::Overlay);
    let spec = CaptionSpec::of(vec![sleeps, of_its_own]);
    (sample.bytes(), serde_json::to_string(&spec).unwrap())
}

/// When a job was queued, begun and done, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JobTimes {
    pub(crate) queued_ms: u64,
    pub(crate) started_ms: u64,
    pub(crate) done_ms: u64,
    pub(crate) starts: u32,
}

/// Records the events of all jobs.
pub(crate) struct EventLog {
    jobs: Arc<Mutex<HashMap<JobId, JobTimes>>>,
    _broker: Broker,
}

impl EventLog {
    pub(crate) async fn listen(cluster: &Cluster) -> Self {
        let broker = Broker::connect(&AmqpConfig::new(cluster.rabbitmq.amqp_url(), "scaling")).await.unwrap();
        let mut events = broker.subscribe(Filter::Every).await.unwrap();
        let jobs = Arc::<Mutex<HashMap<JobId, JobTimes>>>::default();
        let heard = Arc::clone(&jobs);
        tokio::spawn(async move {
            while let Some(next) = events.next().await {
                if let Heard::Event(Event { job, at_ms, news, .. }) = next {
                    let mut jobs = heard.lock().unwrap();
                    let times = jobs.entry(job).or_default();
                    match news {
                        News::Queued => times.queued_ms = at_ms,
                        News::Started { .. } => (times.started_ms, times.starts) = (at_ms, times.starts + 1),
                        News::Done => times.done_ms = at_ms,
                        _ => {}
                    }
                }
            }
        });
        Self { jobs, _broker: broker }
    }

    /// Waits until `count` jobs are done, and takes their times. Events may be lost: for one job in fifty some may be missing, and such
    /// a job is left out.
    pub(crate) async fn done(&self, cluster: &Cluster, count: usize, within: Duration) -> Vec<JobTimes> {
        let most_are_done = async {
            while self.jobs.lock().unwrap().values().filter(|job| job.is_complete()).count() < count - count / 50 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(within, most_are_done).await.is_ok();
        cluster.wait_empty(queue::JOBS, within).await.unwrap();
        let jobs: Vec<_> = self.jobs.lock().unwrap().drain().map(|(_, times)| times).filter(JobTimes::is_complete).collect();
        assert!(in_time, "all events of {} jobs of {count} were received", jobs.len());
        assert!(jobs.iter().all(|job| job.starts == 1), "a job was begun twice");
        jobs
    }
}

impl JobTimes {
    fn is_complete(&self) -> bool {
        self.queued_ms > 0 && self.started_ms > 0 && self.done_ms > 0
    }
}
