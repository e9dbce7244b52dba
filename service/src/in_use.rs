//! A table whose entries exist for as long as they are in use: who waits for which job, which jobs are in hand.
//!
//! api and worker keep such tables. All that use one key share one value. It is removed with the last lease on it.

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

/// Values by key, while they are in use. Clones share them.
pub struct InUse<K, V>(Arc<Mutex<HashMap<K, Leased<V>>>>);

#[derive(Debug)]
struct Leased<V> {
    value: V,
    leases: usize,
}

/// The use of one entry, until it is dropped.
#[derive(Debug)]
#[must_use = "without a lease the entry is removed"]
pub struct Lease<K: Eq + Hash, V> {
    table: InUse<K, V>,
    key: K,
}

impl<K, V> Default for InUse<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K, V> Clone for InUse<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Eq + Hash + Clone, V: Clone> InUse<K, V> {
    /// Uses the value of `key`: the one that is in use already, or a new one.
    pub fn lease(&self, key: &K, make: impl FnOnce() -> V) -> (V, Lease<K, V>) {
        let value = self.with(|entries| {
            let entry = entries.entry(key.clone()).or_insert_with(|| Leased { value: make(), leases: 0 });
            entry.leases += 1;
            entry.value.clone()
        });
        (value, Lease { table: self.clone(), key: key.clone() })
    }

    /// The value of `key`, if it is in use.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.with(|entries| entries.get(key).map(|entry| entry.value.clone()))
    }

    /// All that is in use at this moment.
    #[must_use]
    pub fn all(&self) -> Vec<(K, V)> {
        self.with(|entries| entries.iter().map(|(key, entry)| (key.clone(), entry.value.clone())).collect())
    }
}

impl<K, V> InUse<K, V> {
    fn with<T>(&self, change: impl FnOnce(&mut HashMap<K, Leased<V>>) -> T) -> T {
        // Nothing that could panic is done to the table in between two of its states.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K, V> fmt::Debug for InUse<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InUse").field("keys", &self.with(|entries| entries.len())).finish_non_exhaustive()
    }
}

impl<K: Eq + Hash, V> Drop for Lease<K, V> {
    fn drop(&mut self) {
        let gone = self.table.with(|entries| {
            let entry = entries.get_mut(&self.key)?;
            entry.leases -= 1;
            if entry.leases == 0 { entries.remove(&self.key) } else { None }
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
        let table = InUse::default();
        let (first, one) = table.lease(&"key", || 1);
        let (second, other) = table.lease(&"key", || 2);
        assert_eq!((first, second), (1, 1), "both share the first");
        drop(one);
        assert_eq!(table.get(&"key"), Some(1), "somebody still holds it");
        drop(other);
        assert_eq!((table.get(&"key"), table.all()), (None, Vec::new()));
        assert_eq!(table.lease(&"key", || 3).0, 3);
    }
}
