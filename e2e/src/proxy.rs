//! A network that fails on demand: a TCP proxy on the loopback address that tests put before a broker or a store.
//!
//! One proxy, one target, any number of connections. Its mode can be changed at any time and holds for the connections that
//! stand as for those that come. It must never alter a byte, and never lose one but where a connection ends.

use std::{
    net::{Ipv4Addr, SocketAddr},
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
    tap::{Strike, Tap, Taps, Then, Watch, Way},
};

const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks on their way in one direction: what a latency holds back is bounded by it.
const CHUNKS_UNDER_WAY: usize = 64;

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Forwards everything at once.
    Pass,
    /// Forwards everything after this time, in each direction.
    Latency(Duration),
    /// Ends every connection with a reset, those that come as well.
    Reset,
    /// Takes connections and forwards nothing, not even an end. What stands goes on when the mode changes.
    BlackHole,
    /// The target's side of every connection ends; the client's stays open, takes what is sent and hears nothing, for as long
    /// as it likes: a change of the mode is for new connections.
    HalfOpen,
}

/// A running proxy. Dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    taps: Taps,
    taken: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts in [`Mode::Pass`], before what listens at `port` of the loopback address.
    ///
    /// # Errors
    /// No port could be bound.
    pub async fn start(port: u16) -> Result<Self, HarnessError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(HarnessError::io("bind a proxy"))?;
        let address = listener.local_addr().map_err(HarnessError::io("find the proxy's port"))?;
        let (mode, told) = watch::channel(Mode::Pass);
        let (taps, taken) = (Taps::default(), Arc::<AtomicU64>::default());
        let network = Network { target: (Ipv4Addr::LOCALHOST, port).into(), mode: told, taps: taps.clone() };
        let task = tokio::spawn(accept(listener, network, Arc::clone(&taken)));
        Ok(Self { address, mode, taps, taken, task })
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

    /// Strikes at the next `times` requests that hold `pattern`.
    #[must_use = "what is dropped strikes no more"]
    pub fn tap(&self, pattern: &str, strike: Strike, times: usize) -> Tap {
        self.taps.set(pattern, strike, times)
    }

    /// Connections taken so far, whatever became of them.
    #[must_use]
    pub fn connections_taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What lies between the two ends of a connection.
#[derive(Clone)]
struct Network {
    target: SocketAddr,
    mode: watch::Receiver<Mode>,
    taps: Taps,
}

