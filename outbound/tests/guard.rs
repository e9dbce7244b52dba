//! The guard against clients that name a host to reach what they should not: a real server stands there and says how many
//! connections it got.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::BoxFuture;
use outbound::{Client, Guard, OutboundError, Resolver};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const WITHIN: Duration = Duration::from_secs(10);
const MAX_BYTES: u64 = 1000;
/// An answer, whole.
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nGIF89a";

/// A server that answers every connection alike and counts them.
struct Server {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn at(address: &str, answer: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let (count, answer) = (connections.clone(), answer.to_owned());
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut head = [0; 4096];
                    let _ = connection.read(&mut head).await;
                    let _ = connection.write_all(answer.as_bytes()).await;
                    if answer.ends_with("...") {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn port(&self) -> u16 {
        self.address.port()
    }
}

/// Names that are where a test says; each look-up takes the next answer, the last one for ever.
#[derive(Clone, Default)]
struct Names {
    answers: Arc<Vec<Vec<IpAddr>>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn new(answers: &[&[&str]]) -> Self {
        let parsed = answers.iter().map(|answer| answer.iter().map(|address| address.parse().unwrap()).collect()).collect();
        Self { answers: Arc::new(parsed), asked: Arc::default() }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Resolver for Names {
    fn resolve(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[nth].clone();
        Box::pin(async move { Ok(answer) })
    }
}

fn client(allowed: &[&str], names: &Names) -> Client {
    let allowed = allowed.iter().map(|network| network.parse().unwrap()).collect();
    Client::new(Guard::with_resolver(allowed, names.clone())).unwrap()
}

async fn fetch(client: &Client, url: &str) -> Result<Bytes, OutboundError> {
    let mut download = client.fetch(url, MAX_BYTES, WITHIN).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = download.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}

/// Both ways of asking are refused, and nobody was asked.
async fn refused_unasked(url: &str, names: &Names, server: &Server) {
    let client = client(&[], names);
    let fetched = fetch(&client, url).await.unwrap_err();
    assert!(matches!(fetched, OutboundError::ForbiddenAddress { .. }), "{url}: {fetched:?}");
    let posted = client.post(url, &[], Bytes::new(), WITHIN).await.unwrap_err();
    assert!(matches!(posted, OutboundError::ForbiddenAddress { .. }), "{url}: {posted:?}");
    assert_eq!(server.connections(), 0, "{url}");
}

#[tokio::test]
async fn the_server_can_be_reached_where_it_is_allowed() {
    let server = Server::at("127.0.0.1:0", OK).await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let client = client(&["127.0.0.0/8"], &names);
    assert_eq!(fetch(&client, &format!("http://{}/", server.address)).await.unwrap(), "GIF89a");
    assert_eq!(fetch(&client, &format!("http://cats.example:{}/", server.port())).await.unwrap(), "GIF89a");
    assert_eq!(client.post(&format!("http://{}/", server.address), &[], Bytes::new(), WITHIN).await, Ok(200));
    assert_eq!(server.connections(), 3, "or the tests beside this one would show nothing");
}

#[tokio::test]
async fn loopback_is_refused() {
    let server = Server::at("127.0.0.1:0", OK).await;
    refused_unasked(&format!("http://127.0.0.1:{}/", server.port()), &Names::default(), &server).await;
}

#[tokio::test]
async fn loopback_of_ipv6_is_refused() {
    let server = Server::at("[::1]:0", OK).await;
    refused_unasked(&format!("http://[::1]:{}/", server.port()), &Names::default(), &server).await;
}

#[tokio::test]
async fn the_unspecified_address_is_refused() {
    let server = Server::at("0.0.0.0:0", OK).await;
    refused_unasked(&format!("http://0.0.0.0:{}/", server.port()), &Names::default(), &server).await;
    refused_unasked(&format!("http://[::]:{}/", server.port()), &Names::default(), &server).await;
}

#[tokio::test]
async fn the_metadata_address_of_clouds_is_refused() {
    // Nothing may listen there; that the refusal comes at once says that nothing was asked.
    let server = Server::at("127.0.0.1:0", OK).await;
    refused_unasked("http://169.254.169.254/latest/meta-data/", &Names::default(), &server).await;
    refused_unasked("http://[fd00:ec2::254]/latest/meta-data/", &Names::default(), &server).await;
}

#[tokio::test]
async fn loopback_in_other_spellings_is_refused() {
    let server = Server::at("127.0.0.1:0", OK).await;
    for host in
        ["2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.1", "127.0.0.1.", "[::ffff:127.0.0.1]"]
    {
        refused_unasked(&format!("http://{host}:{}/", server.port()), &Names::default(), &server).await;
    }
}

#[tokio::test]
async fn a_name_that_is_at_a_private_address_is_refused() {
    let server = Server::at("127.0.0.1:0", OK).await;
    for address in ["127.0.0.1", "::1", "169.254.169.254", "0.0.0.0", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"] {
        let names = Names::new(&[&[address]]);
        refused_unasked(&format!("http://cats.example:{}/", server.port()), &names, &server).await;
        assert_eq!(names.asked(), 2, "once for each of the two");
    }
}

#[tokio::test]
async fn the_systems_own_name_for_loopback_is_refused() {
    let server = Server::at("127.0.0.1:0", OK).await;
    let client = Client::new(Guard::new(Vec::new())).unwrap();
    let refused = fetch(&client, &format!("http://localhost:{}/", server.port())).await.unwrap_err();
    assert_eq!(refused, OutboundError::ForbiddenAddress { host: "localhost".to_owned() });
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_name_with_one_private_address_among_public_ones_is_refused() {
    let server = Server::at("127.0.0.1:0", OK).await;
    let url = format!("http://cats.example:{}/", server.port());
    refused_unasked(&url, &Names::new(&[&["8.8.8.8", "127.0.0.1"]]), &server).await;
    refused_unasked(&url, &Names::new(&[&["127.0.0.1", "8.8.8.8"]]), &server).await;
}

/// An open server, which a stranger may have, leads to one that is not.
async fn a_redirect_to(location: &str, names: &Names, inner: &Server) -> OutboundError {
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let outer = Server::at("127.0.0.2:0", &answer).await;
    let client = client(&["127.0.0.2/32"], names);
    let refused = fetch(&client, &format!("http://{}/", outer.address)).await.unwrap_err();
    assert_eq!((outer.connections(), inner.connections()), (1, 0), "{location}");
    refused
}

#[tokio::test]
async fn a_redirect_to_a_private_address_is_refused() {
    let inner = Server::at("127.0.0.1:0", OK).await;
    for host in ["127.0.0.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0.0.0.0"] {
        let refused = a_redirect_to(&format!("http://{host}:{}/", inner.port()), &Names::default(), &inner).await;
        assert!(matches!(refused, OutboundError::ForbiddenAddress { .. }), "{host}: {refused:?}");
    }
}

#[tokio::test]
async fn a_redirect_to_a_name_that_is_at_a_private_address_is_refused() {
    let inner = Server::at("127.0.0.1:0", OK).await;
    let names = Names::new(&[&["127.0.0.1"]]);
    let refused = a_redirect_to(&format!("http://cats.example:{}/", inner.port()), &names, &inner).await;
    assert_eq!(refused, OutboundError::ForbiddenAddress { host: "cats.example".to_owned() });
}

#[tokio::test]
async fn a_redirect_to_another_scheme_or_with_credentials_is_refused() {
    let inner = Server::at("127.0.0.1:0", OK).await;
    for location in ["file:///etc/passwd", "ftp://8.8.8.8/", "http://me:hush@8.8.8.8/"] {
        let refused = a_redirect_to(location, &Names::default(), &inner).await;
        assert!(matches!(refused, OutboundError::BadUrl(_)), "{location}: {refused:?}");
    }
}

#[tokio::test]
async fn a_name_that_changes_between_look_up_and_connect_gets_what_was_checked() {
    // Two servers on one port: the first is allowed, the second is not, and the name moves from one to the other.
    let allowed = Server::at("127.0.0.2:0", OK).await;
    let inner = Server::at(&format!("127.0.0.1:{}", allowed.port()), OK).await;
    let names = Names::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = client(&["127.0.0.2/32"], &names);
    let url = format!("http://cats.example:{}/", allowed.port());
    assert_eq!(fetch(&client, &url).await.unwrap(), "GIF89a");
    assert_eq!(names.asked(), 1, "a second look-up could have another answer");
    assert_eq!((allowed.connections(), inner.connections()), (1, 0));
    // It has moved: what was checked before counts for nothing.
    assert_eq!(fetch(&client, &url).await.unwrap_err(), OutboundError::ForbiddenAddress { host: "cats.example".to_owned() });
    assert_eq!((allowed.connections(), inner.connections()), (1, 0));
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_asked() {
    let proxy = Server::at("127.0.0.1:0", OK).await;
    let program = std::env::current_exe().unwrap();
    let mut child = tokio::process::Command::new(program);
    child.args(["--exact", "in_an_environment_with_a_proxy", "--ignored"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        child.env(name, format!("http://{}", proxy.address));
    }
    assert!(child.output().await.unwrap().status.success());
    assert_eq!(proxy.connections(), 0);
}

/// Run by the test above, in a process of its own.
#[tokio::test]
#[ignore = "needs the environment that another test makes"]
async fn in_an_environment_with_a_proxy() {
    let server = Server::at("127.0.0.1:0", OK).await;
    let client = client(&["127.0.0.0/8"], &Names::new(&[&["127.0.0.1"]]));
    assert_eq!(fetch(&client, &format!("http://cats.example:{}/", server.port())).await.unwrap(), "GIF89a");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn redirects_are_followed_three_times() {
    let last = Server::at("127.0.0.1:0", OK).await;
    let mut next = last.address;
    for hops in 1..=4 {
        let answer = format!("HTTP/1.1 307 x\r\nlocation: http://{next}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        next = Server::at("127.0.0.1:0", &answer).await.address;
        let fetched = fetch(&client(&["127.0.0.0/8"], &Names::default()), &format!("http://{next}/")).await;
        match hops {
            ..=3 => assert_eq!(fetched.unwrap(), "GIF89a"),
            _ => assert_eq!(fetched.unwrap_err(), OutboundError::TooManyRedirects { limit: 3 }),
        }
    }
}

#[tokio::test]
async fn a_post_follows_no_redirect() {
    let inner = Server::at("127.0.0.1:0", OK).await;
    let answer = format!("HTTP/1.1 307 x\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", inner.address);
    let outer = Server::at("127.0.0.1:0", &answer).await;
    let client = client(&["127.0.0.0/8"], &Names::default());
    assert_eq!(client.post(&format!("http://{}/", outer.address), &[], Bytes::new(), WITHIN).await, Ok(307));
    assert_eq!((outer.connections(), inner.connections()), (1, 0));
}

#[tokio::test]
async fn what_is_too_long_is_refused_announced_or_not() {
    let client = client(&["127.0.0.0/8"], &Names::default());
    let body = "a".repeat(usize::try_from(MAX_BYTES).unwrap() + 1);
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let streamed = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}");
    for answer in [announced, streamed] {
        let server = Server::at("127.0.0.1:0", &answer).await;
        let refused = fetch(&client, &format!("http://{}/", server.address)).await.unwrap_err();
        assert!(
            matches!(refused, OutboundError::TooLarge { limit_bytes: MAX_BYTES, got_bytes } if got_bytes > MAX_BYTES),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn what_fails_says_so_and_what_hangs_ends() {
    let client = client(&["127.0.0.0/8"], &Names::default());
    let gone = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    let cut_off = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nGIF89a";
    let silent = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n...";
    for (answer, expected) in
        [(gone, OutboundError::Status(404)), (cut_off, OutboundError::Unreachable), (silent, OutboundError::Timeout)]
    {
        let server = Server::at("127.0.0.1:0", answer).await;
        let short = Duration::from_millis(if answer == silent { 200 } else { 10_000 });
        let fetched = async {
            let mut download = client.fetch(&format!("http://{}/", server.address), MAX_BYTES, short).await?;
            while download.chunk().await?.is_some() {}
            Ok(())
        };
        assert_eq!(fetched.await, Err(expected));
    }
    let closed = Server::at("127.0.0.1:0", OK).await.address.port();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_ne!(closed, nobody.port());
    assert_eq!(fetch(&client, &format!("http://{nobody}/")).await.unwrap_err(), OutboundError::Unreachable);
}
