//! HTTP connections: accepts them, serves a router on each, ends them in order.
//!
//! api and worker both listen with it. It exists beside `axum::serve` because a front on the internet needs more: a client that
//! sends its head too slowly is cut off, and so is one that never reads its answer; a client that is refused while it still
//! sends can read why; and there are never more connections than [`Bounds`] say.

use std::{future::poll_fn, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_buf, sink},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// How long a connection that the server ends is still read, and how much of it. Closing a socket with
/// unread data resets it, and a reset can overtake the response on the client's side.
const DRAIN_TIME: Duration = Duration::from_secs(2);
const DRAIN_BYTES: u64 = 256 * 1024 * 1024;
const DRAIN_BUFFER_BYTES: usize = 16 * 1024;
/// A client that takes nothing of its answer for this long is gone.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// What a connection may hold of what it read, so also the longest head: more is answered 431.
const BUFFER_BYTES: usize = 16 * 1024;
/// Connections beyond the bound that are answered at one time; the others are closed without an answer.
const REFUSALS: usize = 64;
/// Their answer.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: application/problem+json\r\ncontent-length: 161\r\nretry-after: 5\r\ncache-control: no-store\r\n\
    x-content-type-options: nosniff\r\nconnection: close\r\n\r\n\
    {\"type\":\"urn:punchline:problem:overloaded\",\"title\":\"overloaded\",\"status\":503,\"code\":\"overloaded\",\
    \"detail\":\"too many connections are open; come back in a moment\"}";

/// How much of a process connections may take.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Open at one time.
    pub max_connections: u32,
    /// A head must be complete in this time, and a kept-open connection must begin its next one.
    pub head_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { max_connections: 10_000, head_timeout: Duration::from_secs(15) }
    }
}

/// On every request: who is at the other end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Takes an address to listen on.
///
/// # Errors
/// The address is taken or not ours; the message names it.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let named = |e: io::Error| io::Error::new(e.kind(), format!("failed to listen on {address}: {e}"));
    TcpListener::bind(address).await.map_err(named)
}

/// [`serve_within`] the usual bounds.
pub async fn serve(listener: TcpListener, router: Router, shutdown: &CancellationToken, grace: Duration) -> bool {
    serve_within(Bounds::default(), listener, router, shutdown, grace).await
}

/// Serves `router` until `shutdown`, then lets requests in hand finish for up to `grace`.
/// True when all of them did.
pub async fn serve_within(
    bounds: Bounds,
    mut listener: TcpListener,
    router: Router,
    shutdown: &CancellationToken,
    grace: Duration,
) -> bool {
    let connections = TaskTracker::new();
    let cut = CancellationToken::new();
    let places = Arc::new(Semaphore::new(bounds.max_connections as usize));
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    loop {
        // The listener of axum waits a moment when no file descriptor is left, instead of spinning.
        let (stream, peer) = tokio::select! {
            accepted = axum::serve::Listener::accept(&mut listener) => accepted,
            () = shutdown.cancelled() => break,
        };
        // Refused rather than left waiting: a client that is not accepted can't tell a busy server from a dead one.
        if let Ok(place) = places.clone().try_acquire_owned() {
            let connection = connection(stream, peer, bounds.head_timeout, router.clone(), shutdown.clone());
            connections.spawn(cut.clone().run_until_cancelled_owned(async move {
                connection.await;
                drop(place);
            }));
        } else if let Ok(place) = refusals.clone().try_acquire_owned() {
            connections.spawn(cut.clone().run_until_cancelled_owned(async move {
                refuse(stream).await;
                drop(place);
            }));
        }
    }
    drop(listener);
    connections.close();
    let all_finished = timeout(grace, connections.wait()).await.is_ok();
    cut.cancel();
    connections.wait().await;
    all_finished
}

async fn connection(stream: TcpStream, peer: SocketAddr, head_timeout: Duration, router: Router, shutdown: CancellationToken) {
    // Small responses must not wait for more data to fill a packet.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        request
    }));
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let served = tokio::select! {
        served = poll_fn(|cx| connection.poll_without_shutdown(cx)) => served,
        () = shutdown.cancelled() => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    match served {
        Ok(()) => drain(connection.into_parts().io.into_inner()).await,
        // It was answered 400, 414 or 431, perhaps while it still sends.
        Err(error) if error.is_parse() => drain(connection.into_parts().io.into_inner()).await,
        // The client closed the connection, or did not speak HTTP.
        Err(error) => tracing::debug!(%error, "connection ended early"),
    }
}

async fn refuse(mut stream: TcpStream) {
    if matches!(timeout(DRAIN_TIME, stream.write_all(FULL)).await, Ok(Ok(()))) {
        drain(stream).await;
    }
}

/// Closes the sending side, then reads what the client still sends, so that the client can read the response.
async fn drain(mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = BufReader::with_capacity(DRAIN_BUFFER_BYTES, stream.take(DRAIN_BYTES));
    // Whether it ends, fails or takes too long, the connection is dropped.
    let _ = timeout(DRAIN_TIME, copy_buf(&mut rest, &mut sink())).await;
}

#[cfg(test)]
mod tests;
