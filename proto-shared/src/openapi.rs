//! The schemas of ids.
//!
//! The front's description of itself takes them, and those that are derived beside their types.

pub use caption_types::openapi::{caption_text, captions, font, images, max_bytes_text, position_text};
use caption_types::{named_schemas, openapi::text};
use utoipa::openapi::schema::Schema;

use crate::{ClientId, IdempotencyId, JobId, OutputId};

named_schemas! {
    JobId: hex(32, "A job: sorts by the time it was made.", "0192f0c1a2b37c4d8e9f001122334455"),
    OutputId: hex(64, "A result: the SHA-256 of its source, its spec, the fonts that are drawn and the engine's version.", A_HASH),
    IdempotencyId: hex(64, "What a client called a request.", A_HASH),
    ClientId: hex(16, "Who asks.", "9f86d081884c7d65"),
}

const A_HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn hex(digits: usize, what: &str, example: &str) -> Schema {
    text(what, &format!("^[0-9a-f]{{{digits}}}$"), example)
}
