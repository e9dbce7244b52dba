//! A store on which api, workers and people act as they do, and what was promised to whom: the model that the tests of
//! retention compare with.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use futures::TryStreamExt;
use proto_shared::{
    Caption, CaptionSpec, DeadRecord, ErrorCode, IdempotencyId, IdempotencyRecord, JobId, JobMessage, JobRecord, JobResult,
    MediaType, Outcome, OutputInfo, OutputSummary, Position, RenderStats, SourceInfo, Style,
};
use store::{Created, Expired, Faults, OwedCallback, Slot, Store, StoreConfig, StoreError, conformance::output_of, source_id};

/// The least time that passes. Short beside the hours for which contents are relied upon and kept, so that chance finds
/// what lies between.
pub(crate) const QUARTER: Duration = Duration::from_secs(15 * 60);
pub(crate) const RETENTION: Duration = Duration::from_secs(2 * 60 * 60);

/// A store, and what was promised of what is in it.
pub(crate) struct Fixture {
    pub(crate) store: Store,
    pub(crate) faults: Faults,
    pub(crate) jobs: Vec<Promised>,
    /// Quarters of an hour that have passed.
    pub(crate) clock_quarters: u32,
}

#[derive(Clone)]
pub(crate) struct Promised {
    pub(crate) job: JobRecord,
    /// When it ended.
    pub(crate) ended_quarters: Option<u32>,
    pub(crate) is_done: bool,
    pub(crate) has_letter: bool,
}

impl Fixture {
    pub(crate) fn new(url: &str) -> Self {
        let (store, faults) = Store::open_with_faults(&StoreConfig::new(url)).unwrap();
        Self { store, faults, jobs: Vec::new(), clock_quarters: 0 }
    }

    /// What api does: done at once if the same was done before, else accepted.
    pub(crate) async fn upload(&mut self, picture: u8, text: u8) {
        let bytes = Bytes::from(vec![picture; 10]);
        let source = SourceInfo { id: source_id(&bytes), media: MediaType::Gif, bytes: 10, width_px: 1, height_px: 1, frames: 1 };
        let spec = CaptionSpec::of(vec![Caption::new(text.to_string(), Position::Top, Style::Bar)]);
        let id = JobId::from_bytes((self.jobs.len() as u128).to_be_bytes());
        let job = JobRecord::new(id, 1, source, spec);
        let output = output_of(&job);
        let known = self.store.get_summary(&output).await.unwrap();
        self.store.put_source(&source_id(&bytes), bytes).await.unwrap();
        let key = IdempotencyId::parse(&job.id.as_str().repeat(2)).unwrap();
        let record = IdempotencyRecord { version: 1, job: job.id.clone(), created_at_ms: 1 };
        assert_eq!(self.store.create_idempotency(&key, &record).await.unwrap(), Created::New);
        // Nobody calls back here, so what is owed stands as long as its job.
        self.store.owe_callback(&job.id).await.unwrap();
        assert_eq!(self.store.create_job(&job).await.unwrap(), Created::New);
        self.jobs.push(Promised { job: job.clone(), ended_quarters: None, is_done: false, has_letter: false });
        if let Some(summary) = known {
            self.end(self.jobs.len() - 1, done(summary)).await;
        }
    }

    /// What a worker does with a job, if it still waits.
    pub(crate) async fn render(&mut self, index: usize) {
        let Some(Promised { job, ended_quarters: None, .. }) = self.jobs.get(index).cloned() else { return };
        let source = self.store.get_source(&job.source.id).await.unwrap();
        let id = output_of(&job);
        let output = OutputInfo { id, media: MediaType::Gif, bytes: source.len() as u64, width_px: 1, height_px: 1 };
        self.store.put_output(&output.id, MediaType::Gif, source).await.unwrap();
        let summary = OutputSummary {
            version: 1,
            output,
            stats: RenderStats::default(),
            missing_glyphs: Vec::new(),
            fidelity: proto_shared::Fidelity::default(),
        };
        self.store.put_summary(&summary).await.unwrap();
        self.end(index, done(summary)).await;
    }

