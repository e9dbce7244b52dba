//! Stored pictures on their way out: streamed, named by what is in them, and for caches to keep.
//!
//! `result` and `source` answer with it. Under its id a picture never changes. It must never be read into memory whole.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use axum::{
    Extension,
    body::Body,
    extract::{FromRequestParts, rejection::ExtensionRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use futures::TryStreamExt as _;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use proto_shared::{JobId, MediaType, TraceContext};
use store::{PictureStream, StoreError};
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, HeaderBuilder, Object, RefOr, Response as Described, ResponseBuilder,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};

use crate::{
    front::{access::About, caller::Caller, trace},
    jobs::path::{JobPath, NoSuchJob},
    problem::{Defect, refusals},
};

refusals! {
    /// Why a stored picture is not sent.
    pub(crate) enum ServeRefusal: Job(NoSuchJob), Store(StoreError), Defect(Defect) {}
}

/// Who asks for a picture of which job, and how.
pub(crate) struct PictureRequest {
    pub(crate) job: JobId,
    caller: Caller,
    trace: TraceContext,
    headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for PictureRequest {
    type Rejection = ServeRefusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ServeRefusal> {
        let missing = |e: ExtensionRejection| Defect(e.body_text());
        let Extension(caller) = Extension::from_request_parts(parts, state).await.map_err(missing)?;
        let Extension(trace) = Extension::from_request_parts(parts, state).await.map_err(missing)?;
        let JobPath { id: job } = JobPath::from_request_parts(parts, state).await?;
        Ok(Self { job, caller, trace, headers: parts.headers.clone() })
    }
}

impl PictureRequest {
    /// A picture, or that the one that the client has is still it.
    pub(crate) async fn answer(
        self,
        id: &impl Display,
        media: MediaType,
        picture: impl Future<Output = Result<PictureStream, StoreError>>,
    ) -> Result<Response, ServeRefusal> {
        let Self { job, caller, trace, headers } = self;
        let etag = ETag::from_str(&format!("\"{id}\"")).map_err(Defect::from)?;
        let is_known = headers.typed_get::<IfNoneMatch>().is_some_and(|known| !known.precondition_passes(&etag));
        let about = Extension(About(job.clone()));
        let mut response = if is_known {
            (StatusCode::NOT_MODIFIED, about).into_response()
        } else {
            let picture = picture.await?;
            let described = [
                (header::CONTENT_TYPE, HeaderValue::from_static(media.mime())),
                (header::CONTENT_LENGTH, HeaderValue::from(picture.len_bytes)),
                (header::CONTENT_DISPOSITION, file_name(&job, media)?),
            ];
            // The head is gone when this fails: all that is left is to end the connection, so that the client sees it is short.
            // By then the request is over, and its span with it.
            let span = trace::of_job(&job, &trace);
            let pieces =
                picture.stream.inspect_err(move |error| span.in_scope(|| tracing::error!(%error, "failed to stream a picture")));
            (described, about, Body::from_stream(pieces)).into_response()
        };
        response.headers_mut().typed_insert(etag);
        // What a key opened must not be in a cache that others can ask.
        let for_ever = match caller.key {
            Some(_) => "private, max-age=31536000, immutable",
            None => "public, max-age=31536000, immutable",
        };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(for_ever));
        Ok(response)
    }
}

fn file_name(job: &JobId, media: MediaType) -> Result<HeaderValue, Defect> {
    let text = format!("inline; filename=\"{job}.{}\"", media.extension());
    HeaderValue::from_str(&text).map_err(Defect::from)
}

/// A picture, or that the client has it.
pub(crate) struct PictureAnswers;

impl IntoResponses for PictureAnswers {
    fn responses() -> BTreeMap<String, RefOr<Described>> {
        let mut picture = ResponseBuilder::new().description("The picture, for a cache to keep for ever.");
        for media in MediaType::WRITTEN {
            // Bytes that no schema describes (OpenAPI 3.1.0, section 4.8.14.3).
            picture = picture.content(media.mime(), ContentBuilder::new().build());
        }
        let kept = [("ETag", "What is in the picture."), ("Cache-Control", "For ever; private if a key was shown.")];
        let mut unchanged = ResponseBuilder::new().description("What the client has is still the picture.");
        for (name, what) in kept {
            let header = || HeaderBuilder::new().schema(Some(string())).description(Some(what)).build();
            picture = picture.header(name, header());
            unchanged = unchanged.header(name, header());
        }
        let file_name = HeaderBuilder::new().schema(Some(string())).description(Some("A name for the file.")).build();
        picture = picture.header("Content-Disposition", file_name);
        [("200", picture), ("304", unchanged)].map(|(status, answer)| (status.to_owned(), answer.build().into())).into()
    }
}

fn string() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).build()
}
