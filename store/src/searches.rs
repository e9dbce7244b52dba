//! What is written of looks for lost work: who has begun one, and when the last that came to its end had begun.
//!
//! Workers write and read it, so that however many of them start, few look. It says nothing of any job: lost or wrong, it
//! costs a look too many. The end is written apart from the beginning because whoever begins may be killed.

use proto_shared::keys;
use serde::{Deserialize, Serialize};

use crate::{Created, Store, StoreError, records};

#[derive(Serialize, Deserialize)]
struct Look {
    version: u32,
    began_ms: u64,
}

impl Store {
    /// Says that somebody looks for lost work in a stretch of time. Of all who ask at once, the one that is answered
    /// [`Created::New`] looks.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn begin_search(&self, slot: u64) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::search_begun(slot), &serde_json::json!({ "slot": slot })).await
    }

    /// Says that a look that began then has come to its end, over what was said of another.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn end_search(&self, began_ms: u64) -> Result<(), StoreError> {
        records::put(&self.objects, keys::LAST_SEARCH, &Look { version: 1, began_ms }).await
    }

    /// When the look began that was the last to come to its end, by the clock of whoever looked.
    ///
    /// # Errors
    /// What stands there does not parse, or the backend did not give it.
    pub async fn last_search(&self) -> Result<Option<u64>, StoreError> {
        Ok(records::get::<Look>(&self.objects, keys::LAST_SEARCH).await?.map(|look| look.began_ms))
    }
}
