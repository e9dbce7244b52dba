//! `/healthz`, `/readyz`, `/startupz`, `/metrics`: what a prober and a scraper ask.
//!
//! api merges it into its own routes or serves it on an address of its own, worker does that always. It must never show a
//! job, a name or a setting: everyone who reaches the port can read it.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{
    health::{Health, Report},
    listening::security,
    metrics::{self, Exposition},
};

/// A scrape or a probe in hand at the very end gets this long.
pub const GRACE: Duration = Duration::from_secs(1);

/// All four routes.
pub fn router<S: Clone + Send + Sync + 'static>(health: Health, exposition: Exposition) -> Router<S> {
    let metrics = Router::new().route("/metrics", get(scrape)).with_state(exposition);
    self::health(health).merge(security::headers(metrics))
}

/// Those of health alone.
pub fn health<S: Clone + Send + Sync + 'static>(health: Health) -> Router<S> {
    let router = Router::new()
        .route("/healthz", get(|State(health): State<Health>| async move { answer(health.live().await) }))
        .route("/readyz", get(|State(health): State<Health>| async move { answer(health.ready().await) }))
        .route("/startupz", get(|State(health): State<Health>| async move { answer(health.started().await) }))
        .with_state(health);
    security::headers(router)
}

fn answer(report: Report) -> Response {
    let status = if report.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn scrape(State(exposition): State<Exposition>) -> Response {
    match exposition.text() {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "failed to write metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tokio_util::sync::CancellationToken;
    use tower::ServiceExt as _;

    use super::*;
    use crate::health::Decides;

    async fn get(router: &Router, path: &str) -> (StatusCode, String) {
        let response = router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 100_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_prober_reads_which_check_fails() {
        let health = Health::new(CancellationToken::new())
            .check("store", Decides::Readiness, || async { Err("no such bucket".to_owned()) });
        let router = router(health, Exposition::new(metrics::registry()));
        let (status, body) = get(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(body, r#"{"ok":false,"checks":[{"name":"store","ok":false,"message":"no such bucket"}]}"#);
        assert_eq!(get(&router, "/healthz").await.0, StatusCode::OK);
        assert_eq!(get(&router, "/metrics").await, (StatusCode::OK, "# EOF\n".to_owned()));
    }
}
