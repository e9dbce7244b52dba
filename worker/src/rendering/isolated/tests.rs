//! However a process of its own ends, and that it answers with what the engine gives.

use proto_shared::{Caption, Position, Style};

use super::*;

fn spec() -> CaptionSpec {
    CaptionSpec::of(vec![Caption::new("here", Position::Bottom, Style::Overlay)])
}

fn of(source: Bytes) -> Ingredients {
    Ingredients { source, images: Vec::new(), fonts: Vec::new() }
}

fn shell(script: &str) -> Isolated {
    let args = ["-c".into(), script.into()].into();
    let (memory_bytes, at_once) = (1 << 30, NonZeroUsize::MIN);
    Isolated::new(Isolation { program: "/bin/sh".into(), args, memory_bytes, at_once, timeout: Duration::from_secs(60) })
}

async fn run(script: &str) -> String {
    // More than a pipe holds: a process that reads nothing must not be waited for.
    let source = Bytes::from(vec![0; 1 << 20]);
    shell(script).run(&spec(), &Limits::default(), of(source)).await.unwrap_err().to_string()
}

#[tokio::test]
async fn however_a_process_ends_the_job_alone_is_told() {
    assert!(run("kill -ABRT $$").await.contains("signal: 6"), "{}", run("kill -ABRT $$").await);
    let text = run("echo too much >&2; exit 3").await;
    assert!(text.contains("exit status: 3") && text.ends_with("too much"), "{text}");
    assert!(run("exit 0").await.contains("cut off"));
    assert!(run("cat > /dev/null; echo nonsense").await.contains("could not be read"));
}

#[test]
fn the_last_line_but_advice_is_told() {
    let status = std::os::unix::process::ExitStatusExt::from_raw(6);
    let said = how_it_ended(status, "memory allocation of 64 bytes failed\nnote: run with `RUST_BACKTRACE=1`\n\n");
    assert!(said.ends_with(": memory allocation of 64 bytes failed"), "{said}");
}

/// More than a pipe holds, and then a last line.
#[tokio::test]
async fn standard_error_is_read_to_the_end() {
    let text = run("yes 'word after word after word after word' | head -n 10000 >&2; echo the reason >&2; exit 3").await;
    assert!(text.contains("exit status: 3") && text.ends_with(": the reason"), "{text}");
    let all = vec![b'x'; 3 * MAX_STDERR_BYTES + 7];
    assert_eq!(stderr_end(&all[..]).await.len(), MAX_STDERR_BYTES);
    assert_eq!(stderr_end(&b"no \xff text"[..]).await, "no \u{fffd} text");
}

/// Each waits until the others have begun.
#[tokio::test]
async fn suspects_run_side_by_side_as_far_as_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display();
    let script = format!("mkdir {path}/$$; while [ $(ls {path} | wc -l) -lt 3 ]; do sleep 0.01; done; exit 7");
    let alone = shell(&script);
    let isolated = Isolated::new(Isolation { at_once: NonZeroUsize::new(3).unwrap(), ..alone.isolation });
    let (spec, limits) = (spec(), Limits::default());
    let runs = (0..3).map(|_| isolated.run(&spec, &limits, of(Bytes::new())));
    for ended in futures::future::join_all(runs).await {
        let error = ended.unwrap_err();
        assert!(error.to_string().contains("exit status: 7"), "{error}");
    }
}

#[tokio::test]
async fn it_knows_nothing_of_this_processs_environment() {
    let text = run("cat > /dev/null; env | cut -d= -f1 | tr '\\n' ' ' >&2; exit 3").await;
    // What the shell sets itself.
    let known = ["PWD", "OLDPWD", "SHLVL", "_", "LD_LIBRARY_PATH"];
    let told = text.rsplit(": ").next().unwrap();
    assert!(text.contains("exit status: 3") && told.split_whitespace().all(|name| known.contains(&name)), "{text}");
}

#[tokio::test]
async fn a_process_that_never_ends_is_killed_at_its_time() {
    let isolated = shell("while true; do sleep 1; done");
    let isolated = Isolated::new(Isolation { timeout: Duration::from_millis(50), ..isolated.isolation });
    let error = isolated.run(&spec(), &Limits::default(), of(Bytes::new())).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Timeout);
}

#[test]
fn what_is_asked_is_answered_with_the_engines_bytes() {
    let (source, image) = (Bytes::from(samples_gif()), samples_gif());
    let name = ImageName::parse("party").unwrap();
    let mut spec = CaptionSpec::of(vec![Caption::new("here :party:", Position::Bottom, Style::Overlay)]);
    spec.images.insert(name.clone(), proto_shared::SourceId::from_bytes([1; 32]));
    let images = vec![(name.clone(), image.len())];
    let task = Request {
        spec: spec.clone(),
        memory_bytes: u64::MAX,
        // This process runs other tests too.
        cpu_s: None,
        limits: Limits::default(),
        images,
        fonts: Vec::new(),
    };
    let mut request = serde_json::to_vec(&task).unwrap();
    request.push(b'\n');
    request.extend_from_slice(&image);
    request.extend_from_slice(&source);
    let mut reply = Vec::new();
    answer(&Fonts::built_in(), &request[..], &mut reply).unwrap();
    let product = read_answer(reply).unwrap();
    let head_len = request.len() - source.len() + 20;
    let render_with = |images: Images| {
        let spec = engine_spec(&spec, &Fonts::built_in(), images).unwrap();
        let (limits, progress) = (Limits::default(), Progress::default());
        render(&Task { source: source.clone(), spec, limits, progress, lane: Lane::Standard }, &AtomicBool::new(false))
            .unwrap()
            .bytes
    };
    assert_eq!(product.bytes, render_with([(name, image.clone())].into_iter().collect()));
    assert_ne!(product.bytes, render_with(Images::default()), "the image is drawn");

    let mut refused = Vec::new();
    let cut = &request[..head_len];
    answer(&Fonts::built_in(), cut, &mut refused).unwrap();
    assert_eq!(read_answer(refused).unwrap_err().code(), ErrorCode::Truncated);
    assert!(answer(&Fonts::built_in(), &request[..request.len() - source.len() - 1], Vec::new()).is_err());
    assert!(answer(&Fonts::built_in(), &b"no task"[..], Vec::new()).is_err());
}

fn samples_gif() -> Vec<u8> {
    let palette = Some(samples::Palette { log2_len: 5, seed: 1, has_black_and_white: true });
    let frame = samples::Frame::plain(200, 100, samples::Content::Runs, 3);
    samples::Sample { width: 200, height: 100, palette, loop_count: None, frames: vec![frame] }.bytes()
}
