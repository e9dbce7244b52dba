//! The routes, and what each of them is given.
//!
//! The binary calls it once. It holds no rule: it only puts the parts of the api together.

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef},
    http::StatusCode,
    middleware,
};
use broker::Broker;
use fonts::Fonts;
use ipnet::IpNet;
use proto_shared::{Platforms, Presets};
use service::{ApiKeys, Eventual, metrics::Registry, security};
use store::Store;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    callbacks::handle::Callbacks,
    docs::{document, info, info::InfoAnswer, served},
    front::{
        access::{self, Access},
        caller::{self, Callers},
        clients::Clients,
        ids::Ids,
    },
    gallery::{self, Gallery},
    jobs::{
        accept::{acceptances::Acceptances, acceptor::Acceptor},
        batch,
        cancel::{self, Canceller},
        create, events, read,
        request::Requests,
        subscribers::EventSubscribers,
    },
    layout::{self, Layouts},
    metrics::Metrics,
    page,
    pictures::{budget::UploadBudget, fetch::Fetcher, inspect::Inspector, result, source, spool::Spool, upload::Pictures},
};

/// What an operator may choose about the api.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// What is refused before any decoding.
    pub limits: caption_layout::Limits,
    /// Whether videos are taken.
    pub videos: bool,
    /// Bytes of uploads in hand at one time; at least [`caption_layout::Limits::max_bytes`].
    pub uploads_in_flight_bytes: u64,
    /// From a request's head to its response's head.
    pub request_timeout: Duration,
    /// How long a body may come too slowly.
    pub body_stall: Duration,
    /// Where uploads wait until they are stored.
    pub spool_dir: PathBuf,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The fonts that workers have.
    pub fonts: Fonts,
    /// Looks that a form may name.
    pub presets: Presets,
    /// The platforms that forms may name.
    pub platforms: Platforms,
}

/// What the api works with.
#[derive(Clone, Debug)]
pub struct ApiParts {
    /// Takes messages, once it is there.
    pub broker: Eventual<Broker>,
    /// Keeps sources and records.
    pub store: Store,
    /// Makes ids and stamps.
    pub ids: Ids,
    /// Who is let in; without them everyone is.
    pub keys: Option<ApiKeys>,
    /// What each client may do; [`Clients::recount`] must run beside the routes.
    pub clients: Clients,
    /// Who waits for events of a job; [`EventSubscribers::hear`] must run beside the routes.
    pub subscribers: EventSubscribers,
    /// Fetches pictures that are named by a URL; without it none may be.
    pub sources: Option<outbound::Client>,
    /// Makes callbacks; its [`Courier`](crate::Courier) must run beside the routes.
    pub callbacks: Callbacks,
    /// Acceptances in progress. They go on when their request is dropped, so [`Acceptances::end_by`] must be awaited after the
    /// routes have ended.
    pub acceptances: Acceptances,
}

/// What the handlers are given. Each takes only the part that its signature names.
#[derive(Clone)]
struct ApiState {
    store: Store,
    acceptor: Acceptor,
    requests: Requests,
    canceller: Canceller,
    subscribers: EventSubscribers,
    gallery: Gallery,
    layouts: Layouts,
    info: InfoAnswer,
}

macro_rules! given {
    ($($field:ident: $part:ty,)*) => {
        $(impl FromRef<ApiState> for $part {
            fn from_ref(state: &ApiState) -> Self {
                state.$field.clone()
            }
        })*
    };
}

given! {
    store: Store,
    acceptor: Acceptor,
    requests: Requests,
    canceller: Canceller,
    subscribers: EventSubscribers,
    gallery: Gallery,
    layouts: Layouts,
    info: InfoAnswer,
}

/// The api's routes; its metrics are added to `registry`.
pub fn router(config: &ApiConfig, parts: ApiParts, registry: &mut Registry) -> Router {
    let metrics = Metrics::register(registry);
    let keys_required = parts.keys.is_some();
    let callers = Callers::new(parts.keys.clone(), &config.trusted_proxies);
    let access = Access { metrics: metrics.clone(), request_timeout: config.request_timeout, ids: parts.ids.clone() };
    let budget = Arc::new(UploadBudget::new(config.limits, config.uploads_in_flight_bytes));
    let body_limit = DefaultBodyLimit::max(usize::try_from(budget.max_body_bytes()).unwrap_or(usize::MAX));
    let state = state(config, parts, budget, metrics);
    let (router, described) = OpenApiRouter::with_openapi(document::begin())
        .routes(routes!(create::create))
        .routes(routes!(batch::create))
        .routes(routes!(read::read, cancel::cancel))
        .routes(routes!(events::events))
        .routes(routes!(result::download))
        .routes(routes!(source::download))
        .routes(routes!(layout::lay_out))
        .routes(routes!(gallery::show))
        // Only around the routes above: an unknown path asks for no key.
        .route_layer(middleware::from_fn_with_state(callers, caller::identify))
        .routes(routes!(info::show))
        .split_for_parts();
    let router = router
        .merge(served::routes(described, keys_required))
        .merge(page::routes::routes())
        .fallback(|| async { access::no_route(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { access::no_route(StatusCode::METHOD_NOT_ALLOWED) })
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(access::after_panic))
        .layer(middleware::from_fn_with_state(access, access::log))
        .with_state(state);
    security::headers(router)
}

fn state(config: &ApiConfig, parts: ApiParts, budget: Arc<UploadBudget>, metrics: Metrics) -> ApiState {
    let ApiParts { broker, store, ids, keys, clients, subscribers, sources, callbacks, acceptances } = parts;
    let ApiConfig { limits, fonts, presets, platforms, .. } = config;
    let spool = Spool::new(config.spool_dir.clone());
    let facts = (*limits, config.videos);
    let info = InfoAnswer::new(facts, (fonts, presets, platforms), keys.is_some(), callbacks.is_on(), sources.is_some());
    // The rest of a request's time is for the upload, and for the store.
    let half = config.request_timeout / 2;
    let fetcher =
        Fetcher { client: sources, within: half, budget: budget.clone(), spool: spool.clone(), takes_videos: config.videos };
    let pictures = Pictures { store: store.clone(), budget, spool, inspector: Inspector::new(*limits, config.videos), fetcher };
    ApiState {
        requests: Requests {
            fonts: fonts.clone(),
            presets: Arc::new(presets.clone()),
            platforms: Arc::new(platforms.clone()),
            callbacks,
            clients: clients.clone(),
            store: store.clone(),
            pictures: Arc::new(pictures),
            body_stall: config.body_stall,
            longest_wait: half,
        },
        canceller: Canceller { store: store.clone(), broker: broker.clone(), ids: ids.clone(), metrics: metrics.clone() },
        subscribers: subscribers.clone(),
        acceptor: Acceptor { store: store.clone(), broker, ids, metrics, clients, subscribers, acceptances },
        gallery: Gallery::default(),
        layouts: Layouts::new(fonts.clone(), store.clone(), *limits),
        store,
        info,
    }
}
