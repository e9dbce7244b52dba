//! One rendering: what it is given, what it gives, why it gives nothing.
//!
//! `engine` does it on a thread of its pool, `isolated` in a process of its own; both by [`attempt`], so that a panic has
//! one name wherever it happens. It must not wait or know of other jobs.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::AtomicBool,
    time::Instant,
};

use bytes::Bytes;
use proto_shared::{ErrorCode, Fidelity, Lane, Limits, MediaType, RenderStats};

use crate::Progress;

/// What the engine is given.
#[derive(Clone, Debug)]
pub struct Task {
    /// The picture.
    pub source: Bytes,
    /// What to write on it.
    pub spec: caption::LoadedSpec,
    /// What it may cost.
    pub limits: Limits,
    /// Where its progress is reported.
    pub progress: Progress,
    /// Whether it goes before others.
    pub lane: Lane,
}

/// What the engine gives.
#[derive(Clone, Debug)]
pub struct Product {
    /// The captioned picture.
    pub bytes: Bytes,
    /// Its kind.
    pub media: MediaType,
    /// Its width.
    pub width_px: u32,
    /// Its height.
    pub height_px: u32,
    /// What was done; `attempt` fills in the time.
    pub stats: RenderStats,
    /// Characters that no font had.
    pub missing_glyphs: Vec<char>,
    /// How near it is to what was asked for.
    pub fidelity: Fidelity,
}

/// Why the engine gave nothing. None of it passes by waiting.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The picture or the spec can't be done.
    #[error("{0}")]
    Refused(#[from] caption::Error),
    /// A defect of ours; its place is in the log.
    #[error("the engine panicked: {0}")]
    Panicked(String),
    /// The same, reported by a process of its own.
    #[error("{message}")]
    RefusedElsewhere {
        /// The engine's code.
        code: ErrorCode,
        /// The engine's message.
        message: String,
        /// The field of the spec that it is about.
        field: Option<String>,
    },
    /// The process that rendered it died.
    #[error("the engine crashed: {how}")]
    Crashed {
        /// How the process ended.
        how: String,
    },
    /// It took too long.
    #[error("the job took longer than {limit_s} s")]
    TimedOut {
        /// The limit.
        limit_s: u64,
    },
}

impl EngineError {
    /// The field of the spec that it is about, where it is about one.
    pub(crate) fn field(&self) -> Option<String> {
        match self {
            Self::Refused(error) => error.field(),
            Self::RefusedElsewhere { field, .. } => field.clone(),
            Self::Crashed { .. } | Self::Panicked(_) | Self::TimedOut { .. } => None,
        }
    }

    /// The code for the job's result.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Refused(error) => error.code(),
            Self::RefusedElsewhere { code, .. } => *code,
            Self::Crashed { .. } => ErrorCode::EngineCrashed,
            Self::Panicked(_) => ErrorCode::EnginePanic,
            Self::TimedOut { .. } => ErrorCode::Timeout,
        }
    }
}

/// One rendering with its panic caught, and its wall time: what a thread of the pool does, and a process of its own.
pub(crate) fn attempt(
    render: impl Fn(&Task, &AtomicBool) -> Result<Product, caption::Error>,
    task: &Task,
    cancelled: &AtomicBool,
) -> Result<Product, EngineError> {
    let begun = Instant::now();
    // Nothing that the closure shares is used after a panic but the flag.
    let rendered = catch_unwind(AssertUnwindSafe(|| render(task, cancelled)));
    let engine_wall_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match rendered {
        Ok(Ok(product)) => Ok(Product { stats: RenderStats { engine_wall_ms, ..product.stats }, ..product }),
        Ok(Err(error)) => Err(EngineError::Refused(error)),
        Err(panic) => Err(EngineError::Panicked(message_of(panic.as_ref()))),
    }
}

pub(crate) fn render(task: &Task, cancelled: &AtomicBool) -> Result<Product, caption::Error> {
    #[cfg(feature = "faults")]
    let (asked, begun) = (task.spec.captions.first().map(|caption| caption.spec.text.as_str()), Instant::now());
    #[cfg(feature = "faults")]
    crate::rendering::faults::strike(asked);
    let progress = |done, of| {
        #[cfg(feature = "faults")]
        crate::rendering::faults::slow_down(asked, begun, done);
        task.progress.tell(done, of);
    };
    let watch = caption::Watch { progress: &progress, cancelled };
    let rendered = caption::render_with(&task.source, &task.spec, &task.limits, &watch)?;
    Ok(Product {
        media: rendered.media,
        width_px: rendered.width_px,
        height_px: rendered.height_px,
        stats: rendered.stats,
        missing_glyphs: rendered.missing_glyphs,
        fidelity: rendered.fidelity,
        bytes: rendered.output.to_vec(&task.source).into(),
    })
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").chars().take(200).collect()
}
