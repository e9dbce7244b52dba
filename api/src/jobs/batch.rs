//! `POST /v1/batches`: many captions for one picture, a job each, with one upload.
//!
//! All specs are checked before anything is kept. From there on each job is a job by itself: those that the queue takes are
//! accepted, whatever becomes of the others, and the answer says of each how it went.

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::StatusCode,
};
use fonts::{check_fonts, output_id};
use futures::{StreamExt as _, stream};
use proto_shared::{SpecError, TraceContext};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    accept::{
        acceptor::{AcceptRefusal, Accepted, Acceptor},
        start::NewJob,
    },
    create::CreateRefusal,
    form::{FormRefusal, Order},
    idempotency,
    request::{JobRequest, Makes, RequestRefusal, Requests},
    view::JobView,
};
use crate::{
    docs::{
        refusals::Refuses,
        requests::{BatchForm, IdempotencyHeader},
    },
    front::caller::Caller,
    pictures::upload::InspectedPicture,
    problem::{Problem, Refusal as _},
};

/// Jobs that are accepted at one time.
const AT_ONCE: usize = 8;

/// What became of each spec, in their order.
#[derive(Serialize, ToSchema)]
#[schema(as = Batch)]
pub(crate) struct BatchView {
    jobs: Vec<BatchItem>,
}

/// A job, or why there is none.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum BatchItem {
    Job(Box<JobView>),
    Refused { error: Problem },
}

/// Caption one picture many times
///
/// One upload, a job for each spec, in their order. All specs are checked before anything is kept, and one that is wrong
/// refuses them all. From there on each job is one by itself; what the queue has no room for stands in the answer as `error`.
#[utoipa::path(
    post,
    path = "/v1/batches",
    operation_id = "submitBatch",
    tag = "Jobs",
    params(IdempotencyHeader),
    request_body(content = BatchForm, content_type = "multipart/form-data"),
    responses(
        (status = 202, description = "What became of each spec; at least one is a job that can't be lost.", body = BatchView),
        Refuses<CreateRefusal>,
    ),
)]
pub(crate) async fn create(
    State(acceptor): State<Acceptor>,
    State(requests): State<Requests>,
    Extension(caller): Extension<Caller>,
    Extension(trace): Extension<TraceContext>,
    request: Request,
) -> Result<(StatusCode, Json<BatchView>), CreateRefusal> {
    let JobRequest { form, idempotency, reservation, .. } = requests.read(request, &caller, Makes::ManyJobs).await?;
    let Order { picture, spec: specs, images, is_public, callback_url, .. } = form.into_batch()?;
    let callback_url = callback_url.map(|url| requests.callbacks.check(&url)).transpose()?;
    for (i, spec) in specs.iter().enumerate() {
        check_fonts(spec, &requests.fonts).map_err(|e| SpecError::from(e).below(&format!("specs[{i}]")))?;
        // The first was admitted with the request.
        if i > 0 {
            requests.clients.admit(&caller.client).map_err(RequestRefusal::from)?;
        }
    }
    let paths: Vec<_> = specs.iter().enumerate().map(|(i, spec)| (format!("specs[{i}]."), spec)).collect();
    let images = requests.pictures.take_images(images, &paths).await?;
    let InspectedPicture { picture, upload, reservation } = requests.pictures.take(picture, reservation, &caller.client).await?;
    for (i, spec) in specs.iter().enumerate() {
        spec.suits(picture.source.media, picture.source.frames).map_err(|e| e.below(&format!("specs[{i}]")))?;
    }
    let outputs: Vec<_> =
        specs.iter().map(|spec| output_id(&picture.source.id, spec, &requests.fonts)).collect::<Result<_, _>>()?;
    acceptor.store_source(upload).await.map_err(AcceptRefusal::from)?;
    acceptor.store_images(images).await.map_err(AcceptRefusal::from)?;
    // All of it is stored now, and spooled no longer.
    drop(reservation);
    let jobs = specs.into_iter().zip(outputs).enumerate().map(|(i, (spec, output))| {
        let (picture, caller, callback_url) = (picture.clone(), caller.clone(), callback_url.clone());
        let idempotency = idempotency.as_ref().map(|name| idempotency::nth(name, i));
        let new = NewJob {
            picture,
            upload: None,
            images: Vec::new(),
            reservation: None,
            spec,
            output,
            is_public,
            caller,
            trace,
            idempotency,
            callback_url,
        };
        acceptor.accept(new)
    });
    let outcomes: Vec<_> = stream::iter(jobs).buffered(AT_ONCE).collect().await;
    // Where there is none that can't be lost any more, the request has failed.
    if outcomes.iter().all(Result::is_err) {
        return Err(outcomes
            .into_iter()
            .find_map(Result::err)
            .map_or_else(|| FormRefusal::MissingFile.into(), CreateRefusal::from));
    }
    let item = |outcome: Result<Accepted, AcceptRefusal>| match outcome {
        Ok(Accepted { job, result, .. }) => BatchItem::Job(Box::new(JobView::new(job, result))),
        Err(refusal) => BatchItem::Refused { error: refusal.problem() },
    };
    Ok((StatusCode::ACCEPTED, Json(BatchView { jobs: outcomes.into_iter().map(item).collect() })))
}
