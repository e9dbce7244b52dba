//! Pictures by their URL: fetched into the spool as if they had been uploaded.
//!
//! Called by whoever takes a form. What may be asked is `outbound`'s to say; how much may come, and how much of it all
//! requests together, is the same as for uploads.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRef;
use outbound::Client;
use proto_shared::ClientId;

use crate::{
    error::ApiError,
    intake::{Intake, Share},
    spool::{Spool, Spooled},
    state::ApiState,
};

/// The field that names a URL.
const FIELD: &str = "source_url";

/// How pictures are fetched.
#[derive(Clone)]
pub(crate) struct Fetching {
    /// `None` where no URL may be named.
    pub(crate) client: Option<Client>,
    /// For all of it, redirects included.
    pub(crate) within: Duration,
}

/// What fetching touches.
pub(crate) struct Fetch {
    fetching: Fetching,
    intake: Arc<Intake>,
    spool: Spool,
}

/// A picture that has come, and its share of what uploads may take, to be held as long as it is.
pub(crate) struct Fetched {
    pub(crate) upload: Spooled,
    pub(crate) share: Share,
}

impl FromRef<ApiState> for Fetch {
    fn from_ref(state: &ApiState) -> Self {
        let ApiState { fetching, intake, spool, .. } = state.clone();
        Self { fetching, intake, spool }
    }
}

impl Fetch {
    /// Fetches what stands at a URL. Its kind is whatever its first bytes say, for the host may say anything.
    pub(crate) async fn get(&self, url: &str, client: &ClientId) -> Result<Fetched, ApiError> {
        let off = || ApiError::BadPart { field: FIELD.to_owned(), problem: "no pictures are fetched here".to_owned() };
        let fetching = self.fetching.client.as_ref().ok_or_else(off)?;
        let max_bytes = self.intake.limits.max_bytes;
        let refused = |error| ApiError::Outbound { field: FIELD, error };
        let mut download = fetching.fetch(url, max_bytes, self.fetching.within).await.map_err(refused)?;
        // Before a byte is read.
        let share = self.intake.share(client, download.announced_bytes().unwrap_or(max_bytes))?;
        let mut upload = self.spool.begin(share.expected_bytes);
        while let Some(chunk) = download.chunk().await.map_err(refused)? {
            upload.write(chunk).await.map_err(ApiError::Spool)?;
        }
        Ok(Fetched { upload: upload.finish().await.map_err(ApiError::Spool)?, share })
    }
}
