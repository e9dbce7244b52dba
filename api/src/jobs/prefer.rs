//! `Prefer: wait=SECONDS` (RFC 7240, section 4.3): how long a client would like to wait for the end of its job.

use std::time::Duration;

use axum::http::HeaderMap;

const HEADER: &str = "prefer";

/// How long the client waits, at most `longest`; `None` if it doesn't. What else it prefers is passed over, as the RFC asks.
pub(crate) fn wait(headers: &HeaderMap, longest: Duration) -> Option<Duration> {
    let preferences = headers.get_all(HEADER).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let seconds = preferences.filter_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        let is_wait = name.trim().eq_ignore_ascii_case("wait");
        value.trim().trim_matches('"').parse().ok().filter(|_| is_wait)
    });
    // Of a preference given twice the first counts.
    seconds.map(Duration::from_secs).next().map(|wait| wait.min(longest)).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn waits(values: &[&'static str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_static(value));
        }
        wait(&headers, Duration::from_secs(60)).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_wait_is_found_among_other_preferences_and_bounded() {
        assert_eq!(waits(&["wait=5"]), Some(5));
        assert_eq!(waits(&["respond-async, Wait = \"7\"; x=1"]), Some(7));
        assert_eq!(waits(&["return=minimal", "wait=1000"]), Some(60));
        assert_eq!(waits(&["wait=3, wait=4"]), Some(3));
        for none in [&[][..], &["wait"], &["wait=0"], &["wait=-1"], &["wait=soon"], &["respond-async"]] {
            assert_eq!(waits(none), None, "{none:?}");
        }
    }
}