    /// What becomes of a job that no attempt could settle.
    pub(crate) async fn give_up(&mut self, index: usize) {
        let Some(Promised { job, ended_quarters: None, .. }) = self.jobs.get(index).cloned() else { return };
        let message = Some(JobMessage::first(job.clone()));
        let reason = "attempts exhausted".to_owned();
        let letter = DeadRecord { version: 1, id: job.id, dead_at_ms: 1, reason, message, body: None };
        self.store.put_dead(&letter).await.unwrap();
        let failed = Outcome::Failed { code: ErrorCode::AttemptsExhausted, message: "no use".to_owned(), field: None };
        self.end(index, failed).await;
        self.jobs[index].has_letter = true;
    }

    /// What `dead replay` does: takes the end back and lets the job wait again.
    pub(crate) async fn replay(&mut self, index: usize) {
        let Some(Promised { job, has_letter: true, .. }) = self.jobs.get(index).cloned() else { return };
        self.jobs[index].has_letter = false;
        if let Some(letters) = self.store.letters_of(&job.id).await.unwrap() {
            self.store.delete_result(&job.id).await.unwrap();
            self.jobs[index].ended_quarters = None;
            self.store.delete_letters(&[letters]).await.unwrap();
        }
    }

    pub(crate) async fn end(&mut self, index: usize, outcome: Outcome) {
        let id = self.jobs[index].job.id.clone();
        self.jobs[index].is_done = matches!(outcome, Outcome::Done { .. });
        let result = JobResult { version: 1, id, finished_at_ms: 1, attempts: 1, outcome };
        assert_eq!(self.store.create_result(&result).await.unwrap(), Created::New);
        self.jobs[index].ended_quarters = Some(self.clock_quarters);
    }

    pub(crate) fn pass(&mut self, quarters: u32) {
        self.clock_quarters += quarters;
        self.faults.pass(QUARTER * quarters);
    }

    pub(crate) async fn expire(&self) -> Result<Expired, StoreError> {
        expire(&self.store).await
    }

    /// An unfinished job has all that it needs. A finished one has it for as long as promised, and never again looks
    /// unfinished. No summary promises what is not there.
    pub(crate) async fn check(&self) {
        let listed: Vec<JobRecord> = self.store.unfinished_jobs(None).try_collect().await.unwrap();
        let unfinished: Vec<JobRecord> =
            self.jobs.iter().filter(|job| job.ended_quarters.is_none()).map(|job| job.job.clone()).collect();
        assert_eq!(listed, unfinished);
        let owed: Vec<OwedCallback> = self.store.owed_callbacks().try_collect().await.unwrap();
        for job in &unfinished {
            assert!(owed.iter().any(|owed| owed.job == job.id), "an unfinished job has lost its call back");
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
                let output = output_of(job);
                assert!(self.store.get_output(&output, MediaType::Gif).await.is_ok(), "done, and the picture is gone");
            }
        }
    }
}

fn done(summary: OutputSummary) -> Outcome {
    Outcome::Done {
        output: summary.output,
        stats: summary.stats,
        missing_glyphs: Vec::new(),
        fidelity: proto_shared::Fidelity::default(),
    }
}

pub(crate) async fn expire(store: &Store) -> Result<Expired, StoreError> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    store.expire(u64::try_from(RETENTION.as_millis()).unwrap(), u64::try_from(now_ms).unwrap()).await
}

/// Jobs of every kind, all old but for one of now that is done with an old picture.
pub(crate) async fn furnished(url: &str) -> Fixture {
    let mut fixture = Fixture::new(url);
    for index in 0..6 {
        fixture.upload(u8::try_from(index).unwrap() % 4, 0).await;
        let id = fixture.jobs[index].job.id.clone();
        fixture.store.mark_queued(&id, Slot::at(1, Duration::from_secs(60))).await.unwrap();
    }
    fixture.render(0).await;
    fixture.render(1).await;
    fixture.give_up(2).await;
    fixture.pass(48);
    fixture.upload(1, 0).await;
    assert!(fixture.jobs[6].is_done, "it was done before");
    fixture
}
