//! The budget for uploads: how many bytes one request, one client and all together may have in hand at one time.
//!
//! `jobs::request` reserves bytes before it reads a byte of a body, `fetch` before it reads a picture from another host. A
//! [`Reservation`] is given back when it is dropped. A stored picture that must be in memory as a whole waits for a permit of
//! its own, of which there are few. All of it is counted in this process alone.

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
/// Memory for all pictures that are in memory as a whole, or for the largest one if that is more.
const WHOLE_BYTES: u64 = 16 * 1024 * 1024;
/// One client may have one part in so many of what all uploads may take.
const CLIENTS_PART: u64 = 4;

refusals! {
    /// Why an upload is over the budget.
    pub(crate) enum BudgetRefusal {
        /// The picture has more bytes than it may have.
        FileTooLarge {
            limit_bytes: u64,
            /// What was declared, or read so far.
            got_bytes: u64,
        } = PAYLOAD_TOO_LARGE FileTooLarge, "a file may have {limit_bytes} bytes, got {got_bytes} or more",
            with field("file").limit(*limit_bytes, *got_bytes),
            example { limit_bytes: 25_000_000, got_bytes: 31_415_926 };
        /// The client has more bytes of uploads in hand than it may have.
        TooManyUploads {
            limit_bytes: u64,
            /// What there would be.
            got_bytes: u64,
        } = TOO_MANY_REQUESTS TooManyUploads, "a client may have {limit_bytes} bytes of uploads in hand, got {got_bytes}",
            with limit(*limit_bytes, *got_bytes).retry_after_s(RETRY_AFTER_S),
            example { limit_bytes: 625_000_000, got_bytes: 637_000_000 };
        /// All clients together have more uploads in hand than this process may have.
        Overloaded = SERVICE_UNAVAILABLE Overloaded, "too many uploads are in hand";
    }
}

/// The budget, and what is reserved of it.
pub(crate) struct UploadBudget {
    pub(crate) limits: Limits,
    /// What all uploads may take together, and those of one client.
    uploads_bytes: u64,
    client_bytes: u64,
    in_hand: Arc<Mutex<InHand>>,
    /// One permit for each picture that may be in memory whole.
    whole_pictures: Arc<Semaphore>,
}

/// The bytes that uploads have reserved.
#[derive(Default)]
struct InHand {
    all_bytes: u64,
    of_client_bytes: HashMap<ClientId, u64>,
}

/// Bytes that one upload has reserved.
pub(crate) struct Reservation {
    in_hand: Arc<Mutex<InHand>>,
    client: ClientId,
    /// What the request says its body has, bounded by the limit.
    pub(crate) expected_bytes: u64,
}

fn lock(in_hand: &Mutex<InHand>) -> MutexGuard<'_, InHand> {
    // Both counts are changed together, and nothing between them could panic.
    in_hand.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut in_hand = lock(&self.in_hand);
        in_hand.all_bytes -= self.expected_bytes;
        if let Some(mine) = in_hand.of_client_bytes.get_mut(&self.client) {
            *mine -= self.expected_bytes;
            if *mine == 0 {
                in_hand.of_client_bytes.remove(&self.client);
            }
        }
    }
}

