//! HTTP connections: accepts them, serves a router on each, ends them in order.
//!
//! api and worker both listen with it. It exists beside `axum::serve` for two things that the internet
//! asks of a front: a client that dribbles its head is cut off, and a client that is refused while it
//! still sends gets to read why.

use std::{future::poll_fn, io, net::SocketAddr, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_buf, sink},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A head must be complete in this time, and a kept-open connection must begin its next one.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection that the server ends is still read, and how much of it. Closing a socket with
/// unread data resets it, and a reset can overtake the response on the client's side.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 256 * 1024 * 1024;

/// Takes an address to listen on.
///
/// # Errors
/// The address is taken or not ours; the message names it.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("failed to listen on {address}: {e}"));
    TcpListener::bind(address).await.map_err(named)
}

/// Serves `router` until `shutdown`, then lets requests in hand finish for up to `grace`.
/// True when all of them did.
pub async fn serve(mut listener: TcpListener, router: Router, shutdown: &CancellationToken, grace: Duration) -> bool {
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    loop {
        // The listener of axum waits a moment when no file descriptor is left, instead of spinning.
        let (stream, _) = tokio::select! {
            accepted = axum::serve::Listener::accept(&mut listener) => accepted,
            () = shutdown.cancelled() => break,
        };
        let connection = connection(stream, router.clone(), shutdown.clone());
        connections.spawn(cut.clone().run_until_cancelled_owned(connection));
    }
    drop(listener);
    connections.close();
    let all_finished = timeout(grace, connections.wait()).await.is_ok();
    cut.cancel();
    connections.wait().await;
    all_finished
}

async fn connection(stream: TcpStream, router: Router, shutdown: CancellationToken) {
    // Small responses must not wait for more data to fill a packet.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let served = tokio::select! {
        served = poll_fn(|cx| connection.poll_without_shutdown(cx)) => served,
        () = shutdown.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    match served {
        Ok(()) => linger(connection.into_parts().io.into_inner()).await,
        // A client that went away or spoke no HTTP is the client's affair.
        Err(error) => tracing::debug!(%error, "connection ended early"),
    }
}

/// Says that nothing more will come, then reads what the client still sends, so that it reads the response.
async fn linger(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = BufReader::with_capacity(64 * 1024, stream.take(LINGER_BYTES));
    // Whether it ends, fails or takes too long, the connection is dropped.
    let _ = timeout(LINGER, copy_buf(&mut rest, &mut sink())).await;
}

#[cfg(test)]
mod tests {
    use axum::{http::StatusCode, routing::post};
    use tokio::{sync::Notify, task::JoinHandle};

    use super::*;

    async fn start(router: Router, grace: Duration) -> (SocketAddr, CancellationToken, JoinHandle<bool>) {
        let listener = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let token = shutdown.clone();
        (address, shutdown, tokio::spawn(async move { serve(listener, router, &token, grace).await }))
    }

    #[tokio::test]
    async fn a_client_refused_while_it_sends_reads_the_answer() {
        let router = Router::new().route("/", post(|| async { (StatusCode::PAYLOAD_TOO_LARGE, "too large") }));
        let (address, ..) = start(router, Duration::ZERO).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 20000000\r\n\r\n").await.unwrap();
        // More than the socket buffers hold: without lingering this write or the read after it is reset.
        client.write_all(&vec![0; 20_000_000]).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.ends_with("too large"), "{answer}");
    }

    #[tokio::test]
    async fn a_request_in_hand_is_finished_before_the_end() {
        let (begun, go_on) = (std::sync::Arc::new(Notify::new()), std::sync::Arc::new(Notify::new()));
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
        let begun = std::sync::Arc::new(Notify::new());
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
}
