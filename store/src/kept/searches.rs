//! Marks of searches for lost jobs: in which time slot one was begun, and when the last one that ended had begun.
//!
//! Workers write and read them, so that of many workers one searches. They say nothing of any job: a lost or wrong mark
//! costs one search too many. The end is written apart from the beginning because a worker that begins may be killed.

use proto_shared::keys;
use serde::{Deserialize, Serialize};

use crate::{Created, Store, StoreError, objects::records};

#[derive(Serialize, Deserialize)]
struct LastSearch {
    version: u32,
    began_ms: u64,
}

impl Store {
    /// Marks that a worker searches for lost jobs in a time slot. Of several callers, the one that is answered
    /// [`Created::New`] searches.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn begin_search(&self, slot: u64) -> Result<Created, StoreError> {
        records::create(&self.objects, &keys::search_begun(slot), &serde_json::json!({ "slot": slot })).await
    }

    /// Notes that a search that began then has ended, replacing the note of an earlier one.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn end_search(&self, began_ms: u64) -> Result<(), StoreError> {
        records::put(&self.objects, keys::LAST_SEARCH, &LastSearch { version: 1, began_ms }).await
    }

    /// When the search began that was the last to end, by the clock of the process that searched.
    ///
    /// # Errors
    /// What stands there does not parse, or the backend did not give it.
    pub async fn last_search(&self) -> Result<Option<u64>, StoreError> {
        Ok(records::get::<LastSearch>(&self.objects, keys::LAST_SEARCH).await?.map(|last| last.began_ms))
    }
}