impl UploadBudget {
    /// A budget for `uploads_in_flight_bytes` of uploads at one time, or for the largest one if that is more.
    pub(crate) fn new(limits: Limits, uploads_in_flight_bytes: u64) -> Self {
        // One upload must fit, or none would ever be taken.
        let largest_bytes = limits.largest_file_bytes().saturating_add(FORM_OVERHEAD_BYTES);
        let uploads_bytes = uploads_in_flight_bytes.max(limits.largest_file_bytes()).saturating_add(FORM_OVERHEAD_BYTES);
        let whole_pictures =
            usize::try_from(WHOLE_BYTES / limits.largest_file_bytes().max(1)).unwrap_or(1).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            limits,
            uploads_bytes,
            client_bytes: (uploads_bytes / CLIENTS_PART).max(largest_bytes),
            in_hand: Arc::default(),
            whole_pictures: Arc::new(Semaphore::new(whole_pictures)),
        }
    }

    pub(crate) fn max_body_bytes(&self) -> u64 {
        self.limits.largest_file_bytes().saturating_add(FORM_OVERHEAD_BYTES)
    }

    /// How much a body with these headers will be at most.
    pub(crate) fn expected_bytes(&self, headers: &HeaderMap) -> Result<u64, BudgetRefusal> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
        match declared {
            Some(got_bytes) if got_bytes > self.max_body_bytes() => {
                Err(BudgetRefusal::FileTooLarge { limit_bytes: self.limits.largest_file_bytes(), got_bytes })
            }
            declared => Ok(declared.unwrap_or_else(|| self.max_body_bytes())),
        }
    }

    /// Waits until there is memory for a picture of the largest size. The request's time limit bounds the wait.
    pub(crate) async fn memory_for_picture(&self) -> Result<OwnedSemaphorePermit, Defect> {
        self.whole_pictures.clone().acquire_owned().await.map_err(Defect::from)
    }

    /// Reserves so many bytes for a client, or refuses at once.
    pub(crate) fn reserve(&self, client: &ClientId, expected_bytes: u64) -> Result<Reservation, BudgetRefusal> {
        let mut in_hand = lock(&self.in_hand);
        let mine = in_hand.of_client_bytes.get(client).copied().unwrap_or(0).saturating_add(expected_bytes);
        let all = in_hand.all_bytes.saturating_add(expected_bytes);
        if mine > self.client_bytes {
            return Err(BudgetRefusal::TooManyUploads { limit_bytes: self.client_bytes, got_bytes: mine });
        }
        if all > self.uploads_bytes {
            return Err(BudgetRefusal::Overloaded);
        }
        in_hand.all_bytes = all;
        if expected_bytes > 0 {
            in_hand.of_client_bytes.insert(client.clone(), mine);
        }
        drop(in_hand);
        Ok(Reservation { in_hand: self.in_hand.clone(), client: client.clone(), expected_bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn budget(max_bytes: u64, uploads_in_flight_bytes: u64) -> UploadBudget {
        UploadBudget::new(Limits { max_bytes, ..Limits::default() }.for_all_alike(), uploads_in_flight_bytes)
    }

    fn client(n: u64) -> ClientId {
        ClientId::from_bytes(n.to_be_bytes())
    }

    #[test]
    fn one_client_has_a_quarter_and_four_have_all() {
        let budget = budget(25 * MB, 2_500 * MB);
        let of = |n| {
            let uploads = std::iter::from_fn(|| budget.reserve(&client(n), budget.max_body_bytes()).ok());
            uploads.take(1_000).collect::<Vec<_>>()
        };
        let mine = of(1);
        assert_eq!(mine.len(), 24, "of a hundred that would fit");
        let Err(BudgetRefusal::TooManyUploads { limit_bytes, got_bytes }) = budget.reserve(&client(1), 25 * MB) else {
            panic!("full")
        };
        assert!(
            limit_bytes <= 626 * MB && got_bytes > limit_bytes && got_bytes <= limit_bytes + 26 * MB,
            "{limit_bytes} {got_bytes}"
        );
        let others: Vec<_> = (2..=4).flat_map(of).collect();
        assert_eq!(others.len(), 3 * 24);
        let _fifth = of(5);
        assert!(matches!(budget.reserve(&client(6), 25 * MB), Err(BudgetRefusal::Overloaded)), "what all may take is taken");
        drop(mine);
        assert_eq!(of(1).len(), 24, "all of it was given back");
    }

    #[test]
    fn one_upload_of_the_largest_size_always_fits() {
        for uploads_in_flight_bytes in [1, 25 * MB, 40 * MB, 99 * MB] {
            let budget = budget(25 * MB, uploads_in_flight_bytes);
            for _ in 0..3 {
                let largest = budget.reserve(&client(1), budget.max_body_bytes());
                assert!(largest.is_ok(), "{uploads_in_flight_bytes}");
            }
        }
    }

    #[test]
    fn nothing_is_kept_of_a_client_that_has_nothing_in_hand() {
        let budget = budget(MB, 10 * MB);
        for n in 0..100 {
            drop(budget.reserve(&client(n), n).unwrap());
        }
        let in_hand = lock(&budget.in_hand);
        assert_eq!((in_hand.all_bytes, in_hand.of_client_bytes.len()), (0, 0));
    }
}
