//! The headers that every answer carries, so that no browser makes more of it than it is.
//!
//! api and `ops` put it around their routes. It adds and never overwrites: a route that means to be framed
//! or cached says so itself.

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware,
    response::Response,
};

/// What is added where it is not given.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Nothing here is a page: what a browser is tricked into rendering may load nothing and stand in no frame.
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Puts the headers on every answer of `router`, those of its fallbacks included.
pub fn headers<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(middleware::map_response(|mut response: Response| async {
        add(response.headers_mut());
        response
    }))
}

/// Adds them to one answer.
pub fn add(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}
