//! The api's description of itself: an OpenAPI 3.1 document made of the routes and of the types that serde reads and
//! writes, served at `/openapi.json` and, for people, at `/docs`; and what this service takes, at `/v1/info`.
//!
//! The router routes through it, so that nothing is answered that is not described. What an operation may refuse comes from the
//! types that refuse it (`refusals`). It must never hold a schema written beside its type.

pub(crate) mod document;
mod forms;
pub(crate) mod info;
mod reader;
pub(crate) mod refusals;
pub(crate) mod requests;
mod samples;
pub(crate) mod served;
#[cfg(test)]
mod tests;
