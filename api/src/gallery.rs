//! `GET /v1/gallery`: the newest jobs that their makers want to be seen, as far as they are done.
//!
//! A page asks for it whenever it is opened, so an answer is cached for some seconds.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use proto_shared::{JobId, Outcome};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};
use tokio::{sync::Mutex, time::Instant};
use utoipa::{
    ToSchema,
    openapi::schema::{ObjectBuilder, Schema, SchemaType, Type},
};

use crate::{docs::refusals::Refuses, jobs::view::JobView, problem::refusals};

refusals! {
    /// Why the gallery is not shown.
    pub(crate) enum GalleryRefusal: Store(StoreError) {
        /// `limit` is no number, or is out of its range.
        BadLimit { why: String } = BAD_REQUEST BadRequest, "limit: {why}", with field("limit");
    }
}

/// The most that is shown.
pub(crate) const MAX_LIMIT: usize = 48;
/// Shown where the query does not say how many.
const DEFAULT_LIMIT: usize = 24;
/// Entries that are looked at: some are unfinished, or failed.
const ENTRIES_READ: usize = 2 * MAX_LIMIT;
/// Records that are read at one time.
const READS_AT_ONCE: usize = 16;
/// How old an answer may be.
const CACHED_FOR: Duration = Duration::from_secs(3);

/// What was answered last; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Gallery(Arc<Mutex<Option<Cached>>>);

struct Cached {
    at: Instant,
    jobs: Vec<JobView>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct GalleryQuery {
    /// How many at most.
    #[param(schema_with = limit_schema, required = false)]
    limit: Option<usize>,
}

fn limit_schema() -> Schema {
    let whole = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer));
    whole.minimum(Some(1)).maximum(Some(MAX_LIMIT)).default(Some(DEFAULT_LIMIT.into())).into()
}

/// Newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Gallery)]
pub(crate) struct GalleryView {
    jobs: Vec<JobView>,
}

/// What others made
///
/// The newest jobs that are done and whose makers asked for it with `gallery`. An answer may be three seconds old.
#[utoipa::path(
    get,
    path = "/v1/gallery",
    operation_id = "gallery",
    tag = "Pictures",
    params(GalleryQuery),
    responses((status = 200, description = "Newest first.", body = GalleryView), Refuses<GalleryRefusal>),
)]
pub(crate) async fn show(
    State(store): State<Store>,
    State(gallery): State<Gallery>,
    query: Result<Query<GalleryQuery>, QueryRejection>,
) -> Result<Json<GalleryView>, GalleryRefusal> {
    let Query(GalleryQuery { limit }) = query.map_err(|e| GalleryRefusal::BadLimit { why: e.body_text() })?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(GalleryRefusal::BadLimit { why: format!("1 to {MAX_LIMIT} was expected, got {limit}") });
    }
    let mut jobs = gallery.newest(&store).await?;
    jobs.truncate(limit);
    Ok(Json(GalleryView { jobs }))
}

impl Gallery {
    async fn newest(&self, store: &Store) -> Result<Vec<JobView>, StoreError> {
        // Locked while the store is read: of many requests at once one reads it for all.
        let mut cached = self.0.lock().await;
        if let Some(cached) = cached.as_ref().filter(|cached| cached.at.elapsed() < CACHED_FOR) {
            return Ok(cached.jobs.clone());
        }
        // Taken before the store is read: a job that ends meanwhile is not in the answer.
        let at = Instant::now();
        let found = stream::iter(store.gallery(ENTRIES_READ).await?).map(|id| done(store, id)).buffered(READS_AT_ONCE);
        let mut jobs: Vec<JobView> = found.try_filter_map(async |job| Ok(job)).try_collect().await?;
        jobs.truncate(MAX_LIMIT);
        *cached = Some(Cached { at, jobs: jobs.clone() });
        Ok(jobs)
    }
}

async fn done(store: &Store, id: JobId) -> Result<Option<JobView>, StoreError> {
    let (job, result) = tokio::try_join!(store.get_job(&id), store.get_result(&id))?;
    let is_done = matches!(&result, Some(result) if matches!(result.outcome, Outcome::Done { .. }));
    Ok(job.filter(|_| is_done).map(|job| JobView::new(job, result)))
}
