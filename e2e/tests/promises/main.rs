//! The ten promises, each with the tests that try to break it, on a real RabbitMQ, a real S3 store and real processes. At the end of
//! each, everything that was answered 202 is compared with records, results, outputs and dead letters.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "functions that tests share fail by panicking, and say what was done"
)]

mod chaos;
mod dead_workers;
mod durable;
mod network;
mod overload;
mod poison;
mod rate;
mod retries;
mod shutdown;
mod stored_first;
mod told;
mod twice;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use broker::{AmqpConfig, Broker, Events, Filter, Heard};
use e2e::{cases::Case, cluster::Cluster};
use proto_shared::{Event, News};
use tokio::sync::{Mutex, MutexGuard};

/// For one test. It is many times what a test takes, so that it fails only if something hangs, not on a slow machine.
const TEST: Duration = Duration::from_secs(1_800);
/// For the work of one test.
const DONE: Duration = Duration::from_secs(600);
/// Between two polls of something that sends no events.
const POLL: Duration = Duration::from_millis(20);

/// Waits until no other test has a cluster: side by side they would slow each other.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

fn cases(count: usize) -> Vec<Arc<Case>> {
    Case::many(count).unwrap().into_iter().map(Arc::new).collect()
}

/// A case with a seed of its own, so that no other case has the same output.
fn case(seed: u64) -> Arc<Case> {
    Arc::new(Case::generated(seed))
}

/// A connection to the broker for the test itself, without a proxy in between.
async fn broker(cluster: &Cluster) -> Broker {
    Broker::connect(&AmqpConfig::new(cluster.rabbitmq.amqp_url(), "test")).await.unwrap()
}

async fn events(broker: &Broker) -> Events {
    broker.subscribe(Filter::Every).await.unwrap()
}

/// The next event that is wanted, and when it came.
async fn heard(events: &mut Events, wanted: impl Fn(&Event) -> bool) -> (Event, Instant) {
    let listening = async {
        loop {
            match events.next().await {
                Some(Heard::Event(event)) if wanted(&event) => return (event, Instant::now()),
                Some(_) => {}
                None => panic!("no more events"),
            }
        }
    };
    tokio::time::timeout(DONE, listening).await.unwrap()
}

async fn started(events: &mut Events, id: &str) -> Instant {
    heard(events, |event| event.job.as_str() == id && matches!(event.news, News::Started { .. })).await.1
}

/// Polls until the condition is true.
async fn until(what: &str, within: Duration, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        tokio::time::sleep(POLL).await;
    }
}
