//! Jobs that take a known time without computing, and what was heard of each: when it was queued, begun and done.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use broker::{AmqpConfig, Broker, Filter, Heard};
use e2e::cluster::Cluster;
use gif::{Encoder, Frame};
use proto_shared::{Caption, CaptionSpec, Event, JobId, News, Position, Style, queue};

/// Frames of the pictures: 20 ms each, whatever the number of the engine's threads.
const FRAMES: [u16; 5] = [10, 15, 20, 25, 40];
const SIDE_PX: u16 = 32;

/// The `n`th job of those that come in turn, so that each kind has its share: to measure with.
pub(crate) fn in_turn(n: usize) -> (Vec<u8>, String) {
    job(n, FRAMES[n % FRAMES.len()])
}

/// The `n`th job of those that come at random, as the simulation's do: in turn they would wait less for each other.
pub(crate) fn at_random(n: usize) -> (Vec<u8>, String) {
    job(n, FRAMES[fastrand::Rng::with_seed(n as u64).usize(..FRAMES.len())])
}

/// A picture and words of its own.
fn job(n: usize, frames: u16) -> (Vec<u8>, String) {
    let mut encoder = Encoder::new(Vec::new(), SIDE_PX, SIDE_PX, &[0, 0, 0, 255, 255, 255]).unwrap();
    for index in 0..frames {
        let pixels: Vec<u8> = (0..SIDE_PX * SIDE_PX).map(|at| u8::from((at + index) % 7 == 0)).collect();
        let frame = Frame { width: SIDE_PX, height: SIDE_PX, buffer: Cow::Owned(pixels), delay: 5, ..Frame::default() };
        encoder.write_frame(&frame).unwrap();
    }
    let dawdles = Caption::new("fault: slow frames".to_owned(), Position::Bottom, Style::Overlay);
    let of_its_own = Caption::new(n.to_string(), Position::Top, Style::Overlay);
    let spec = CaptionSpec { captions: vec![dawdles, of_its_own] };
    (encoder.into_inner().unwrap(), serde_json::to_string(&spec).unwrap())
}

/// Milliseconds since 1970 of what happened to a job.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heeded {
    pub(crate) queued_ms: u64,
    pub(crate) started_ms: u64,
    pub(crate) done_ms: u64,
    pub(crate) starts: u32,
}

/// Listens to all that happens.
pub(crate) struct Ear {
    jobs: Arc<Mutex<HashMap<JobId, Heeded>>>,
    _broker: Broker,
}

impl Ear {
    pub(crate) async fn listen(cluster: &Cluster) -> Self {
        let broker = Broker::connect(&AmqpConfig::new(cluster.rabbitmq.amqp_url(), "scaling")).await.unwrap();
        let mut events = broker.subscribe(Filter::Every).await.unwrap();
        let jobs = Arc::<Mutex<HashMap<JobId, Heeded>>>::default();
        let heard = Arc::clone(&jobs);
        tokio::spawn(async move {
            while let Some(next) = events.next().await {
                if let Heard::Event(Event { job, at_ms, news, .. }) = next {
                    let mut jobs = heard.lock().unwrap();
                    let heeded = jobs.entry(job).or_default();
                    match news {
                        News::Queued => heeded.queued_ms = at_ms,
                        News::Started { .. } => (heeded.started_ms, heeded.starts) = (at_ms, heeded.starts + 1),
                        News::Done => heeded.done_ms = at_ms,
                        _ => {}
                    }
                }
            }
        });
        Self { jobs, _broker: broker }
    }

    /// Waits until so many jobs are done, gives what was heard of them, and forgets it. News may be lost: of one job in fifty
    /// not all need be heard, and such a job is left out.
    pub(crate) async fn done(&self, cluster: &Cluster, count: usize, patience: Duration) -> Vec<Heeded> {
        let most_heard = async {
            while self.jobs.lock().unwrap().values().filter(|job| job.is_whole()).count() < count - count / 50 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(patience, most_heard).await.is_ok();
        cluster.wait_empty(queue::JOBS, patience).await.unwrap();
        let jobs: Vec<_> = self.jobs.lock().unwrap().drain().map(|(_, heeded)| heeded).filter(Heeded::is_whole).collect();
        assert!(in_time, "of {} jobs in {count} all was heard", jobs.len());
        assert!(jobs.iter().all(|job| job.starts == 1), "a job was begun twice");
        jobs
    }
}

impl Heeded {
    fn is_whole(&self) -> bool {
        self.queued_ms > 0 && self.started_ms > 0 && self.done_ms > 0
    }
}
