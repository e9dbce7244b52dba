//! The flow of deliveries: takes them as the broker gives them, and ends in order.
//!
//! How many are worked on is the prefetch's to say; what becomes of one is `settle`'s.

use std::{num::NonZeroU16, sync::Arc};

use broker::{Broker, Deliveries, Delivery, Prefetch};
use proto_shared::Lane;
use service::late::until_it_works;
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
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
    let hands = Arc::new(Hands::new(prefetch));
    let begin = |jobs: &mut JoinSet<()>, delivery: Delivery| {
        let (settler, broker, hands) = (settler.clone(), broker.clone(), hands.clone());
        jobs.spawn(async move {
            // None only once the semaphore is closed, and nobody closes it.
            let _hand = hands.of(delivery.lane()).acquire().await.ok();
            settler.handle(delivery, &broker).await;
        });
    };
    take(&mut deliveries, &mut jobs, &begin, settler, shutdown).await;
    settler.store_gate.drain();
    // Given back, they would count as delivered before, and be marked and rendered apart sooner than others.
    for delivery in deliveries.stop().await {
        begin(&mut jobs, delivery);
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
    begin: &impl Fn(&mut JoinSet<()>, Delivery),
    settler: &Settler,
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
                Some(delivery) => begin(jobs, delivery),
                // The broker was closed by this process.
                None => return,
            },
        }
    }
}

/// Of each lane, as many jobs are worked on as it may have in hand. A broker may give as many of each of its queues, and a lane
/// has two: what comes beyond is held until one ends.
struct Hands {
    standard: Semaphore,
    express: Semaphore,
}

impl Hands {
    fn new(prefetch: Prefetch) -> Self {
        let of = |lane| Semaphore::new(usize::from(prefetch.of(lane).get()));
        Self { standard: of(Lane::Standard), express: of(Lane::Express) }
    }

    fn of(&self, lane: Lane) -> &Semaphore {
        match lane {
            Lane::Standard => &self.standard,
            Lane::Express => &self.express,
        }
    }
}
