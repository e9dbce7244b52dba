//! What every release has stored and sent is read by this one: the files below `golden/`, one folder a release.
//!
//! A release adds a folder and changes none: `cargo test -p proto-shared --test golden -- --ignored` writes what is missing in
//! the folder of this release. What a folder's files mean is said here, and stays.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{fs, path::PathBuf};

use proto_shared::{
    AttemptNote, CallbackEnd, CallbackOutcome, Caption, CaptionSpec, ClientId, Colour, DeadRecord, ErrorCode, Event, Fidelity,
    IdempotencyRecord, JobId, JobMessage, JobRecord, JobResult, Lane, MediaType, News, Outcome, OutputId, OutputInfo,
    OutputSummary, Position, RenderStats, Size, SourceId, SourceInfo, Style,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// The folder of this release.
const THIS: &str = "0.1";
/// All folders there are. The first holds what was written before versions were read.
const RELEASES: [&str; 2] = ["before-0.1", THIS];

/// Something that is stored or sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Kept {
    Job(JobRecord),
    Message(JobMessage),
    Result(JobResult),
    Summary(OutputSummary),
    Idempotency(IdempotencyRecord),
    Dead(DeadRecord),
    Event(Event),
    Callback(CallbackEnd),
}

impl Kept {
    /// Reads a file: what its name begins with says what it is.
    fn read(name: &str, json: &Value) -> Result<Self, serde_json::Error> {
        fn of<T: DeserializeOwned>(json: &Value) -> Result<T, serde_json::Error> {
            // As bytes, which is how it is read.
            serde_json::from_slice(&serde_json::to_vec(json)?)
        }
        match name.split('-').next().unwrap() {
            "job" => of(json).map(Self::Job),
            "message" => of(json).map(Self::Message),
            "result" => of(json).map(Self::Result),
            "summary" => of(json).map(Self::Summary),
            "idempotency" => of(json).map(Self::Idempotency),
            "dead" => of(json).map(Self::Dead),
            "event" => of(json).map(Self::Event),
            "callback" => of(json).map(Self::Callback),
            kind => panic!("{name}: {kind} is no kind of record"),
        }
    }

    fn job(&self) -> Option<&JobRecord> {
        match self {
            Self::Job(job) | Self::Message(JobMessage { job, .. }) => Some(job),
            Self::Dead(dead) => dead.message.as_ref().map(|message| &message.job),
            _ => None,
        }
    }
}

/// What the files of both folders mean: the shapes are the same.
fn meant() -> Vec<(&'static str, Kept)> {
    let id = JobId::parse("0192f0c1a2b37c4d8e9f001122334455").unwrap();
    let source = SourceInfo {
        id: SourceId::from_bytes([0xA1; 32]),
        media: MediaType::Gif,
        bytes: 12_345,
        width_px: 320,
        height_px: 200,
        frames: 12,
    };
    let least = CaptionSpec::of(vec![Caption::new("größer\nals \u{1f600} \"so\"", Position::Bottom, Style::Overlay)]);
    let most = CaptionSpec::of(vec![
        Caption {
            font: "sans".to_owned(),
            size: Size::Px(40),
            fill: Some(Colour { rgb: [255, 204, 0] }),
            stroke: Some(Colour { rgb: [0, 0, 17] }),
            ..Caption::new("one", Position::Top, Style::Overlay)
        },
        Caption::new("two", Position::Bottom, Style::Bar),
    ]);
    let job = JobRecord::new(id.clone(), 1_700_000_000_123, source.clone(), least);
    let full = JobRecord {
        lane: Lane::Express,
        client: Some(ClientId::parse("9f86d081884c7d65").unwrap()),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        is_public: true,
        callback_url: Some("https://example.org/ended?of=1".to_owned()),
        ..JobRecord::new(id.clone(), 1_700_000_000_123, source, most)
    };
    let note = |attempt| AttemptNote {
        attempt,
        at_ms: 1_700_000_001_000,
        code: ErrorCode::StoreUnavailable,
        message: "the store is away".to_owned(),
    };
    let retried = JobMessage::first(full.clone()).next(note(1)).next(note(2));
    let stats = RenderStats {
        frames: 12,
        frames_copied: 7,
        frames_spliced: 4,
        frames_recoded: 1,
        frames_clearing: 0,
        segments: 30,
        segments_copied: 20,
        segments_spliced: 6,
        segments_recoded: 4,
        engine_wall_ms: 9,
    };
    let output =
        OutputInfo { id: OutputId::from_bytes([0xB2; 32]), media: MediaType::Gif, bytes: 13_000, width_px: 320, height_px: 240 };
    let missing_glyphs = vec!['中', '\u{1f600}'];
    // Results that tell it are looked at in `job.rs`: what does not tell it is written as before.
    let fidelity = Fidelity::default();
    let result =
        |outcome| Kept::Result(JobResult { version: 1, id: id.clone(), finished_at_ms: 1_700_000_002_000, attempts: 2, outcome });
    let dead = |message, body: Option<&str>| {
        let (reason, body) = ("engine_panic: tested".to_owned(), body.map(str::to_owned));
        Kept::Dead(DeadRecord { version: 1, id: id.clone(), dead_at_ms: 1_700_000_003_000, reason, message, body })
    };
    let event = |news, has_callback| Kept::Event(Event { job: id.clone(), at_ms: 1_700_000_004_000, news, has_callback });
    let callback = |end| Kept::Callback(CallbackEnd { version: 1, id: id.clone(), at_ms: 1_700_000_005_000, attempts: 3, end });
    let code = ErrorCode::TextDoesNotFit;
    vec![
        ("job-least", Kept::Job(job.clone())),
        ("job-most", Kept::Job(full)),
        ("message-first", Kept::Message(JobMessage::first(job))),
        ("message-retried", Kept::Message(retried.clone())),
        (
            "result-done",
            result(Outcome::Done {
                output: output.clone(),
                stats,
                missing_glyphs: missing_glyphs.clone(),
                fidelity: fidelity.clone(),
            }),
        ),
        ("result-failed", result(Outcome::Failed { code, message: "it does not fit".to_owned(), field: None })),
        ("result-cancelled", result(Outcome::Cancelled)),
        ("summary", Kept::Summary(OutputSummary { version: 1, output, stats, missing_glyphs, fidelity })),
        ("idempotency", Kept::Idempotency(IdempotencyRecord { version: 1, job: id.clone(), created_at_ms: 1_700_000_000_123 })),
        ("dead-job", dead(Some(retried), None)),
        ("dead-malformed", dead(None, Some("{\"job\":"))),
        ("event-queued", event(News::Queued, false)),
        ("event-started", event(News::Started { attempt: 2 }, false)),
        ("event-progress", event(News::Progress { frames_done: 3, frames: 12 }, false)),
        ("event-retrying", event(News::Retrying { attempt: 1, delay_ms: 5_000, code: ErrorCode::StoreUnavailable }, false)),
        ("event-done", event(News::Done, true)),
        ("event-failed", event(News::Failed { code }, false)),
        ("event-cancelled", event(News::Cancelled, false)),
        ("callback-delivered", callback(CallbackOutcome::Delivered)),
        ("callback-given-up", callback(CallbackOutcome::GivenUp { problem: "404".to_owned() })),
    ]
}

