//! One attempt at one job: source in, engine, output stored. It says how the job ends; it settles nothing.

use bytes::Bytes;
use caption::Limits;
use fonts::{Fonts, UnknownFont, engine_spec, output_id};
use proto_shared::{ErrorCode, JobRecord, NewerRelease, Outcome, OutputId, OutputInfo, OutputSummary};
use store::{Store, StoreError};

use crate::{
    Progress,
    engine::Engine,
    isolated::Isolated,
    metrics::{Metrics, Step},
    render::{EngineError, Product, Task},
    stage::Stage,
    starts::Standing,
};

/// What an attempt touches.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) isolated: Isolated,
    pub(crate) fonts: Fonts,
    pub(crate) limits: Limits,
    pub(crate) metrics: Metrics,
}

/// Where a job is rendered.
pub(crate) enum How {
    /// In this process, among others.
    Among(Progress),
    /// In a process of its own: it may have been the end of a worker.
    Isolated,
}

/// A job's source, or why it isn't to be had.
pub(crate) struct Source(Result<Bytes, StoreError>);

/// Why an attempt came to no output.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Font(#[from] UnknownFont),
    /// The broker hands none out.
    #[error(transparent)]
    Newer(#[from] NewerRelease),
}

impl Failure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Store(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Font(error) => error.code(),
            Self::Newer(_) => ErrorCode::Internal,
        }
    }
}

impl Runner {
    /// How the job ends, with its output already stored; or what is passing and worth another attempt.
    pub(crate) async fn attempt(
        &self,
        job: &JobRecord,
        source: Source,
        standing: Standing,
        how: How,
    ) -> Result<Outcome, StoreError> {
        match self.produce(job, source, standing, how).await {
            Ok(done) => Ok(done),
            Err(Failure::Store(error)) if error.is_passing() => Err(error),
            Err(failure) => Ok(Outcome::Failed { code: failure.code(), message: failure.to_string() }),
        }
    }

    /// The source, to be asked for while other things are looked at.
    pub(crate) async fn source(&self, job: &JobRecord) -> Source {
        Source(self.metrics.stored(Step::Source, self.store.get_source(&job.source.id)).await)
    }

    async fn produce(&self, job: &JobRecord, source: Source, standing: Standing, how: How) -> Result<Outcome, Failure> {
        let asked = job.known_spec()?;
        let spec = engine_spec(asked, &self.fonts)?;
        let id = output_id(&job.source.id, asked, &self.fonts)?;
        if standing != Standing::New
            && let Some(OutputSummary { output, stats, missing_glyphs, .. }) = self.made_before(&id).await
        {
            tracing::info!("rendered before");
            return Ok(Outcome::Done { output, stats, missing_glyphs });
        }
        let source = source.0?;
        let among_others = match how {
            How::Isolated => None,
            How::Among(progress) => {
                let task = Task { source: source.clone(), spec, limits: self.limits, progress, lane: job.lane };
                Some(self.engine.run(task).await)
            }
        };
        let product = match among_others {
            // Perhaps another's fault: one that never ends takes threads from those beside it. Alone, it shows.
            None | Some(Err(EngineError::TimedOut { .. })) => self.isolated.run(asked, &self.limits, source).await,
            Some(rendered) => rendered,
        };
        let Product { bytes, media, width_px, height_px, stats, missing_glyphs } = product?;
        self.metrics.rendered(&stats);
        self.metrics.reached(Stage::Rendered);
        let output = OutputInfo { id, media, bytes: bytes.len() as u64, width_px, height_px };
        self.metrics.stored(Step::Output, self.store.put_output(&output.id, media, bytes)).await?;
        self.metrics.reached(Stage::OutputStored);
        Ok(Outcome::Done { output, stats, missing_glyphs })
    }

    /// What an earlier attempt has stored, if that is whole. Where the store does not say, the job is rendered again.
    async fn made_before(&self, id: &OutputId) -> Option<OutputSummary> {
        match self.store.get_summary(id).await {
            Ok(summary) => summary,
            Err(error) => {
                tracing::debug!(%error, "failed to look for an output");
                None
            }
        }
    }
}
