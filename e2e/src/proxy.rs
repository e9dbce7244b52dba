//! A network that fails on demand: a TCP proxy on the loopback address, which tests put in front of a broker or a store.
//!
//! A proxy has one target and any number of connections. Its mode can be changed at any time, and applies to open connections and
//! to new ones. It must never alter a byte, and never lose one except where a connection ends.

use std::{
    net::{Ipv4Addr, SocketAddr},
    ops::ControlFlow,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

use crate::{
    HarnessError,
    interceptor::{Action, Direction, Interceptor, Interceptors, OnConnection},
};

const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks on their way in one direction. This bounds what a latency holds back.
const CHUNKS_ON_THE_WAY: usize = 64;

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Forwards everything at once.
    Pass,
    /// Forwards everything after this time, in each direction.
    Latency(Duration),
    /// Ends every connection with a reset, new ones too.
    Reset,
    /// Accepts connections and forwards nothing, not even an end. Open connections go on when the mode changes.
    BlackHole,
    /// The target's side of every connection ends. The client's side stays open, takes what is sent and hears nothing, for as long
    /// as the client likes: a change of the mode applies to new connections only.
    HalfOpen,
}

/// A running proxy. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    interceptors: Interceptors,
    accepted: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts in [`Mode::Pass`], in front of what listens at `port` of the loopback address.
    ///
    /// # Errors
    /// No port could be bound.
    pub async fn start(port: u16) -> Result<Self, HarnessError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(HarnessError::io("bind a proxy"))?;
        let address = listener.local_addr().map_err(HarnessError::io("find the proxy's port"))?;
        let (mode, current_mode) = watch::channel(Mode::Pass);
        let (interceptors, accepted) = (Interceptors::default(), Arc::<AtomicU64>::default());
        let target = (Ipv4Addr::LOCALHOST, port).into();
        let link = Link { target, mode: current_mode, interceptors: interceptors.clone() };
        let task = tokio::spawn(accept(listener, link, Arc::clone(&accepted)));
        Ok(Self { address, mode, interceptors, accepted, task })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port of [`Proxy::address`].
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Changes what the network does.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Does this to the next `times` requests that contain `pattern`.
    #[must_use = "an interceptor that is dropped does nothing"]
    pub fn intercept(&self, pattern: &str, action: Action, times: usize) -> Interceptor {
        self.interceptors.add(pattern, action, times)
    }

    /// Connections accepted so far, whatever became of them.
    #[must_use]
    pub fn connections_accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What is between the two ends of a connection.
#[derive(Clone)]
struct Link {
    target: SocketAddr,
    mode: watch::Receiver<Mode>,
    interceptors: Interceptors,
}

async fn accept(listener: TcpListener, link: Link, accepted_so_far: Arc<AtomicU64>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // An error here is a client that went away between its connect and our accept.
                let Ok((client, _)) = accepted else { continue };
                accepted_so_far.fetch_add(1, Ordering::Relaxed);
                connections.spawn(connection(client, link.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(mut client: TcpStream, link: Link) {
    let Link { target, mut mode, interceptors } = link;
    // Nagle's algorithm would add a latency of its own.
    let _ = client.set_nodelay(true);
    let begins = mode.wait_for(|mode| *mode != Mode::BlackHole).await.map(|mode| *mode);
    let server = match begins {
        Ok(Mode::Pass | Mode::Latency(_)) => TcpStream::connect(target).await.ok(),
        Ok(Mode::HalfOpen) => return swallow(client).await,
        _ => None,
    };
    let Some(mut server) = server else {
        let _ = client.set_zero_linger();
        return;
    };
    let _ = server.set_nodelay(true);

    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let mut ending = mode.clone();
    // Each direction ends by itself, as TCP's do.
    let interceptors = interceptors.on_connection();
    let up = pump(&mut from_client, &mut to_server, mode.clone(), interceptors.clone(), Direction::ToServer);
    let down = pump(&mut from_server, &mut to_client, mode.clone(), interceptors, Direction::ToClient);
    let how = tokio::select! {
        how = ending.wait_for(|mode| matches!(mode, Mode::Reset | Mode::HalfOpen)) => how.map_or(Mode::Reset, |mode| *mode),
        ended = async { tokio::try_join!(up, down) } => if ended.is_ok() { return } else { Mode::Reset },
    };
    if how == Mode::HalfOpen {
        drop(server);
        swallow(client).await;
    } else {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

/// Reads and drops what is sent until the client closes the connection.
async fn swallow(mut client: TcpStream) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while client.read(&mut chunk).await.is_ok_and(|read| read > 0) {}
}

/// An interceptor cut the connection.
struct Cut;

/// One direction: bytes are read as they come, shown to the interceptors, and written when they are due.
async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mode: watch::Receiver<Mode>,
    interceptors: OnConnection,
    direction: Direction,
) -> Result<(), Cut> {
    let (sender, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_ON_THE_WAY);
    let mut reading = mode.clone();
    let read = async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let arrived = from.read(&mut chunk).await.unwrap_or(0);
            if arrived > 0 && interceptors.pass(direction, &chunk[..arrived]).await == ControlFlow::Break(()) {
                return Err(Cut);
            }
            // What was on its way when the black hole began is forwarded after it, and so is an end of the connection.
            let Ok(latency) = reading.wait_for(|mode| *mode != Mode::BlackHole).await.map(|mode| latency(*mode)) else {
                return Ok(());
            };
            if arrived == 0 || sender.send((Instant::now() + latency, chunk[..arrived].to_vec())).await.is_err() {
                return Ok(());
            }
        }
    };
    let mut writing = mode;
    let write = async {
        while let Some((at, bytes)) = due.recv().await {
            sleep_until(at).await;
            if writing.wait_for(|mode| *mode != Mode::BlackHole).await.is_err() || to.write_all(&bytes).await.is_err() {
                return Ok(());
            }
        }
        let _ = to.shutdown().await;
        Ok(())
    };
    tokio::try_join!(read, write).map(|_| ())
}

fn latency(mode: Mode) -> Duration {
    match mode {
        Mode::Latency(latency) => latency,
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests;