fn path(release: &str, name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(release).join(format!("{name}.json"))
}

fn written(kept: &Kept) -> String {
    serde_json::to_string_pretty(kept).unwrap() + "\n"
}

fn stored(release: &str, name: &str) -> Value {
    let path = path(release, name);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

#[test]
#[ignore = "it writes the files that this release is held to"]
fn write_what_is_missing_of_this_release() {
    fs::create_dir_all(path(THIS, "").parent().unwrap()).unwrap();
    for (name, kept) in meant() {
        if !path(THIS, name).exists() {
            fs::write(path(THIS, name), written(&kept)).unwrap();
        }
    }
}

#[test]
fn every_file_of_every_release_means_what_it_meant() {
    for release in RELEASES {
        let mut names: Vec<_> = fs::read_dir(path(release, "").parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned())
            .collect();
        names.sort();
        let mut expected: Vec<_> = meant().into_iter().map(|(name, _)| name).collect();
        expected.sort_unstable();
        assert_eq!(names, expected, "{release}");
        for (name, kept) in meant() {
            assert_eq!(Kept::read(name, &stored(release, name)).unwrap(), kept, "{release}/{name}");
        }
    }
    let mut folders: Vec<_> = fs::read_dir(path("", "").parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
    folders.sort();
    let mut expected = RELEASES;
    expected.sort_unstable();
    assert_eq!(folders, expected);
}

#[test]
fn this_release_writes_what_its_files_say() {
    for (name, kept) in meant() {
        assert_eq!(written(&kept), fs::read_to_string(path(THIS, name)).unwrap(), "{name}");
    }
}

/// A pointer to each object within.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(at.to_owned());
            members.iter().for_each(|(name, member)| objects(member, &format!("{at}/{name}"), found));
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| objects(item, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

#[test]
fn a_field_that_a_later_release_adds_anywhere_is_passed_over() {
    let mut tried = 0;
    for (name, kept) in meant() {
        let json = stored(THIS, name);
        let mut pointers = Vec::new();
        objects(&json, "", &mut pointers);
        for at in pointers {
            // Its one member is the name of a variant.
            if at == "/end" {
                continue;
            }
            let mut added = json.clone();
            let object = added.pointer_mut(&at).unwrap().as_object_mut().unwrap();
            object.insert("added_later".to_owned(), json!({"x": [1, {"y": null}]}));
            let read = Kept::read(name, &added).unwrap_or_else(|e| panic!("{name}{at}: {e}"));
            if at.contains("/spec") {
                // It asks for more than this release can do, and is shown and stored as it is.
                assert!(read.job().unwrap().is_newer(), "{name}{at}");
                assert_eq!(serde_json::to_value(&read).unwrap(), added, "{name}{at}");
            } else {
                assert_eq!(read, kept, "{name}{at}");
            }
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}
