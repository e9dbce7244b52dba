//! When a worker looks for lost work: each start is followed by a look that began after it, and however many start, about one
//! look begins in ten minutes.
//!
//! Run beside the jobs by `Worker::run`, which ends it by dropping it. The first to ask for a stretch of time looks at once.
//! Whoever is not the first waits for the next stretch; by then another's look has mostly begun after its start and come to
//! its end. A look that was only begun counts for nothing: whoever began it may be dead. Where
//! the store fails to say who looks, everyone does; what a clock that is wrong has said is waited out or passed over.

use std::time::Duration;

use broker::Broker;
use service::Clock;
use store::{Created, Store};
use tokio::time::sleep;

use crate::requeue::{LostAfter, requeue_lost};

/// A stretch of time in which one worker begins to look.
const SLOT_MS: u64 = 600_000;

/// Over so much of the next stretch those spread who wait for it: a hundred may.
const SPREAD: Duration = Duration::from_secs(60);

/// What it takes to look.
pub(crate) struct Lookout<'a> {
    pub(crate) store: &'a Store,
    pub(crate) broker: &'a Broker,
    pub(crate) clock: &'a Clock,
    /// From 0 to 1, at random.
    pub(crate) draw: fn() -> f64,
}

impl Lookout<'_> {
    /// Returns once a look that began after this call has come to its end, here or elsewhere; with how many jobs were
    /// queued again here.
    pub(crate) async fn after_start(&self) -> u64 {
        let mut started_ms = self.clock.now_ms();
        loop {
            let begun = self.store.begin_look(self.clock.now_ms() / SLOT_MS).await;
            if !matches!(begun, Ok(Created::AlreadyThere)) {
                match (requeue_lost(self.store, self.broker, self.clock, LostAfter::default()).await, begun) {
                    (Err(error), _) => tracing::warn!(%error, "lost jobs were not looked for"),
                    (Ok(jobs), Ok(_)) => return jobs,
                    (Ok(jobs), Err(error)) => {
                        tracing::warn!(%error, "workers could not agree on who looks for lost jobs: each does");
                        return jobs;
                    }
                }
            }
            let to_next_ms = SLOT_MS - self.clock.now_ms() % SLOT_MS;
            sleep(Duration::from_millis(to_next_ms) + SPREAD.mul_f64((self.draw)())).await;
            // Of a clock that was put back, so that nobody waits for it to be there again.
            started_ms = started_ms.min(self.clock.now_ms());
            if self.somebody_looked_since(started_ms).await {
                return 0;
            }
        }
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

        async fn start(&self) -> u64 {
            Lookout { store: &self.store, broker: &self.broker, clock: &self.clock, draw: || 0.5 }.after_start().await
        }

        async fn sweep(&self, after: LostAfter) -> u64 {
            requeue_lost(&self.store, &self.broker, &self.clock, after).await.unwrap()
        }

        /// A job that was accepted long ago and that nobody has.
        async fn lose_a_job(&self) {
            let source =
                SourceInfo { id: source_id(b"a"), media: MediaType::Gif, bytes: 1, width_px: 1, height_px: 1, frames: 1 };
            let spec = CaptionSpec { captions: vec![Caption::new("a", Position::Top, Style::Bar)] };
            let job = JobRecord::new(JobId::from_bytes([7; 16]), 1, source, spec);
            assert_eq!(self.store.create_job(&job).await.unwrap(), Created::New);
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
}
