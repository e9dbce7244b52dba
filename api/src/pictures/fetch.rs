//! Pictures by their URL, or by that of a page that names its picture: fetched into the spool as if they had been uploaded.
//!
//! `upload` calls it. What may be asked is `outbound`'s to say; how much may come, and how much of it all requests together, is
//! the same as for uploads.

use std::{sync::Arc, time::Duration};

use bytes::BytesMut;
use outbound::{Client, Download};
use proto_shared::ClientId;
use tokio::time::Instant;

use super::{
    budget::{BudgetRefusal, Reservation, UploadBudget},
    page::{is_page, picture_of},
    spool::{Spool, SpoolRefusal, Spooled},
};
use crate::{front::backends::HostRefusal, problem::refusals};

/// The field that names a URL.
const FIELD: &str = "source_url";
/// Pages that lead to a picture, one to the next.
pub(crate) const MAX_PAGES: usize = 2;
/// What is read of a page: what names its picture stands at its head.
const PAGE_BYTES: usize = 512 * 1024;
/// By so many bytes a page is told from a picture.
const HEAD_BYTES: usize = 512;

refusals! {
    /// Why a picture is not fetched.
    pub(crate) enum FetchRefusal: Host(HostRefusal), Budget(BudgetRefusal), Spool(SpoolRefusal) {
        /// The form has `source_url`, and this service fetches no pictures.
        Off { field: &'static str } = BAD_REQUEST BadRequest, "no pictures are fetched here", with field(*field);
        /// The address is a page's that names no picture.
        NoPicture { field: &'static str } = UNSUPPORTED_MEDIA_TYPE UnsupportedMedia,
            "the address is a page that names no picture: `og:image`, `og:video` or `twitter:image` was expected in its head", with field(*field);
        /// Pages lead to pages.
        TooManyPages { field: &'static str } = UNPROCESSABLE_ENTITY FetchFailed,
            "more than {MAX_PAGES} pages lead to the picture, one to the next", with field(*field);
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
    /// Whether a page may name a video.
    pub(crate) takes_videos: bool,
}

impl Fetcher {
    /// Fetches the picture at a URL, or the one that the page there names, with the reservation that must be held for as long as the
    /// picture is. Its kind is whatever its first bytes say, for the host may say anything.
    pub(crate) async fn get(&self, url: &str, client: &ClientId) -> Result<(Spooled, Reservation), FetchRefusal> {
        let deadline = Instant::now() + self.within;
        let mut url = url.to_owned();
        for _ in 0..=MAX_PAGES {
            match self.look_at(&url, client, deadline).await? {
                Found::Picture(picture) => return Ok(*picture),
                Found::Page { picture_url } => url = picture_url,
            }
        }
        Err(FetchRefusal::TooManyPages { field: FIELD })
    }

    async fn look_at(&self, url: &str, client: &ClientId, deadline: Instant) -> Result<Found, FetchRefusal> {
        let http = self.client.as_ref().ok_or(FetchRefusal::Off { field: FIELD })?;
        let max_bytes = self.budget.limits.largest_file_bytes();
        let within = deadline.saturating_duration_since(Instant::now());
        let mut download = http.fetch(url, max_bytes, within).await.map_err(refused)?;
        // Before a byte is read.
        let reservation = self.budget.reserve(client, download.announced_bytes().unwrap_or(max_bytes))?;
        let head = first_bytes(&mut download, HEAD_BYTES, BytesMut::new()).await?;
        if is_page(&head) {
            let html = first_bytes(&mut download, PAGE_BYTES, head).await?;
            let link = picture_of(&html, self.takes_videos).ok_or(FetchRefusal::NoPicture { field: FIELD })?;
            return Ok(Found::Page { picture_url: download.link(&link).map_err(refused)? });
        }
        let mut upload = self.spool.begin(reservation.expected_bytes);
        upload.write(head.freeze()).await?;
        while let Some(chunk) = download.chunk().await.map_err(refused)? {
            upload.write(chunk).await?;
        }
        Ok(Found::Picture(Box::new((upload.finish().await?, reservation))))
    }
}

/// What stands at a URL.
enum Found {
    Picture(Box<(Spooled, Reservation)>),
    Page { picture_url: String },
}

fn refused(error: outbound::OutboundError) -> HostRefusal {
    HostRefusal { field: FIELD, error }
}

/// Reads on until there are so many bytes, or all.
async fn first_bytes(download: &mut Download, many: usize, mut bytes: BytesMut) -> Result<BytesMut, HostRefusal> {
    while bytes.len() < many
        && let Some(chunk) = download.chunk().await.map_err(refused)?
    {
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
