//! When a worker looks for lost work: each start is followed by a look that began after it, and about one look begins in ten
//! minutes over all workers, for as long as one of them runs.
//!
//! Run beside the jobs by `Worker::run`, which ends it by dropping it. The first to ask for a stretch of time looks; the
//! others ask in the next one, and skip that too if a look has begun since and come to its end. A look that was only begun
//! counts for nothing: its worker may be dead. Where the store fails to say who looks, every worker does. What a clock
//! that is wrong has said is waited out or passed over.

use std::time::Duration;

use broker::Broker;
use service::Clock;
use store::{Created, Store};
use tokio::time::sleep;

use crate::requeue::{LostAfter, requeue_lost};

/// A stretch of time in which one worker begins to look.
const SLOT_MS: u64 = 600_000;

/// Over so much of a stretch those spread who ask for it: a hundred may.
pub(crate) const SPREAD: Duration = Duration::from_secs(60);

/// What it takes to look.
pub(crate) struct Lookout<'a> {
    pub(crate) store: &'a Store,
    pub(crate) broker: &'a Broker,
    pub(crate) clock: &'a Clock,
    /// How far into a stretch this worker asks for it; at most [`SPREAD`]. It stays the same, so that looks stay ten minutes apart.
    pub(crate) spread: Duration,
}

