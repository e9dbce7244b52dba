//! `/openapi.json` and `/docs`: made once, kept, and told apart by what is in them.
//!
//! Outside of the keys: who has none must be able to read how to get one. The page may load its own style and nothing else.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get},
};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use sha2::{Digest as _, Sha256};

use super::{docs, document::complete};
use crate::error::ApiError;

const STYLE: &[u8] = include_bytes!("../../docs/docs.css");
/// The page loads its style and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What is made at the start.
struct Made {
    mime: &'static str,
    bytes: Bytes,
    /// What it has beside its type.
    header: (HeaderName, &'static str),
}

/// The routes, of what the others say of themselves.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(described: utoipa::openapi::OpenApi, keys_required: bool) -> Router<S> {
    let document = complete(described, keys_required).map_err(|e| format!("failed to write the description: {e}"));
    let made = |mime, bytes: Bytes, header| Made { mime, bytes, header };
    let page = document.as_ref().map_err(Clone::clone).map(docs::page);
    let policy = (header::CONTENT_SECURITY_POLICY, POLICY);
    // For tools that run in a page of somebody else's: there is nothing secret in it.
    let for_all = (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    Router::new()
        .route("/openapi.json", served(document.map(|document| made("application/json", document.to_string().into(), for_all))))
        .route("/docs", served(page.map(|page| made("text/html; charset=utf-8", page.into(), policy.clone()))))
        .route("/docs/docs.css", served(Ok(made("text/css; charset=utf-8", Bytes::from_static(STYLE), policy))))
}

fn served<S: Clone + Send + Sync + 'static>(made: Result<Made, String>) -> MethodRouter<S> {
    let made = Arc::new(made);
    get(move |headers: HeaderMap| {
        let made = made.clone();
        async move {
            match &*made {
                Ok(made) => answer(made, &headers),
                Err(failure) => Err(ApiError::Internal(failure.clone())),
            }
        }
    })
}

fn answer(made: &Made, request: &HeaderMap) -> Result<Response, ApiError> {
    let digest = Sha256::digest(&made.bytes).iter().take(16).fold(0_u128, |id, byte| (id << 8) | u128::from(*byte));
    let etag: ETag =
        format!("\"{digest:032x}\"").parse().map_err(|_| ApiError::Internal("a digest is no entity tag".to_owned()))?;
    let is_known = request.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&etag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, HeaderValue::from_static(made.mime))], made.bytes.clone()).into_response()
    };
    let headers = response.headers_mut();
    headers.typed_insert(etag);
    // Another release says other things here: a client asks each time, and is mostly told that nothing is new.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let (name, value) = &made.header;
    headers.insert(name.clone(), HeaderValue::from_static(value));
    Ok(response)
}
