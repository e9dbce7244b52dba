//! api and worker on an S3 store that ignores `If-None-Match: *`, as some servers do. Each process must refuse to run, say why, and leave
//! nothing behind, however many start at once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    process::{Output, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use e2e::{binary, deadline::within};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
};

const TEST: Duration = Duration::from_secs(600);
/// What the binary says of a bad setting.
const USAGE: i32 = 2;

/// Keys that were put and not deleted, and how many were ever put.
#[derive(Debug, Default)]
struct Kept {
    keys: BTreeSet<String>,
    puts: usize,
}

type Shared = Arc<Mutex<Kept>>;

/// A server that accepts every put. Returns its address.
async fn overwriting_s3() -> (String, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (endpoint, kept) = (format!("http://{}", listener.local_addr().unwrap()), Shared::default());
    let shared = kept.clone();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(socket, shared.clone()));
        }
    });
    (endpoint, kept)
}

/// Answers one request and closes.
async fn answer(socket: TcpStream, kept: Shared) -> std::io::Result<()> {
    let mut socket = BufReader::new(socket);
    let (mut request_line, mut body) = (String::new(), Vec::new());
    socket.read_line(&mut request_line).await?;
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await?;
        if let Some(length) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            body.resize(length.trim().parse().unwrap(), 0);
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    socket.read_exact(&mut body).await?;
    let (method, rest) = request_line.split_once(' ').unwrap();
    let reply = match method {
        "PUT" => {
            let mut kept = kept.lock().unwrap();
            kept.puts += 1;
            kept.keys.insert(rest.split(' ').next().unwrap().trim_start_matches("/gifs/").to_owned());
            String::new()
        }
        "POST" => deleted(&String::from_utf8(body).unwrap(), &kept),
        _ => "<ListBucketResult></ListBucketResult>".to_owned(),
    };
    let length = reply.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nETag: \"e\"\r\nConnection: close\r\n\r\n");
    socket.write_all((head + &reply).as_bytes()).await
}

/// Deletes what a bulk deletion names.
fn deleted(request: &str, kept: &Shared) -> String {
    let keys = request.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap());
    let deleted: Vec<String> = keys
        .map(|key| {
            kept.lock().unwrap().keys.remove(key);
            format!("<Deleted><Key>{key}</Key></Deleted>")
        })
        .collect();
    format!("<DeleteResult>{}</DeleteResult>", deleted.concat())
}

/// Runs a process to its end.
async fn run(role: &'static str, endpoint: String) -> Output {
    let listen = if role == "api" { "PUNCHLINE_LISTEN" } else { "PUNCHLINE_OPS_LISTEN" };
    let env = [
        ("PUNCHLINE_STORE_URL", "s3://gifs"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
        // Nothing listens there. That the broker is not reached must not hide what is wrong with the store.
        ("PUNCHLINE_AMQP_URL", "amqp://guest:guest@127.0.0.1:9/%2f"),
        (listen, "127.0.0.1:0"),
    ];
    let mut command = Command::new(binary::punchline().unwrap());
    command.arg(role).env_clear().envs(env).stdin(Stdio::null()).kill_on_drop(true);
    command.output().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_overwrites_is_refused_by_all_who_start_on_it() {
    // Found first, because it may have to be built.
    binary::punchline().unwrap();
    within(TEST, async {
        let (endpoint, kept) = overwriting_s3().await;
        let started = ["api", "worker", "api", "worker"].map(|role| tokio::spawn(run(role, endpoint.clone())));
        for run in started {
            let ended = run.await.unwrap();
            let said = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(USAGE), "{said}");
            let last = said.lines().last().unwrap();
            assert!(last.starts_with("punchline: the store overwrites") && last.contains("If-None-Match"), "{said}");
        }
        let kept = kept.lock().unwrap();
        assert_eq!((kept.puts, &kept.keys), (8, &BTreeSet::new()), "two puts each, and nothing left");
    })
    .await;
}
