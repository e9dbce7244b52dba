//! The addresses of a front: its own, and one for health and metrics that only operators reach, if that is set.
//!
//! The binary binds them for `api` and `serve`, before anything else has begun, so that an address in use ends the start.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Health,
    config::HttpSettings,
    listening::{
        listener::{self, Bounds},
        ops,
    },
    metrics::Exposition,
};

/// The bound addresses.
#[derive(Debug)]
pub struct FrontListeners {
    front: TcpListener,
    ops: Option<TcpListener>,
}

impl FrontListeners {
    /// Binds the addresses.
    ///
    /// # Errors
    /// One is in use or not this machine's; the message names it.
    pub async fn bind(http: &HttpSettings) -> io::Result<Self> {
        let front = listener::bind(http.listen).await?;
        let ops = match http.ops_listen {
            Some(address) => Some(listener::bind(address).await?),
            None => None,
        };
        Ok(Self { front, ops })
    }

    /// That of the front.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.front.local_addr()
    }

    /// Answers until `shutdown`, then lets requests in hand finish for up to `grace`; operators are answered to the end of
    /// that. True when all were finished.
    pub async fn serve(
        self,
        bounds: Bounds,
        front: Router,
        (health, exposition): (Health, Exposition),
        shutdown: &CancellationToken,
        grace: Duration,
    ) -> bool {
        let Some(ops_listener) = self.ops else {
            let router = front.merge(ops::router(health, exposition));
            return listener::serve_within(bounds, self.front, router, shutdown, grace).await;
        };
        // A load balancer asks the front itself for its health.
        let router = front.merge(ops::health(health.clone()));
        let drained = CancellationToken::new();
        let serving = async {
            let all_finished = listener::serve_within(bounds, self.front, router, shutdown, grace).await;
            drained.cancel();
            all_finished
        };
        let operating = listener::serve(ops_listener, ops::router(health, exposition), &drained, ops::GRACE);
        tokio::join!(serving, operating).0
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::metrics::registry;

    async fn status(address: SocketAddr, path: &str) -> String {
        let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    }

    #[tokio::test]
    async fn metrics_leave_the_front_for_an_address_of_their_own() {
        let any = "127.0.0.1:0".parse().unwrap();
        for apart in [false, true] {
            let ops = if apart { Some(listener::bind(any).await.unwrap()) } else { None };
            let listeners = FrontListeners { front: listener::bind(any).await.unwrap(), ops };
            let front = listeners.address().unwrap();
            let ops = listeners.ops.as_ref().map_or(front, |ops| ops.local_addr().unwrap());
            let shutdown = CancellationToken::new();
            let told = (Health::new(shutdown.clone()), Exposition::new(registry()));
            let token = shutdown.clone();
            let serving = tokio::spawn(async move {
                listeners.serve(Bounds::default(), Router::new(), told, &token, Duration::from_secs(5)).await
            });
            for path in ["/healthz", "/readyz", "/startupz", "/metrics"] {
                assert_eq!(status(ops, path).await, "200", "{path}");
                let left = apart && path == "/metrics";
                assert_eq!(status(front, path).await, if left { "404" } else { "200" }, "{path}");
            }
            shutdown.cancel();
            assert!(serving.await.unwrap());
        }
    }
}
