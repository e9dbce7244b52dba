//! Checks of dead letters.

use super::samples::{dead, job};
use crate::Store;

/// A dead letter reads back, is replaced by a later one of its job, is listed by its age, and goes when dropped.
pub async fn dead_letters_are_kept_replaced_listed_and_dropped(store: &Store, run: u64) {
    let letters: Vec<_> = [("x", 30), ("y", 10), ("z", 20)].map(|(name, dead_at_ms)| dead(&job(run, name, 1), dead_at_ms)).into();
    for letter in &letters {
        store.put_dead(letter).await.unwrap();
        assert_eq!(store.get_dead(&letter.id).await.unwrap().as_ref(), Some(letter));
    }
    let again = dead(&job(run, "y", 1), 40);
    store.put_dead(&again).await.unwrap();
    assert_eq!(store.list_dead(100).await.unwrap(), [letters[2].clone(), letters[0].clone(), again.clone()]);
    assert_eq!(store.list_dead(2).await.unwrap(), [letters[2].clone(), letters[0].clone()]);
    assert_eq!(store.list_dead(0).await.unwrap(), []);

    for letter in [&letters[0], &letters[2], &again] {
        store.delete_dead(&letter.id).await.unwrap();
        assert_eq!(store.get_dead(&letter.id).await.unwrap(), None);
    }
    assert_eq!(store.list_dead(100).await.unwrap(), []);
}
