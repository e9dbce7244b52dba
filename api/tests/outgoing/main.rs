//! What the api asks of other hosts: pictures by their URL and callbacks, from and to real servers on this machine.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

mod callbacks;
#[path = "../forms/mod.rs"]
mod forms;
mod pictures;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use api::{ApiConfig, ApiParts, CallbackSchedule, Callbacks, Clients, Courier, Fairness, Ids, Signer};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::State,
    http::{HeaderMap, Request, StatusCode},
    response::{IntoResponse as _, Response},
};
use broker::Broker;
use bytes::Bytes;
use outbound::{Client, Guard};
use serde_json::Value;
use service::{
    Clock, Eventual,
    metrics::{Exposition, registry},
};
use store::{Faults, Operation, Store, StoreConfig};
use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// One opaque pixel, 43 bytes.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x21\xf9\x04\x00\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
const MAX_BYTES: u64 = 100_000;
const SECRET: &str = "a secret of more than 24 bytes";
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that keeps what it is sent and answers as it is told, with 204 when it is told nothing more.
struct Host {
    address: SocketAddr,
    received: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
}

type Answers = Arc<Mutex<VecDeque<Response>>>;

impl Host {
    async fn answering(answers: Vec<Response>) -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers: Answers = Arc::new(Mutex::new(answers.into()));
        let router = Router::new().fallback(answer).with_state((sender, answers));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, received }
    }

    fn url(&self) -> String {
        format!("http://{}/here?token=abc", self.address)
    }

    async fn next(&mut self) -> (HeaderMap, Bytes) {
        tokio::time::timeout(PATIENCE, self.received.recv()).await.unwrap().unwrap()
    }

    fn has_more(&mut self) -> bool {
        self.received.try_recv().is_ok()
    }
}

async fn answer(
    State((sender, answers)): State<(mpsc::UnboundedSender<(HeaderMap, Bytes)>, Answers)>,
    request: Request<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    sender.send((head.headers, to_bytes(body, 1_000_000).await.unwrap())).unwrap();
    let next = answers.lock().unwrap().pop_front();
    next.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
}

/// What api processes share.
struct Fixture {
    store: Store,
    faults: Faults,
    broker: Broker,
}

/// One api process.
struct Front {
    router: Router,
    exposition: Exposition,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

impl Fixture {
    fn new() -> Self {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
        Self { store, faults, broker: Broker::in_process() }
    }

    /// A process that makes callbacks, with short delays. It hears of ends and has begun its first look.
    async fn front(&self) -> Front {
        self.front_at(Clock::system()).await
    }

    async fn front_at(&self, clock: Clock) -> Front {
        let looks = || self.faults.count(Operation::List, "callbacks");
        let before = looks();
        let delays = vec![Duration::from_millis(20); 2];
        let schedule = CallbackSchedule { delays, scan_every: Duration::from_secs(3600), ..CallbackSchedule::default() };
        let (client, signer) = (client(&["127.0.0.0/8"]), Signer::new(SECRET).unwrap());
        let mut registry = registry();
        let (courier, callbacks) = Courier::new(self.store.clone(), client.clone(), signer, schedule, clock, &mut registry);
        let front = self.front_with(Some(client), callbacks, Some(courier), registry);
        until("the first look", async || looks() > before).await;
        front
    }

    fn front_with(
        &self,
        sources: Option<Client>,
        callbacks: Callbacks,
        courier: Option<Courier>,
        mut registry: service::metrics::Registry,
    ) -> Front {
        let config = ApiConfig {
            videos: true,
            limits: caption_layout::Limits { max_bytes: MAX_BYTES, ..caption_layout::Limits::default() }.for_all_alike(),
            uploads_in_flight_bytes: 10 * MAX_BYTES,
            request_timeout: Duration::from_secs(20),
            body_stall: Duration::from_secs(5),
            spool_dir: std::env::temp_dir(),
            trusted_proxies: Vec::new(),
            fonts: fonts::Fonts::built_in(),
            presets: proto_shared::Presets::shipped(),
            platforms: proto_shared::Platforms::shipped(),
        };
        let (subscribers, clients, broker) =
            (api::EventSubscribers::default(), Clients::new(Fairness::default()), Eventual::from(self.broker.clone()));
        let parts = ApiParts {
            broker: broker.clone(),
            store: self.store.clone(),
            ids: Ids::system(),
            keys: None,
            clients: clients.clone(),
            subscribers: subscribers.clone(),
            sources,
            callbacks: callbacks.clone(),
            acceptances: api::Acceptances::default(),
        };
        let router = api::router(&config, parts, &mut registry);
        let shutdown = CancellationToken::new();
        let running = {
            let shutdown = shutdown.clone();
            tokio::spawn(async move {
                let calling = async {
                    if let Some(courier) = courier {
                        courier.run(&shutdown).await;
                    }
                };
                tokio::join!(subscribers.hear(&broker, &clients, &callbacks, &shutdown), calling);
            })
        };
        Front { router, exposition: Exposition::new(registry), shutdown, running }
    }
}

impl Front {
    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        (head.status, serde_json::from_slice(&to_bytes(body, 1_000_000).await.unwrap()).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn post(&self, parts: &[(&str, &[u8])]) -> (StatusCode, Value) {
        self.send(forms::post(parts)).await
    }

    /// Refused, with this status and this code, because of this field.
    async fn refuses(&self, parts: &[(&str, &[u8])], status: u16, code: &str, field: &str) {
        let (got, problem) = self.post(parts).await;
        assert_eq!((got.as_u16(), &problem["code"], &problem["field"]), (status, &code.into(), &field.into()), "{problem}");
    }

    /// Ends the process as SIGTERM does: what is in hand is finished.
    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap();
    }
}

fn client(allowed: &[&str]) -> Client {
    let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
    Client::new(Guard::new(allowed)).unwrap()
}

/// Waits until something holds that no message tells of.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| unreachable!("not in time: {what}"));
}
