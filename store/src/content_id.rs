//! Names sources by their hash, so that what is stored twice stands once.
//!
//! api and worker call it, and the store itself. Pure; changing what goes into an id orphans every object stored under the old
//! one. Outputs are named by `fonts`, which knows what they are made of.

use proto_shared::SourceId;
use sha2::{Digest, Sha256};

/// The id of a source: the SHA-256 of its bytes.
#[must_use]
pub fn source_id(bytes: &[u8]) -> SourceId {
    SourceId::from_bytes(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_named_by_its_sha_256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(source_id(b"abc").as_str(), abc);
    }
}
