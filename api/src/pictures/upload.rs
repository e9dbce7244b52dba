//! The picture of a request: the file of its form, a stored one, or one that is fetched; and what a look at it tells.
//!
//! `jobs::request` calls it. A file is never held beyond its limit: reading stops at the first byte too many. What was taken is
//! forgotten unless a job is accepted with it.

use std::sync::Arc;

use axum::{
    extract::multipart::{Field, MultipartError, MultipartRejection},
    http::StatusCode,
};
use bytes::Bytes;
use proto_shared::{ClientId, SourceId};
use sha2::{Digest as _, Sha256};
use store::Store;

use super::{
    budget::{BudgetRefusal, Reservation, UploadBudget},
    fetch::{FetchRefusal, Fetcher},
    inspect::{Inspected, Inspector, PictureRefusal},
    pace::TooSlow,
    spool::{Spool, SpoolRefusal, Spooled},
};
use crate::{
    front::backends::StoredRefusal,
    problem::{Defect, refusals},
};

/// What to caption.
pub(crate) enum Picture {
    File(File),
    Stored(SourceId),
    /// Where it is; not checked yet.
    Url(String),
}

/// The file of a form.
pub(crate) enum File {
    Kept(Spooled),
    /// Read without being kept: all that is known of it is its name in the store.
    Hashed(SourceId),
}

refusals! {
    /// Why a body was not read to its end.
    pub(crate) enum BodyRefusal: Budget(BudgetRefusal), Spool(SpoolRefusal), TooSlow(TooSlow) {
        /// The body is no multipart form, or is cut off.
        BadForm { why: String } = BAD_REQUEST BadRequest, "a complete multipart/form-data body was expected: {why}";
    }
}

impl From<MultipartRejection> for BodyRefusal {
    fn from(rejection: MultipartRejection) -> Self {
        Self::BadForm { why: rejection.body_text() }
    }
}

impl BodyRefusal {
    /// The body broke off, is no form, came too slowly, or ran into the limit on the whole of it.
    pub(crate) fn of(error: &MultipartError, max_file_bytes: u64) -> Self {
        let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
        if let Some(slow) = causes.find_map(|e| e.downcast_ref::<TooSlow>()) {
            return Self::TooSlow(*slow);
        }
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                BudgetRefusal::FileTooLarge { limit_bytes: max_file_bytes, got_bytes: max_file_bytes + 1 }.into()
            }
            _ => Self::BadForm { why: error.body_text() },
        }
    }
}

impl File {
    /// Its name in the store.
    pub(crate) fn id(&self) -> &SourceId {
        match self {
            Self::Kept(upload) => &upload.id,
            Self::Hashed(id) => id,
        }
    }

    /// Reads a form's file, at most so much of it: into the spool, or only to hash it.
    pub(crate) async fn read(
        part: Field<'_>,
        spool: Option<&Spool>,
        max_bytes: u64,
        expected_bytes: u64,
    ) -> Result<Self, BodyRefusal> {
        let mut chunks = Chunks { part, max_bytes, got_bytes: 0 };
        if let Some(spool) = spool {
            let mut file = spool.begin(expected_bytes);
            while let Some(chunk) = chunks.next().await? {
                file.write(chunk).await?;
            }
            return Ok(Self::Kept(file.finish().await?));
        }
        let mut hash = Sha256::new();
        while let Some(chunk) = chunks.next().await? {
            hash.update(&chunk);
        }
        Ok(Self::Hashed(SourceId::from_bytes(hash.finalize().into())))
    }
}

/// A file as it comes, up to its limit.
struct Chunks<'a> {
    part: Field<'a>,
    max_bytes: u64,
    got_bytes: u64,
}

impl Chunks<'_> {
    async fn next(&mut self) -> Result<Option<Bytes>, BodyRefusal> {
        let (limit_bytes, chunk) = (self.max_bytes, self.part.chunk().await);
        let chunk = chunk.map_err(|e| BodyRefusal::of(&e, limit_bytes))?;
        self.got_bytes += chunk.as_ref().map_or(0, |chunk| chunk.len() as u64);
        if self.got_bytes > limit_bytes {
            return Err(BudgetRefusal::FileTooLarge { limit_bytes, got_bytes: self.got_bytes }.into());
        }
        Ok(chunk)
    }
}

refusals! {
    /// Why a picture can't be got from where it is, or is not taken.
    pub(crate) enum UploadRefusal: Picture(PictureRefusal), Fetch(FetchRefusal), Stored(StoredRefusal), Defect(Defect) {}
}

/// A picture that was inspected.
pub(crate) struct InspectedPicture {
    pub(crate) picture: Inspected,
    /// Where it may not be stored yet.
    pub(crate) upload: Option<Spooled>,
    /// For the bytes that are spooled: held for as long as they are.
    pub(crate) reservation: Option<Reservation>,
}

/// Gets pictures from where they are.
pub(crate) struct Pictures {
    pub(crate) store: Store,
    pub(crate) budget: Arc<UploadBudget>,
    pub(crate) spool: Spool,
    pub(crate) inspector: Inspector,
    pub(crate) fetcher: Fetcher,
}

impl Pictures {
    /// The id of a picture that was stored before if this is the request that brought it.
    pub(crate) async fn id_of(&self, picture: Picture, client: &ClientId) -> Result<SourceId, UploadRefusal> {
        Ok(match picture {
            Picture::File(File::Hashed(id)) | Picture::Stored(id) => id,
            Picture::File(File::Kept(upload)) => upload.id,
            Picture::Url(url) => self.fetcher.get(&url, client).await?.0.id,
        })
    }

    /// Gets a picture from where it is, and looks at it. `reservation` is what its form has reserved.
    pub(crate) async fn take(
        &self,
        picture: Picture,
        reservation: Option<Reservation>,
        client: &ClientId,
    ) -> Result<InspectedPicture, UploadRefusal> {
        let (upload, reservation) = match picture {
            Picture::File(File::Kept(upload)) => (upload, reservation),
            Picture::File(File::Hashed(_)) => return Err(Defect("a file that was not kept can't be looked at".to_owned()).into()),
            Picture::Stored(id) => {
                let _memory = self.budget.memory_for_picture().await?;
                // Walked again: the limits may have changed since it was stored.
                let bytes = self.store.reuse_source(&id).await.map_err(StoredRefusal::from)?;
                return Ok(InspectedPicture {
                    picture: self.inspector.stored(id, bytes).await?,
                    upload: None,
                    reservation: None,
                });
            }
            Picture::Url(url) => {
                // The form had no file, and the largest one must fit.
                drop(reservation);
                let (upload, reservation) = self.fetcher.get(&url, client).await?;
                (upload, Some(reservation))
            }
        };
        Ok(InspectedPicture { picture: self.inspector.upload(&upload).await?, upload: Some(upload), reservation })
    }
}
