//! What is made once and answered often: files of the page and of the description, told apart by what is in them.
//!
//! `page` and `openapi` answer with it. It must never name content by anything but the content: every machine of a
//! release gives the same tag.

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;

/// Content with its type.
pub(crate) struct Asset {
    pub(crate) mime: &'static str,
    pub(crate) bytes: Bytes,
    /// What it has beside its type.
    pub(crate) header: (HeaderName, &'static str),
}

impl Asset {
    /// The content, or that what the client has is still it.
    pub(crate) fn answer(&self, request: &HeaderMap) -> Result<Response, ApiError> {
        let etag = self.etag()?;
        let is_known = request.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&etag));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            ([(header::CONTENT_TYPE, HeaderValue::from_static(self.mime))], self.bytes.clone()).into_response()
        };
        let headers = response.headers_mut();
        headers.typed_insert(etag);
        // Another release has other content under the name: a client asks each time, and is mostly told that nothing is new.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        let (name, value) = &self.header;
        headers.insert(name.clone(), HeaderValue::from_static(value));
        Ok(response)
    }

    fn etag(&self) -> Result<ETag, ApiError> {
        let digest = Sha256::digest(&self.bytes).iter().take(16).fold(0_u128, |id, byte| (id << 8) | u128::from(*byte));
        format!("\"{digest:032x}\"").parse().map_err(|_| ApiError::Internal("a digest is no entity tag".to_owned()))
    }
}
