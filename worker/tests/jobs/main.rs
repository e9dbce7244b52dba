//! Deliveries from arrival to settlement, over the in-process broker; the engine is real only where it matters.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the functions that tests share are tests too")]

mod fixture;
mod suspects;

use std::{
    path::Path,
    sync::{
        Arc, Barrier,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use proto_shared::{ErrorCode, ImageName, JobResult, Outcome, RecordedSpec, job};
use store::{Created, Fault, Operation, source_id};
use tokio::sync::Notify;

use fixture::*;

#[tokio::test]
async fn a_job_is_rendered_stored_and_acked() {
    let fixture = house_on("memory:");
    let running = fixture.work(LONG, |_, _| Ok(product(b"captioned")));
    let message = fixture.job(1).await;
    fixture.broker.publish(&message).await.unwrap();
    let Outcome::Done { output, .. } = fixture.outcome(&message).await else { panic!("done was expected") };
    assert_eq!(
        output.id,
        fonts::output_id(&message.job.source.id, message.job.known_spec().unwrap(), &fonts::Fonts::built_in()).unwrap()
    );
    assert_eq!(fixture.store.get_output(&output.id, output.media).await.unwrap().len_bytes, 9);
    running.counted(r#"punchline_worker_jobs_total{outcome="done"} 1"#).await;
    running.counted(r#"punchline_worker_frames_total{how="spliced"} 1"#).await;
    running.counted(r#"punchline_worker_segments_total{how="copied"} 7"#).await;
    running.counted(r#"punchline_worker_segments_total{how="recoded"} 2"#).await;
    running.counted("punchline_worker_jobs_in_flight 0").await;
    assert!(running.end().await);
}

#[tokio::test]
async fn the_images_that_a_text_shows_come_from_the_store() {
    let fixture = house_on("memory:");
    let running = fixture.work(LONG, |task, _| {
        let images: Vec<_> = (0..2).map_while(|place| task.spec.images.get(place)).collect();
        let images: Vec<_> = images.into_iter().map(|(name, file)| (name.as_str(), file)).collect();
        if task.source[0] == 9 {
            let name = ImageName::parse("dot").unwrap();
            return Err(caption::Error::Image { name, why: Box::new(caption::Error::UnsupportedMedia) });
        }
        if images == [("dot", &b"an image"[..])] { Ok(product(b"captioned")) } else { Err(caption::Error::UnsupportedMedia) }
    });
    let image = bytes::Bytes::from_static(b"an image");
    let [shown, missing] = [image.clone(), bytes::Bytes::from_static(b"not stored")].map(|bytes| source_id(&bytes));
    fixture.store.put_source(&shown, image).await.unwrap();
    let with = |mut message: proto_shared::JobMessage, id: &proto_shared::SourceId, text: &str| {
        let RecordedSpec::Known(spec) = &mut message.job.spec else { panic!("it is known") };
        spec.captions[0].text = text.to_owned();
        let named = [("dot", id), ("unused", &missing)];
        spec.images = named.map(|(name, id)| (ImageName::parse(name).unwrap(), id.clone())).into();
        message
    };
    let drawn = with(fixture.job(1).await, &shown, "hello :dot:");
    fixture.broker.publish(&drawn).await.unwrap();
    assert!(matches!(fixture.outcome(&drawn).await, Outcome::Done { .. }));
    let lacks = with(fixture.job(2).await, &missing, ":dot:");
    fixture.broker.publish(&lacks).await.unwrap();
    assert_eq!(code_of(&fixture.outcome(&lacks).await), ErrorCode::UnknownSource, "as of a source that is gone");
    let damaged = with(fixture.job(9).await, &shown, ":dot:");
    fixture.broker.publish(&damaged).await.unwrap();
    let Outcome::Failed { field, code, .. } = fixture.outcome(&damaged).await else { panic!("it can't be drawn") };
    assert_eq!((field.as_deref(), code), (Some("images.dot"), ErrorCode::UnsupportedMedia));
    assert!(running.end().await);
}

#[tokio::test]
async fn a_job_that_panics_harms_only_itself() {
    let fixture = house_on("memory:");
    let running = fixture.work(LONG, |task, _| if task.source[0] == 13 { panic!("unlucky") } else { Ok(product(b"x")) });
    let (bad, good) = (fixture.job(13).await, fixture.job(1).await);
    fixture.broker.publish(&bad).await.unwrap();
    fixture.broker.publish(&good).await.unwrap();
    assert_eq!(code_of(&fixture.outcome(&bad).await), ErrorCode::EnginePanic);
    assert!(matches!(fixture.outcome(&good).await, Outcome::Done { .. }));
    running.counted(r#"punchline_worker_jobs_total{outcome="dead"} 1"#).await;
    let letter = fixture.dead(&bad).await;
    assert!(running.end().await);
    assert_eq!((letter.message, letter.reason.as_str()), (Some(bad), "engine_panic: the engine panicked: unlucky"));
}

/// A job that never ends may have taken the threads that another's frames were waiting for.
#[tokio::test]
async fn what_takes_too_long_among_others_is_judged_by_itself() {
    let fixture =
        Fixture { isolation: isolated_product("elsewhere"), job_timeout: Duration::from_millis(1), ..house_on("memory:") };
    let message = fixture.job(1).await;
    fixture.broker.publish(&message).await.unwrap();
    let running = fixture.work(LONG, |_, unwanted| {
        while !unwanted.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        Err(caption::Error::Cancelled)
    });
    let Outcome::Done { output, .. } = fixture.outcome(&message).await else { panic!("it is done") };
    assert_eq!(output.bytes, 9);
    assert!(running.end().await);
}

#[tokio::test]
async fn a_permanent_error_is_not_tried_again() {
    let fixture = house_on("memory:");
    let runs = Arc::new(AtomicU32::new(0));
    let counted = runs.clone();
    let running = fixture.work(LONG, move |_, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        Err(caption::Error::NoFrames)
    });
    let message = fixture.job(1).await;
    fixture.broker.publish(&message).await.unwrap();
    assert_eq!(code_of(&fixture.outcome(&message).await), ErrorCode::NoFrames);
    running.counted(r#"punchline_worker_jobs_total{outcome="failed"} 1"#).await;
    assert!(running.end().await);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_font_or_a_source_that_is_not_there_fails_the_job() {
    let fixture = house_on("memory:");
    let running = fixture.work(LONG, |_, _| Ok(product(b"x")));
    let mut no_font = fixture.job(1).await;
    let mut spec = no_font.job.known_spec().unwrap().clone();
    spec.captions[0].font = "wingdings".to_owned();
    no_font.job.spec = spec.into();
    let mut no_source = fixture.job(2).await;
    no_source.job.source.id = source_id(b"never stored");
    for (message, code) in [(no_font, ErrorCode::UnknownFont), (no_source, ErrorCode::UnknownSource)] {
        fixture.broker.publish(&message).await.unwrap();
        assert_eq!(code_of(&fixture.outcome(&message).await), code);
    }
    assert!(running.end().await);
}

#[tokio::test]
async fn one_message_delivered_many_times_has_one_result() {
    let fixture = house_on("memory:");
    // The first two are rendered at the same time, whichever of them is stored first.
    let (both, begun) = (Barrier::new(2), AtomicU32::new(0));
    let running = fixture.work(LONG, move |_, _| {
        if begun.fetch_add(1, Ordering::SeqCst) < 2 {
            both.wait();
        }
        Ok(product(b"x"))
    });
    let message = fixture.job(1).await;
    for _ in 0..10 {
        fixture.broker.publish(&message).await.unwrap();
    }
    running.counted("punchline_worker_deliveries_total 10").await;
    running.counted("punchline_worker_jobs_in_flight 0").await;
    let (done, duplicate) = (running.ended("done"), running.ended("duplicate"));
    assert!(done >= 2 && done + duplicate == 10, "{done} done, {duplicate} found finished");
    assert_eq!(fixture.store.get_result(&message.job.id).await.unwrap().unwrap().attempts, 1);
    assert!(running.end().await);
}

/// Makes every put of an output fail, as a full disk would, until it is taken away.
fn block_outputs(folder: &Path) {
    std::fs::write(folder.join("outputs"), b"a file where a folder should be").unwrap();
}

#[tokio::test]
async fn a_passing_error_is_tried_again_until_it_passes() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = house_on(&format!("file://{}", folder.path().display()));
    let message = fixture.job(1).await;
    block_outputs(folder.path());
    let blocked = folder.path().join("outputs");
    let runs = AtomicU32::new(0);
    let running = fixture.work(LONG, move |_, _| {
        if runs.fetch_add(1, Ordering::SeqCst) == 1 {
            std::fs::remove_file(&blocked).unwrap();
        }
        Ok(product(b"x"))
    });
    fixture.broker.publish(&message).await.unwrap();
    assert!(matches!(fixture.outcome(&message).await, Outcome::Done { .. }));
    assert_eq!(fixture.store.get_result(&message.job.id).await.unwrap().unwrap().attempts, 2);
    running.counted(r#"punchline_worker_jobs_total{outcome="retried"} 1"#).await;
    assert!(running.end().await);
}

#[tokio::test]
async fn after_the_last_attempt_the_job_is_a_dead_letter_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = house_on(&format!("file://{}", folder.path().display()));
    let message = fixture.job(1).await;
    block_outputs(folder.path());
    let running = fixture.work(LONG, |_, _| Ok(product(b"x")));
    fixture.broker.publish(&message).await.unwrap();
    assert_eq!(code_of(&fixture.outcome(&message).await), ErrorCode::AttemptsExhausted);
    running.counted(r#"punchline_worker_jobs_total{outcome="dead"} 1"#).await;
    running.counted(r#"punchline_worker_jobs_total{outcome="retried"} 2"#).await;
    let letter = fixture.dead(&message).await;
    assert!(letter.reason.starts_with("attempts_exhausted: 3 attempts failed"), "{}", letter.reason);
    let history: Vec<_> = letter.message.unwrap().history.into_iter().map(|note| (note.attempt, note.code)).collect();
    assert_eq!(history, [(1, ErrorCode::StoreUnavailable), (2, ErrorCode::StoreUnavailable)]);
    assert!(running.end().await);
}

/// What an attempt has stored is whole when its result could not be written.
#[tokio::test]
async fn an_attempt_after_one_that_stored_its_output_renders_nothing() {
    for came_again in [false, true] {
        let fixture = house_on("memory:");
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let message = fixture.job(1).await;
        fixture.faults.next(1, Operation::Create, &proto_shared::keys::job_result(&message.job.id), Fault::Fail);
        if came_again {
            // As by a worker that died between its output and its result.
            let engine = fixture.work(LONG, |_, _| Ok(product(b"x")));
            fixture.broker.publish(&message).await.unwrap();
            fixture.outcome(&message).await;
            assert!(engine.end().await);
            fixture.store.delete_result(&message.job.id).await.unwrap();
            fixture.redeliver(&message, 1).await;
        } else {
            fixture.broker.publish(&message).await.unwrap();
        }
        let running = fixture.work(LONG, move |_, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(product(b"x"))
        });
        let Outcome::Done { output, .. } = fixture.outcome(&message).await else { panic!("it is done") };
        assert!(running.end().await);
        assert_eq!((output.bytes, runs.load(Ordering::SeqCst)), (1, u32::from(!came_again)), "came again: {came_again}");
    }
}

/// A result that was written while the job was rendered.
#[tokio::test]
async fn a_delivery_is_counted_by_the_result_that_stands() {
    let another = |outcome: Outcome, message: &proto_shared::JobMessage| JobResult {
        version: job::VERSION,
        id: message.job.id.clone(),
        finished_at_ms: 1,
        attempts: 1,
        outcome,
    };
    let crashed = Outcome::Failed { code: ErrorCode::EngineCrashed, message: "elsewhere".to_owned(), field: None };
    for (stands, counted, letter) in
        [(Outcome::Cancelled, "cancelled", None), (crashed, "dead", Some("engine_crashed: elsewhere"))]
    {
        let fixture = house_on("memory:");
        let message = fixture.job(1).await;
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Barrier::new(2)));
        let (begins, goes_on) = (begun.clone(), go_on.clone());
        let running = fixture.work(LONG, move |_, _| {
            begins.notify_one();
            goes_on.wait();
            Ok(product(b"x"))
        });
        fixture.broker.publish(&message).await.unwrap();
        begun.notified().await;
        assert_eq!(fixture.store.create_result(&another(stands, &message)).await.unwrap(), Created::New);
        go_on.wait();
        running.counted(&format!("punchline_worker_jobs_total{{outcome=\"{counted}\"}} 1")).await;
        assert_eq!(running.ended("done"), 0);
        if let Some(reason) = letter {
            assert_eq!(fixture.dead(&message).await.reason, reason);
        }
        assert!(running.end().await);
    }
}

/// Its worker died between the result and the letter.
#[tokio::test]
async fn what_comes_again_after_it_failed_by_a_defect_is_kept() {
    let fixture = house_on("memory:");
    let message = fixture.job(1).await;
    let outcome = Outcome::Failed { code: ErrorCode::EnginePanic, message: "unlucky".to_owned(), field: None };
    let result = JobResult { version: job::VERSION, id: message.job.id.clone(), finished_at_ms: 1, attempts: 1, outcome };
    assert_eq!(fixture.store.create_result(&result).await.unwrap(), Created::New);
    fixture.redeliver(&message, 1).await;
    let running = fixture.work(LONG, |_, _| panic!("it is finished"));
    assert_eq!(fixture.dead(&message).await.reason, "engine_panic: unlucky");
    assert!(running.end().await);
}

#[tokio::test]
async fn a_shutdown_finishes_the_job_in_hand_and_takes_no_other() {
    let fixture = house_on("memory:");
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (begins, goes_on) = (begun.clone(), go_on.clone());
    let running = fixture.work(LONG, move |_, _| {
        begins.notify_one();
        while !goes_on.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Ok(product(b"x"))
    });
    let (in_hand, later) = (fixture.job(1).await, fixture.job(2).await);
    fixture.broker.publish(&in_hand).await.unwrap();
    begun.notified().await;
    running.shutdown.cancel();
    // The worker's task looks at its token before it looks for deliveries.
    fixture.broker.publish(&later).await.unwrap();
    go_on.store(true, Ordering::SeqCst);
    assert!(running.task.await.unwrap());
    assert!(matches!(fixture.store.get_result(&in_hand.job.id).await.unwrap().unwrap().outcome, Outcome::Done { .. }));
    assert_eq!(fixture.store.get_result(&later.job.id).await.unwrap(), None);
    assert_eq!(fixture.broker.depths().await.unwrap().waiting(), 1);
}

#[tokio::test]
async fn a_worker_that_waits_for_its_look_for_lost_work_ends_all_the_same() {
    for by_shutdown in [true, false] {
        let fixture = house_on("memory:");
        // Somebody looks in this stretch of time, which the worker's clock never leaves.
        assert_eq!(fixture.store.begin_search(0).await.unwrap(), Created::New);
        let running = fixture.work(LONG, |_, _| Ok(product(b"x")));
        let message = fixture.job(1).await;
        fixture.broker.publish(&message).await.unwrap();
        fixture.outcome(&message).await;
        if by_shutdown {
            running.shutdown.cancel();
        } else {
            fixture.broker.close().await;
        }
        let ended = tokio::time::timeout(LONG, running.task).await.expect("it does not wait for ten minutes");
        assert!(ended.unwrap(), "by shutdown: {by_shutdown}");
    }
}

#[tokio::test]
async fn a_job_that_outlives_the_grace_is_stopped_and_given_back() {
    let fixture = house_on("memory:");
    let begun = Arc::new(Notify::new());
    let begins = begun.clone();
    let running = fixture.work(Duration::from_millis(5), move |_, unwanted| {
        begins.notify_one();
        while !unwanted.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        Err(caption::Error::Cancelled)
    });
    let message = fixture.job(1).await;
    fixture.broker.publish(&message).await.unwrap();
    begun.notified().await;
    assert!(!running.end().await);
    assert_eq!(fixture.store.get_result(&message.job.id).await.unwrap(), None);
    assert_eq!(fixture.broker.depths().await.unwrap().waiting(), 1);
}
