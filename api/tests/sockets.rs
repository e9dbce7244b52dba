//! The front behind real sockets: who is let in, who is slowed down, what hostile clients get.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use std::{
    io::Write as _,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use api::{ApiConfig, ApiParts, Clients, Fairness, Ids};
use broker::Broker;
use fonts::Fonts;
use futures::TryStreamExt as _;
use proto_shared::{ErrorCode, JobRecord, Lane};
use serde_json::Value;
use service::{
    ApiKeys, Clock, Eventual,
    api_keys::new_key,
    listener::{self, Bounds},
    metrics::registry,
};
use store::{Store, StoreConfig};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_util::sync::CancellationToken;

/// One opaque pixel.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00\x21\xf9\x04\x00\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

struct Front {
    address: SocketAddr,
    store: Store,
    clients: Clients,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn code(&self) -> ErrorCode {
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], self.status);
        ErrorCode::parse(problem["code"].as_str().unwrap()).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

async fn open(rules: Fairness, keys: Option<ApiKeys>, body_stall: Duration) -> Front {
    log();
    let config = ApiConfig {
        videos: true,
        limits: caption_layout::Limits { max_bytes: 3_000_000, ..caption_layout::Limits::default() }.for_all_alike(),
        uploads_in_flight_bytes: 10_000_000,
        request_timeout: Duration::from_secs(30),
        body_stall,
        spool_dir: std::env::temp_dir(),
        trusted_proxies: Vec::new(),
        fonts: Fonts::built_in(),
        presets: proto_shared::Presets::shipped(),
        platforms: proto_shared::Platforms::shipped(),
    };
    let (store, clients) = (Store::open(&StoreConfig::new("memory:")).unwrap(), Clients::new(rules));
    let broker = Eventual::from(Broker::in_process());
    let parts = ApiParts {
        broker,
        store: store.clone(),
        ids: Ids::counting(0),
        keys,
        clients: clients.clone(),
        subscribers: api::EventSubscribers::default(),
        sources: None,
        callbacks: api::Callbacks::default(),
        acceptances: api::Acceptances::default(),
    };
    let router = api::router(&config, parts, &mut registry());
    let socket = listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        listener::serve_within(Bounds::default(), socket, router, &CancellationToken::new(), Duration::ZERO).await
    });
    Front { address, store, clients }
}

async fn usual() -> Front {
    open(Fairness::default(), None, Duration::from_secs(5)).await
}

/// A form as the body of a request.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        write!(body, "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").unwrap();
        body.extend_from_slice(bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

fn head(len_bytes: usize, headers: &str) -> String {
    format!(
        "POST /v1/jobs HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: multipart/form-data; boundary=edge\r\n\
         content-length: {len_bytes}\r\n{headers}\r\n"
    )
}

impl Front {
    async fn unfinished(&self) -> Vec<JobRecord> {
        self.store.unfinished_jobs(None).try_collect().await.unwrap()
    }

    async fn send(&self, request: &[u8]) -> Answer {
        let mut client = TcpStream::connect(self.address).await.unwrap();
        client.write_all(request).await.unwrap();
        read(&mut client).await
    }

    async fn get(&self, path: &str, headers: &str) -> Answer {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n").as_bytes()).await
    }

    async fn post(&self, parts: &[(&str, &[u8])], headers: &str) -> Answer {
        let body = form(parts);
        self.send(&[head(body.len(), headers).as_bytes(), &body].concat()).await
    }

    async fn caption(&self, headers: &str) -> Answer {
        self.post(&[("file", GIF), ("bottom", b"a")], headers).await
    }
}

async fn read(client: &mut TcpStream) -> Answer {
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head[9..12].parse().unwrap();
    Answer { status, head, body: answer.split_off(end + 4) }
}

/// Where the logs of all tests go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

/// Of every thread: a line that is first written where nobody listens would be written nowhere from then on. Set before the
/// first front is opened.
fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log
    })
}

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_key_opens_and_its_name_is_logged_and_it_never_is() {
    let (good, old, wrong) = (new_key("bot").unwrap(), new_key("old-bot").unwrap(), new_key("thief").unwrap());
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}\n{} expires 2020-01-01T00:00:00Z\n", good.line, old.line).unwrap();
    let keys = ApiKeys::open(file.path(), Clock::system()).unwrap();
    let front = open(Fairness::default(), Some(keys), Duration::from_secs(5)).await;

    let bearer = |key: &service::api_keys::NewKey| format!("authorization: Bearer {}\r\n", key.key.expose());
    let accepted = front.caption(&bearer(&good)).await;
    assert_eq!(accepted.status, 202, "{}", accepted.head);
    for (headers, says) in [
        (String::new(), "Bearer realm=\"punchline\""),
        (bearer(&wrong), "the API key is not known"),
        (bearer(&old), "the API key has expired"),
    ] {
        let refused = front.caption(&headers).await;
        assert_eq!((refused.status, refused.code()), (401, ErrorCode::Unauthorised));
        assert!(refused.header("www-authenticate").unwrap().contains(says), "{}", refused.head);
    }
    let job = accepted.header("location").unwrap().to_owned();
    assert_eq!(front.get(&job, "").await.status, 401, "jobs are nobody else's business");
    assert_eq!(front.get(&job, &bearer(&good)).await.status, 200);
    assert_eq!(front.get("/nowhere", "").await.status, 404);

    let logged = String::from_utf8(log().0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("key=\"bot\"") && logged.contains("the API key of old-bot has expired"), "{logged}");
    for made in [&good, &old, &wrong] {
        let hash = made.line.split(' ').nth(1).unwrap();
        assert!(!logged.contains(made.key.expose()) && !logged.contains(hash), "{logged}");
    }
}

