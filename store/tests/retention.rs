//! Retention under everything that may meet it: killed after any operation, run by many at once, and between any sequence
//! of uploads, repeats, finished and replayed jobs, with time passing. What must hold stands in `House::check`.

#![expect(clippy::unwrap_used, reason = "what fails here stops the test that called")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::TryStreamExt;
use proptest::prelude::*;
use proto_shared::{
    Caption, CaptionSpec, DeadRecord, ErrorCode, IdempotencyRecord, JobId, JobMessage, JobRecord, JobResult, MediaType, Outcome,
    OutputInfo, OutputSummary, Position, RenderStats, SourceInfo, Style,
};
use store::{Created, Expired, Fault, Faults, Operation, Store, StoreConfig, StoreError, idempotency_id, output_id, source_id};

/// The least time that passes. Short beside the hours for which contents are relied upon and kept, so that chance finds
/// what lies between.
const QUARTER: Duration = Duration::from_secs(15 * 60);
const RETENTION: Duration = Duration::from_secs(2 * 60 * 60);

/// A store, and what was promised of what is in it.
struct House {
    store: Store,
    faults: Faults,
    jobs: Vec<Promised>,
    /// Quarters of an hour that have passed.
    clock_quarters: u32,
}

#[derive(Clone)]
struct Promised {
    job: JobRecord,
    /// When it ended.
    ended_quarters: Option<u32>,
    is_done: bool,
    has_letter: bool,
}

impl House {
    fn new(url: &str) -> Self {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new(url)).unwrap();
        Self { store, faults, jobs: Vec::new(), clock_quarters: 0 }
    }

    /// What api does: done at once if the same was done before, else accepted.
    async fn upload(&mut self, picture: u8, text: u8) {
        let bytes = Bytes::from(vec![picture; 10]);
        let source = SourceInfo { id: source_id(&bytes), media: MediaType::Gif, bytes: 10, width_px: 1, height_px: 1, frames: 1 };
        let spec = CaptionSpec { captions: vec![Caption::new(text.to_string(), Position::Top, Style::Bar)] };
        let id = JobId::from_bytes((self.jobs.len() as u128).to_be_bytes());
        let job = JobRecord::new(id, 1, source, spec);
        let output = output_id(&job.source.id, &job.spec, "1");
        let known = self.store.get_summary(&output).await.unwrap();
        self.store.put_source(bytes).await.unwrap();
        let key = idempotency_id(None, job.id.as_str());
        let record = IdempotencyRecord { version: 1, job: job.id.clone(), output, created_at_ms: 1 };
        assert_eq!(self.store.create_idempotency(&key, &record).await.unwrap(), Created::New);
        assert_eq!(self.store.create_job(&job).await.unwrap(), Created::New);
        self.jobs.push(Promised { job: job.clone(), ended_quarters: None, is_done: false, has_letter: false });
        if let Some(summary) = known {
            self.end(self.jobs.len() - 1, done(summary)).await;
        }
    }

    /// What a worker does with a job, if it still waits.
    async fn render(&mut self, index: usize) {
        let Some(Promised { job, ended_quarters: None, .. }) = self.jobs.get(index).cloned() else { return };
        let source = self.store.get_source(&job.source.id).await.unwrap();
        let id = output_id(&job.source.id, &job.spec, "1");
        let output = OutputInfo { id, media: MediaType::Gif, bytes: source.len() as u64, width_px: 1, height_px: 1 };
        self.store.put_output(&output.id, MediaType::Gif, source).await.unwrap();
        let summary = OutputSummary { version: 1, output, stats: RenderStats::default(), missing_glyphs: Vec::new() };
        self.store.put_summary(&summary).await.unwrap();
        self.end(index, done(summary)).await;
    }

    /// What becomes of a job that no attempt could settle.
    async fn give_up(&mut self, index: usize) {
        let Some(Promised { job, ended_quarters: None, .. }) = self.jobs.get(index).cloned() else { return };
        let message = Some(JobMessage::first(job.clone()));
        let reason = "attempts exhausted".to_owned();
        let letter = DeadRecord { version: 1, id: job.id, dead_at_ms: 1, reason, message, body: None };
        self.store.put_dead(&letter).await.unwrap();
        let failed = Outcome::Failed { code: ErrorCode::AttemptsExhausted, message: "no use".to_owned() };
        self.end(index, failed).await;
        self.jobs[index].has_letter = true;
    }

    /// What `dead replay` does: takes the end back and lets the job wait again.
    async fn replay(&mut self, index: usize) {
        let Some(Promised { job, has_letter: true, .. }) = self.jobs.get(index).cloned() else { return };
        self.jobs[index].has_letter = false;
        if self.store.get_dead(&job.id).await.unwrap().is_some() {
            self.store.delete_result(&job.id).await.unwrap();
            self.jobs[index].ended_quarters = None;
            self.store.delete_dead(&job.id).await.unwrap();
        }
    }

    async fn end(&mut self, index: usize, outcome: Outcome) {
        let id = self.jobs[index].job.id.clone();
        self.jobs[index].is_done = matches!(outcome, Outcome::Done { .. });
        let result = JobResult { version: 1, id, finished_at_ms: 1, attempts: 1, outcome };
        assert_eq!(self.store.create_result(&result).await.unwrap(), Created::New);
        self.jobs[index].ended_quarters = Some(self.clock_quarters);
    }

    fn pass(&mut self, quarters: u32) {
        self.clock_quarters += quarters;
        self.faults.pass(QUARTER * quarters);
    }

    async fn expire(&self) -> Result<Expired, StoreError> {
        expire(&self.store).await
    }

    /// An unfinished job has all that it needs. A finished one has it for as long as promised, and never again looks
    /// unfinished. No summary promises what is not there.
    async fn check(&self) {
        let listed: Vec<JobRecord> = self.store.unfinished_jobs(None).try_collect().await.unwrap();
        let unfinished: Vec<JobRecord> =
            self.jobs.iter().filter(|job| job.ended_quarters.is_none()).map(|job| job.job.clone()).collect();
        assert_eq!(listed, unfinished);
        for job in &unfinished {
            assert!(self.store.get_source(&job.source.id).await.is_ok(), "an unfinished job has lost its source");
        }
        for Promised { job, ended_quarters, is_done, .. } in &self.jobs {
            let result = self.store.get_result(&job.id).await.unwrap();
            let is_young =
                ended_quarters.is_some_and(|ended_quarters| QUARTER * (self.clock_quarters - ended_quarters) < RETENTION);
            if is_young {
                assert_eq!(self.store.get_job(&job.id).await.unwrap().as_ref(), Some(job));
                assert!(result.is_some());
            }
            if result.is_some() && *is_done {
                let output = output_id(&job.source.id, &job.spec, "1");
                assert!(self.store.get_output(&output, MediaType::Gif).await.is_ok(), "done, and the picture is gone");
            }
        }
    }
}

