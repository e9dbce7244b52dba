//! How much may come in: of one request, and of all at one time.
//!
//! Asked before a byte of a body is read. What is admitted holds its share of the spool until it is dropped,
//! and what must be in memory whole holds its share of that, which is far less.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use caption::Limits;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{ApiConfig, error::ApiError};

/// What a form may have beside its file: boundaries, part heads, the spec.
const FORM_OVERHEAD_BYTES: u64 = 256 * 1024;
/// What pictures that are in memory whole may take together, or the largest of them if that is more.
const WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// The grain that bytes are counted in, so that a count of it fits a semaphore's `u32`.
const GRAIN_BYTES: u64 = 1024;

pub(crate) struct Intake {
    pub(crate) limits: Limits,
    uploads: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    memory_bytes: u64,
}

/// A share of the memory for whole pictures.
pub(crate) struct Room {
    _permit: OwnedSemaphorePermit,
}

/// A share of what uploads may take.
pub(crate) struct Share {
    _permit: OwnedSemaphorePermit,
    /// What the request says its body has, bounded by the limit.
    pub(crate) expected_bytes: u64,
}

impl Intake {
    pub(crate) fn new(config: &ApiConfig) -> Self {
        let limits = config.limits;
        // One upload must fit, or none would ever be taken.
        let upload_bytes = config.uploads_in_flight_bytes.max(limits.max_bytes).saturating_add(FORM_OVERHEAD_BYTES);
        let memory_bytes = WHOLE_BYTES.max(limits.max_bytes);
        Self {
            limits,
            uploads: Arc::new(Semaphore::new(grains(upload_bytes))),
            memory: Arc::new(Semaphore::new(grains(memory_bytes))),
            memory_bytes,
        }
    }

    pub(crate) fn max_body_bytes(&self) -> u64 {
        self.limits.max_bytes.saturating_add(FORM_OVERHEAD_BYTES)
    }

    /// Takes a share for a body with these headers, or refuses it at once.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<Share, ApiError> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        match declared {
            Some(got_bytes) if got_bytes > self.max_body_bytes() => {
                Err(ApiError::FileTooLarge { limit_bytes: self.limits.max_bytes, got_bytes })
            }
            declared => self.share(declared.unwrap_or_else(|| self.max_body_bytes())),
        }
    }

    /// Waits for room in memory for a picture of so many bytes. The request's time limit bounds the wait.
    pub(crate) async fn room(&self, bytes: u64) -> Result<Room, ApiError> {
        let wanted = u32::try_from(grains(bytes.min(self.memory_bytes))).unwrap_or(u32::MAX);
        let permit = self.memory.clone().acquire_many_owned(wanted).await;
        Ok(Room { _permit: permit.map_err(|e| ApiError::Internal(e.to_string()))? })
    }

    /// Takes a share for so many bytes, or refuses it at once.
    pub(crate) fn share(&self, expected_bytes: u64) -> Result<Share, ApiError> {
        let grains = u32::try_from(expected_bytes.div_ceil(GRAIN_BYTES)).map_err(|_| ApiError::Overloaded)?;
        let permit = self.uploads.clone().try_acquire_many_owned(grains).map_err(|_| ApiError::Overloaded)?;
        Ok(Share { _permit: permit, expected_bytes })
    }
}

fn grains(bytes: u64) -> usize {
    usize::try_from(bytes / GRAIN_BYTES).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}
