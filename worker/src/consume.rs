//! The flow of deliveries: takes them as the broker gives them, and ends in order.
//!
//! How many are in flight is the prefetch's to say; what becomes of one is `settle`'s.

use std::{num::NonZeroU16, sync::Arc};

use broker::{Broker, Deliveries, Delivery, Prefetch};
use service::late::until_it_works;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{WorkerConfig, settle::Settler};

/// Works until `shutdown`, or until a thread of the engine is lost, then drains. True when every job in hand was
/// finished.
pub(crate) async fn run(broker: &Broker, settler: &Arc<Settler>, config: &WorkerConfig, shutdown: &CancellationToken) -> bool {
    // Small jobs come beside large ones, not behind them.
    let express = NonZeroU16::new(config.parallelism.get() / 2).unwrap_or(NonZeroU16::MIN);
    let prefetch = Prefetch { standard: config.parallelism, express };
    let consume = || broker.consume(prefetch);
    let Some(mut deliveries) = until_it_works("consume", shutdown, consume).await else { return true };
    tracing::info!(parallelism = config.parallelism, "taking jobs");
    let mut jobs = JoinSet::new();
    take(&mut deliveries, &mut jobs, broker, settler, shutdown).await;
    settler.store_gate.drain();
    // Given back, they would count as delivered before, and be marked and rendered apart sooner than others.
    for delivery in deliveries.stop().await {
        begin(&mut jobs, settler, broker, delivery);
    }

    let in_hand = jobs.len();
    tracing::info!(in_hand, grace_s = config.shutdown_grace.as_secs(), "draining");
    let finished = async { while jobs.join_next().await.is_some() {} };
    if timeout(config.shutdown_grace, finished).await.is_ok() {
        return true;
    }
    // A job that is dropped stops its engine within a frame and gives its delivery back.
    tracing::warn!(given_back = jobs.len(), "the grace is over");
    // Nobody died of these.
    settler.starts.clear_all().await;
    jobs.shutdown().await;
    false
}

async fn take(
    deliveries: &mut Deliveries,
    jobs: &mut JoinSet<()>,
    broker: &Broker,
    settler: &Arc<Settler>,
    shutdown: &CancellationToken,
) {
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = settler.runner.engine.stuck().cancelled() => return,
            // Finished jobs are forgotten at once: a set that only grows is a leak.
            Some(_) = jobs.join_next() => {}
            delivery = deliveries.next() => match delivery {
                Some(delivery) => begin(jobs, settler, broker, delivery),
                // The broker was closed by this process.
                None => return,
            },
        }
    }
}

fn begin(jobs: &mut JoinSet<()>, settler: &Arc<Settler>, broker: &Broker, delivery: Delivery) {
    let (settler, broker) = (settler.clone(), broker.clone());
    jobs.spawn(async move { settler.handle(delivery, &broker).await });
}
