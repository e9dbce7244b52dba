//! A suspect's process, the real one: its address space is enough for what the limits allow, on a machine with many CPUs too.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the functions that tests share are tests too")]

use std::{
    num::{NonZeroU16, NonZeroUsize},
    time::Duration,
};

use broker::Broker;
use bytes::Bytes;
use fonts::Fonts;
use proto_shared::{Caption, CaptionSpec, JobId, JobMessage, JobRecord, MediaType, Outcome, Position, SourceInfo, Style};
use samples::{Content, Frame, Palette, Sample};
use service::{Clock, Late, metrics::registry};
use store::{Created, Start, Store, StoreConfig};
use tokio_util::sync::CancellationToken;
use worker::{Engine, Isolation, Parts, ProcessId, Worker, WorkerConfig};

/// For what must happen.
const LONG: Duration = Duration::from_secs(600);
/// As `punchline worker` gives.
const MEMORY_BYTES: u64 = 2 << 30;

/// Near the limits on sides and on pixels over all frames, with a frame for each CPU of a large machine.
fn large_picture() -> Vec<u8> {
    let (width, height) = (4096, 3200);
    let frames = (0..30).map(|seed| Frame::plain(width, height, Content::Runs, seed)).collect();
    let palette = Some(Palette { log2_len: 8, seed: 1, has_black_and_white: false });
    Sample { width, height, palette, loop_count: None, frames }.bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_picture_is_rendered_within_the_limit_whatever_the_number_of_cpus() {
    let store = Store::open(&StoreConfig::new("memory:")).unwrap();
    let broker = Broker::in_process();
    let picture = large_picture();
    let bytes = picture.len() as u64;
    let id = store.put_source(Bytes::from(picture)).await.unwrap();
    let source = SourceInfo { id, media: MediaType::Gif, bytes, width_px: 4096, height_px: 3200, frames: 30 };
    let captions = vec![
        Caption::new("however large it is, it is rendered", Position::Top, Style::Overlay),
        Caption::new("beside nobody", Position::Bottom, Style::Overlay),
    ];
    let job = JobRecord::new(JobId::from_bytes([7; 16]), 1, source, CaptionSpec { captions });
    assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    store.mark_start(&job.id, &Start { process: "one that died".to_owned(), deliveries_before: 0 }).await.unwrap();
    broker.publish_again(&JobMessage::first(job.clone())).await.unwrap();

    // What rayon and glibc make of a machine with thirty CPUs.
    let args = ["RAYON_NUM_THREADS=30", env!("CARGO_BIN_EXE_punchline"), "render-one"].map(Into::into).into();
    let isolation =
        Isolation { program: "/usr/bin/env".into(), args, memory_bytes: MEMORY_BYTES, at_once: NonZeroUsize::MIN, timeout: LONG };
    let parts = Parts {
        broker: Late::from(broker),
        store: store.clone(),
        engine: Engine::with(LONG, |_, _| panic!("it is a suspect")).unwrap(),
        isolation,
        fonts: Fonts::built_in(),
        clock: Clock::system(),
        process: ProcessId::random(),
    };
    let config = WorkerConfig {
        limits: caption::Limits::default(),
        parallelism: NonZeroU16::MIN,
        shutdown_grace: LONG,
        looks_for_lost: false,
    };
    let worker = Worker::new(config, parts, &mut registry());
    let shutdown = CancellationToken::new();
    let working = worker.run(&shutdown);
    let waiting = async {
        let outcome = loop {
            if let Some(result) = store.get_result(&job.id).await.unwrap() {
                break result.outcome;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        shutdown.cancel();
        outcome
    };
    let (outcome, _) = tokio::time::timeout(LONG, async { tokio::join!(waiting, working) }).await.unwrap();
    let Outcome::Done { stats, .. } = outcome else { panic!("{outcome:?}") };
    println!("{bytes} bytes, {} frames in {} ms", stats.frames, stats.engine_wall_ms);
    assert_eq!(stats.frames, 30);
}
