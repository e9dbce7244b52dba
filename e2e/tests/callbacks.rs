//! Callbacks of `punchline serve`, as a receiver sees them: signed, sent again, and made even if the server was killed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{cases::Case, cli::CommandLine, client::Client, deadline::within, process::Process};
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

const TEST: Duration = Duration::from_secs(900);
const SECRET: &[u8] = b"not much of a secret, is it?";
const JOBS: usize = 20;

/// A request that was received: its headers with lower-case names, and its body.
struct Call {
    head: Vec<String>,
    body: Vec<u8>,
}

impl Call {
    fn header(&self, name: &str) -> &str {
        let named = |line: &'_ str| line.split_once(": ").is_some_and(|(this, _)| this.eq_ignore_ascii_case(name));
        self.head.iter().find(|line| named(line)).unwrap().split_once(": ").unwrap().1
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A receiver that answers the first calls with these statuses, all others with 204.
struct Receiver {
    url: String,
    calls: mpsc::UnboundedReceiver<Call>,
}

impl Receiver {
    async fn answering(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/punchline", listener.local_addr().unwrap());
        let (sender, calls) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut statuses = statuses.iter().copied().chain(std::iter::repeat(204));
            while let Ok((connection, _)) = listener.accept().await {
                // A caller that was killed before the end of its request has made no call.
                if let Ok(call) = take(connection, statuses.next().unwrap()).await {
                    sender.send(call).unwrap();
                }
            }
        });
        Self { url, calls }
    }

    async fn next(&mut self) -> Call {
        self.calls.recv().await.unwrap()
    }
}

async fn take(connection: TcpStream, status: u16) -> std::io::Result<Call> {
    let mut connection = BufReader::new(connection);
    let mut call = Call { head: Vec::new(), body: Vec::new() };
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == "\r\n" {
            break;
        }
        call.head.push(line.trim_end().to_owned());
    }
    call.body = vec![0; call.header("content-length").parse().unwrap()];
    connection.read_exact(&mut call.body).await?;
    connection.write_all(format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    connection.shutdown().await?;
    Ok(call)
}

/// HMAC-SHA-256 as RFC 2104 spells it.
fn hmac(message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    block[..SECRET.len()].copy_from_slice(SECRET);
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().to_vec()
}

async fn serve(data: &Path) -> Process {
    let env = [
        ("PUNCHLINE_OUTBOUND_ALLOW", "127.0.0.0/8"),
        ("PUNCHLINE_WEBHOOK_SECRET", std::str::from_utf8(SECRET).unwrap()),
        // One job at a time, so that some wait when a kill comes.
        ("PUNCHLINE_PARALLELISM", "1"),
    ];
    Process::serve(data, &env.map(|(name, value)| (name.to_owned(), value.to_owned()))).await.unwrap()
}

async fn submit(client: &Client, case: &Case, callback_url: &str) -> String {
    let form = Form::new()
        .part("file", Part::bytes(case.source.clone()))
        .text("spec", case.spec_json().unwrap())
        .text("callback_url", callback_url.to_owned());
    let answer = client.post(form).await.unwrap();
    assert_eq!(answer.status, 202, "{}", answer.json());
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_back_is_signed_and_comes_again_after_an_error() {
    within(TEST, async {
        let (data, mut receiver) = (tempfile::tempdir().unwrap(), Receiver::answering(&[500]).await);
        let server = serve(data.path()).await;
        let client = Client::new(server.url(""));
        let id = submit(&client, &Case::generated(7), &receiver.url).await;
        let (refused, taken) = (receiver.next().await, receiver.next().await);
        assert_eq!(refused.body, taken.body);
        assert_eq!((taken.header("webhook-id"), taken.header("content-type")), (id.as_str(), "application/json"));
        let signed = [format!("{id}.{}.", taken.header("webhook-timestamp")).as_bytes(), &taken.body].concat();
        assert_eq!(taken.header("webhook-signature"), format!("v1,{}", STANDARD.encode(hmac(&signed))));
        assert_eq!(taken.json()["type"], "job.done");
        assert_eq!(taken.json()["data"], client.job(&id).await.unwrap());
        assert!(!String::from_utf8_lossy(&server.log()).contains("not much of a secret"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_promised_a_call_is_called_although_the_server_was_killed() {
    within(TEST, async {
        let (data, mut receiver) = (tempfile::tempdir().unwrap(), Receiver::answering(&[]).await);
        let mut server = serve(data.path()).await;
        let client = Client::new(server.url(""));
        let mut promised = BTreeSet::new();
        for seed in 0..JOBS as u64 {
            promised.insert(submit(&client, &Case::generated(2_000 + seed), &receiver.url).await);
        }
        server.kill();
        let _server = serve(data.path()).await;
        let mut called = BTreeSet::new();
        while called != promised {
            let call = receiver.next().await;
            let id = call.header("webhook-id").to_owned();
            assert!(promised.contains(&id));
            assert_eq!(call.json()["data"]["state"], "done");
            called.insert(id);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_may_ask_for_a_call() {
    within(TEST, async {
        let (data, mut receiver) = (tempfile::tempdir().unwrap(), Receiver::answering(&[]).await);
        let server = serve(data.path()).await;
        let (folder, case) = CommandLine::with_case(env!("CARGO_BIN_EXE_peak_memory"), 7).unwrap();
        folder.put("cat.gif", &case.source).unwrap();
        let submit = format!("submit cat.gif --bottom called --callback-url {} --server {}", receiver.url, server.url(""));
        let ran = folder.run(&submit, b"").unwrap();
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let line = String::from_utf8(ran.out).unwrap();
        assert_eq!(receiver.next().await.header("webhook-id"), line.split_whitespace().next().unwrap());
    })
    .await;
}
