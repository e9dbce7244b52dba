//! A worker over the in-process broker and a store, and what tests ask of it.

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::atomic::AtomicBool,
    time::Duration,
};

use broker::{Broker, InProcessConfig, Prefetch};
use bytes::Bytes;
use fonts::Fonts;
use proto_shared::{
    Caption, CaptionSpec, DeadRecord, ErrorCode, JobId, JobMessage, JobRecord, MediaType, Outcome, Position, RenderStats,
    SourceInfo, Style,
};
use service::{
    Clock, Eventual,
    metrics::{Exposition, registry},
};
use store::{Created, Faults, Start, Store, StoreConfig, source_id};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use worker::{Engine, Isolation, ProcessId, Product, Task, Worker, WorkerConfig, WorkerParts};

pub(crate) const LONG: Duration = Duration::from_secs(60);

/// The process that the worker says it is.
pub(crate) const THIS: &str = "this process";

pub(crate) struct Fixture {
    pub(crate) broker: Broker,
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) isolation: Isolation,
    pub(crate) job_timeout: Duration,
}

pub(crate) struct Running {
    pub(crate) shutdown: CancellationToken,
    pub(crate) exposition: Exposition,
    pub(crate) task: JoinHandle<bool>,
}

pub(crate) fn house_on(url: &str) -> Fixture {
    // Three attempts, a millisecond and two apart.
    let retry_delays = vec![Duration::from_millis(1), Duration::from_millis(2)];
    let broker = Broker::in_process_with(InProcessConfig { retry_delays, ..InProcessConfig::default() });
    let (store, faults) = Store::open_with_faults(&StoreConfig::new(url)).unwrap();
    Fixture { broker, store, faults, isolation: shell("exit 1"), job_timeout: LONG }
}

/// A process in the place of one that renders.
pub(crate) fn shell(script: &str) -> Isolation {
    let args = ["-c".into(), script.into()].into();
    Isolation { program: "/bin/sh".into(), args, memory_bytes: 1 << 30, at_once: NonZeroUsize::MIN, timeout: LONG }
}

/// One that answers with these bytes.
pub(crate) fn isolated_product(bytes: &str) -> Isolation {
    let reply = r#"{"done":{"media":"gif","width_px":1,"height_px":1,"stats":{"frames":1,"frames_copied":0,"frames_spliced":1,"frames_recoded":0,"engine_wall_ms":0},"missing_glyphs":[],"fidelity":{"captions":[]}}}"#;
    shell(&format!("cat > /dev/null; echo '{reply}'; printf {bytes}"))
}

impl Fixture {
    pub(crate) async fn job(&self, n: u8) -> JobMessage {
        let bytes = Bytes::from(vec![n; 10]);
        let source = SourceInfo { id: source_id(&bytes), media: MediaType::Gif, bytes: 10, width_px: 1, height_px: 1, frames: 1 };
        self.store.put_source(&source.id, bytes).await.unwrap();
        let id = JobId::parse(&format!("{n:032x}")).unwrap();
        let spec = CaptionSpec::of(vec![Caption::new("hello", Position::Bottom, Style::Overlay)]);
        let job = JobRecord::new(id, 1, source, spec);
        assert_eq!(self.store.create_job(&job).await.unwrap(), Created::New);
        JobMessage::first(job)
    }

    pub(crate) fn work(
        &self,
        grace: Duration,
        engine: impl Fn(&Task, &AtomicBool) -> Result<Product, caption::Error> + Send + Sync + 'static,
    ) -> Running {
        let mut registry = registry();
        let parts = WorkerParts {
            broker: Eventual::from(self.broker.clone()),
            store: self.store.clone(),
            engine: Engine::with(self.job_timeout, engine).unwrap(),
            isolation: self.isolation.clone(),
            fonts: Fonts::built_in(),
            clock: Clock::fixed(7),
            process: ProcessId::named(THIS),
        };
        let config = WorkerConfig {
            limits: caption::Limits::default(),
            parallelism: NonZeroU16::new(2).unwrap(),
            shutdown_grace: grace,
            searches_for_lost: true,
        };
        let worker = Worker::new(config, parts, &mut registry);
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        let task = tokio::spawn(async move { worker.run(&token).await });
        Running { shutdown, exposition: Exposition::new(registry), task }
    }

    /// Delivers a message so many times elsewhere, unsettled, before it comes to the worker.
    pub(crate) async fn redeliver(&self, message: &JobMessage, times: u32) {
        self.broker.publish(message).await.unwrap();
        let mut elsewhere = self.broker.consume(Prefetch::each(NonZeroU16::MIN)).await.unwrap();
        for _ in 0..times {
            drop(elsewhere.next().await.unwrap());
        }
        elsewhere.stop().await;
    }

    /// Leaves the mark of a process at a job.
    pub(crate) async fn mark(&self, message: &JobMessage, process: &str) {
        let start = Start { process: process.to_owned(), deliveries_before: 1 };
        self.store.mark_start(&message.job.id, &start).await.unwrap();
    }

    /// Whose mark stands at a job.
    pub(crate) async fn marked_by(&self, message: &JobMessage) -> Option<String> {
        self.store.get_start(&message.job.id).await.unwrap().map(|start| start.process)
    }

    pub(crate) async fn dead(&self, message: &JobMessage) -> DeadRecord {
        until(async || self.store.get_dead(&message.job.id).await.unwrap()).await
    }

    pub(crate) async fn outcome(&self, message: &JobMessage) -> Outcome {
        until(async || self.store.get_result(&message.job.id).await.unwrap().map(|result| result.outcome)).await
    }
}

impl Running {
    pub(crate) async fn end(self) -> bool {
        self.shutdown.cancel();
        self.task.await.unwrap()
    }

    /// How many deliveries ended so.
    pub(crate) fn ended(&self, outcome: &str) -> u32 {
        let text = self.exposition.text().unwrap();
        let name = format!("punchline_worker_jobs_total{{outcome=\"{outcome}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&name)).map_or(0, |count| count.parse().unwrap())
    }

    pub(crate) async fn counted(&self, line: &str) {
        until(async || self.exposition.text().unwrap().contains(line).then_some(())).await;
    }
}

/// Looks again until there is something to see.
pub(crate) async fn until<T>(look: impl AsyncFn() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(LONG, looking).await.expect("it happens in time")
}

pub(crate) fn product(bytes: &'static [u8]) -> Product {
    Product {
        bytes: Bytes::from_static(bytes),
        media: MediaType::Gif,
        width_px: 1,
        height_px: 1,
        stats: RenderStats { frames: 1, frames_spliced: 1, segments_copied: 7, segments_recoded: 2, ..RenderStats::default() },
        missing_glyphs: Vec::new(),
        fidelity: proto_shared::Fidelity::default(),
    }
}

pub(crate) fn code_of(outcome: &Outcome) -> ErrorCode {
    match outcome {
        Outcome::Failed { code, .. } => *code,
        Outcome::Done { .. } => panic!("the job is done"),
        Outcome::Cancelled => ErrorCode::Cancelled,
    }
}