fn done(summary: OutputSummary) -> Outcome {
    Outcome::Done { output: summary.output, stats: summary.stats, missing_glyphs: Vec::new() }
}

async fn expire(store: &Store) -> Result<Expired, StoreError> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    store.expire(u64::try_from(RETENTION.as_millis()).unwrap(), u64::try_from(now_ms).unwrap()).await
}

/// Jobs of every kind, all old but for one of now that is done with an old picture.
async fn furnished(url: &str) -> House {
    let mut house = House::new(url);
    for index in 0..6 {
        house.upload(u8::try_from(index).unwrap() % 4, 0).await;
        let id = house.jobs[index].job.id.clone();
        assert_eq!(house.store.mark_requeued(&id, 1).await.unwrap(), Created::New);
    }
    house.render(0).await;
    house.render(1).await;
    house.give_up(2).await;
    house.pass(48);
    house.upload(1, 0).await;
    assert!(house.jobs[6].is_done, "it was done before");
    house
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_breaks_no_promise_and_the_next_one_ends_it() {
    let whole = furnished("memory:").await;
    whole.faults.forget();
    let in_one_go = whole.expire().await.unwrap();
    let operations = whole.faults.asked().len() as u64;
    assert!(operations > 20 && in_one_go.jobs == 2 && in_one_go.dead_letters == 1, "{operations} {in_one_go:?}");
    for killed_after in 0..operations {
        let house = furnished("memory:").await;
        house.faults.stop_after(killed_after);
        house.expire().await.unwrap_err();
        house.faults.heal();
        house.check().await;
        // The letter may be gone since the first run, so that its job goes now; then all is as after two runs.
        house.expire().await.unwrap();
        house.check().await;
        house.expire().await.unwrap();
        assert_eq!(house.expire().await.unwrap(), Expired::default(), "killed after {killed_after}");
        house.check().await;
        assert!(house.store.get_result(&house.jobs[2].job.id).await.unwrap().is_none());
        assert!(house.store.has_source(&house.jobs[3].job.source.id).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_do_what_one_does() {
    let dir = tempfile::tempdir().unwrap();
    for url in ["memory:".to_owned(), format!("file://{}", dir.path().display())] {
        let house = furnished(&url).await;
        for _ in 0..2 {
            let runs: Vec<_> = (0..8)
                .map(|_| {
                    let store = house.store.clone();
                    tokio::spawn(async move { expire(&store).await })
                })
                .collect();
            for run in runs {
                run.await.unwrap().unwrap();
            }
            house.check().await;
        }
        assert_eq!(house.expire().await.unwrap(), Expired::default());
    }
    let left: Vec<_> = std::fs::read_dir(dir.path().join("jobs")).unwrap().collect();
    assert_eq!(left.len(), 4, "three unfinished jobs, one of now, and no empty folder");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_keeps_all_sources() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::new(&format!("file://{}", dir.path().display()));
    house.upload(1, 0).await;
    let job = house.jobs[0].job.clone();
    let record = dir.path().join("jobs").join(job.id.as_str()).join("job.json");
    let whole = std::fs::read(&record).unwrap();
    std::fs::write(&record, &whole[..20]).unwrap();
    house.pass(48);
    house.expire().await.unwrap();
    assert!(house.store.has_source(&job.source.id).await.unwrap());
    std::fs::write(&record, whole).unwrap();
    house.check().await;
}

#[tokio::test]
async fn a_store_that_fails_in_the_middle_is_said_to_have_failed() {
    let house = furnished("memory:").await;
    for (operation, prefix) in [(Operation::Get, "jobs/"), (Operation::Head, "sources/"), (Operation::List, "outputs")] {
        house.faults.next(1, operation, prefix, Fault::Fail);
        assert!(house.expire().await.unwrap_err().is_passing(), "{operation:?}");
        house.check().await;
    }
}

#[tokio::test]
async fn a_dead_letter_keeps_its_job_until_the_run_after_the_one_that_deletes_it() {
    let mut house = House::new("memory:");
    house.upload(1, 0).await;
    house.give_up(0).await;
    let job = house.jobs[0].job.clone();
    house.pass(48);
    let letter = house.store.get_dead(&job.id).await.unwrap().unwrap();
    house.store.put_dead(&letter).await.unwrap();
    for expected in [(0, 0), (0, 0)] {
        let expired = house.expire().await.unwrap();
        assert_eq!((expired.dead_letters, expired.jobs), expected, "a young letter keeps an old job");
    }
    assert!(house.store.get_source(&job.source.id).await.is_ok(), "what replays needs the source");
    house.pass(48);
    for expected in [(1, 0), (0, 1)] {
        let expired = house.expire().await.unwrap();
        assert_eq!((expired.dead_letters, expired.jobs), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_put_again_while_retention_runs_stays() {
    let house = House::new("memory:");
    let bytes = Bytes::from_static(b"again");
    let id = house.store.put_source(bytes.clone()).await.unwrap();
    house.faults.pass(QUARTER * 48);
    house.faults.forget();
    // The run has listed the source as old, and its last look is late.
    house.faults.next(1, Operation::Head, "sources/", Fault::Delay(Duration::from_secs(5)));
    let store = house.store.clone();
    let run = tokio::spawn(async move { expire(&store).await });
    for _ in 0..10_000 {
        if house.faults.count(Operation::Head, "sources/") == 0 {
            tokio::task::yield_now().await;
        }
    }
    house.store.put_source(bytes).await.unwrap();
    assert_eq!(run.await.unwrap().unwrap(), Expired::default());
    assert!(house.store.has_source(&id).await.unwrap());
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Upload { picture: u8, text: u8 },
    Render(usize),
    GiveUp(usize),
    Replay(usize),
    Pass { quarters: u32 },
    Expire,
    ExpireKilledAfter(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let which = 0..20_usize;
    prop_oneof![
        4 => (0..4_u8, 0..2_u8).prop_map(|(picture, text)| Step::Upload { picture, text }),
        3 => which.clone().prop_map(Step::Render),
        1 => which.clone().prop_map(Step::GiveUp),
        1 => which.prop_map(Step::Replay),
        4 => (1..16_u32).prop_map(|quarters| Step::Pass { quarters }),
        2 => Just(Step::Expire),
        2 => (0..30_u64).prop_map(Step::ExpireKilledAfter),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_needed_is_ever_deleted_and_all_else_is_in_the_end(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let mut house = House::new("memory:");
            for step in steps {
                match step {
                    Step::Upload { picture, text } => house.upload(picture, text).await,
                    Step::Render(index) => house.render(index).await,
                    Step::GiveUp(index) => house.give_up(index).await,
                    Step::Replay(index) => house.replay(index).await,
                    Step::Pass { quarters } => house.pass(quarters),
                    Step::Expire => drop(house.expire().await.unwrap()),
                    Step::ExpireKilledAfter(operations) => {
                        house.faults.stop_after(operations);
                        let _ = house.expire().await; // it may have been done before
                        house.faults.heal();
                    }
                }
                house.check().await;
            }
            for index in 0..house.jobs.len() {
                house.render(index).await;
            }
            house.pass(48);
            house.expire().await.unwrap();
            house.expire().await.unwrap();
            house.faults.forget();
            assert_eq!(house.expire().await.unwrap(), Expired::default());
            assert_eq!(house.faults.asked().len(), 6, "six listings of nothing: {:?}", house.faults.asked());
        });
    }
}
