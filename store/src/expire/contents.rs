//! Retention of outputs, their summaries, and sources. Why old ones that no old job names are named by none stands at the
//! module above.

use futures::{StreamExt, TryStreamExt};
use proto_shared::{OutputId, SourceId, keys};

use super::{Expired, Sweep, jobs::Named};
use crate::{StoreError, objects::Found, records::READS_AT_ONCE};

/// Contents looked at and then deleted together: few, so that the look is not long past at the deletion.
const LOOKED_AT_ONCE: usize = 100;

impl Sweep<'_> {
    /// Deletes old outputs, a summary before its picture. A picture whose summary is young was asked for again.
    pub(super) async fn outputs(&self, expired: &mut Expired) -> Result<(), StoreError> {
        let mut summaries = self.old(keys::OUTPUTS_PREFIX, |key| key.ends_with(SUMMARY_END));
        while let Some(keys) = summaries.try_next().await? {
            let keys = self.still_old(keys, |_| None).await?;
            expired.summaries += self.objects.delete_all(keys).await?;
        }
        let mut pictures = self.old(keys::OUTPUTS_PREFIX, |key| !key.ends_with(SUMMARY_END));
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
        let mut sources = self.old(keys::SOURCES_PREFIX, |_| true);
        while let Some(mut keys) = sources.try_next().await? {
            keys.retain(|key| source_id(key).is_none_or(|id| !named.sources.contains(&id)));
            let keys = self.still_old(keys, |_| None).await?;
            expired.sources += self.objects.delete_all(keys).await?;
        }
        Ok(())
    }

    /// The keys below a prefix that were last written before contents are old, a few at a time.
    fn old(
        &self,
        prefix: &'static str,
        is_meant: impl Fn(&str) -> bool + Send + 'static,
    ) -> futures::stream::BoxStream<'static, Result<Vec<String>, StoreError>> {
        let before_ms = self.contents_before_ms;
        self.objects
            .list(prefix)
            .try_filter_map(move |Found { key, modified_ms, .. }| {
                let is_old = modified_ms < before_ms && is_meant(&key);
                std::future::ready(Ok(is_old.then_some(key)))
            })
            .try_chunks(LOOKED_AT_ONCE)
            .map_err(|broken| broken.1)
            .boxed()
    }

    /// Those that were not written again since they were listed, nor the object that keeps each.
    async fn still_old(&self, keys: Vec<String>, keeper: impl Fn(&str) -> Option<String>) -> Result<Vec<String>, StoreError> {
        let looks = keys.into_iter().map(|key| {
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
        let looks: Vec<_> = looks.collect();
        futures::stream::iter(looks).buffered(READS_AT_ONCE).try_filter_map(async |key| Ok(key)).try_collect().await
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
