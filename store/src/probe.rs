//! Finds out whether the backend keeps its word on create-only puts, on which every "first writer wins" here rests.
//!
//! For the start of api and worker. It writes; whether the backend answers at all is what `Store::ready` asks.

use bytes::Bytes;

use crate::{Store, StoreError, records};

impl Store {
    /// Creates an object of a random name twice and removes it again.
    ///
    /// # Errors
    /// [`StoreError::OverwritesOnCreate`] if the second time went through as well: some S3 servers pass
    /// `If-None-Match` over. Or the backend did not answer.
    pub async fn probe_conditional_puts(&self) -> Result<(), StoreError> {
        let key = format!("probe/{:032x}.json", fastrand::u128(..));
        let create = |text: &'static [u8]| self.objects.create_by_its_word(&key, records::MIME, Bytes::from_static(text));
        let second = match create(b"1").await {
            Ok(_) => create(b"2").await,
            Err(e) => Err(e),
        };
        // Even after a failure: an answer may have been lost. What stays behind is a few bytes that nothing reads.
        if let Err(error) = self.objects.delete(key.clone()).await {
            tracing::debug!(key, %error, "a probe stays behind");
        }
        if second? { Err(StoreError::OverwritesOnCreate) } else { Ok(()) }
    }
}
