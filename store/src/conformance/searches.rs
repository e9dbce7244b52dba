//! Checks of what is written of looks for lost work.

use futures::future::join_all;

use crate::{Created, Store};

/// Of many who would look in one stretch of time one does, and who asks when the last look began hears what was said last.
pub async fn one_looks_in_a_stretch_of_time_and_the_last_word_counts(store: &Store, run: u64) {
    for slot in [run * 2, run * 2 + 1] {
        let begun = join_all((0..16).map(|_| store.begin_search(slot))).await;
        let new = begun.into_iter().filter(|begun| matches!(begun, Ok(Created::New))).count();
        assert_eq!(new, 1, "slot {slot}");
    }
    for began_ms in [run + 2, run + 1] {
        store.end_search(began_ms).await.unwrap();
        assert_eq!(store.last_search().await.unwrap(), Some(began_ms));
    }
}
