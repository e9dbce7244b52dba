//! Fleets of workers under a paused clock: how often they search, and how soon a lost job is found.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures::future::join_all;
use proto_shared::{Caption, CaptionSpec, JobId, JobRecord, MediaType, Position, SourceInfo, Style, keys};
use store::{Fault, Faults, Operation, StoreConfig, source_id};
use tokio::time::{Instant, advance};

use super::*;

/// A third into a slot.
const BEGIN_MS: u64 = 1_700_000_000_000;
const MINUTE: Duration = Duration::from_secs(60);
/// What a worker waits at most for its search to begin.
const AT_MOST: Duration = Duration::from_secs(660);

struct Fleet {
    store: Store,
    faults: Faults,
    broker: Broker,
    clock: Clock,
    /// How far the clock was put back.
    back_ms: Arc<AtomicU64>,
}

impl Fleet {
    fn new() -> Self {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
        let (began, back_ms) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let back = back_ms.clone();
        let clock =
            Clock::from_fn(move || BEGIN_MS + u64::try_from(began.elapsed().as_millis()).unwrap() - back.load(Ordering::SeqCst));
        Self { store, faults, broker: Broker::in_process(), clock, back_ms }
    }

    fn schedule(&self, spread: Duration) -> SearchSchedule<'_> {
        SearchSchedule { store: &self.store, broker: &self.broker, clock: &self.clock, spread }
    }

    async fn start(&self) -> u64 {
        self.schedule(SPREAD / 2).after(self.clock.now_ms()).await.unwrap_or_default()
    }

    async fn sweep(&self, after: LostAfter) -> u64 {
        requeue_lost(&self.store, &self.broker, &self.clock, after).await.unwrap()
    }

    /// A job that was accepted long ago and that nobody has.
    async fn lose_a_job(&self) {
        self.lose_a_job_of(1).await;
    }

    async fn lose_a_job_of(&self, created_at_ms: u64) {
        let source = SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
        let spec = CaptionSpec::of(vec![Caption::new("a", Position::Top, Style::Bar)]);
        let job = JobRecord::new(JobId::from_bytes([7; 16]), created_at_ms, source, spec);
        assert_eq!(self.store.create_job(&job).await.unwrap(), Created::New);
    }

    /// A worker takes the job that is queued, and does it.
    async fn finish_the_job(&self) {
        let mut deliveries = self.broker.consume(broker::Prefetch::each(std::num::NonZeroU16::MIN)).await.unwrap();
        let delivery = deliveries.next().await.unwrap();
        assert!(delivery.redelivered(), "it may have been begun before");
        self.store.delete_job(&delivery.message().job.id).await.unwrap();
        delivery.ack().await.unwrap();
    }

    /// Each search is one listing here.
    fn searches(&self) -> u64 {
        self.faults.count(Operation::List, keys::JOBS_PREFIX)
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_to_start_searches_at_once() {
    let fleet = Fleet::new();
    fleet.lose_a_job().await;
    let began = Instant::now();
    assert_eq!(fleet.start().await, 1);
    assert_eq!((began.elapsed(), fleet.broker.depths().await.unwrap().waiting()), (Duration::ZERO, 1));
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_that_start_together_one_searches_and_one_more_for_all_others() {
    let fleet = Fleet::new();
    let began = Instant::now();
    join_all((0..100).map(|_| fleet.start())).await;
    assert_eq!(fleet.searches(), 2);
    assert!(began.elapsed() <= AT_MOST, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn pods_that_come_and_go_for_hours_search_once_in_ten_minutes() {
    let fleet = Fleet::new();
    let starts = (0..180).map(|minute| {
        let fleet = &fleet;
        async move {
            sleep(MINUTE * minute).await;
            fleet.start().await
        }
    });
    join_all(starts).await;
    assert!((17..=20).contains(&fleet.searches()), "{} searches in three hours", fleet.searches());
}

#[tokio::test(start_paused = true)]
async fn a_start_after_a_search_is_followed_by_another() {
    let fleet = Fleet::new();
    fleet.start().await;
    fleet.lose_a_job().await;
    let began = Instant::now();
    assert_eq!(fleet.start().await, 1);
    assert_eq!(began.elapsed(), Duration::from_secs(400) + SPREAD / 2);
}

#[tokio::test(start_paused = true)]
async fn a_sweep_spares_waiting_workers_their_search_unless_it_finds_less() {
    for (quiet_s, searches) in [(600, 2), (601, 3)] {
        let fleet = Fleet::new();
        fleet.start().await;
        let sweep = async {
            sleep(MINUTE).await;
            fleet.sweep(LostAfter { quiet: Duration::from_secs(quiet_s), ..LostAfter::default() }).await
        };
        assert_eq!(tokio::join!(fleet.start(), sweep), (0, 0));
        assert_eq!(fleet.searches(), searches, "lost after {quiet_s} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_that_did_not_end_spares_nobody() {
    let fleet = Fleet::new();
    let now_slot = BEGIN_MS / SLOT_MS;
    for slot in now_slot..now_slot + 3 {
        assert_eq!(fleet.store.begin_search(slot).await.unwrap(), Created::New);
    }
    fleet.lose_a_job().await;
    assert_eq!(fleet.start().await, 1);
    assert_eq!(fleet.clock.now_ms() / SLOT_MS, now_slot + 3);
}

#[tokio::test(start_paused = true)]
async fn a_time_written_by_a_clock_that_was_ahead_spares_nobody() {
    let fleet = Fleet::new();
    fleet.start().await;
    fleet.store.end_search(BEGIN_MS + 3_600_000).await.unwrap();
    fleet.lose_a_job().await;
    assert_eq!(fleet.start().await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_put_back_is_not_waited_for() {
    let fleet = Fleet::new();
    let day_ms = 86_400_000;
    // In every slot of that day a search was begun.
    for slot in (BEGIN_MS - day_ms) / SLOT_MS..=BEGIN_MS / SLOT_MS {
        assert_eq!(fleet.store.begin_search(slot).await.unwrap(), Created::New);
    }
    let others = async {
        sleep(MINUTE).await;
        fleet.back_ms.store(day_ms, Ordering::SeqCst);
        loop {
            sleep(MINUTE).await;
            fleet.sweep(LostAfter::default()).await;
        }
    };
    let began = Instant::now();
    tokio::select! {
        jobs = fleet.start() => assert_eq!(jobs, 0),
        () = others => unreachable!("they sweep for ever"),
    }
    assert!(began.elapsed() <= AT_MOST * 2, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn where_the_store_takes_no_mark_each_worker_searches() {
    let fleet = Fleet::new();
    fleet.faults.all(Operation::Create, keys::SEARCHES_BEGUN_PREFIX, Fault::Fail);
    fleet.lose_a_job().await;
    let began = Instant::now();
    assert_eq!(fleet.start().await, 1);
    fleet.start().await;
    assert_eq!((fleet.searches(), began.elapsed()), (2, Duration::ZERO));

    let fleet = Fleet::new();
    fleet.faults.all(Operation::Put, keys::LAST_SEARCH, Fault::Fail);
    fleet.lose_a_job().await;
    assert_eq!(fleet.start().await, 1, "the search was made all the same");
    join_all((0..2).map(|_| fleet.start())).await;
    assert_eq!(fleet.searches(), 3);
}

#[tokio::test(start_paused = true)]
async fn where_the_store_gives_no_mark_the_worker_searches() {
    let fleet = Fleet::new();
    fleet.start().await;
    fleet.faults.all(Operation::Get, keys::LAST_SEARCH, Fault::Fail);
    let sweep = async {
        advance(MINUTE).await;
        fleet.sweep(LostAfter::default()).await
    };
    tokio::join!(fleet.start(), sweep);
    assert_eq!(fleet.searches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_search_that_failed_is_tried_again() {
    let fleet = Fleet::new();
    fleet.lose_a_job().await;
    fleet.faults.next(2, Operation::List, keys::JOBS_PREFIX, Fault::Fail);
    assert_eq!(fleet.start().await, 1);
    assert_eq!(fleet.searches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_never_restarts_finds_what_is_lost_later_with_one_search_in_ten_minutes() {
    let fleet = Fleet::new();
    let found = std::cell::RefCell::new(Vec::new());
    let workers = join_all((0..20).map(|worker| {
        let (fleet, found) = (&fleet, &found);
        async move {
            let schedule = fleet.schedule(SPREAD.mul_f64(f64::from(worker) / 20.0));
            schedule.run(|jobs| found.borrow_mut().extend((jobs > 0).then(Instant::now))).await;
        }
    }));
    let losing = async {
        // At different times within a slot.
        for minutes in [7, 61, 93] {
            sleep(MINUTE * minutes).await;
            fleet.lose_a_job_of(fleet.clock.now_ms()).await;
            let lost_at = Instant::now();
            sleep(MINUTE * 20).await;
            let queued = fleet.broker.depths().await.unwrap().waiting();
            assert_eq!((queued, found.borrow().len()), (1, 1), "within twenty minutes");
            println!("found after {:?}", found.take()[0] - lost_at);
            fleet.finish_the_job().await;
        }
    };
    let began = Instant::now();
    tokio::select! {
        _ = workers => unreachable!("they search for ever"),
        () = losing => {}
    }
    let slots = began.elapsed().as_secs() / 600;
    assert!((slots..=slots + 2).contains(&fleet.searches()), "{} searches in {slots} slots", fleet.searches());
}
