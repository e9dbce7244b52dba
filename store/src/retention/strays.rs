//! Retention of what killed writers leave in a directory: half-written files under `name#1`, which are no objects and so
//! never listed. On S3 a bucket's own rule for unfinished uploads does this.

use std::{
    fs::{self, DirEntry, ReadDir},
    io,
    path::PathBuf,
    time::UNIX_EPOCH,
};

use super::{Expired, Retention};
use crate::StoreError;

impl Retention<'_> {
    pub(super) async fn strays(&self, expired: &mut Expired) -> Result<(), StoreError> {
        let Some(directory) = self.objects.directory.clone() else { return Ok(()) };
        let (shown, before_ms) = (directory.display().to_string(), self.contents_before_ms);
        let deleted = tokio::task::spawn_blocking(move || delete_strays(directory, before_ms)).await;
        let failed = |cause: io::Error| StoreError::Unavailable { action: "sweep", key: shown.clone(), source: Box::new(cause) };
        expired.strays = deleted.map_err(|e| failed(io::Error::other(e)))?.map_err(failed)?;
        Ok(())
    }
}

/// Walks folder by folder: in memory are only those that are open.
fn delete_strays(directory: PathBuf, before_ms: u64) -> io::Result<u64> {
    let mut open: Vec<ReadDir> = vec![fs::read_dir(directory)?];
    let mut deleted = 0;
    while let Some(folder) = open.last_mut() {
        let Some(entry) = folder.next() else {
            open.pop();
            continue;
        };
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            // It may have been empty, and gone with its last object.
            open.extend(unless_gone(fs::read_dir(entry.path()))?);
        } else if is_stray(&entry) && modified_ms(&entry)?.is_some_and(|modified_ms| modified_ms < before_ms) {
            deleted += u64::from(unless_gone(fs::remove_file(entry.path()))?.is_some());
        }
    }
    Ok(deleted)
}

fn is_stray(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let number = name.to_str().and_then(|name| name.rsplit_once('#')).map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

fn modified_ms(entry: &DirEntry) -> io::Result<Option<u64>> {
    let Some(metadata) = unless_gone(entry.metadata())? else { return Ok(None) };
    let since_epoch = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(u64::try_from(since_epoch.as_millis()).ok())
}

fn unless_gone<T>(answer: io::Result<T>) -> io::Result<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}
