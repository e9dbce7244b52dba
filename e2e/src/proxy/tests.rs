//! Each mode and each action of an interceptor, on real connections.

use tokio::{io::Interest, time::timeout};

use super::*;

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
    assert_eq!(proxy.connections_accepted(), 1);
}

#[tokio::test]
async fn an_interceptor_acts_on_its_request_and_no_other() {
    let (proxy, target) = proxied().await;
    let (mut client, mut server) = pair(&proxy, &target).await;
    let held = proxy.intercept("PUT /a", Action::HoldRequest, 1);
    client.write_all(b"GET /a ").await.unwrap();
    server.read_exact(&mut [0; 7]).await.unwrap();
    client.write_all(b"PUT /a ").await.unwrap();
    timeout(SOON, held.wait_hits(1)).await.unwrap();
    assert!(timeout(QUIET, server.read(&mut [0; 1])).await.is_err(), "it came through");
    drop(held);
    timeout(SOON, server.read_exact(&mut [0; 7])).await.unwrap().unwrap();

    let held = proxy.intercept("PUT /a", Action::HoldAnswer, 1);
    carries(&mut server, &mut client).await;
    client.write_all(b"PUT /a ").await.unwrap();
    timeout(SOON, server.read_exact(&mut [0; 7])).await.unwrap().unwrap();
    server.write_all(b"done").await.unwrap();
    timeout(SOON, held.wait_hits(1)).await.unwrap();
    assert!(timeout(QUIET, client.read(&mut [0; 1])).await.is_err(), "it came through");
    drop(held);
    timeout(SOON, client.read_exact(&mut [0; 4])).await.unwrap().unwrap();

    let cut = proxy.intercept("PUT /a", Action::CutRequest, 1);
    client.write_all(b"PUT /a ").await.unwrap();
    assert!(timeout(SOON, client.read(&mut [0; 1])).await.unwrap().is_err());
    assert!(timeout(SOON, server.read(&mut [0; 1])).await.unwrap().is_err());
    assert_eq!(cut.hits(), 1);
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
