//! The listener against sockets: who is let in, who is cut off, and how it ends.

use axum::{
    Extension,
    http::StatusCode,
    routing::{get, post},
};
use tokio::{sync::Notify, task::JoinHandle};

use super::*;

async fn start(router: Router, grace: Duration) -> (SocketAddr, CancellationToken, JoinHandle<bool>) {
    start_within(Bounds::default(), router, grace).await
}

async fn start_within(bounds: Bounds, router: Router, grace: Duration) -> (SocketAddr, CancellationToken, JoinHandle<bool>) {
    let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    (address, shutdown, tokio::spawn(async move { serve_within(bounds, listener, router, &token, grace).await }))
}

#[tokio::test]
async fn a_client_refused_while_it_sends_reads_the_answer() {
    let router = Router::new().route("/", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too large") }));
    let (address, ..) = start(router, Duration::ZERO).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 20000000\r\n\r\n").await.unwrap();
    // More than the socket buffers hold: without draining this write or the read after it is reset.
    client.write_all(&vec![0; 20_000_000]).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.ends_with("too large"), "{answer}");
}

#[tokio::test]
async fn a_request_in_hand_is_finished_before_the_end() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, goes_on) = (begun.clone(), go_on.clone());
    let handler = move || async move {
        begins.notify_one();
        goes_on.notified().await;
        "done"
    };
    let (address, shutdown, server) = start(Router::new().route("/", post(handler)), Duration::from_secs(60)).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    begun.notified().await;
    shutdown.cancel();
    go_on.notify_one();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    drop(client);
    assert!(server.await.unwrap());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_request_that_outlives_the_grace_is_cut() {
    let begun = Arc::new(Notify::new());
    let begins = begun.clone();
    let handler = move || async move {
        begins.notify_one();
        std::future::pending::<()>().await;
    };
    let (address, shutdown, server) = start(Router::new().route("/", post(handler)), Duration::from_millis(10)).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    begun.notified().await;
    shutdown.cancel();
    assert!(!server.await.unwrap());
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// Sends `request` and reads until the server closes.
async fn answer_to(address: SocketAddr, request: &[u8]) -> String {
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(request).await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn connections_beyond_the_bound_are_told_so_and_a_place_that_comes_free_is_taken() {
    let bounds = Bounds { max_connections: 2, ..Bounds::default() };
    let router = Router::new().route("/", get(|| async { "hello" }));
    let (address, ..) = start_within(bounds, router, Duration::ZERO).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(REQUEST).await.unwrap();
        assert_eq!(client.read_u8().await.unwrap(), b'H', "answered, and kept open");
        held.push(client);
    }
    let refused = answer_to(address, REQUEST).await;
    assert!(refused.starts_with("HTTP/1.1 503 ") && refused.contains("retry-after: 5"), "{refused}");
    let (fields, body) = refused.split_once("\r\n\r\n").unwrap();
    assert!(fields.contains(&format!("content-length: {}\r\n", body.len())), "{refused}");
    held.clear();
    // The server notices in its own time; until then it refuses.
    loop {
        let answer = answer_to(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        if answer.ends_with("hello") {
            break;
        }
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    }
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let bounds = Bounds { head_timeout: Duration::from_millis(50), ..Bounds::default() };
    let (address, ..) = start_within(bounds, Router::new(), Duration::ZERO).await;
    for head in [&b""[..], b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "] {
        assert_eq!(answer_to(address, head).await, "", "closed");
    }
}

#[tokio::test]
async fn a_head_too_large_is_refused_before_it_is_held() {
    let (address, ..) = start(Router::new(), Duration::ZERO).await;
    let long = "a".repeat(2 * BUFFER_BYTES);
    let header = answer_to(address, format!("GET / HTTP/1.1\r\nx-long: {long}").as_bytes()).await;
    assert!(header.starts_with("HTTP/1.1 431 "), "{header}");
    let line = answer_to(address, format!("GET /{long}").as_bytes()).await;
    assert!(line.starts_with("HTTP/1.1 4"), "{line}");
}

#[tokio::test]
async fn a_handler_knows_who_asks_and_no_answer_says_what_answers() {
    let handler = |Extension(Peer(peer)): Extension<Peer>| async move { peer.ip().to_string() };
    let (address, ..) = start(Router::new().route("/", get(handler)), Duration::ZERO).await;
    let answer = answer_to(address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.ends_with("127.0.0.1"), "{answer}");
    assert!(!answer.to_ascii_lowercase().contains("\r\nserver:"), "{answer}");
}
