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
use proto_shared::{Caption, CaptionSpec, Event, JobId, News, Position, Style};

/// Frames of the pictures, in turn: 20 ms each on one of the engine's threads.
const FRAMES: [u16; 5] = [20, 30, 40, 50, 80];
const SIDE_PX: u16 = 32;

/// The `n`th job: a picture and words of its own.
pub(crate) fn job(n: usize) -> (Vec<u8>, String) {
    let mut encoder = Encoder::new(Vec::new(), SIDE_PX, SIDE_PX, &[0, 0, 0, 255, 255, 255]).unwrap();
    for index in 0..FRAMES[n % FRAMES.len()] {
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

    /// Waits until so many jobs are done, gives them, and forgets them.
    pub(crate) async fn done(&self, count: usize, patience: Duration) -> Vec<Heeded> {
        let all_heard = async {
            while self.jobs.lock().unwrap().values().filter(|job| job.done_ms > 0).count() < count {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let in_time = tokio::time::timeout(patience, all_heard).await.is_ok();
        let jobs: Vec<_> = self.jobs.lock().unwrap().drain().map(|(_, heeded)| heeded).collect();
        assert!(in_time && jobs.len() == count, "{} of {count} jobs were heard of: {jobs:?}", jobs.len());
        for job in &jobs {
            assert!(job.starts == 1 && job.queued_ms > 0, "not begun once: {job:?}");
        }
        jobs
    }
}
