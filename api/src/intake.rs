//! How much may come in: of one request, of one client, and of all at one time.
//!
//! Asked before a byte of a body is read. What is admitted holds its share of the spool until it is dropped,
//! and what must be in memory whole holds its share of that, which is far less. All of it is counted in this process alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, header};
use caption_layout::Limits;
use proto_shared::ClientId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{ApiConfig, error::ApiError};

/// What a form may have beside its file: boundaries, part heads, the spec.
const FORM_OVERHEAD_BYTES: u64 = 256 * 1024;
/// What pictures that are in memory whole may take together, or the largest of them if that is more.
const WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// The grain that memory is counted in, so that a count of it fits a semaphore's `u32`.
const GRAIN_BYTES: u64 = 1024;
/// One client may have this part of what all uploads may take.
const CLIENTS_PART: u64 = 4;

pub(crate) struct Intake {
    pub(crate) limits: Limits,
    /// What all uploads may take together, and those of one client.
    uploads_bytes: u64,
    client_bytes: u64,
    taken: Arc<Taken>,
    memory: Arc<Semaphore>,
    memory_bytes: u64,
}

/// What uploads have taken.
#[derive(Default)]
struct Taken(Mutex<Bytes>);

#[derive(Default)]
struct Bytes {
    all: u64,
    of_client: HashMap<ClientId, u64>,
}

/// A share of the memory for whole pictures.
pub(crate) struct Room {
    _permit: OwnedSemaphorePermit,
}

/// A share of what uploads may take.
pub(crate) struct Share {
    taken: Arc<Taken>,
    client: ClientId,
    /// What the request says its body has, bounded by the limit.
    pub(crate) expected_bytes: u64,
}

impl Taken {
    fn lock(&self) -> MutexGuard<'_, Bytes> {
        // Both counts are changed together, and nothing between them could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.taken.lock();
        taken.all -= self.expected_bytes;
        if let Some(mine) = taken.of_client.get_mut(&self.client) {
            *mine -= self.expected_bytes;
            if *mine == 0 {
                taken.of_client.remove(&self.client);
            }
        }
    }
}

impl Intake {
    pub(crate) fn new(config: &ApiConfig) -> Self {
        let limits = config.limits;
        // One upload must fit, or none would ever be taken.
        let largest_bytes = limits.max_bytes.saturating_add(FORM_OVERHEAD_BYTES);
        let uploads_bytes = config.uploads_in_flight_bytes.max(limits.max_bytes).saturating_add(FORM_OVERHEAD_BYTES);
        let memory_bytes = WHOLE_BYTES.max(limits.max_bytes);
        Self {
            limits,
            uploads_bytes,
            client_bytes: (uploads_bytes / CLIENTS_PART).max(largest_bytes),
            taken: Arc::default(),
            memory: Arc::new(Semaphore::new(grains(memory_bytes))),
            memory_bytes,
        }
    }

    pub(crate) fn max_body_bytes(&self) -> u64 {
        self.limits.max_bytes.saturating_add(FORM_OVERHEAD_BYTES)
    }

    /// How much a body with these headers will be at most.
    pub(crate) fn expected_bytes(&self, headers: &HeaderMap) -> Result<u64, ApiError> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        match declared {
            Some(got_bytes) if got_bytes > self.max_body_bytes() => {
                Err(ApiError::FileTooLarge { limit_bytes: self.limits.max_bytes, got_bytes })
            }
            declared => Ok(declared.unwrap_or_else(|| self.max_body_bytes())),
        }
    }

    /// Waits for room in memory for a picture of so many bytes. The request's time limit bounds the wait.
    pub(crate) async fn room(&self, bytes: u64) -> Result<Room, ApiError> {
        let wanted = u32::try_from(grains(bytes.min(self.memory_bytes))).unwrap_or(u32::MAX);
        let permit = self.memory.clone().acquire_many_owned(wanted).await;
        Ok(Room { _permit: permit.map_err(|e| ApiError::Internal(e.to_string()))? })
    }

    /// Takes a client's share for so many bytes, or refuses it at once.
    pub(crate) fn share(&self, client: &ClientId, expected_bytes: u64) -> Result<Share, ApiError> {
        let mut taken = self.taken.lock();
        let mine = taken.of_client.get(client).copied().unwrap_or(0).saturating_add(expected_bytes);
        let all = taken.all.saturating_add(expected_bytes);
        if mine > self.client_bytes {
            return Err(ApiError::TooManyUploads { limit_bytes: self.client_bytes, got_bytes: mine });
        }
        if all > self.uploads_bytes {
            return Err(ApiError::Overloaded);
        }
        taken.all = all;
        if expected_bytes > 0 {
            taken.of_client.insert(client.clone(), mine);
        }
        drop(taken);
        Ok(Share { taken: self.taken.clone(), client: client.clone(), expected_bytes })
    }
}

fn grains(bytes: u64) -> usize {
    usize::try_from(bytes / GRAIN_BYTES).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fonts::Fonts;

    use super::*;

    const MB: u64 = 1_000_000;

    fn intake(max_bytes: u64, uploads_in_flight_bytes: u64) -> Intake {
        Intake::new(&ApiConfig {
            limits: Limits { max_bytes, ..Limits::default() },
            uploads_in_flight_bytes,
            request_timeout: Duration::from_secs(1),
            body_stall: Duration::from_secs(1),
            spool_dir: std::env::temp_dir(),
            trusted_proxies: Vec::new(),
            fonts: Fonts::built_in(),
        })
    }

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    #[test]
    fn one_client_has_a_quarter_and_four_have_all() {
        let intake = intake(25 * MB, 2_500 * MB);
        let of = |n| {
            let uploads = std::iter::from_fn(|| intake.share(&client(n), intake.max_body_bytes()).ok());
            uploads.take(1_000).collect::<Vec<_>>()
        };
        let mine = of(1);
        assert_eq!(mine.len(), 24, "of a hundred that would fit");
        let Err(ApiError::TooManyUploads { limit_bytes, got_bytes }) = intake.share(&client(1), 25 * MB) else { panic!("full") };
        assert!(
            limit_bytes <= 626 * MB && got_bytes > limit_bytes && got_bytes <= limit_bytes + 26 * MB,
            "{limit_bytes} {got_bytes}"
        );
        let others: Vec<_> = (2..=4).flat_map(of).collect();
        assert_eq!(others.len(), 3 * 24);
        let _fifth = of(5);
        assert!(matches!(intake.share(&client(6), 25 * MB), Err(ApiError::Overloaded)), "what all may take is taken");
        drop(mine);
        assert_eq!(of(1).len(), 24, "all of it was given back");
    }

    #[test]
    fn one_upload_of_the_largest_size_always_fits() {
        for uploads_in_flight_bytes in [1, 25 * MB, 40 * MB, 99 * MB] {
            let intake = intake(25 * MB, uploads_in_flight_bytes);
            for _ in 0..3 {
                let largest = intake.share(&client(1), intake.max_body_bytes());
                assert!(largest.is_ok(), "{uploads_in_flight_bytes}");
            }
        }
    }

    #[test]
    fn nothing_is_kept_of_a_client_that_has_nothing_in_hand() {
        let intake = intake(MB, 10 * MB);
        for n in 0..100 {
            drop(intake.share(&client(n), n).unwrap());
        }
        let taken = intake.taken.lock();
        assert_eq!((taken.all, taken.of_client.len()), (0, 0));
    }
}
