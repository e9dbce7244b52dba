//! api and worker over one in-process broker and a store in memory that fails when told to. What a job's caption says
//! decides what the engine does with it.

use std::{
    num::{NonZeroU16, NonZeroUsize},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api::{ApiConfig, Clients, EventSubscribers, Fairness, Ids};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use broker::{Broker, InProcessConfig, Prefetch};
use bytes::Bytes;
use fonts::Fonts;
use proto_shared::{JobId, MediaType, RenderStats};
use serde_json::Value;
use service::{
    Clock, Eventual,
    metrics::{Exposition, registry},
};
use store::{Faults, Start, Store, StoreConfig};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use worker::{Engine, Isolation, ProcessId, Product, Task, Worker, WorkerConfig};

/// One opaque pixel, 43 bytes.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x21\xf9\x04\x00\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
const LONG: Duration = Duration::from_secs(60);

/// The engine refuses a job of this caption.
pub(crate) const REFUSED: &str = "refused";
/// It panics.
pub(crate) const PANICS: &str = "panics";
/// It goes on until nobody wants the job any more.
pub(crate) const ENDLESS: &str = "endless";

pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) broker: Broker,
    /// Told whenever the engine begins with an endless job.
    pub(crate) begun: Arc<Notify>,
    router: Router,
    exposition: Exposition,
    worker: Option<Worker>,
    shutdown: CancellationToken,
}

impl Fixture {
    /// Nothing is taken yet. A job has three attempts.
    pub(crate) fn new() -> Self {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
        let retry_delays = vec![Duration::from_millis(1), Duration::from_millis(2)];
        let broker = Broker::in_process_with(InProcessConfig { retry_delays, ..InProcessConfig::default() });
        let begun = Arc::new(Notify::new());
        let begins = begun.clone();
        let parts = worker::WorkerParts {
            broker: Eventual::from(broker.clone()),
            store: store.clone(),
            engine: Engine::with(LONG, move |task, unwanted| render(task, unwanted, &begins)).unwrap(),
            // What a worker may have died of is the end of this process too.
            isolation: Isolation {
                program: "/bin/false".into(),
                args: Vec::new(),
                memory_bytes: 1 << 30,
                at_once: NonZeroUsize::MIN,
                timeout: LONG,
            },
            fonts: Fonts::built_in(),
            clock: Clock::system(),
            process: ProcessId::random(),
        };
        let config = WorkerConfig {
            limits: caption::Limits::default(),
            parallelism: NonZeroU16::MIN,
            shutdown_grace: Duration::from_millis(1),
            searches_for_lost: true,
        };
        let mut registry = registry();
        let worker = Worker::new(config, parts, &mut registry);
        let front = api::ApiParts {
            broker: Eventual::from(broker.clone()),
            store: store.clone(),
            ids: Ids::system(),
            keys: None,
            clients: Clients::new(Fairness::default()),
            subscribers: EventSubscribers::default(),
            sources: None,
            callbacks: api::Callbacks::default(),
            acceptances: api::Acceptances::default(),
        };
        let config = ApiConfig {
            videos: true,
            limits: caption::Limits { max_bytes: 1_000_000, ..caption::Limits::default() }.for_all_alike(),
            uploads_in_flight_bytes: 2_000_000,
            request_timeout: Duration::from_secs(10),
            body_stall: Duration::from_secs(5),
            spool_dir: std::env::temp_dir(),
            trusted_proxies: Vec::new(),
            fonts: Fonts::built_in(),
            presets: proto_shared::Presets::shipped(),
            platforms: proto_shared::Platforms::shipped(),
        };
        let router = api::router(&config, front, &mut registry);
        let (exposition, shutdown) = (Exposition::new(registry), CancellationToken::new());
        Self { store, faults, broker, begun, router, exposition, worker: Some(worker), shutdown }
    }

    /// Begins to take jobs, one of each lane at a time.
    pub(crate) fn work(&mut self) -> JoinHandle<bool> {
        let (worker, shutdown) = (self.worker.take().unwrap(), self.shutdown.clone());
        tokio::spawn(async move { worker.run(&shutdown).await })
    }

    /// Takes the next message and gives it back so many times, as workers do that die with it in hand.
    pub(crate) async fn give_back(&self, times: u32) {
        let mut deliveries = self.broker.consume(Prefetch::each(NonZeroU16::MIN)).await.unwrap();
        for _ in 0..times {
            drop(deliveries.next().await.unwrap());
        }
    }

    /// Leaves what a worker leaves that dies with this job in hand.
    pub(crate) async fn die_with(&self, id: &JobId) {
        let start = Start { process: "another".to_owned(), deliveries_before: 0 };
        self.store.mark_start(id, &start).await.unwrap();
    }

    pub(crate) fn stop(&self) {
        self.shutdown.cancel();
    }

    /// Asks for a job, with these headers; answers with its id.
    pub(crate) async fn submit_with(&self, caption: &str, headers: &[(&str, &str)]) -> JobId {
        let part = |head: &str, body: &[u8]| {
            [b"--edge\r\nContent-Disposition: form-data; name=", head.as_bytes(), b"\r\n\r\n", body, b"\r\n"].concat()
        };
        let parts = [part("\"file\"; filename=\"cat.gif\"", GIF), part("\"bottom\"", caption.as_bytes())];
        let body = [parts.concat(), b"--edge--\r\n".to_vec()].concat();
        let mut request = Request::post("/v1/jobs")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .header(header::CONTENT_LENGTH, body.len());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (status, job) = self.send(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{job}");
        JobId::parse(job["id"].as_str().unwrap()).unwrap()
    }

    pub(crate) async fn submit(&self, caption: &str) -> JobId {
        self.submit_with(caption, &[]).await
    }

    pub(crate) async fn cancel(&self, id: &JobId) {
        let request = Request::builder().method(Method::DELETE).uri(format!("/v1/jobs/{id}"));
        assert_eq!(self.send(request.body(Body::empty()).unwrap()).await.0, StatusCode::OK);
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1_000_000).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    pub(crate) async fn ended(&self, id: &JobId) {
        until(async || self.store.get_result(id).await.unwrap()).await;
    }

    /// The sum over all labels of a metric.
    pub(crate) fn sum(&self, metric: &str) -> u64 {
        let text = self.exposition.text().unwrap();
        let of_metric = text.lines().filter_map(|line| line.strip_prefix("punchline_")?.strip_prefix(metric));
        of_metric
            .filter(|rest| rest.starts_with(['{', ' ']))
            .map(|rest| rest.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
            .sum()
    }

    pub(crate) fn scrape(&self) -> String {
        self.exposition.text().unwrap()
    }
}

fn render(task: &Task, unwanted: &AtomicBool, begins: &Notify) -> Result<Product, caption::Error> {
    match task.spec.captions[0].spec.text.as_str() {
        REFUSED => return Err(caption::Error::NoFrames),
        PANICS => panic!("as asked"),
        ENDLESS => {
            begins.notify_one();
            while !unwanted.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            return Err(caption::Error::Cancelled);
        }
        _ => {}
    }
    Ok(Product {
        bytes: Bytes::from_static(b"captioned"),
        media: MediaType::Gif,
        width_px: 1,
        height_px: 1,
        stats: RenderStats { frames: 1, frames_spliced: 1, ..RenderStats::default() },
        missing_glyphs: Vec::new(),
        fidelity: proto_shared::Fidelity::default(),
    })
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
    tokio::time::timeout(LONG, looking).await.unwrap()
}
