//! Things that are there for as long as somebody holds them: who waits for which job, which jobs are in hand.
//!
//! api and worker keep such tables. Of several who hold one key all share one value, and the last of them takes it away.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// Values by key, while they are held; clones share them.
pub struct Held<K, V>(Arc<Mutex<HashMap<K, Entry<V>>>>);

#[derive(Debug)]
struct Entry<V> {
    value: V,
    holds: usize,
}

/// One hold. Dropping it lets go.
#[derive(Debug)]
#[must_use = "what nobody holds is gone"]
pub struct Hold<K: Eq + Hash, V> {
    held: Held<K, V>,
    key: K,
}

impl<K, V> Default for Held<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Clone for Held<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Held<K, V> {
    /// Holds the value of `key`: the one that others hold already, or a new one.
    pub fn hold(&self, key: &K, make: impl FnOnce() -> V) -> (V, Hold<K, V>) {
        let value = self.with(|entries| {
            let entry = entries.entry(key.clone()).or_insert_with(|| Entry { value: make(), holds: 0 });
            entry.holds += 1;
            entry.value.clone()
        });
        (value, Hold { held: self.clone(), key: key.clone() })
    }

    /// The value of `key`, if somebody holds it.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.with(|entries| entries.get(key).map(|entry| entry.value.clone()))
    }

    /// All that is held at this moment.
    #[must_use]
    pub fn all(&self) -> Vec<(K, V)> {
        self.with(|entries| entries.iter().map(|(key, entry)| (key.clone(), entry.value.clone())).collect())
    }
}

impl<K, V> Held<K, V> {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<K, Entry<V>>) -> T) -> T {
        // Nothing that could panic is done to the table in between two of its states.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K, V> fmt::Debug for Held<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("keys", &self.with(|entries| entries.len())).finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, V> Drop for Hold<K, V> {
    fn drop(&mut self) {
        let gone = self.held.with(|entries| {
            let entry = entries.get_mut(&self.key)?;
            entry.holds -= 1;
            if entry.holds == 0 { entries.remove(&self.key) } else { None }
        });
        // Its end may be anything, and must not come under the lock.
        drop(gone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_there_until_the_last_lets_go() {
        let held = Held::default();
        let (first, one) = held.hold(&"key", || 1);
        let (second, other) = held.hold(&"key", || 2);
        assert_eq!((first, second), (1, 1), "both share the first");
        drop(one);
        assert_eq!(held.get(&"key"), Some(1), "somebody still holds it");
        drop(other);
        assert_eq!((held.get(&"key"), held.all()), (None, Vec::new()));
        assert_eq!(held.hold(&"key", || 3).0, 3);
    }
}