async fn accept(listener: TcpListener, network: Network, taken: Arc<AtomicU64>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // What a client does between its connect and our accept is its own business.
                let Ok((client, _)) = accepted else { continue };
                taken.fetch_add(1, Ordering::Relaxed);
                connections.spawn(connection(client, network.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(mut client: TcpStream, network: Network) {
    let Network { target, mut mode, taps } = network;
    // A latency of zero is what Nagle's algorithm would spoil.
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
    let watch = Watch::of(&taps);
    let up = pump(&mut from_client, &mut to_server, mode.clone(), watch.clone(), Way::Up);
    let down = pump(&mut from_server, &mut to_client, mode.clone(), watch, Way::Down);
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

/// Takes what is sent until the client has had enough.
async fn swallow(mut client: TcpStream) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while client.read(&mut chunk).await.is_ok_and(|read| read > 0) {}
}

/// A tap asked for an end.
struct Cut;

/// One direction: read as it comes, looked at by the taps, written when it is due.
async fn pump(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mode: watch::Receiver<Mode>,
    watch: Watch,
    way: Way,
) -> Result<(), Cut> {
    let (sender, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(CHUNKS_UNDER_WAY);
    let mut reading = mode.clone();
    let read = async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let arrived = from.read(&mut chunk).await.unwrap_or(0);
            if arrived > 0 && watch.look(way, &chunk[..arrived]).await == Then::Cut {
                return Err(Cut);
            }
            // What was on its way when the hole opened stays in it until it closes; so does an end.
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
mod tests {
    use super::*;
    use tokio::{io::Interest, time::timeout};

    const SOON: Duration = Duration::from_secs(10);
    const QUIET: Duration = Duration::from_millis(100);

    /// A proxy before a listener of the test's own.
    async fn proxied() -> (Proxy, TcpListener) {
        let target = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        (Proxy::start(target.local_addr().unwrap().port()).await.unwrap(), target)
    }

    async fn pair(proxy: &Proxy, target: &TcpListener) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        (client, target.accept().await.unwrap().0)
    }

    async fn carries(from: &mut TcpStream, to: &mut TcpStream) {
        from.write_all(b"ping").await.unwrap();
        let mut got = [0; 4];
        timeout(SOON, to.read_exact(&mut got)).await.unwrap().unwrap();
        assert_eq!(&got, b"ping");
    }

    #[tokio::test]
    async fn it_passes_both_ways_and_the_end_too() {
        let (proxy, target) = proxied().await;
        let (mut client, mut server) = pair(&proxy, &target).await;
        carries(&mut client, &mut server).await;
        carries(&mut server, &mut client).await;
        drop(client);
        assert_eq!(timeout(SOON, server.read(&mut [0; 1])).await.unwrap().unwrap(), 0);
        assert_eq!(proxy.connections_taken(), 1);
    }

    #[tokio::test]
    async fn a_tap_strikes_at_its_request_and_no_other() {
        let (proxy, target) = proxied().await;
        let (mut client, mut server) = pair(&proxy, &target).await;
        let held = proxy.tap("PUT /a", Strike::HoldRequest, 1);
        client.write_all(b"GET /a ").await.unwrap();
        server.read_exact(&mut [0; 7]).await.unwrap();
        client.write_all(b"PUT /a ").await.unwrap();
        timeout(SOON, held.struck(1)).await.unwrap();
        assert!(timeout(QUIET, server.read(&mut [0; 1])).await.is_err(), "it came through");
        drop(held);
        timeout(SOON, server.read_exact(&mut [0; 7])).await.unwrap().unwrap();

        let held = proxy.tap("PUT /a", Strike::HoldAnswer, 1);
        carries(&mut server, &mut client).await;
        client.write_all(b"PUT /a ").await.unwrap();
        timeout(SOON, server.read_exact(&mut [0; 7])).await.unwrap().unwrap();
        server.write_all(b"done").await.unwrap();
        timeout(SOON, held.struck(1)).await.unwrap();
        assert!(timeout(QUIET, client.read(&mut [0; 1])).await.is_err(), "it came through");
        drop(held);
        timeout(SOON, client.read_exact(&mut [0; 4])).await.unwrap().unwrap();

        let cut = proxy.tap("PUT /a", Strike::CutRequest, 1);
        client.write_all(b"PUT /a ").await.unwrap();
        assert!(timeout(SOON, client.read(&mut [0; 1])).await.unwrap().is_err());
        assert!(timeout(SOON, server.read(&mut [0; 1])).await.unwrap().is_err());
        assert_eq!(cut.count(), 1);
        let (mut client, mut server) = pair(&proxy, &target).await;
        client.write_all(b"PUT /a ").await.unwrap();
        timeout(SOON, server.read_exact(&mut [0; 7])).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_latency_is_kept() {
        let (proxy, target) = proxied().await;
        let (mut client, mut server) = pair(&proxy, &target).await;
        proxy.set(Mode::Latency(Duration::from_millis(150)));
        let sent_at = Instant::now();
        carries(&mut client, &mut server).await;
        assert!(sent_at.elapsed() >= Duration::from_millis(150));
    }

    #[tokio::test]
    async fn a_reset_ends_what_stands_and_what_comes() {
        let (proxy, target) = proxied().await;
        let (mut client, mut server) = pair(&proxy, &target).await;
        carries(&mut client, &mut server).await;
        proxy.set(Mode::Reset);
        for end in [&mut client, &mut server] {
            let error = timeout(SOON, end.read(&mut [0; 1])).await.unwrap().unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        let mut next = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(timeout(SOON, next.read(&mut [0; 1])).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_black_hole_gives_back_nothing_until_it_closes() {
        let (proxy, target) = proxied().await;
        let (mut client, mut server) = pair(&proxy, &target).await;
        proxy.set(Mode::BlackHole);
        client.write_all(b"late").await.unwrap();
        let mut got = [0; 4];
        assert!(timeout(QUIET, server.read(&mut got)).await.is_err());
        drop(client);
        assert!(timeout(QUIET, server.read(&mut got)).await.is_err(), "the end came through");
        let waiting = TcpStream::connect(proxy.address()).await.unwrap();
        assert!(timeout(QUIET, target.accept()).await.is_err());
        proxy.set(Mode::Pass);
        timeout(SOON, server.read_exact(&mut got)).await.unwrap().unwrap();
        assert_eq!(&got, b"late");
        timeout(SOON, target.accept()).await.unwrap().unwrap();
        drop(waiting);
    }

    #[tokio::test]
    async fn half_open_is_an_end_for_the_target_and_silence_for_the_client() {
        let (proxy, target) = proxied().await;
        let (mut client, mut server) = pair(&proxy, &target).await;
        carries(&mut client, &mut server).await;
        proxy.set(Mode::HalfOpen);
        assert_eq!(timeout(SOON, server.read(&mut [0; 1])).await.unwrap().unwrap(), 0);
        client.write_all(b"anyone?").await.unwrap();
        assert!(timeout(QUIET, client.read(&mut [0; 1])).await.is_err());
        client.ready(Interest::WRITABLE).await.unwrap();
    }
}
