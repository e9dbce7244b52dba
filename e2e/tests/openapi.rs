//! Compares the running service with its own description. schemathesis makes requests of all kinds from the document and checks every
//! answer against it. Every example request in the document must do what the document says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, process::Command, time::Duration};

use e2e::{deadline::within, keyed_server::KeyedServer};
use serde_json::Value;
use tempfile::TempDir;

const TEST: Duration = Duration::from_secs(1_200);
const INSTALL: &str = "pip install schemathesis==4.32.5 (then put `st` on PATH or name it in PUNCHLINE_SCHEMATHESIS)";

/// A service that requires a key, and its folder.
async fn keyed_server() -> (KeyedServer, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("PUNCHLINE_WEBHOOK_SECRET", "a secret for the tests alone"),
        ("PUNCHLINE_RATE_PER_S", "100000"),
        ("PUNCHLINE_RATE_BURST", "100000"),
    ];
    (KeyedServer::start(folder.path(), &settings).await.unwrap(), folder)
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn schemathesis_finds_no_fault() {
    within(TEST, async {
        let (KeyedServer { mut server, key }, data) = keyed_server().await;
        let program = std::env::var("PUNCHLINE_SCHEMATHESIS").unwrap_or_else(|_| "st".to_owned());
        let picture = data.path().join("dot.gif");
        std::fs::write(&picture, e2e::cases::Case::generated(3).source).unwrap();
        let mut command = Command::new(&program);
        command
            .args(["--config-file".as_ref(), repository().join("e2e/openapi/schemathesis.toml").as_os_str()])
            .args(["run", &server.url("/openapi.json"), "--no-color"])
            .args(["--header", &format!("Authorization: Bearer {key}")])
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", repository().join("e2e/openapi"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PUNCHLINE_PICTURE", &picture)
            .current_dir(data.path());
        let run = tokio::task::spawn_blocking(move || command.output()).await.unwrap();
        let run = run.unwrap_or_else(|error| panic!("failed to start {program}: {error}; {INSTALL}"));
        let said = String::from_utf8_lossy(&run.stdout);
        println!("{said}{}", String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "schemathesis found what the document does not say");
        assert!(said.contains("Tested: 13"), "not every operation was tried");
        assert!(server.is_running());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_that_the_document_shows_does_what_it_says() {
    within(TEST, async {
        let (KeyedServer { server, key }, data) = keyed_server().await;
        std::fs::copy(repository().join("samples/duck.gif"), data.path().join("cat.gif")).unwrap();
        let document: Value = reqwest::get(server.url("/openapi.json")).await.unwrap().json().await.unwrap();
        let sample = |id: &str| {
            let operations = document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
            let operation = operations.into_iter().find(|operation| operation["operationId"] == id).unwrap();
            operation["x-codeSamples"][0]["source"].as_str().unwrap().to_owned()
        };
        let type_in = |source: &str, job: &str| {
            // With a key, as a reader of the document types it.
            let typed = source.replacen("curl ", "curl -sSf -H \"Authorization: Bearer $KEY\" ", 1);
            let mut command = Command::new("bash");
            command.args(["-c", &typed]).env("PUNCHLINE", server.url("")).env("KEY", &key).env("JOB", job);
            command.current_dir(data.path()).output().unwrap()
        };
        let run = |source: &str, job: &str| {
            let run = type_in(source, job);
            assert!(run.status.success(), "{source}: {}", String::from_utf8_lossy(&run.stderr));
            String::from_utf8(run.stdout).unwrap()
        };
        let json = |text: String| serde_json::from_str::<Value>(&text).unwrap();

        let job = json(run(&sample("submitJob"), ""));
        assert_eq!(job["state"], "done");
        let id = job["id"].as_str().unwrap();
        assert_eq!(json(run(&sample("showJob"), id)), job);
        assert!(run(&sample("followJob"), id).contains("event: done"));
        run(&sample("downloadResult"), id);
        run(&sample("downloadSource"), id);
        let size = |name: &str| std::fs::metadata(data.path().join(name)).unwrap().len();
        assert_eq!(Some(size("captioned.gif")), job["output"]["bytes"].as_u64());
        assert_eq!(size("source.gif"), size("cat.gif"));
        let batch = json(run(&sample("submitBatch"), ""));
        assert_eq!(batch["jobs"].as_array().unwrap().len(), 2);
        assert_eq!(json(run(&sample("layOut"), ""))["captions"][0]["lines"][0], "when it compiles");
        assert_eq!(json(run(&sample("gallery"), ""))["jobs"], serde_json::json!([]));
        assert_eq!(json(run(&sample("info"), ""))["keys_required"], true);
        for health in ["live", "ready", "started"] {
            assert_eq!(json(run(&sample(health), ""))["ok"], true);
        }
        // A job that is done can't be cancelled.
        let refused = type_in(&sample("cancelJob"), id);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("409"), "{refused:?}");
    })
    .await;
}
