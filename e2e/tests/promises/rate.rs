//! Promise 7, in figures: how many jobs a second end before the broker is killed, and after it is back.
//!
//! On demand, because the figures depend on the machine: `cargo test -p e2e --all-features --test promises -- --ignored
//! --nocapture a_broker`. `PUNCHLINE_RATE_FRAMES` makes jobs longer, a fiftieth of a second a frame.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use e2e::{cases::Case, cluster::Cluster, deadline::within, ledger::Ledger};
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use proto_shared::JobResult;
use tokio::time::sleep;

use crate::{DONE, TEST, turn};

const JOBS: u64 = 300;
const WORKERS: usize = 3;
/// The times of measurement: before the kill, after a warm-up, and after the broker is back.
const STARTING: Duration = Duration::from_secs(4);
const MEASURED: Duration = Duration::from_secs(10);
/// This share of the former rate must be reached again at once.
const KEPT: f64 = 0.8;

fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// When each job of the cluster has ended.
async fn ended_ms(cluster: &Cluster) -> Vec<u64> {
    let store = cluster.store.client().unwrap();
    let objects: Vec<_> = store.list(None).try_collect().await.unwrap();
    let results = objects.into_iter().filter(|object| object.location.as_ref().ends_with("/result.json"));
    let read = results.map(|object| {
        let store = &store;
        async move {
            let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
            serde_json::from_slice::<JobResult>(&bytes).unwrap().finished_at_ms
        }
    });
    let mut ended: Vec<_> = futures::stream::iter(read).buffer_unordered(16).collect().await;
    ended.sort_unstable();
    ended
}

fn rate(ended: &[u64], from_ms: u64) -> f64 {
    let until_ms = from_ms + u64::try_from(MEASURED.as_millis()).unwrap();
    let count = ended.iter().filter(|at_ms| (from_ms..until_ms).contains(at_ms)).count();
    f64::from(u32::try_from(count).unwrap()) / MEASURED.as_secs_f64()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures"]
async fn a_broker_that_is_back_is_followed_by_the_rate_before() {
    let _turn = turn().await;
    within(TEST, async {
        let frames: usize = std::env::var("PUNCHLINE_RATE_FRAMES").map_or(40, |frames| frames.parse().unwrap());
        let mut cluster = Cluster::start(0).await.unwrap();
        let (client, mut ledger) = (cluster.client(), Ledger::default());
        let (picture, case) = (samples::minimal::many_frames(frames), Arc::new(Case::generated(1)));
        for number in 0..JOBS {
            let spec = format!(r#"{{"captions":[{{"text":"fault: slow frames"}},{{"text":"{number}","at":"top"}}]}}"#);
            ledger.accepted(client.submit(&picture, &spec).await.unwrap(), &case);
        }
        for _ in 0..WORKERS {
            cluster.add_worker().await.unwrap();
        }
        sleep(STARTING).await;
        let measured_from_ms = now_ms();
        sleep(MEASURED).await;
        let killed_ms = now_ms();
        cluster.rabbitmq.kill();
        cluster.rabbitmq.restart().await.unwrap();
        let back_ms = now_ms();
        ledger.wait_finished(&cluster, DONE).await.unwrap();

        let ended = ended_ms(&cluster).await;
        let (before, after) = (rate(&ended, measured_from_ms), rate(&ended, back_ms));
        let by_second: Vec<_> = (0..15)
            .map(|second| {
                let from_ms = back_ms + second * 1000;
                ended.iter().filter(|at_ms| (from_ms..from_ms + 1000).contains(at_ms)).count()
            })
            .collect();
        let meanwhile = ended.iter().filter(|at_ms| (killed_ms..back_ms).contains(at_ms)).count();
        println!(
            "{WORKERS} workers, {JOBS} jobs of {frames} frames: {before:.1} jobs a second before the kill; {meanwhile} in the {} ms \
             without a broker; {after:.1} a second in the ten seconds after, by second {by_second:?}",
            back_ms - killed_ms
        );
        assert_eq!(ended.len() as u64, JOBS);
        assert!(after >= KEPT * before, "{after} after {before}");
    })
    .await;
}
