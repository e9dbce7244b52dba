//! Create-only puts against an S3 that answers by a script: which conflicts mean that a record stands there, and which
//! only that two writers met; and a server that knows no conflict at all. No real server can be made to answer so on demand.

#![expect(clippy::unwrap_used, reason = "what fails here stops the test that called")]

use std::collections::VecDeque;

use proto_shared::{ErrorCode, JobId, JobResult, Outcome};
use store::{Created, S3Settings, Store, StoreConfig, StoreError};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One request that is expected, and the status that it gets.
type Exchange = (&'static str, u16);

/// A store over a server that expects exactly these requests; the handle ends with those that never came.
async fn scripted(script: Vec<Exchange>) -> (Store, JoinHandle<Vec<Exchange>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let s3 = S3Settings {
        access_key_id: Some("id".to_owned()),
        secret_access_key: Some("secret".to_owned()),
        endpoint: Some(format!("http://{}", listener.local_addr().unwrap())),
        ..S3Settings::default()
    };
    let server = tokio::spawn(async move {
        let mut script = VecDeque::from(script);
        while let Some((expected, status)) = script.pop_front() {
            let (socket, _) = listener.accept().await.unwrap();
            let method = answer(socket, status).await;
            assert!(method == expected, "{expected} was expected next, got {method}");
        }
        script.into()
    });
    (Store::open(&StoreConfig { s3, ..StoreConfig::new("s3://gifs") }).unwrap(), server)
}

/// Reads one request, answers it, closes; returns the method.
async fn answer(socket: TcpStream, status: u16) -> String {
    let mut socket = BufReader::new(socket);
    let (mut head, mut body_bytes) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        socket.read_line(&mut line).await.unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(length) = line.strip_prefix("content-length:") {
            body_bytes = length.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    socket.read_exact(&mut vec![0; body_bytes]).await.unwrap();
    let method = head[0].split(' ').next().unwrap().to_ascii_uppercase();
    assert!(method != "PUT" || head.contains(&"if-none-match: *".to_owned()), "a put that is not create-only: {head:?}");
    let reply = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nETag: \"e\"\r\nLast-Modified: Sat, 21 Nov 2026 09:00:00 GMT\r\nConnection: close\r\n\r\n"
    );
    socket.write_all(reply.as_bytes()).await.unwrap();
    method
}

fn result() -> JobResult {
    let outcome = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned(), field: None };
    JobResult { version: 1, id: JobId::from_bytes([7; 16]), finished_at_ms: 1, attempts: 1, outcome }
}

#[tokio::test]
async fn a_failed_precondition_means_that_a_record_stands_there() {
    let (store, server) = scripted(vec![("PUT", 412), ("HEAD", 200)]).await;
    assert_eq!(store.create_result(&result()).await.unwrap(), Created::AlreadyThere);
    assert_eq!(server.await.unwrap(), []);
}

#[tokio::test]
async fn a_conflict_that_nobody_won_is_tried_again() {
    let (store, server) = scripted(vec![("PUT", 409), ("HEAD", 404), ("PUT", 409), ("HEAD", 404), ("PUT", 200)]).await;
    assert_eq!(store.create_result(&result()).await.unwrap(), Created::New);
    assert_eq!(server.await.unwrap(), []);
}

#[tokio::test]
async fn a_conflict_that_another_won_is_not() {
    let (store, server) = scripted(vec![("PUT", 409), ("HEAD", 404), ("PUT", 409), ("HEAD", 200)]).await;
    assert_eq!(store.create_result(&result()).await.unwrap(), Created::AlreadyThere);
    assert_eq!(server.await.unwrap(), []);
}

#[tokio::test]
async fn a_conflict_without_end_is_given_up_as_passing() {
    let (store, server) = scripted([("PUT", 409), ("HEAD", 404)].repeat(6)).await;
    let error = store.create_result(&result()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }) && error.is_passing(), "{error:?}");
    assert_eq!(server.await.unwrap(), []);
}

#[tokio::test]
async fn a_server_that_overwrites_where_it_was_to_create_is_found_out() {
    // The probe is removed again, which is asked for as many at once.
    let (store, server) = scripted(vec![("PUT", 200), ("PUT", 200), ("POST", 200)]).await;
    let error = store.probe_conditional_puts().await.unwrap_err();
    assert!(matches!(error, StoreError::OverwritesOnCreate) && !error.is_passing(), "{error:?}");
    assert_eq!(server.await.unwrap(), []);
}

#[tokio::test]
async fn a_server_that_keeps_its_word_passes_the_probe() {
    let (store, server) = scripted(vec![("PUT", 200), ("PUT", 412), ("POST", 200)]).await;
    store.probe_conditional_puts().await.unwrap();
    assert_eq!(server.await.unwrap(), []);
}
