//! One attempt at one job: fetch the source, render, store the output.
//!
//! Used by `settle`. It decides how the job ends; it writes no result and settles nothing.

use bytes::Bytes;
use caption::{Images, Limits};
use fonts::{Fonts, UnknownFont, engine_spec, output_id};
use futures::future::try_join_all;
use proto_shared::{ErrorCode, ImageName, JobRecord, NewerRelease, Outcome, OutputId, OutputInfo, OutputSummary, SpecError};
use store::{Store, StoreError};

use crate::{
    Progress,
    metrics::{Metrics, StoreStep},
    rendering::{
        engine::Engine,
        isolated::{Ingredients, Isolated},
        render::{EngineError, Product, Task},
    },
    stage::DeliveryStage,
    taking::start_marks::Suspicion,
};

/// What an attempt uses.
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
pub(crate) enum Placement {
    /// In this process, beside other jobs.
    Shared(Progress),
    /// In a process of its own: a worker may have died of it.
    Isolated,
}

/// A job's source and the images that its texts show, or why the store did not give them.
pub(crate) struct Sources(Result<(Bytes, Vec<(ImageName, Bytes)>), StoreError>);

/// Why an attempt gave no output.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Font(#[from] UnknownFont),
    /// The broker delivers no such job.
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

    fn field(&self) -> Option<String> {
        match self {
            Self::Engine(error) => error.field(),
            Self::Font(error) => Some(SpecError::from(error.clone()).field),
            Self::Store(_) | Self::Newer(_) => None,
        }
    }
}

impl Runner {
    /// How the job ends, with its output already stored; or a passing error, which is worth another attempt.
    pub(crate) async fn attempt(
        &self,
        job: &JobRecord,
        sources: Sources,
        suspicion: Suspicion,
        placement: Placement,
    ) -> Result<Outcome, StoreError> {
        match self.produce(job, sources, suspicion, placement).await {
            Ok(done) => Ok(done),
            Err(Failure::Store(error)) if error.is_passing() => Err(error),
            Err(failure) => Ok(Outcome::Failed { code: failure.code(), message: failure.to_string(), field: failure.field() }),
        }
    }

    /// The source, and images where a text shows any; fetched while the store is asked for other things.
    pub(crate) async fn sources(&self, job: &JobRecord) -> Sources {
        let source = self.metrics.stored(StoreStep::Source, self.store.get_source(&job.source.id));
        // Of a job that is not known nothing is rendered.
        let shown = job.known_spec().map_or_else(
            |_| Vec::new(),
            |spec| {
                let name_and_id = |name: &ImageName| Some((name.clone(), spec.images.get(name)?.clone()));
                spec.shown_images().into_iter().filter_map(name_and_id).collect()
            },
        );
        let images = try_join_all(shown.into_iter().map(|(name, id)| async move {
            let image = self.metrics.stored(StoreStep::Source, self.store.get_image(&id)).await?;
            Ok::<_, StoreError>((name, image))
        }));
        Sources(tokio::try_join!(source, images))
    }

    async fn produce(
        &self,
        job: &JobRecord,
        sources: Sources,
        suspicion: Suspicion,
        placement: Placement,
    ) -> Result<Outcome, Failure> {
        let asked = job.known_spec()?;
        let id = output_id(&job.source.id, asked, &self.fonts)?;
        if suspicion != Suspicion::FirstDelivery
            && let Some(OutputSummary { output, stats, missing_glyphs, fidelity, .. }) = self.stored_output(&id).await
        {
            tracing::info!("rendered before");
            return Ok(Outcome::Done { output, stats, missing_glyphs, fidelity });
        }
        let (source, images) = sources.0?;
        let files: Images = images.iter().map(|(name, image)| (name.clone(), image.to_vec())).collect();
        let spec = engine_spec(asked, &self.fonts, files)?;
        let rendered_here = match placement {
            // Its decoder is C++: the kind is told by the bytes, as the engine tells it.
            _ if caption::is_video(&source) => None,
            Placement::Isolated => None,
            Placement::Shared(progress) => {
                let task = Task { source: source.clone(), spec, limits: self.limits, progress, lane: job.lane };
                Some(self.engine.run(task).await)
            }
        };
        let product = match rendered_here {
            // The delay may be another job's fault: a job that never ends takes threads from those beside it. A second attempt in
            // a process of its own tells which it was.
            None | Some(Err(EngineError::TimedOut { .. })) => {
                let ingredients = Ingredients { source, images, fonts: Vec::new() };
                self.isolated.run(asked, &self.limits, ingredients).await
            }
            Some(rendered) => rendered,
        };
        let Product { bytes, media, width_px, height_px, stats, missing_glyphs, fidelity } = product?;
        self.metrics.rendered(&stats);
        self.metrics.reached(DeliveryStage::Rendered);
        let output = OutputInfo { id, media, bytes: bytes.len() as u64, width_px, height_px };
        self.metrics.stored(StoreStep::Output, self.store.put_output(&output.id, media, bytes)).await?;
        self.metrics.reached(DeliveryStage::OutputStored);
        Ok(Outcome::Done { output, stats, missing_glyphs, fidelity })
    }

    /// What an earlier attempt has stored, if it is whole. If the store does not answer, the job is rendered again.
    async fn stored_output(&self, id: &OutputId) -> Option<OutputSummary> {
        match self.store.get_summary(id).await {
            Ok(summary) => summary,
            Err(error) => {
                tracing::debug!(%error, "failed to look for an output");
                None
            }
        }
    }
}
