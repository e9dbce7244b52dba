//! The HTTP front: takes uploads, accepts jobs, says how they are, gives their results.
//!
//! The binary builds it for `punchline api` and `punchline serve`. It must never decode a picture: it walks
//! blocks and checks limits, so that a hostile upload meets no decoder in the process that faces the
//! internet. A 202 is given only after the broker has confirmed the job's message.

mod accept;
mod access;
mod error;
mod form;
mod inspect;
mod intake;
mod jobs;
mod metrics;
mod mint;
mod result;
mod state;
mod view;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use broker::Broker;
use service::{Late, metrics::Registry};
use store::Store;
use tower_http::catch_panic::CatchPanicLayer;

pub use error::ApiError;
pub use mint::Mint;

use crate::{intake::Intake, metrics::Metrics, state::ApiState};

/// What an operator may choose about the front.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// What is refused before any decoding.
    pub limits: caption::Limits,
    /// Bytes of uploads held at one time; at least [`caption::Limits::max_bytes`].
    pub uploads_in_flight_bytes: u64,
    /// From a request's head to its response's head.
    pub request_timeout: Duration,
    /// The fonts that workers have beside the built-in ones.
    pub font_names: Vec<String>,
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
}

/// The front's routes; its metrics are added to `registry`.
pub fn router(config: &ApiConfig, parts: Parts, registry: &mut Registry) -> Router {
    let metrics = Metrics::register(registry);
    let intake = Intake::new(config);
    let body_limit = DefaultBodyLimit::max(usize::try_from(intake.max_body_bytes()).unwrap_or(usize::MAX));
    let state = ApiState {
        broker: parts.broker,
        store: parts.store,
        mint: parts.mint,
        intake: Arc::new(intake),
        metrics: metrics.clone(),
    };
    Router::new()
        .route("/v1/jobs", post(jobs::submit))
        .route("/v1/jobs/{id}", get(jobs::show))
        .route("/v1/jobs/{id}/result", get(result::download))
        .fallback(|| async { ApiError::NoSuchPath })
        .method_not_allowed_fallback(|| async { ApiError::NoSuchMethod })
        .layer(body_limit)
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(middleware::from_fn_with_state(access::Access { metrics, request_timeout: config.request_timeout }, access::log))
        .with_state(state)
}
