//! Dead letters: messages that no worker could settle, kept for someone to look at, replay or drop.
//!
//! Workers write them, the `dead` commands read them. Each time that a job becomes a dead letter has a key of its own, so that
//! a reader deletes the letter that it has read, and none that was written since. A letter that can't be read is
//! listed and deleted like any other: it must never hide the others.

use std::collections::{HashMap, hash_map::Entry};

use futures::{StreamExt, TryStreamExt};
use proto_shared::{DeadRecord, JobId, keys};

use crate::{
    Store, StoreError,
    objects::{ObjectInfo, records},
};

/// The oldest letters are chosen by the times that they contain among this many, which are chosen by the backend's own times: so
/// that not every one of very many letters is read to show ten.
const READ_AT_LEAST: usize = 1000;

/// The letters of one job at the time of the listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letters {
    /// The job's.
    pub id: JobId,
    /// The last one.
    newest: Letter,
    /// Those before, which a replay that was killed may have left.
    older: Vec<Letter>,
}

/// The oldest dead letters, one for each job.
#[derive(Debug)]
pub struct OldestDead {
    /// Oldest first.
    pub letters: Vec<ListedDead>,
    /// How many jobs have one.
    pub of: usize,
}

/// A job's last letter in a listing.
#[derive(Debug)]
pub struct ListedDead {
    /// The job's id, by the letter's key.
    pub id: JobId,
    /// When the job was given up; for a letter that can't be read, when that was written.
    pub dead_at_ms: u64,
    /// What it says, or why it can't be read.
    pub record: Result<DeadRecord, StoreError>,
}

/// Ordered by the time at which the job was given up; an earlier release wrote one key for all times, which comes first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Letter {
    dead_at_ms: u64,
    modified_ms: u64,
    key: String,
}

impl Letters {
    fn of(id: JobId, newest: Letter) -> Self {
        Self { id, newest, older: Vec::new() }
    }

    fn add(&mut self, letter: Letter) {
        let older = if letter > self.newest { std::mem::replace(&mut self.newest, letter) } else { letter };
        self.older.push(older);
    }

    fn keys(&self) -> impl Iterator<Item = String> + '_ {
        self.older.iter().chain([&self.newest]).map(|letter| letter.key.clone())
    }
}

impl Store {
    /// Writes a dead letter, beside earlier ones of the same job.
    ///
    /// # Errors
    /// The backend did not take it.
    pub async fn put_dead(&self, dead: &DeadRecord) -> Result<(), StoreError> {
        records::put(&self.objects, &keys::dead(&dead.id, dead.dead_at_ms), dead).await
    }

