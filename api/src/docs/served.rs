//! `/openapi.json` and `/docs`: made once and kept.
//!
//! Outside of the keys: who has none must be able to read how to get one. The page may load its own style and nothing else.

use axum::{Router, body::Bytes, http::header};

use super::{document::complete, reader::page::page};
use crate::page::asset::{Asset, served};

const STYLE: &[u8] = include_bytes!("../../docs/docs.css");
/// The page loads its style and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The routes, of what the others say of themselves.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(described: utoipa::openapi::OpenApi, keys_required: bool) -> Router<S> {
    let document = complete(described, keys_required).unwrap_or_else(|error| {
        tracing::error!(%error, "failed to write the description");
        serde_json::Value::Null
    });
    let page = page(&document);
    let policy = (header::CONTENT_SECURITY_POLICY, POLICY);
    // For tools that run in a page of somebody else's: there is nothing secret in it.
    let for_all = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    Router::new()
        .route("/openapi.json", served(Asset::new("application/json", document.to_string().into(), for_all)))
        .route("/docs", served(Asset::new("text/html; charset=utf-8", page.into(), policy.clone())))
        .route("/docs/docs.css", served(Asset::new("text/css; charset=utf-8", Bytes::from_static(STYLE), policy)))
}
