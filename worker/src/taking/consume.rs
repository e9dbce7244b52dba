//! The flow of deliveries: takes them as the broker gives them, and drains at the end.
//!
//! Run by `worker`. The prefetch decides how many are worked on at a time, `settle` what becomes of each.

use std::{num::NonZeroU16, sync::Arc, time::Duration};

use broker::{Broker, Deliveries, Delivery, Prefetch};
use proto_shared::PerLane;
use service::eventual::until_it_works;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::settling::settle::Settler;

/// Works until `shutdown`, or until a thread of the engine is lost, then drains for up to `grace`. True when every job was
/// finished.
pub(crate) async fn run(
    broker: &Broker,
    settler: &Arc<Settler>,
    parallelism: NonZeroU16,
    grace: Duration,
    shutdown: &CancellationToken,
) -> bool {
    // Small jobs run beside large ones, not after them.
    let express = NonZeroU16::new(parallelism.get() / 2).unwrap_or(NonZeroU16::MIN);
    let prefetch = Prefetch { standard: parallelism, express };
    let consume = || broker.consume(prefetch);
    let Some(mut deliveries) = until_it_works("consume", shutdown, consume).await else { return true };
    tracing::info!(parallelism, "taking jobs");
    let mut jobs = JoinSet::new();
    // A broker may have as many unsettled of each of its queues, and a lane has two: deliveries beyond the prefetch of the lane
    // wait for one to end.
    let slots = Arc::new(PerLane::from_fn(|lane| Semaphore::new(usize::from(prefetch.of(lane).get()))));
    let begin = |jobs: &mut JoinSet<()>, delivery: Delivery| {
        let (settler, broker, slots) = (settler.clone(), broker.clone(), slots.clone());
        jobs.spawn(async move {
            // None only once the semaphore is closed, and nobody closes it.
            let _slot = slots.of(delivery.lane()).acquire().await.ok();
            settler.handle(delivery, &broker).await;
        });
    };
    take(&mut deliveries, &mut jobs, &begin, settler, shutdown).await;
    settler.store_gate.drain();
    // Given back, these would count as delivered before, and be rendered in a process of their own sooner than others.
    for delivery in deliveries.stop().await {
        begin(&mut jobs, delivery);
    }

    let in_hand = jobs.len();
    tracing::info!(in_hand, grace_s = grace.as_secs(), "draining");
    let finished = async { while jobs.join_next().await.is_some() {} };
    if timeout(grace, finished).await.is_ok() {
        return true;
    }
    // A job that is dropped stops its engine within a frame and gives its delivery back.
    tracing::warn!(given_back = jobs.len(), "the grace is over");
    // This process has not died of these jobs.
    settler.start_marks.clear_all().await;
    jobs.shutdown().await;
    false
}

async fn take(
    deliveries: &mut Deliveries,
    jobs: &mut JoinSet<()>,
    begin: &impl Fn(&mut JoinSet<()>, Delivery),
    settler: &Settler,
    shutdown: &CancellationToken,
) {
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            () = settler.runner.engine.stuck().cancelled() => return,
            // Finished jobs are removed at once: a set that only grows is a leak.
            Some(_) = jobs.join_next() => {}
            delivery = deliveries.next() => match delivery {
                Some(delivery) => begin(jobs, delivery),
                // The broker was closed by this process.
                None => return,
            },
        }
    }
}
