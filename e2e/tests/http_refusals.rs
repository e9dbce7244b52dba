//! What the HTTP interface refuses, on the real binary: each with its status and code, and without keeping in memory what it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, time::Duration};

use e2e::{cases::Case, client::Client, deadline::within, process::Process};
use reqwest::multipart::{Form, Part};
use samples::minimal::{declared_size, many_frames};

const TEST: Duration = Duration::from_secs(900);
const LARGE_BYTES: usize = 100_000_000;
/// By how much a server may grow while it refuses an upload of [`LARGE_BYTES`]: its limit of 25 MB, and a margin.
const GROWS_BY_BYTES: u64 = 50_000_000;

fn form(picture: Vec<u8>, field: &'static str, value: &'static str) -> Form {
    Form::new().part("file", Part::bytes(picture).file_name("cat.gif")).text(field, value)
}

/// The peak memory of a process.
fn peak_bytes(process: &Process) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_has_its_status_and_code() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let server = Process::serve(data.path(), &[]).await.unwrap();
        let client = Client::new(server.url(""));
        let cat = Case::generated(0).source;
        for (name, form, status, code) in [
            ("an unknown style", form(cat.clone(), "style", "banner").text("bottom", "hi"), 422, "unknown_style"),
            ("a bad colour", form(cat.clone(), "spec", r#"{"captions":[{"text":"hi","fill":"reddish"}]}"#), 422, "bad_colour"),
            ("a cut spec", form(cat.clone(), "spec", "{"), 400, "bad_request"),
            ("what is not known", form(cat.clone(), "spec", r#"{"captions":[{"text":"hi","txt":"x"}]}"#), 422, "bad_spec"),
            ("a NUL", form(cat.clone(), "bottom", "a\0b"), 422, "bad_spec"),
            ("a NUL in a spec", form(cat.clone(), "spec", r#"{"captions":[{"text":"a\u0000b"}]}"#), 422, "bad_spec"),
            ("no words", form(cat.clone(), "bottom", " "), 422, "empty_text"),
            ("no file", Form::new().text("bottom", "hi"), 400, "missing_file"),
            ("no GIF", form(b"no GIF".to_vec(), "bottom", "hi"), 415, "unsupported_media"),
            ("a GIF without a frame", form(cat[..20].to_vec(), "bottom", "hi"), 422, "truncated"),
            ("a huge canvas", form(declared_size(65_535, 65_535), "bottom", "hi"), 422, "canvas_too_large"),
            ("a million frames", form(many_frames(1_000_000), "bottom", "hi"), 422, "too_many_frames"),
        ] {
            let answer = client.post(form).await.unwrap();
            assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{name}: {}", answer.json());
        }
        let unknown = client.job("0192f0c1a2b37c4d8e9f001122334455").await.unwrap_err().to_string();
        assert!(unknown.contains("404") && unknown.contains("job_not_found"), "{unknown}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_four_times_too_large_is_refused_and_not_held() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let server = Process::serve(data.path(), &[]).await.unwrap();
        let client = Client::new(server.url(""));
        let before = peak_bytes(&server);
        let answer = client.post(form(vec![0; LARGE_BYTES], "bottom", "hi")).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (413, "file_too_large"), "{}", answer.json());
        let grown = peak_bytes(&server) - before;
        assert!(grown < GROWS_BY_BYTES, "the server grew by {grown} bytes");
        let accepted = client.submit(&Case::generated(0).source, r#"{"captions":[{"text":"hi"}]}"#).await;
        assert!(accepted.is_ok(), "after the refusal: {accepted:?}");
    })
    .await;
}
