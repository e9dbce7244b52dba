//! An api over a store in memory and a broker in the process, and what tests say to it and read of it.

use std::{num::NonZeroU16, time::Duration};

use api::{Acceptances, ApiConfig, ApiParts, Callbacks, Clients, EventSubscribers, Fairness, Ids};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use broker::{Broker, Prefetch};
use bytes::Bytes;
use fonts::Fonts;
use proto_shared::{ErrorCode, JobId, JobMessage, JobResult, MediaType, Outcome, OutputId, OutputInfo, RenderStats, job};
use serde_json::Value;
use service::{
    Eventual,
    metrics::{Exposition, registry},
};
use store::{Created, Faults, Store, StoreConfig};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{
    described,
    forms::{Part, post},
};

/// One opaque pixel, 43 bytes.
pub(crate) const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x21\xf9\x04\x00\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
pub(crate) const CREATED_AT_MS: u64 = 1_700_000_000_123;

pub(crate) struct Front {
    pub(crate) router: Router,
    pub(crate) store: Store,
    pub(crate) broker: Broker,
    pub(crate) subscribers: EventSubscribers,
    pub(crate) exposition: Exposition,
    pub(crate) acceptances: Acceptances,
    pub(crate) faults: Faults,
}

pub(crate) fn config() -> ApiConfig {
    ApiConfig {
        videos: true,
        limits: caption_layout::Limits { max_bytes: 1_000_000, ..caption_layout::Limits::default() }.for_all_alike(),
        uploads_in_flight_bytes: 2_000_000,
        request_timeout: Duration::from_secs(10),
        body_stall: Duration::from_secs(5),
        spool_dir: std::env::temp_dir(),
        trusted_proxies: Vec::new(),
        fonts: Fonts::built_in(),
        presets: proto_shared::Presets::shipped(),
        platforms: proto_shared::Platforms::shipped(),
    }
}

pub(crate) fn front() -> Front {
    front_with(&config())
}

pub(crate) fn front_with(config: &ApiConfig) -> Front {
    front_of(config, Broker::in_process())
}

pub(crate) fn front_on(broker: Broker) -> Front {
    front_of(&config(), broker)
}

pub(crate) fn front_of(config: &ApiConfig, broker: Broker) -> Front {
    let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
    let (subscribers, acceptances) = (EventSubscribers::default(), Acceptances::default());
    let mut registry = registry();
    let parts = ApiParts {
        broker: Eventual::from(broker.clone()),
        store: store.clone(),
        ids: Ids::counting(CREATED_AT_MS),
        keys: None,
        clients: Clients::new(Fairness::default()),
        subscribers: subscribers.clone(),
        sources: None,
        callbacks: Callbacks::default(),
        acceptances: acceptances.clone(),
    };
    let router = api::router(config, parts, &mut registry);
    Front { router, store, broker, subscribers, exposition: Exposition::new(registry), acceptances, faults }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Checks the form of a refusal, gives status and code.
    pub(crate) fn refusal(&self) -> (u16, ErrorCode) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "{problem}");
        }
        (self.status.as_u16(), ErrorCode::parse(problem["code"].as_str().unwrap()).unwrap())
    }
}

impl Front {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().to_string());
        let (head, body) = self.send_open(request).await.into_parts();
        let answer = Answer { status: head.status, headers: head.headers, body: to_bytes(body, 10_000_000).await.unwrap() };
        described::check(method.as_str(), &path, &answer);
        answer
    }

    /// An answer whose body is still coming.
    pub(crate) async fn send_open(&self, request: Request<Body>) -> axum::response::Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, parts: &[Part<'_>]) -> Answer {
        self.send(post(parts)).await
    }

    pub(crate) async fn finish(&self, id: &JobId, outcome: Outcome) {
        let result =
            JobResult { version: job::VERSION, id: id.clone(), finished_at_ms: CREATED_AT_MS + 1_000, attempts: 1, outcome };
        assert_eq!(self.store.create_result(&result).await.unwrap(), Created::New);
    }
}

pub(crate) async fn next_message(broker: &Broker) -> JobMessage {
    let mut deliveries = broker.consume(Prefetch::each(NonZeroU16::MIN)).await.unwrap();
    let delivery = deliveries.next().await.unwrap();
    let message = delivery.message().clone();
    delivery.ack().await.unwrap();
    message
}

/// How a job ends that is captioned.
pub(crate) fn done(id: OutputId) -> Outcome {
    let output = OutputInfo { id, media: MediaType::Gif, bytes: 9, width_px: 1, height_px: 1 };
    Outcome::Done {
        output,
        stats: RenderStats::default(),
        missing_glyphs: Vec::new(),
        fidelity: proto_shared::Fidelity::default(),
    }
}

/// What hears the broker's news for an api, until its token is cancelled.
pub(crate) fn hearing(front: &Front) -> (CancellationToken, tokio::task::JoinHandle<()>) {
    let shutdown = CancellationToken::new();
    let (subscribers, broker, until) = (front.subscribers.clone(), Eventual::from(front.broker.clone()), shutdown.clone());
    let clients = Clients::new(Fairness::default());
    (shutdown, tokio::spawn(async move { subscribers.hear(&broker, &clients, &Callbacks::default(), &until).await }))
}
