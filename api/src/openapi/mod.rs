//! The front's description of itself: an OpenAPI 3.1 document made of the routes and of the types that serde reads and
//! writes, served at `/openapi.json` and, for people, at `/docs`.
//!
//! `router` routes through it, so that nothing is answered that is not described. What an operation may refuse comes from
//! the tables in `refusals` and `problem`. It must never hold a schema written beside its type.

mod docs;
mod document;
mod forms;
mod refusals;
mod requests;
mod responses;
mod samples;
mod served;

pub(crate) use document::begin;
pub(crate) use requests::{BatchForm, IdempotencyHeader, IfNoneMatchHeader, JobForm, JobPath, LastEventIdHeader, PreferHeader};
pub(crate) use responses::PictureAnswers;
pub(crate) use served::routes;
