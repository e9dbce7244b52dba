//! `POST /v1/jobs`: one job.

use axum::{
    Extension, Json,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use fonts::{UnknownFont, check_fonts, output_id};
use proto_shared::{SpecError, TraceContext};
use store::Store;

use super::{
    accept::{
        acceptor::{AcceptRefusal, Accepted, Acceptor},
        start::{NewJob, Repeat},
    },
    form::{FormRefusal, Order},
    request::{JobRequest, Makes, RequestRefusal, Requests},
    view::JobView,
};
use crate::{
    callbacks::handle::CallbackUrlRefusal,
    docs::{
        refusals::Refuses,
        requests::{IdempotencyHeader, JobForm, PreferHeader},
    },
    front::{access::About, caller::Caller},
    pictures::{
        images::ImagesRefusal,
        upload::{InspectedPicture, UploadRefusal},
    },
    problem::{Defect, refusals},
};

refusals! {
    /// Why a request makes no job.
    pub(crate) enum CreateRefusal:
        Request(RequestRefusal),
        Form(FormRefusal),
        Callback(CallbackUrlRefusal),
        Spec(SpecError),
        Font(UnknownFont),
        Upload(UploadRefusal),
        Images(ImagesRefusal),
        Accept(AcceptRefusal),
        Defect(Defect)
    {}
}

/// Caption a picture
///
/// Takes a picture, or the name of one, and what to write on it: as a `spec`, or as fields of a single form. The answer comes
/// once the job can't be lost any more; with `Prefer: wait` once it has ended, if that is in time.
#[utoipa::path(
    post,
    path = "/v1/jobs",
    operation_id = "submitJob",
    tag = "Jobs",
    params(IdempotencyHeader, PreferHeader),
    request_body(content = JobForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The job has ended in the time that was to be waited.", body = JobView,
            headers(("Location" = String, description = "Where the job is to be seen."))),
        (status = 202, description = "The job is accepted and can't be lost.", body = JobView,
            headers(("Location" = String, description = "Where the job is to be seen."))),
        Refuses<CreateRefusal>,
    ),
)]
pub(crate) async fn create(
    State(acceptor): State<Acceptor>,
    State(store): State<Store>,
    State(requests): State<Requests>,
    Extension(caller): Extension<Caller>,
    Extension(trace): Extension<TraceContext>,
    request: Request,
) -> Result<Response, CreateRefusal> {
    let JobRequest { form, idempotency, first, wait, reservation } = requests.read(request, &caller, Makes::OneJob).await?;
    let Order { picture, spec, origins, images, is_public, callback_url } =
        form.into_job(&requests.presets, &requests.platforms)?;
    let callback_url = callback_url.map(|url| requests.callbacks.check(&url)).transpose()?;
    check_fonts(&spec, &requests.fonts).map_err(|e| origins.named(e.into()))?;
    let accepted = if let Some(first) = first {
        let source = requests.pictures.id_of(picture, &caller.client).await?;
        acceptor.repeat(Repeat { first, source, spec, is_public, caller, trace, callback_url }).await
    } else {
        let images = requests.pictures.take_images(images, &[(String::new(), &spec)]).await?;
        let taken = requests.pictures.take(picture, reservation, &caller.client).await?;
        let InspectedPicture { picture, upload, reservation } = taken;
        spec.suits(picture.source.media, picture.source.frames).map_err(|e| origins.named(e))?;
        let output = output_id(&picture.source.id, &spec, &requests.fonts)?;
        let new =
            NewJob { picture, upload, images, reservation, spec, output, is_public, caller, trace, idempotency, callback_url };
        acceptor.accept(new).await
    };
    let Accepted { job, mut result, waiting } = accepted?;
    let location = HeaderValue::from_str(&format!("/v1/jobs/{}", job.id)).map_err(Defect::from)?;
    let mut status = StatusCode::ACCEPTED;
    if let Some(limit) = wait {
        if result.is_none() {
            // The job is accepted whatever happens now: a store that fails only ends the wait.
            result = waiting.result(&store, limit).await.unwrap_or_default();
        }
        if result.is_some() {
            status = StatusCode::OK;
        }
    }
    let about = Extension(About(job.id.clone()));
    Ok((status, [(header::LOCATION, location)], about, Json(JobView::new(job, result))).into_response())
}
