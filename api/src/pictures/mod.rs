//! Pictures: on their way in (upload, spool, fetch by URL, inspect), and on their way out (result, source). No picture is decoded.

pub(crate) mod budget;
pub(crate) mod drain;
pub(crate) mod fetch;
pub(crate) mod images;
pub(crate) mod inspect;
pub(crate) mod pace;
mod page;
pub(crate) mod result;
pub(crate) mod serve;
pub(crate) mod source;
pub(crate) mod spool;
pub(crate) mod upload;
