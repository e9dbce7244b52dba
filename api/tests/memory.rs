//! Uploads at once cost a bounded amount of memory, however large they are. Alone in its process, whose memory it reads.

#![expect(clippy::expect_used, reason = "the functions that tests share are tests too")]

use std::{fs, net::SocketAddr, time::Duration};

use api::{ApiConfig, ApiParts, Clients, Fairness, Ids};
use broker::Broker;
use fonts::Fonts;
use futures::future::join_all;
use service::{
    Eventual,
    listener::{self, Bounds},
    metrics::registry,
};
use store::{Store, StoreConfig};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Barrier,
};
use tokio_util::sync::CancellationToken;

/// A frame of one pixel and its end; extra data may follow.
const GIF: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
static PIECE: [u8; 64 * 1024] = [7; 64 * 1024];

/// A line of this process's memory, in bytes.
fn memory(line: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let value = status.lines().find_map(|text| text.strip_prefix(line)).expect("the line");
    value.trim().trim_end_matches(" kB").trim().parse::<u64>().expect("a number") * 1024
}

/// Uploads so many bytes; all wait for each other before the last piece, so that all are in hand at once.
async fn upload(address: SocketAddr, file_bytes: usize, all_but_done: &Barrier) -> String {
    let begin = b"--edge\r\nContent-Disposition: form-data; name=\"bottom\"\r\n\r\na\r\n--edge\r\n\
        Content-Disposition: form-data; name=\"file\"\r\n\r\n";
    let end = b"\r\n--edge--\r\n";
    let head = format!(
        "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=edge\r\n\
         content-length: {}\r\n\r\n",
        begin.len() + file_bytes + end.len()
    );
    let mut client = TcpStream::connect(address).await.expect("a connection");
    client.write_all(&[head.as_bytes(), begin, GIF].concat()).await.expect("a write");
    let mut left = file_bytes - GIF.len();
    while left > PIECE.len() {
        client.write_all(&PIECE).await.expect("a write");
        left -= PIECE.len();
    }
    all_but_done.wait().await;
    client.write_all(&[&PIECE[..left], &end[..]].concat()).await.expect("a write");
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// `PUNCHLINE_TEST_UPLOADS=100x20000000` is the size that the figures in the documentation were made with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_large_uploads_at_once_take_little_memory() {
    let size = std::env::var("PUNCHLINE_TEST_UPLOADS").unwrap_or_else(|_| "50x4000000".to_owned());
    let (uploads, file_bytes) = size.split_once('x').expect("NxBYTES");
    let (uploads, file_bytes): (usize, usize) = (uploads.parse().expect("N"), file_bytes.parse().expect("BYTES"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&StoreConfig::new(format!("file://{}", folder.path().display()))).expect("a store");
    let config = ApiConfig {
        videos: true,
        limits: caption_layout::Limits::default(),
        uploads_in_flight_bytes: 2_500_000_000,
        request_timeout: Duration::from_secs(600),
        body_stall: Duration::from_secs(600),
        spool_dir: std::env::temp_dir(),
        trusted_proxies: Vec::new(),
        fonts: Fonts::built_in(),
        presets: proto_shared::Presets::shipped(),
        platforms: proto_shared::Platforms::shipped(),
    };
    let clients = Clients::new(Fairness { rate_burst: 1_000, ..Fairness::default() });
    let parts = ApiParts {
        broker: Eventual::from(Broker::in_process()),
        store,
        ids: Ids::system(),
        keys: None,
        clients,
        subscribers: api::EventSubscribers::default(),
        sources: None,
        callbacks: api::Callbacks::default(),
        acceptances: api::Acceptances::default(),
    };
    let router = api::router(&config, parts, &mut registry());
    let socket = listener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a port");
    let address = socket.local_addr().expect("an address");
    tokio::spawn(async move {
        listener::serve_within(Bounds::default(), socket, router, &CancellationToken::new(), Duration::ZERO).await
    });

    let one_alone = Barrier::new(1);
    assert!(upload(address, file_bytes, &one_alone).await.starts_with("HTTP/1.1 202 "), "warm");
    let before = memory("VmRSS:");
    let barrier = Barrier::new(uploads);
    let answers = join_all((0..uploads).map(|_| upload(address, file_bytes, &barrier))).await;
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 202 ")), "{}", answers[0]);
    let grown = memory("VmHWM:").saturating_sub(before);
    println!("{uploads} uploads of {file_bytes} bytes: {before} bytes before, at most {grown} more");
    // All are one picture, which the store has: what is measured is taking them. A few buffers each.
    assert!(grown < 30_000_000, "{grown}");
}
