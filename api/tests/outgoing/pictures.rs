//! Pictures by their URL: as good as uploads, and as bounded.

use axum::{
    http::StatusCode,
    response::{IntoResponse as _, Response},
};

use super::{Fixture, GIF, Host, MAX_BYTES};

fn parts(url: &str) -> [(&'static str, &[u8]); 2] {
    [("bottom", b"monday"), ("source_url", url.as_bytes())]
}

#[tokio::test]
async fn a_picture_is_fetched_and_its_job_is_as_if_it_had_been_uploaded() {
    // Whatever its host says it is.
    let text = ([("content-type", "text/plain")], GIF.to_vec()).into_response();
    let (fixture, host) = (Fixture::new(), Host::answering(vec![text]).await);
    let front = fixture.front().await;
    let (status, fetched) = front.post(&parts(&host.url())).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{fetched}");
    let (_, uploaded) = front.post(&[("bottom", b"monday"), ("file", GIF)]).await;
    assert_eq!((&fetched["source"], &fetched["spec"]), (&uploaded["source"], &uploaded["spec"]));
    assert_eq!(fixture.store.get_source(&store::source_id(GIF)).await.unwrap(), GIF);
}

/// A page that names a picture.
fn page(link: &str) -> Response {
    let html =
        format!("<!doctype html><html><head><meta property=\"og:image\" content=\"{link}\"></head>{}", "<p>".repeat(1_000));
    ([("content-type", "text/html")], html).into_response()
}

#[tokio::test]
async fn the_picture_that_a_page_names_is_fetched_over_at_most_two_pages() {
    let (fixture, picture) = (Fixture::new(), || GIF.to_vec().into_response());
    let front = fixture.front().await;
    let mut host = Host::answering(vec![page("/cat.gif?a=1&amp;b=2"), picture()]).await;
    let (status, fetched) = front.post(&parts(&host.url())).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{fetched}");
    assert_eq!(fixture.store.get_source(&store::source_id(GIF)).await.unwrap(), GIF);
    for _ in 0..2 {
        host.next().await;
    }
    assert!(!host.has_more());

    let host = Host::answering(vec![page("/two"), page("cat.gif"), picture()]).await;
    assert_eq!(front.post(&parts(&host.url())).await.0, StatusCode::ACCEPTED);
    let mut host = Host::answering(vec![page("/two"), page("/three"), page("/cat.gif"), picture()]).await;
    front.refuses(&parts(&host.url()), 422, "fetch_failed", "source_url").await;
    for _ in 0..3 {
        host.next().await;
    }
    assert!(!host.has_more());
    // Through the same guard.
    for (link, code) in
        [("http://169.254.169.254/cat.gif", "forbidden_address"), ("file:///etc/passwd", "bad_url"), ("http://", "bad_url")]
    {
        let host = Host::answering(vec![page(link)]).await;
        front.refuses(&parts(&host.url()), 422, code, "source_url").await;
    }
}

#[tokio::test]
async fn what_can_not_be_had_or_taken_is_refused() {
    let fixture = Fixture::new();
    let front = fixture.front().await;
    let too_long = vec![b'a'; usize::try_from(MAX_BYTES).unwrap() + 1];
    let streamed = |bytes: Vec<u8>| {
        let pieces = bytes.chunks(10_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>();
        Response::new(axum::body::Body::from_stream(futures::stream::iter(pieces)))
    };
    for (answer, status, code, field) in [
        (too_long.clone().into_response(), 413, "file_too_large", "source_url"),
        (streamed(too_long), 413, "file_too_large", "source_url"),
        (StatusCode::NOT_FOUND.into_response(), 422, "fetch_failed", "source_url"),
        (StatusCode::NO_CONTENT.into_response(), 422, "fetch_failed", "source_url"),
        ("<!doctype html>".into_response(), 415, "unsupported_media", "source_url"),
        ("<svg>".into_response(), 415, "unsupported_media", "file"),
        (GIF[..20].to_vec().into_response(), 422, "truncated", "file"),
    ] {
        let host = Host::answering(vec![answer]).await;
        front.refuses(&parts(&host.url()), status, code, field).await;
    }
}

#[tokio::test]
async fn what_may_not_be_asked_is_refused() {
    let fixture = Fixture::new();
    let front = fixture.front().await;
    for (url, code) in [
        ("http://169.254.169.254/latest/meta-data/", "forbidden_address"),
        ("http://[::ffff:10.0.0.1]/", "forbidden_address"),
        ("file:///etc/passwd", "bad_url"),
        ("cat.gif", "bad_url"),
    ] {
        front.refuses(&parts(url), 422, code, "source_url").await;
    }
    let both: [(&str, &[u8]); 3] = [("file", GIF), ("bottom", b"monday"), ("source_url", b"https://example.org/cat.gif")];
    front.refuses(&both, 400, "bad_request", "source_url").await;
    let off = fixture.front_with(None, api::Callbacks::default(), None, service::metrics::registry());
    off.refuses(&parts("https://example.org/cat.gif"), 400, "bad_request", "source_url").await;
}

#[tokio::test]
async fn a_fetch_takes_its_share_of_what_uploads_may_take() {
    // Of unknown length: as much as the largest.
    let streamed = || {
        let piece = futures::stream::iter([Ok::<_, std::io::Error>(GIF.to_vec())]);
        Response::new(axum::body::Body::from_stream(futures::StreamExt::chain(piece, futures::stream::pending())))
    };
    let fixture = Fixture::new();
    let front = std::sync::Arc::new(fixture.front().await);
    let mut fetching = Vec::new();
    let mut hosts = Vec::new();
    for _ in 0..13 {
        let mut host = Host::answering(vec![streamed()]).await;
        let (front, url) = (front.clone(), host.url());
        fetching.push(tokio::spawn(async move { front.post(&parts(&url)).await }));
        host.next().await;
        hosts.push(host);
    }
    // Three of them are all that one client may have in hand; one more is told to come again, while the others go on.
    let (answered, _, others) = futures::future::select_all(fetching).await;
    let (status, problem) = answered.unwrap();
    assert_eq!((status.as_u16(), &problem["code"]), (429, &"too_many_uploads".into()));
    for other in others {
        other.abort();
    }
}
