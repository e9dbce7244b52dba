//! One attempt at one job: source in, engine, output stored. It says how the job ends; it settles nothing.

use caption::Limits;
use proto_shared::{ErrorCode, JobRecord, Outcome, OutputInfo};
use store::{Store, StoreError};

use crate::{
    Fonts,
    engine::{Engine, EngineError, Product, Task},
    engine_spec,
    isolated::Isolated,
    metrics::Metrics,
    spec::UnknownFont,
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

/// Why an attempt came to no output.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Font(#[from] UnknownFont),
}

impl Failure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Store(error) => error.code(),
            Self::Engine(error) => error.code(),
            Self::Font(error) => error.code(),
        }
    }
}

impl Runner {
    /// How the job ends, with its output already stored; or what is passing and worth another attempt.
    ///
    /// A suspect is a job that may have been the end of a worker: it gets a process of its own.
    pub(crate) async fn attempt(&self, job: &JobRecord, is_suspect: bool) -> Result<Outcome, StoreError> {
        match self.produce(job, is_suspect).await {
            Ok(done) => Ok(done),
            Err(Failure::Store(error)) if error.is_passing() => Err(error),
            Err(failure) => Ok(Outcome::Failed { code: failure.code(), message: failure.to_string() }),
        }
    }

    async fn produce(&self, job: &JobRecord, is_suspect: bool) -> Result<Outcome, Failure> {
        let spec = engine_spec(&job.spec, &self.fonts)?;
        let source = self.store.get_source(&job.source.id).await?;
        let Product { bytes, media, width_px, height_px, stats, missing_glyphs } = if is_suspect {
            self.isolated.run(&job.spec, &self.limits, source).await?
        } else {
            self.engine.run(Task { source, spec, limits: self.limits }).await?
        };
        self.metrics.rendered(&stats);
        let id = store::output_id(&job.source.id, &job.spec, caption::ENGINE_VERSION);
        let output = OutputInfo { id, media, bytes: bytes.len() as u64, width_px, height_px };
        self.store.put_output(&output.id, media, bytes).await?;
        Ok(Outcome::Done { output, stats, missing_glyphs })
    }
}