    /// A job's last dead letter, if it has one.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn get_dead(&self, id: &JobId) -> Result<Option<DeadRecord>, StoreError> {
        match self.letters_of(id).await? {
            Some(letters) => self.read_letter(&letters).await,
            None => Ok(None),
        }
    }

    /// The letters of one job.
    ///
    /// # Errors
    /// The backend did not give the listing.
    pub async fn letters_of(&self, id: &JobId) -> Result<Option<Letters>, StoreError> {
        let mut all = HashMap::new();
        collect(self.objects.list(&keys::dead_of(id)), &mut all).await?;
        if let Some(found) = self.objects.head(&keys::dead_of_earlier_release(id)).await? {
            add(found, &mut all);
        }
        Ok(all.remove(id))
    }

    /// The letters of all jobs, read or not, in no order: a caller acts on each once, whatever is written
    /// meanwhile. Memory: a key for each.
    ///
    /// # Errors
    /// The backend did not give the listing.
    pub async fn letters(&self) -> Result<Vec<Letters>, StoreError> {
        let mut all = HashMap::new();
        collect(self.objects.list(keys::DEAD_PREFIX), &mut all).await?;
        Ok(all.into_values().collect())
    }

    /// The record in the last of these letters, if it is still there.
    ///
    /// # Errors
    /// It does not parse, or the backend did not give it.
    pub async fn read_letter(&self, letters: &Letters) -> Result<Option<DeadRecord>, StoreError> {
        records::get(&self.objects, &letters.newest.key).await
    }

    /// Removes these letters, readable or not, and none that was written since; that they are gone is no fault.
    ///
    /// # Errors
    /// The backend did not do it; some may be gone.
    pub async fn delete_letters(&self, letters: &[Letters]) -> Result<(), StoreError> {
        self.objects.delete_all(letters.iter().flat_map(Letters::keys).collect()).await.map(drop)
    }

    /// The last letters of the jobs that were given up longest ago, at most that many.
    ///
    /// # Errors
    /// The backend did not give the listing or a letter.
    pub async fn list_dead(&self, at_most: usize) -> Result<OldestDead, StoreError> {
        let mut all = self.letters().await?;
        let of = all.len();
        all.sort_by(|a, b| (a.newest.modified_ms, &a.id).cmp(&(b.newest.modified_ms, &b.id)));
        all.truncate(at_most.max(READ_AT_LEAST));
        let mut letters: Vec<ListedDead> = futures::stream::iter(all)
            .map(async |letters| {
                let record = match self.read_letter(&letters).await {
                    Ok(None) => return Ok(None), // deleted since it was listed
                    Ok(Some(record)) => Ok(record),
                    Err(error) if error.is_passing() => return Err(error),
                    Err(error) => Err(error),
                };
                let dead_at_ms = record.as_ref().map_or(letters.newest.modified_ms, |record| record.dead_at_ms);
                Ok(Some(ListedDead { id: letters.id, dead_at_ms, record }))
            })
            .buffer_unordered(records::READS_AT_ONCE)
            .try_filter_map(async |letter| Ok(letter))
            .try_collect()
            .await?;
        letters.sort_by(|a, b| (a.dead_at_ms, &a.id).cmp(&(b.dead_at_ms, &b.id)));
        letters.truncate(at_most);
        Ok(OldestDead { letters, of })
    }
}

async fn collect(
    mut listing: impl futures::Stream<Item = Result<ObjectInfo, StoreError>> + Unpin,
    all: &mut HashMap<JobId, Letters>,
) -> Result<(), StoreError> {
    while let Some(found) = listing.try_next().await? {
        add(found, all);
    }
    Ok(())
}

fn add(found: ObjectInfo, all: &mut HashMap<JobId, Letters>) {
    let Some((id, dead_at_ms)) = parse(&found.key) else { return };
    let letter = Letter { dead_at_ms, modified_ms: found.modified_ms, key: found.key };
    match all.entry(id.clone()) {
        Entry::Occupied(mut letters) => letters.get_mut().add(letter),
        Entry::Vacant(place) => drop(place.insert(Letters::of(id, letter))),
    }
}

/// The job in the key of a dead letter.
pub(crate) fn job_of(key: &str) -> Option<JobId> {
    parse(key).map(|(id, _)| id)
}

/// The job in the key of a dead letter, and its time; 0 where an earlier release wrote it.
fn parse(key: &str) -> Option<(JobId, u64)> {
    let name = key.strip_prefix(keys::DEAD_PREFIX)?.strip_prefix('/')?.strip_suffix(".json")?;
    let (id, dead_at_ms) = match name.split_once('/') {
        Some((id, ms)) => (JobId::parse(id).ok()?, ms.parse().ok()?),
        None => (JobId::parse(name).ok()?, 0),
    };
    let is_ours = key == keys::dead(&id, dead_at_ms) || key == keys::dead_of_earlier_release(&id);
    is_ours.then_some((id, dead_at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letters_key_names_its_job_and_its_time() {
        let id = JobId::from_bytes([7; 16]);
        for dead_at_ms in [0, 1, 1_700_000_000_000, u64::MAX] {
            assert_eq!(parse(&keys::dead(&id, dead_at_ms)), Some((id.clone(), dead_at_ms)));
        }
        assert_eq!(parse(&keys::dead_of_earlier_release(&id)), Some((id.clone(), 0)));
        for stranger in
            [format!("dead/{id}"), format!("dead/{id}/x.json"), format!("dead/{id}/7.json"), format!("jobs/{id}.json")]
        {
            assert_eq!(parse(&stranger), None, "{stranger}");
        }
    }
}
