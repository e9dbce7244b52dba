//! Checks of dead letters.

use proto_shared::DeadRecord;

use super::samples::{dead, job};
use crate::Store;

/// A dead letter reads back, gives way to a later one of its job, is listed by its age, and goes when dropped, alone.
pub async fn dead_letters_are_kept_replaced_listed_and_dropped(store: &Store, run: u64) {
    let letters: Vec<_> = [("x", 30), ("y", 10), ("z", 20)].map(|(name, dead_at_ms)| dead(&job(run, name, 1), dead_at_ms)).into();
    for letter in &letters {
        store.put_dead(letter).await.unwrap();
        assert_eq!(store.get_dead(&letter.id).await.unwrap().as_ref(), Some(letter));
    }
    let again = dead(&job(run, "y", 1), 40);
    store.put_dead(&again).await.unwrap();
    assert_eq!(listed(store, 100).await, [letters[2].clone(), letters[0].clone(), again.clone()]);
    assert_eq!(listed(store, 2).await, [letters[2].clone(), letters[0].clone()]);
    assert_eq!(listed(store, 0).await, []);
    let of_y = store.letters_of(&again.id).await.unwrap().unwrap();
    assert_eq!(store.get_dead(&again.id).await.unwrap(), Some(again.clone()), "the last of two deaths");

    // What is written after the letters were looked for stays.
    let last = dead(&job(run, "y", 1), 50);
    store.put_dead(&last).await.unwrap();
    store.delete_letters(std::slice::from_ref(&of_y)).await.unwrap();
    assert_eq!(store.read_letter(&of_y).await.unwrap(), None);
    assert_eq!(listed(store, 100).await, [letters[2].clone(), letters[0].clone(), last]);

    let all = store.letters().await.unwrap();
    assert_eq!(all.len(), 3);
    store.delete_letters(&all).await.unwrap();
    assert_eq!(listed(store, 100).await, []);
    assert_eq!(store.letters_of(&again.id).await.unwrap(), None);
    // That they are gone is no fault.
    store.delete_letters(&all).await.unwrap();
}

async fn listed(store: &Store, at_most: usize) -> Vec<DeadRecord> {
    let oldest = store.list_dead(at_most).await.unwrap();
    assert!(oldest.of >= oldest.letters.len());
    oldest.letters.into_iter().map(|letter| letter.record.unwrap()).collect()
}
