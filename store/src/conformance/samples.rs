//! Records and ids for the checks, all made of a run number and a name.

use proto_shared::{
    Caption, CaptionSpec, DeadRecord, ErrorCode, IdempotencyId, IdempotencyRecord, JobId, JobMessage, JobRecord, JobResult,
    MediaType, Outcome, OutputId, OutputInfo, OutputSummary, Position, RenderStats, SourceInfo, Style, job::VERSION,
};
use sha2::{Digest, Sha256};

use crate::source_id;

pub(super) fn digest(run: u64, name: &str) -> [u8; 32] {
    Sha256::digest(format!("{run} {name}")).into()
}

/// An id for what is made of a job: the same for the same source and spec. To the store any will do.
#[must_use]
pub fn output_of(job: &JobRecord) -> OutputId {
    let made_of = serde_json::to_vec(&(&job.source.id, &job.spec)).unwrap();
    OutputId::from_bytes(Sha256::digest(made_of).into())
}

pub(super) fn job_id(run: u64, name: &str) -> JobId {
    let digest = digest(run, name);
    JobId::from_bytes(std::array::from_fn(|i| digest[i]))
}

pub(super) fn spec(text: &str) -> CaptionSpec {
    CaptionSpec::of(vec![Caption::new(text, Position::Top, Style::Overlay)])
}

pub(super) fn job(run: u64, name: &str, created_at_ms: u64) -> JobRecord {
    let id = source_id(&digest(run, name));
    let source = SourceInfo { id, media: MediaType::Gif, bytes: 35, width_px: 1, height_px: 1, frames: 1 };
    JobRecord::new(job_id(run, name), created_at_ms, source, spec(name))
}

pub(super) fn failed(id: &JobId, attempts: u32) -> JobResult {
    let outcome = Outcome::Failed { code: ErrorCode::Truncated, message: "cut short".to_owned(), field: None };
    JobResult { version: VERSION, id: id.clone(), finished_at_ms: 9_000, attempts, outcome }
}

pub(super) fn done(job: &JobRecord) -> JobResult {
    let id = output_of(job);
    let output = OutputInfo { id, media: MediaType::Gif, bytes: 40, width_px: 1, height_px: 1 };
    let outcome = Outcome::Done {
        output,
        stats: RenderStats::default(),
        missing_glyphs: vec!['\u{1F600}'],
        fidelity: proto_shared::Fidelity::default(),
    };
    JobResult { version: VERSION, id: job.id.clone(), finished_at_ms: 9_000, attempts: 1, outcome }
}

/// The same job under an id that sorts by `created_at_ms`, as those that api makes.
pub(super) fn timed_job(run: u64, name: &str, created_at_ms: u64) -> JobRecord {
    let mut id = digest(run, name);
    id[..6].copy_from_slice(&created_at_ms.to_be_bytes()[2..]);
    id[6] = 0x70 | (id[6] & 0x0F);
    JobRecord { id: JobId::from_bytes(std::array::from_fn(|i| id[i])), ..job(run, name, created_at_ms) }
}

pub(super) fn summary(job: &JobRecord, bytes: u64) -> OutputSummary {
    let id = output_of(job);
    let output = OutputInfo { id, media: MediaType::Gif, bytes, width_px: 1, height_px: 1 };
    OutputSummary {
        version: VERSION,
        output,
        stats: RenderStats::default(),
        missing_glyphs: Vec::new(),
        fidelity: proto_shared::Fidelity::default(),
    }
}

pub(super) fn dead(job: &JobRecord, dead_at_ms: u64) -> DeadRecord {
    let message = Some(JobMessage::first(job.clone()));
    DeadRecord { version: VERSION, id: job.id.clone(), dead_at_ms, reason: "delivery limit".to_owned(), message, body: None }
}

pub(super) fn idempotency_id(run: u64, name: &str) -> IdempotencyId {
    let text = format!("{run} {name}");
    IdempotencyId::parse(source_id(text.as_bytes()).as_str()).unwrap()
}

pub(super) fn idempotency(job: &JobRecord) -> IdempotencyRecord {
    IdempotencyRecord { version: VERSION, job: job.id.clone(), created_at_ms: job.created_at_ms }
}
