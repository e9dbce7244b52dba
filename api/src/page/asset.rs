//! What is made once and answered often: files of the page and of the description, told apart by what is in them.
//!
//! `page::routes` and `docs::served` answer with it. It must never name content by anything but the content: every machine of a
//! release gives the same tag.

use std::sync::Arc;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get},
};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use sha2::{Digest as _, Sha256};

/// Content with its type and its tag.
pub(crate) struct Asset {
    mime: &'static str,
    bytes: Bytes,
    /// None only if a digest were no entity tag.
    etag: Option<ETag>,
    /// What it has beside its type.
    header: (HeaderName, HeaderValue),
}

impl Asset {
    pub(crate) fn new(mime: &'static str, bytes: Bytes, (name, value): (HeaderName, &'static str)) -> Self {
        let digest = Sha256::digest(&bytes).iter().take(16).fold(0_u128, |id, byte| (id << 8) | u128::from(*byte));
        let etag = format!("\"{digest:032x}\"").parse().ok();
        Self { mime, bytes, etag, header: (name, HeaderValue::from_static(value)) }
    }

    /// The content, or that what the client has is still it.
    fn answer(&self, request: &HeaderMap) -> Response {
        let known = request.typed_get::<IfNoneMatch>().zip(self.etag.as_ref());
        let is_known = known.is_some_and(|(known, etag)| !known.precondition_passes(etag));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, HeaderValue::from_static(self.mime))], self.bytes.clone()).into_response()
        };
        let headers = response.headers_mut();
        if let Some(etag) = &self.etag {
            headers.typed_insert(etag.clone());
        }
        // Another release has other content under the name: a client asks each time, and is mostly told that nothing is new.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let (name, value) = &self.header;
        headers.insert(name.clone(), value.clone());
        response
    }
}

/// Answers with an asset.
pub(crate) fn served<S: Clone + Send + Sync + 'static>(asset: Asset) -> MethodRouter<S> {
    let asset = Arc::new(asset);
    get(move |headers: HeaderMap| std::future::ready(asset.answer(&headers)))
}
