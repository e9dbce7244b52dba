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
use service::{Clock, Eventual, metrics::registry};
use store::{Created, Start, Store, StoreConfig, source_id};
use tokio_util::sync::CancellationToken;
use worker::{Engine, Isolation, ProcessId, Worker, WorkerConfig, WorkerParts};

/// For what must happen.
const LONG: Duration = Duration::from_secs(600);
/// As `punchline worker` gives.
const MEMORY_BYTES: u64 = 2 << 30;

/// With the longest sides that are allowed, and more frames than threads render it.
const SIDE_PX: u16 = 4096;
const FRAMES: u32 = 8;

fn large_picture() -> Bytes {
    let frames = (0..FRAMES).map(|seed| Frame::plain(SIDE_PX, SIDE_PX, Content::Flat, seed)).collect();
    let palette = Some(Palette { log2_len: 8, seed: 1, has_black_and_white: false });
    Sample { width: SIDE_PX, height: SIDE_PX, palette, loop_count: None, frames }.bytes().into()
}

/// How a suspect ends on a machine with so many CPUs, by what rayon and glibc make of their number.
async fn rendered(picture: &Bytes, cpus: u32) -> Outcome {
    let (store, broker) = (Store::open(&StoreConfig::new("memory:")).unwrap(), Broker::in_process());
    let id = source_id(picture);
    store.put_source(&id, picture.clone()).await.unwrap();
    let (width_px, height_px, bytes) = (SIDE_PX.into(), SIDE_PX.into(), picture.len() as u64);
    let source = SourceInfo { id, media: MediaType::Gif, bytes, width_px, height_px, frames: FRAMES };
    let captions = vec![Caption::new("however large it is, it is rendered", Position::Bottom, Style::Overlay)];
    let job = JobRecord::new(JobId::from_bytes([7; 16]), 1, source, CaptionSpec::of(captions));
    assert_eq!(store.create_job(&job).await.unwrap(), Created::New);
    store.mark_start(&job.id, &Start { process: "one that died".to_owned(), deliveries_before: 0 }).await.unwrap();
    broker.publish_again(&JobMessage::first(job.clone())).await.unwrap();

    let environment = [format!("RAYON_NUM_THREADS={cpus}"), format!("MALLOC_ARENA_MAX={}", 8 * cpus)].map(Into::into);
    let args = environment.into_iter().chain([env!("CARGO_BIN_EXE_punchline").into(), "render-one".into()]).collect();
    let isolation =
        Isolation { program: "/usr/bin/env".into(), args, memory_bytes: MEMORY_BYTES, at_once: NonZeroUsize::MIN, timeout: LONG };
    let parts = WorkerParts {
        broker: Eventual::from(broker),
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
        searches_for_lost: false,
    };
    let worker = Worker::new(config, parts, &mut registry());
    let shutdown = CancellationToken::new();
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
    tokio::time::timeout(LONG, async { tokio::join!(waiting, worker.run(&shutdown)).0 }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_picture_is_rendered_within_the_limit_whatever_the_number_of_cpus() {
    let picture = large_picture();
    for cpus in [30, 64] {
        let outcome = rendered(&picture, cpus).await;
        let Outcome::Done { stats, .. } = outcome else { panic!("{cpus} CPUs: {outcome:?}") };
        assert_eq!(stats.frames, FRAMES);
    }
}
