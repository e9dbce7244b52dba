//! The room for pictures: how much may come in of one request, of one client, and of all at one time.
//!
//! `jobs::request` takes a share before a byte of a body is read. An upload that was admitted holds its share of the
//! spool until it is dropped. One that must be in memory as a whole holds a share of the memory too, which is far smaller than
//! the spool. All of it is counted in this process alone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderMap, header};
use caption_layout::Limits;
use proto_shared::ClientId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Defect, RETRY_AFTER_S, refusals};

/// What a form may have beside its file: boundaries, part heads, the spec.
const FORM_OVERHEAD_BYTES: u64 = 256 * 1024;
/// What pictures that are in memory whole may take together, or the largest of them if that is more.
const WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// One client may have this part of what all uploads may take.
const CLIENTS_PART: u64 = 4;

refusals! {
    /// Why there is no room for a picture.
    pub(crate) enum RoomRefusal {
        /// More bytes than a picture may have.
        FileTooLarge {
            limit_bytes: u64,
            /// What was declared, or read so far.
            got_bytes: u64,
        } = PAYLOAD_TOO_LARGE FileTooLarge, "a file may have {limit_bytes} bytes, got {got_bytes} or more",
            with field("file").limit(*limit_bytes, *got_bytes),
            example { limit_bytes: 25_000_000, got_bytes: 31_415_926 };
        /// More bytes of one client's uploads in hand than it may have.
        TooManyUploads {
            limit_bytes: u64,
            /// What there would be.
            got_bytes: u64,
        } = TOO_MANY_REQUESTS TooManyUploads, "a client may have {limit_bytes} bytes of uploads in hand, got {got_bytes}",
            with limit(*limit_bytes, *got_bytes).retry_after_s(RETRY_AFTER_S),
            example { limit_bytes: 625_000_000, got_bytes: 637_000_000 };
        /// More uploads in hand than room is set aside for.
        Overloaded = SERVICE_UNAVAILABLE Overloaded, "too many uploads are in hand";
    }
}

pub(crate) struct Room {
    pub(crate) limits: Limits,
    /// What all uploads may take together, and those of one client.
    uploads_bytes: u64,
    client_bytes: u64,
    taken: Arc<Taken>,
    /// One permit for each picture that may be in memory whole.
    whole_pictures: Arc<Semaphore>,
}

/// What uploads have taken.
#[derive(Default)]
struct Taken(Mutex<Bytes>);

#[derive(Default)]
struct Bytes {
    all: u64,
    of_client: HashMap<ClientId, u64>,
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

impl Room {
    /// Room for `uploads_in_flight_bytes` of uploads at one time, or for the largest one if that is more.
    pub(crate) fn new(limits: Limits, uploads_in_flight_bytes: u64) -> Self {
        // One upload must fit, or none would ever be taken.
        let largest_bytes = limits.max_bytes.saturating_add(FORM_OVERHEAD_BYTES);
        let uploads_bytes = uploads_in_flight_bytes.max(limits.max_bytes).saturating_add(FORM_OVERHEAD_BYTES);
        let whole_pictures = usize::try_from(WHOLE_BYTES / limits.max_bytes.max(1)).unwrap_or(1).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            limits,
            uploads_bytes,
            client_bytes: (uploads_bytes / CLIENTS_PART).max(largest_bytes),
            taken: Arc::default(),
            whole_pictures: Arc::new(Semaphore::new(whole_pictures)),
        }
    }

    pub(crate) fn max_body_bytes(&self) -> u64 {
        self.limits.max_bytes.saturating_add(FORM_OVERHEAD_BYTES)
    }

    /// How much a body with these headers will be at most.
    pub(crate) fn expected_bytes(&self, headers: &HeaderMap) -> Result<u64, RoomRefusal> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        match declared {
            Some(got_bytes) if got_bytes > self.max_body_bytes() => {
                Err(RoomRefusal::FileTooLarge { limit_bytes: self.limits.max_bytes, got_bytes })
            }
            declared => Ok(declared.unwrap_or_else(|| self.max_body_bytes())),
        }
    }

    /// Waits for room in memory for a picture of the largest size. The request's time limit bounds the wait.
    pub(crate) async fn whole_picture(&self) -> Result<OwnedSemaphorePermit, Defect> {
        self.whole_pictures.clone().acquire_owned().await.map_err(Defect::from)
    }

    /// Takes a client's share for so many bytes, or refuses it at once.
    pub(crate) fn share(&self, client: &ClientId, expected_bytes: u64) -> Result<Share, RoomRefusal> {
        let mut taken = self.taken.lock();
        let mine = taken.of_client.get(client).copied().unwrap_or(0).saturating_add(expected_bytes);
        let all = taken.all.saturating_add(expected_bytes);
        if mine > self.client_bytes {
            return Err(RoomRefusal::TooManyUploads { limit_bytes: self.client_bytes, got_bytes: mine });
        }
        if all > self.uploads_bytes {
            return Err(RoomRefusal::Overloaded);
        }
        taken.all = all;
        if expected_bytes > 0 {
            taken.of_client.insert(client.clone(), mine);
        }
        drop(taken);
        Ok(Share { taken: self.taken.clone(), client: client.clone(), expected_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn room(max_bytes: u64, uploads_in_flight_bytes: u64) -> Room {
        Room::new(Limits { max_bytes, ..Limits::default() }, uploads_in_flight_bytes)
    }

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    #[test]
    fn one_client_has_a_quarter_and_four_have_all() {
        let room = room(25 * MB, 2_500 * MB);
        let of = |n| {
            let uploads = std::iter::from_fn(|| room.share(&client(n), room.max_body_bytes()).ok());
            uploads.take(1_000).collect::<Vec<_>>()
        };
        let mine = of(1);
        assert_eq!(mine.len(), 24, "of a hundred that would fit");
        let Err(RoomRefusal::TooManyUploads { limit_bytes, got_bytes }) = room.share(&client(1), 25 * MB) else { panic!("full") };
        assert!(
            limit_bytes <= 626 * MB && got_bytes > limit_bytes && got_bytes <= limit_bytes + 26 * MB,
            "{limit_bytes} {got_bytes}"
        );
        let others: Vec<_> = (2..=4).flat_map(of).collect();
        assert_eq!(others.len(), 3 * 24);
        let _fifth = of(5);
        assert!(matches!(room.share(&client(6), 25 * MB), Err(RoomRefusal::Overloaded)), "what all may take is taken");
        drop(mine);
        assert_eq!(of(1).len(), 24, "all of it was given back");
    }

    #[test]
    fn one_upload_of_the_largest_size_always_fits() {
        for uploads_in_flight_bytes in [1, 25 * MB, 40 * MB, 99 * MB] {
            let room = room(25 * MB, uploads_in_flight_bytes);
            for _ in 0..3 {
                let largest = room.share(&client(1), room.max_body_bytes());
                assert!(largest.is_ok(), "{uploads_in_flight_bytes}");
            }
        }
    }

    #[test]
    fn nothing_is_kept_of_a_client_that_has_nothing_in_hand() {
        let room = room(MB, 10 * MB);
        for n in 0..100 {
            drop(room.share(&client(n), n).unwrap());
        }
        let taken = room.taken.lock();
        assert_eq!((taken.all, taken.of_client.len()), (0, 0));
    }
}
