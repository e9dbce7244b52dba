//! Retention of outputs, their summaries, and sources. Only the records of old jobs are read to find those in use: `retention` explains
//! why an old source can't be in use by a newer job alone.

use futures::{StreamExt, TryStreamExt, stream};
use proto_shared::{OutputId, SourceId, keys};

use super::{Expired, Retention, jobs::Named};
use crate::{StoreError, objects::records::READS_AT_ONCE};

/// Contents that are checked and then deleted together: few, so that the check is recent at the deletion.
const CHECKED_AT_ONCE: usize = 100;

impl Retention<'_> {
    /// Deletes old outputs, a summary before its picture. A picture whose summary is young was asked for again.
    pub(super) async fn outputs(&self, expired: &mut Expired) -> Result<(), StoreError> {
        let mut summaries =
            self.old(keys::OUTPUTS_PREFIX, self.contents_before_ms, CHECKED_AT_ONCE, |key| key.ends_with(SUMMARY_END));
        while let Some(keys) = summaries.try_next().await? {
            let keys = self.still_old(keys, |_| None).await?;
            expired.summaries += self.objects.delete_all(keys).await?;
        }
        let mut pictures =
            self.old(keys::OUTPUTS_PREFIX, self.contents_before_ms, CHECKED_AT_ONCE, |key| !key.ends_with(SUMMARY_END));
        while let Some(keys) = pictures.try_next().await? {
            let keys = self.still_old(keys, |key| output_id(key).map(|id| keys::output_summary(&id))).await?;
            expired.outputs += self.objects.delete_all(keys).await?;
        }
        Ok(())
    }

    /// Deletes old sources that no job names.
    pub(super) async fn sources(&self, named: &Named, expired: &mut Expired) -> Result<(), StoreError> {
        if named.is_unsure {
            return Ok(());
        }
        let mut sources = self.old(keys::SOURCES_PREFIX, self.contents_before_ms, CHECKED_AT_ONCE, |_| true);
        while let Some(mut keys) = sources.try_next().await? {
            keys.retain(|key| source_id(key).is_none_or(|id| !named.sources.contains(&id)));
            let keys = self.still_old(keys, |_| None).await?;
            expired.sources += self.objects.delete_all(keys).await?;
        }
        Ok(())
    }

    /// Those that were not written again since they were listed, nor the object that keeps each.
    async fn still_old(&self, keys: Vec<String>, keeper: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, StoreError> {
        let checks = keys.into_iter().map(|key| {
            let keeper = keeper(&key);
            async move {
                let is_young = self.is_young(&key).await?
                    || match &keeper {
                        Some(keeper) => self.is_young(keeper).await?,
                        None => false,
                    };
                Ok((!is_young).then_some(key))
            }
        });
        let checks: Vec<_> = checks.collect();
        stream::iter(checks).buffered(READS_AT_ONCE).try_filter_map(async |key| Ok(key)).try_collect().await
    }

    async fn is_young(&self, key: &str) -> Result<bool, StoreError> {
        let found = self.objects.head(key).await?;
        Ok(found.is_some_and(|found| found.modified_ms >= self.contents_before_ms))
    }
}

const SUMMARY_END: &str = ".json";

fn output_id(key: &str) -> Option<OutputId> {
    OutputId::parse(key.rsplit('/').next()?.split('.').next()?).ok()
}

fn source_id(key: &str) -> Option<SourceId> {
    SourceId::parse(key.rsplit('/').next()?).ok()
}