#[tokio::test]
async fn a_client_that_asks_too_fast_is_told_when_to_come_back() {
    let front = open(Fairness { rate_burst: 2, rate_per_s: 1, ..Fairness::default() }, None, Duration::from_secs(5)).await;
    // All at once: one after the other they may take the second in which a slow machine may ask again.
    let answers = futures::future::join_all((0..3).map(|_| front.caption(""))).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 202);
    let ([_, stated], [refused]) = (taken.as_slice(), refused.as_slice()) else { panic!("{} were taken", taken.len()) };
    assert_eq!((refused.status, refused.code()), (429, ErrorCode::RateLimited));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(front.get(stated.header("location").unwrap(), "").await.status, 200, "looking is free");
}

#[tokio::test]
async fn a_client_with_many_unfinished_jobs_goes_standard_and_then_waits() {
    let rules = Fairness { client_jobs: 3, express_jobs: 2, ..Fairness::default() };
    let front = open(rules, None, Duration::from_secs(5)).await;
    let mut lanes = Vec::new();
    for _ in 0..3 {
        assert_eq!(front.caption("").await.status, 202);
    }
    let jobs = front.unfinished().await;
    lanes.extend(jobs.iter().map(|job| job.lane));
    lanes.sort_by_key(|lane| lane.as_str());
    assert_eq!(lanes, [Lane::Express, Lane::Express, Lane::Standard]);
    let refused = front.caption("").await;
    assert_eq!((refused.status, refused.code()), (429, ErrorCode::TooManyJobs));
    assert!(refused.header("retry-after").is_some());
    front.clients.finished(&jobs[0].id);
    assert_eq!(front.caption("").await.status, 202);
}

#[tokio::test]
async fn a_trace_goes_from_the_request_into_the_job_and_back() {
    let front = usual().await;
    let given = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    let accepted = front.caption(given).await;
    let response = accepted.header("traceresponse").unwrap();
    assert!(response.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && !response.contains("00f067aa0ba902b7"));
    let jobs = front.unfinished().await;
    assert_eq!(jobs[0].traceparent.as_deref(), Some(response));
    assert!(jobs[0].client.is_some());
}

#[tokio::test]
async fn a_bad_idempotency_key_is_refused_by_name() {
    let front = usual().await;
    let refused = front.caption("idempotency-key: two words\r\n").await;
    assert_eq!((refused.status, refused.code()), (400, ErrorCode::BadRequest));
    assert!(String::from_utf8_lossy(&refused.body).contains("Idempotency-Key"));
}

#[tokio::test]
async fn every_answer_is_guarded_against_browsers_and_says_nothing_of_the_server() {
    let front = usual().await;
    for answer in [front.caption("").await, front.get("/nowhere", "").await, front.get("/v1/jobs/x/result", "").await] {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!((answer.header("server"), answer.header("x-powered-by")), (None, None));
    }
}

#[tokio::test]
async fn a_spec_of_a_megabyte_is_refused_before_it_is_read_whole() {
    let front = usual().await;
    let refused = front.post(&[("spec", &vec![b' '; 1_000_000])], "").await;
    assert_eq!((refused.status, refused.code()), (400, ErrorCode::BadRequest));
    assert!(String::from_utf8_lossy(&refused.body).contains("196608"));
}

#[tokio::test]
async fn a_body_that_stops_half_way_is_answered_408_and_closed() {
    let front = open(Fairness::default(), None, Duration::from_millis(100)).await;
    let body = form(&[("file", GIF), ("bottom", b"a")]);
    let stalled = front.send(&[head(body.len(), "").as_bytes(), &body[..body.len() / 2]].concat()).await;
    assert_eq!((stalled.status, stalled.code()), (408, ErrorCode::Timeout));
}

#[tokio::test]
async fn a_body_that_is_cut_off_makes_no_job() {
    let front = usual().await;
    let body = form(&[("file", GIF), ("bottom", b"a")]);
    let mut client = TcpStream::connect(front.address).await.unwrap();
    client.write_all(&[head(body.len(), "").as_bytes(), &body[..body.len() / 2]].concat()).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(front.unfinished().await, []);
    assert_eq!(front.caption("").await.status, 202, "and the next is served");
}

#[tokio::test]
async fn an_upload_too_large_for_memory_is_stored_as_it_came() {
    let front = usual().await;
    let large = [GIF, &vec![7; 2_000_000]].concat();
    let accepted = front.post(&[("file", &large), ("bottom", b"a")], "").await;
    assert_eq!(accepted.status, 202, "{}", String::from_utf8_lossy(&accepted.body));
    let job = front.unfinished().await.remove(0);
    assert_eq!((job.source.bytes, &job.source.id), (large.len() as u64, &store::source_id(&large)));
    assert_eq!(front.store.get_source(&job.source.id).await.unwrap(), large);
}
