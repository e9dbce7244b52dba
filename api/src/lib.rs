//! The HTTP front: takes uploads, accepts jobs, says how they are, gives their results.
//!
//! The binary builds it for `punchline api` and `punchline serve`. It must never decode a picture: it walks
//! blocks and checks limits, so that a hostile upload meets no decoder in the process that faces the
//! internet. A 202 is given only after the broker has confirmed the job's message.

mod accept;
mod access;
mod asset;
mod batch;
mod bucket;
mod callbacks;
mod caller;
mod cancel;
mod clients;
mod error;
mod events;
mod fetch;
mod form;
mod gallery;
mod idempotency;
mod info;
mod inspect;
mod intake;
mod jobs;
mod layout;
mod linger;
mod metrics;
mod mint;
mod news;
mod openapi;
mod pace;
mod page;
mod picture;
mod prefer;
mod problem;
mod reading;
mod recount;
mod result;
mod sips;
mod source;
mod spool;
mod state;
mod trace;
mod view;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use broker::Broker;
use fonts::Fonts;
use ipnet::IpNet;
use service::{ApiKeys, Late, metrics::Registry, security};
use store::Store;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

pub use accept::Acceptances;
pub use callbacks::{BadSecret, Callbacks, Courier, Routine, Signer};
pub use clients::{Clients, Excess};
pub use error::ApiError;
pub use mint::Mint;
pub use news::Listeners;
pub use service::config::Fairness;

use crate::{
    caller::Door,
    fetch::Fetching,
    gallery::Gallery,
    inspect::Inspector,
    intake::Intake,
    layout::Layouts,
    metrics::Metrics,
    reading::{LongestWait, Pace},
    spool::Spool,
    state::ApiState,
};

/// What an operator may choose about the front.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// What is refused before any decoding.
    pub limits: caption_layout::Limits,
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
}

/// What the front works with.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Takes messages, once it is there.
    pub broker: Late<Broker>,
    /// Keeps sources and records.
    pub store: Store,
    /// Makes ids and stamps.
    pub mint: Mint,
    /// Who is let in; without them everyone is.
    pub keys: Option<ApiKeys>,
    /// What each client may do; [`Clients::recount`] must run beside the routes.
    pub clients: Clients,
    /// Who waits for news of a job; [`Listeners::hear`] must run beside the routes.
    pub news: Listeners,
    /// Fetches pictures that are named by a URL; without it none may be.
    pub sources: Option<outbound::Client>,
    /// Calls back; its [`Courier`] must run beside the routes.
    pub callbacks: Callbacks,
    /// Go on when their requests do not: [`Acceptances::end_by`] is to be waited for behind the routes.
    pub acceptances: Acceptances,
}

/// The front's routes; its metrics are added to `registry`.
pub fn router(config: &ApiConfig, parts: Parts, registry: &mut Registry) -> Router {
    let metrics = Metrics::register(registry);
    let intake = Intake::new(config);
    let body_limit = DefaultBodyLimit::max(usize::try_from(intake.max_body_bytes()).unwrap_or(usize::MAX));
    let keys_required = parts.keys.is_some();
    let door = Door::new(parts.keys, &config.trusted_proxies);
    let access = access::Access { metrics: metrics.clone(), request_timeout: config.request_timeout, mint: parts.mint.clone() };
    let state = ApiState {
        broker: parts.broker,
        store: parts.store,
        mint: parts.mint,
        intake: Arc::new(intake),
        metrics,
        clients: parts.clients,
        fonts: config.fonts.clone(),
        keys_required,
        gallery: Gallery::default(),
        layouts: Layouts::default(),
        inspector: Inspector::new(config.limits),
        spool: Spool::new(config.spool_dir.clone()),
        pace: Pace(config.body_stall),
        // The rest of a request's time is for the upload.
        longest_wait: LongestWait(config.request_timeout / 2),
        news: parts.news,
        callbacks: parts.callbacks,
        acceptances: parts.acceptances,
        // The rest of a request's time is for the store.
        fetching: Fetching { client: parts.sources, within: config.request_timeout / 2 },
    };
    let (router, described) = OpenApiRouter::with_openapi(openapi::begin())
        .routes(routes!(jobs::submit))
        .routes(routes!(batch::submit))
        .routes(routes!(jobs::show, cancel::cancel))
        .routes(routes!(events::events))
        .routes(routes!(result::download))
        .routes(routes!(source::download))
        .routes(routes!(layout::lay_out))
        .routes(routes!(gallery::show))
        // Only around what stands above: a path that is none asks for no key.
        .route_layer(middleware::from_fn_with_state(door, caller::identify))
        .routes(routes!(info::show))
        .split_for_parts();
    let router = router
        .merge(openapi::routes(described, keys_required))
        .merge(page::routes())
        .fallback(|| async { ApiError::NoSuchPath })
        .method_not_allowed_fallback(|| async { ApiError::NoSuchMethod })
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn_with_state(access, access::log))
        .with_state(state);
    security::headers(router)
}
