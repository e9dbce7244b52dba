//! The document for people: one page of plain HTML. `page` lays it out, `schema` shows schemas, `text` descriptions.

mod json;
pub(super) mod page;
mod schema;
mod text;
