//! Pictures by their URL: fetched into the spool as if they had been uploaded.
//!
//! `upload` calls it. What may be asked is `outbound`'s to say; how much may come, and how much of it all requests together, is
//! the same as for uploads.

use std::{sync::Arc, time::Duration};

use outbound::Client;
use proto_shared::ClientId;

use super::{
    budget::{BudgetRefusal, Reservation, UploadBudget},
    spool::{Spool, SpoolRefusal, Spooled},
};
use crate::{front::backends::HostRefusal, problem::refusals};

/// The field that names a URL.
const FIELD: &str = "source_url";

refusals! {
    /// Why a picture is not fetched.
    pub(crate) enum FetchRefusal: Host(HostRefusal), Budget(BudgetRefusal), Spool(SpoolRefusal) {
        /// The form has `source_url`, and this service fetches no pictures.
        Off { field: &'static str } = BAD_REQUEST BadRequest, "no pictures are fetched here", with field(*field);
    }
}

/// How pictures are fetched.
pub(crate) struct Fetcher {
    /// `None` where no URL may be named.
    pub(crate) client: Option<Client>,
    /// For all of it, redirects included.
    pub(crate) within: Duration,
    pub(crate) budget: Arc<UploadBudget>,
    pub(crate) spool: Spool,
}

impl Fetcher {
    /// Fetches the picture at a URL, with the reservation that must be held for as long as the picture is. Its kind is whatever
    /// its first bytes say, for the host may say anything.
    pub(crate) async fn get(&self, url: &str, client: &ClientId) -> Result<(Spooled, Reservation), FetchRefusal> {
        let http = self.client.as_ref().ok_or(FetchRefusal::Off { field: FIELD })?;
        let max_bytes = self.budget.limits.max_bytes;
        let refused = |error| HostRefusal { field: FIELD, error };
        let mut download = http.fetch(url, max_bytes, self.within).await.map_err(refused)?;
        // Before a byte is read.
        let reservation = self.budget.reserve(client, download.announced_bytes().unwrap_or(max_bytes))?;
        let mut upload = self.spool.begin(reservation.expected_bytes);
        while let Some(chunk) = download.chunk().await.map_err(refused)? {
            upload.write(chunk).await?;
        }
        Ok((upload.finish().await?, reservation))
    }
}
