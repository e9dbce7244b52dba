//! `punchline submit` and `status` against a real `punchline serve`: they give the same bytes as `caption`, and find a job's end even if
//! the server was killed while the client waited.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use e2e::{
    binary,
    cases::Case,
    cli::{CommandLine, Run},
    client::Client,
    deadline::within,
    group::Group,
    ports::Port,
    process::Process,
};
use samples::{Sample, apng, minimal::many_frames, mp4::Clip, webp};
use serde_json::Value;
use tokio::process::Command;

const TEST: Duration = Duration::from_secs(900);
const DONE: Duration = Duration::from_secs(480);

/// A folder with a good source, `cat.gif`.
fn with_cat() -> (CommandLine, Case) {
    CommandLine::with_case(env!("CARGO_BIN_EXE_peak_memory"), 0).unwrap()
}

fn run(folder: &CommandLine, arguments: &str, server: &str, input: &[u8]) -> Run {
    folder.run(&format!("{arguments} --server {server}"), input).unwrap()
}

fn assert_ends(ran: &Run, code: i32, reasons: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), usize::from(code != 0), "{:?}", ran.err);
    for reason in reasons {
        assert!(ran.err.contains(reason), "{reason:?} was expected in {:?}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_gives_the_very_bytes_that_caption_does() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let server = Process::serve(data.path(), &[]).await.unwrap();
        let url = server.url("");
        let (folder, case) = with_cat();

        let ran = run(&folder, "submit cat.gif --spec spec.json --wait", &url, b"");
        assert_ends(&ran, 0, &[]);
        let line = String::from_utf8(ran.out).unwrap();
        let (id, place) = line.trim_end().split_once(' ').unwrap();
        assert_eq!(place, format!("{url}/v1/jobs/{id}"));
        assert_eq!(folder.names().unwrap(), ["cat.captioned.gif", "cat.gif", "spec.json"]);
        assert_eq!(case.fault(&folder.get("cat.captioned.gif").unwrap()), None);

        // With standard input and output, the line about the job goes to standard error.
        let ran = run(&folder, "submit - -o - --spec spec.json", &url, &case.source);
        assert_eq!((ran.code, case.fault(&ran.out)), (Some(0), None), "{}", ran.err);
        assert!(ran.err.contains("/v1/jobs/"), "{}", ran.err);

        let ran = run(&folder, &format!("status {id} -o again.gif --json"), &url, b"");
        assert_ends(&ran, 0, &[]);
        let job: Value = serde_json::from_slice(&ran.out).unwrap();
        assert_eq!((job["id"].as_str(), job["state"].as_str()), (Some(id), Some("done")));
        assert_eq!(case.fault(&folder.get("again.gif").unwrap()), None);

        let told = String::from_utf8(run(&folder, &format!("status {id}"), &url, b"").out).unwrap();
        assert!(told.contains("state    done") && told.contains(&format!("{} bytes", case.source.len())), "{told}");

        let ran = run(&folder, "submit cat.gif --spec spec.json --json --gallery", &url, b"");
        assert_ends(&ran, 0, &[]);
        let job: Value = serde_json::from_slice(&ran.out).unwrap();
        let gallery = reqwest::get(server.url("/v1/gallery")).await.unwrap().json::<Value>().await.unwrap();
        assert_eq!(gallery["jobs"][0]["id"], job["id"]);

        // Other animations than GIFs, and a caption with a time in them.
        for (kind, file) in [("png", apng::moving_square(6)), ("webp", webp::moving_square(6))] {
            folder.put(&format!("moving.{kind}"), &file).unwrap();
            let caption = format!("moving.{kind} --bottom here --from 0.4 --to 0.8");
            assert_ends(&folder.run(&format!("caption {caption} -o local.{kind}"), b"").unwrap(), 0, &[]);
            let ran = run(&folder, &format!("submit {caption} --wait --json"), &url, b"");
            assert_ends(&ran, 0, &[]);
            let job: Value = serde_json::from_slice(&ran.out).unwrap();
            assert_eq!((&job["source"]["frames"], &job["stats"]["frames"]), (&6.into(), &6.into()), "{job}");
            let [submitted, local] = ["moving.captioned", "local"].map(|name| folder.get(&format!("{name}.{kind}")).unwrap());
            assert!(submitted == local, "{kind}");
        }

        // Files of another kind and size, and of no more bytes than are allowed; and a video.
        folder.put("clip.mp4", &Clip::of_keys([160, 96], 3).bytes()).unwrap();
        for (k, (source, extension, flags)) in [
            ("cat.gif", "webp", ""),
            ("cat.gif", "png", "--max-width 60"),
            ("cat.gif", "gif", "--max-size 1800"),
            ("moving.webp", "gif", ""),
            ("clip.mp4", "gif", ""),
            ("clip.mp4", "webp", "--max-height 60"),
        ]
        .into_iter()
        .enumerate()
        {
            let [local, submitted] = ["local", "submitted"].map(|by| format!("{by}{k}.{extension}"));
            let ran = folder.run(&format!("caption {source} --bottom Hi {flags} -o {local}"), b"").unwrap();
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            let ran = run(&folder, &format!("submit {source} --bottom Hi {flags} -o {submitted} --json"), &url, b"");
            assert_eq!(ran.code, Some(0), "{}", ran.err);
            let [local, submitted] = [local, submitted].map(|name| folder.get(&name).unwrap());
            assert!(submitted == local, "{source} as {extension}");
            let job: Value = serde_json::from_slice(&ran.out).unwrap();
            assert_eq!(job["output"]["media"], extension, "{job}");
        }
        let ran = run(&folder, "submit cat.gif --bottom Hi --max-size 100 --wait", &url, b"");
        assert!(ran.code == Some(65) && ran.err.contains("fit_not_possible"), "{}", ran.err);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_code_and_one_line() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let env = [("PUNCHLINE_MAX_UPLOAD_BYTES".to_owned(), "1000000".to_owned())];
        let server = Process::serve(data.path(), &env).await.unwrap();
        let url = server.url("");
        let (folder, case) = with_cat();
        folder.put("head.gif", &case.source[..20]).unwrap();
        folder.put("large.gif", &vec![b'G'; 1_000_001]).unwrap();
        let unknown = "status 0192f0c1a2b37c4d8e9f001122334455";
        for (arguments, code, reasons) in [
            ("submit head.gif --bottom hi", 65, ["truncated", "field file"]),
            ("submit large.gif --bottom hi", 65, ["limit 1000000", "got 1000001"]),
            ("submit cat.gif --bottom hi --font comic", 65, ["unknown_font", "--font"]),
            ("submit cat.gif --bottom hi --callback-url https://example.com", 65, ["callbacks_off", "--callback-url"]),
            ("submit http://127.0.0.1/cat.gif --bottom hi", 65, ["forbidden_address", "source_url"]),
            ("submit cat.gif --bottom hi --font a.ttf", 2, ["--font", "a.ttf"]),
            ("submit cat.gif", 2, ["--bottom", ""]),
            ("submit none.gif --bottom hi", 66, ["none.gif", ""]),
            ("submit . --bottom hi", 66, ["directory", ""]),
            (unknown, 66, ["job_not_found", ""]),
        ] {
            assert_ends(&run(&folder, arguments, &url, b""), code, &reasons);
        }
        let ran = run(&folder, "submit cat.gif --bottom hi -o none/out.gif", &url, b"");
        assert_ends(&ran, 73, &["none/out.gif", "punchline status"]);

        let nobody = format!("http://127.0.0.1:{}", Port::lease().unwrap().number());
        let ran = run(&folder, "submit cat.gif --bottom hi --patience 0", &nobody, b"");
        assert_ends(&ran, 69, &["can't be reached", &nobody]);
        assert_eq!(folder.names().unwrap(), ["cat.gif", "head.gif", "large.gif", "spec.json"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_finds_the_end_although_the_server_was_killed() {
    within(TEST, async {
        let data = tempfile::tempdir().unwrap();
        let (folder, case) = with_cat();
        let port = Port::lease().unwrap();
        let url = format!("http://127.0.0.1:{}", port.number());
        let mut server = serve(data.path(), &folder, &url).await;

        // A server with one job in hand gets many jobs before it, so it waits long enough. In a program that was built with the
        // feature `faults` the first of them takes forty seconds, however fast the machine is.
        let client = Client::new(url.clone());
        let slow = r#"{"captions":[{"text":"fault: slow frames"}]}"#;
        let slow = client.submit(&many_frames(2_000), slow).await.unwrap();
        let large = Sample::well_formed(7, 700..=799).bytes();
        for n in 0..BEFORE {
            client.submit(&large, &format!(r#"{{"captions":[{{"text":"{n}"}}]}}"#)).await.unwrap();
        }
        let mut waiting = Command::new(binary::punchline().unwrap());
        waiting.args(["submit", "cat.gif", "--spec", "spec.json", "-o", "out.gif", "--server", &url]);
        let mut waiting = waiting
            .current_dir(folder.path(""))
            .kill_on_drop(true)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = tokio::io::BufReader::new(waiting.stdout.take().unwrap());
        tokio::io::AsyncBufReadExt::read_line(&mut out, &mut line).await.unwrap();
        let id = line.split_whitespace().next().unwrap();
        assert_eq!(client.job(id).await.unwrap()["state"], "queued", "it was done before the kill");
        server.kill();
        let _server = serve(data.path(), &folder, &url).await;
        // The slow job is no longer needed.
        client.cancel(&slow).await.unwrap();

        let ended = tokio::time::timeout(DONE, waiting.wait_with_output()).await.unwrap().unwrap();
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
        assert_eq!(case.fault(&folder.get("out.gif").unwrap()), None);
    })
    .await;
}

/// Together with the slow job and the waiting job, fewer than the express lane takes from one client.
const BEFORE: u64 = 20;

/// A server at a given address, so that another one can take its place.
async fn serve(data: &std::path::Path, folder: &CommandLine, url: &str) -> Group {
    let mut command = std::process::Command::new(binary::punchline().unwrap());
    command.args(["serve", "--listen", url.trim_start_matches("http://"), "--data"]).arg(data);
    command.env_clear().env("PUNCHLINE_PARALLELISM", "1");
    let mut server = Group::spawn("punchline serve", command, &folder.path("log"), "cargo build -p punchline").unwrap();
    let ready = format!("{url}/readyz");
    let is_ready = async || reqwest::get(&ready).await.is_ok_and(|answer| answer.status().is_success());
    server.wait_until("200 from /readyz", DONE, is_ready).await.unwrap();
    server
}