impl Lookout<'_> {
    /// Looks, as often as it is this worker's turn, for ever. Each look here is told with how many jobs it queued again.
    pub(crate) async fn run(&self, looked: impl Fn(u64)) {
        let mut since_ms = self.clock.now_ms();
        loop {
            if let Some(jobs) = self.after(since_ms).await {
                looked(jobs);
            }
            since_ms = self.clock.now_ms();
            self.next_stretch().await;
        }
    }

    /// Returns once a look that began after that time has come to its end: with how many jobs were queued again if it was
    /// here, and none if it was elsewhere.
    async fn after(&self, mut since_ms: u64) -> Option<u64> {
        loop {
            // Of a clock that was put back, so that nobody waits for it to be there again.
            since_ms = since_ms.min(self.clock.now_ms());
            if self.somebody_looked_since(since_ms).await {
                return None;
            }
            if let Some(jobs) = self.look().await {
                return Some(jobs);
            }
            self.next_stretch().await;
        }
    }

    /// Looks, if nobody else has begun to in this stretch; with how many jobs were queued again.
    async fn look(&self) -> Option<u64> {
        let begun = self.store.begin_look(self.clock.now_ms() / SLOT_MS).await;
        if matches!(begun, Ok(Created::AlreadyThere)) {
            return None;
        }
        match requeue_lost(self.store, self.broker, self.clock, LostAfter::default()).await {
            Ok(jobs) => {
                if let Err(error) = begun {
                    tracing::warn!(%error, "workers could not agree on who looks for lost jobs: each does");
                }
                Some(jobs)
            }
            Err(error) => {
                tracing::warn!(%error, "lost jobs were not looked for");
                None
            }
        }
    }

    async fn next_stretch(&self) {
        let to_next_ms = SLOT_MS - self.clock.now_ms() % SLOT_MS;
        sleep(Duration::from_millis(to_next_ms) + self.spread).await;
    }

    async fn somebody_looked_since(&self, started_ms: u64) -> bool {
        // What can't be read is written again by the next look.
        let Ok(Some(began_ms)) = self.store.last_look().await else { return false };
        // What is from the future is of a clock that is wrong: believed, it would stand for looks that nobody makes.
        began_ms > started_ms && began_ms <= self.clock.now_ms()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use futures::future::join_all;
    use proto_shared::{Caption, CaptionSpec, JobId, JobRecord, MediaType, Position, SourceInfo, Style, keys};
    use store::{Fault, Faults, Operation, StoreConfig, source_id};
    use tokio::time::{Instant, advance};

    use super::*;

    /// A third into a stretch of time.
    const BEGIN_MS: u64 = 1_700_000_000_000;
    const MINUTE: Duration = Duration::from_secs(60);
    /// What a worker waits at most for its look to begin.
    const AT_MOST: Duration = Duration::from_secs(660);

    struct House {
        store: Store,
        faults: Faults,
        broker: Broker,
        clock: Clock,
        /// How far the clock was put back.
        back_ms: Arc<AtomicU64>,
    }

    impl House {
        fn new() -> Self {
            let (store, faults) = Store::open_with_faults(&StoreConfig::new("memory:")).unwrap();
            let (began, back_ms) = (Instant::now(), Arc::new(AtomicU64::new(0)));
            let back = back_ms.clone();
            let clock = Clock::from_fn(move || {
                BEGIN_MS + u64::try_from(began.elapsed().as_millis()).unwrap() - back.load(Ordering::SeqCst)
            });
            Self { store, faults, broker: Broker::in_process(), clock, back_ms }
        }

        fn lookout(&self, spread: Duration) -> Lookout<'_> {
            Lookout { store: &self.store, broker: &self.broker, clock: &self.clock, spread }
        }

        async fn start(&self) -> u64 {
            self.lookout(SPREAD / 2).after(self.clock.now_ms()).await.unwrap_or_default()
        }

        async fn sweep(&self, after: LostAfter) -> u64 {
            requeue_lost(&self.store, &self.broker, &self.clock, after).await.unwrap()
        }

        /// A job that was accepted long ago and that nobody has.
        async fn lose_a_job(&self) {
            self.lose_a_job_of(1).await;
        }

        async fn lose_a_job_of(&self, created_at_ms: u64) {
            let source =
                SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
            let spec = CaptionSpec { captions: vec![Caption::new("a", Position::Top, Style::Bar)] };
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

        /// A look is one listing here.
        fn looks(&self) -> u64 {
            self.faults.count(Operation::List, keys::JOBS_PREFIX)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_to_start_looks_at_once() {
        let house = House::new();
        house.lose_a_job().await;
        let began = Instant::now();
        assert_eq!(house.start().await, 1);
        assert_eq!((began.elapsed(), house.broker.depths().await.unwrap().waiting()), (Duration::ZERO, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_hundred_that_start_together_one_looks_and_one_more_for_all_others() {
        let house = House::new();
        let began = Instant::now();
        join_all((0..100).map(|_| house.start())).await;
        assert_eq!(house.looks(), 2);
        assert!(began.elapsed() <= AT_MOST, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn pods_that_come_and_go_for_hours_look_once_in_ten_minutes() {
        let house = House::new();
        let starts = (0..180).map(|minute| {
            let house = &house;
            async move {
                sleep(MINUTE * minute).await;
                house.start().await
            }
        });
        join_all(starts).await;
        assert!((17..=20).contains(&house.looks()), "{} looks in three hours", house.looks());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_starts_after_a_look_is_followed_by_another() {
        let house = House::new();
        house.start().await;
        house.lose_a_job().await;
        let began = Instant::now();
        assert_eq!(house.start().await, 1);
        assert_eq!(began.elapsed(), Duration::from_secs(400) + SPREAD / 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sweep_spares_those_who_wait_their_look_unless_it_finds_less() {
        for (quiet_s, looks) in [(600, 2), (601, 3)] {
            let house = House::new();
            house.start().await;
            let sweep = async {
                sleep(MINUTE).await;
                house.sweep(LostAfter { quiet: Duration::from_secs(quiet_s), ..LostAfter::default() }).await
            };
            assert_eq!(tokio::join!(house.start(), sweep), (0, 0));
            assert_eq!(house.looks(), looks, "lost after {quiet_s} s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_did_not_come_to_its_end_spares_nobody() {
        let house = House::new();
        let now_slot = BEGIN_MS / SLOT_MS;
        for slot in now_slot..now_slot + 3 {
            assert_eq!(house.store.begin_look(slot).await.unwrap(), Created::New);
        }
        house.lose_a_job().await;
        assert_eq!(house.start().await, 1);
        assert_eq!(house.clock.now_ms() / SLOT_MS, now_slot + 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_clock_said_that_was_ahead_spares_nobody() {
        let house = House::new();
        house.start().await;
        house.store.end_look(BEGIN_MS + 3_600_000).await.unwrap();
        house.lose_a_job().await;
        assert_eq!(house.start().await, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_put_back_is_not_waited_for() {
        let house = House::new();
        let day_ms = 86_400_000;
        // Of that day every stretch of time was somebody's.
        for slot in (BEGIN_MS - day_ms) / SLOT_MS..=BEGIN_MS / SLOT_MS {
            assert_eq!(house.store.begin_look(slot).await.unwrap(), Created::New);
        }
        let others = async {
            sleep(MINUTE).await;
            house.back_ms.store(day_ms, Ordering::SeqCst);
            loop {
                sleep(MINUTE).await;
                house.sweep(LostAfter::default()).await;
            }
        };
        let began = Instant::now();
        tokio::select! {
            jobs = house.start() => assert_eq!(jobs, 0),
            () = others => unreachable!("they sweep for ever"),
        }
        assert!(began.elapsed() <= AT_MOST * 2, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_store_takes_no_mark_each_looks() {
        let house = House::new();
        house.faults.all(Operation::Create, keys::LOOKS_BEGUN_PREFIX, Fault::Fail);
        house.lose_a_job().await;
        let began = Instant::now();
        assert_eq!(house.start().await, 1);
        house.start().await;
        assert_eq!((house.looks(), began.elapsed()), (2, Duration::ZERO));

        let house = House::new();
        house.faults.all(Operation::Put, keys::LAST_LOOK, Fault::Fail);
        house.lose_a_job().await;
        assert_eq!(house.start().await, 1, "the look was made all the same");
        join_all((0..2).map(|_| house.start())).await;
        assert_eq!(house.looks(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_store_gives_no_mark_it_looks() {
        let house = House::new();
        house.start().await;
        house.faults.all(Operation::Get, keys::LAST_LOOK, Fault::Fail);
        let sweep = async {
            advance(MINUTE).await;
            house.sweep(LostAfter::default()).await
        };
        tokio::join!(house.start(), sweep);
        assert_eq!(house.looks(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_could_not_look_tries_again() {
        let house = House::new();
        house.lose_a_job().await;
        house.faults.next(2, Operation::List, keys::JOBS_PREFIX, Fault::Fail);
        assert_eq!(house.start().await, 1);
        assert_eq!(house.looks(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fleet_that_never_restarts_finds_what_is_lost_later_with_one_look_in_ten_minutes() {
        let house = House::new();
        let found = std::cell::RefCell::new(Vec::new());
        let workers = join_all((0..20).map(|worker| {
            let (house, found) = (&house, &found);
            async move {
                let lookout = house.lookout(SPREAD.mul_f64(f64::from(worker) / 20.0));
                lookout.run(|jobs| found.borrow_mut().extend((jobs > 0).then(Instant::now))).await;
            }
        }));
        let losing = async {
            // At odds with the stretches of time, again and again.
            for minutes in [7, 61, 93] {
                sleep(MINUTE * minutes).await;
                house.lose_a_job_of(house.clock.now_ms()).await;
                let lost_at = Instant::now();
                sleep(MINUTE * 20).await;
                let queued = house.broker.depths().await.unwrap().waiting();
                assert_eq!((queued, found.borrow().len()), (1, 1), "within twenty minutes");
                println!("found after {:?}", found.take()[0] - lost_at);
                house.finish_the_job().await;
            }
        };
        let began = Instant::now();
        tokio::select! {
            _ = workers => unreachable!("they look for ever"),
            () = losing => {}
        }
        let stretches = began.elapsed().as_secs() / 600;
        assert!((stretches..=stretches + 2).contains(&house.looks()), "{} looks in {stretches} stretches", house.looks());
    }
}
