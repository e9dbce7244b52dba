//! Names contents by their hash, so that what is stored twice stands once.
//!
//! api and worker call it, and the store itself. Pure; changing what goes into an id orphans every
//! object stored under the old one.

use std::io::{self, Write};

use proto_shared::{CaptionSpec, OutputId, SourceId};
use sha2::{Digest, Sha256};

/// The id of a source: the SHA-256 of its bytes.
#[must_use]
pub fn source_id(bytes: &[u8]) -> SourceId {
    SourceId::from_bytes(Sha256::digest(bytes).into())
}

/// The id of what an engine makes of a source and a spec. Another engine version may draw differently,
/// so it names another output.
#[must_use]
pub fn output_id(source: &SourceId, spec: &CaptionSpec, engine_version: &str) -> OutputId {
    let mut hash = HashWriter(Sha256::new());
    hash.0.update(source.as_str());
    // Its length first: otherwise a version that ends like a spec begins could name another's output.
    hash.0.update((engine_version.len() as u64).to_be_bytes());
    hash.0.update(engine_version);
    let written = serde_json::to_writer(&mut hash, spec);
    debug_assert!(written.is_ok(), "a spec holds only strings, numbers and lists, and a hash takes every byte");
    OutputId::from_bytes(hash.0.finalize().into())
}

/// A hash that JSON can be written into.
struct HashWriter(Sha256);

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto_shared::{Caption, Position, Style};

    fn spec(text: &str) -> CaptionSpec {
        CaptionSpec { captions: vec![Caption::new(text, Position::Top, Style::Overlay)] }
    }

    #[test]
    fn a_source_is_named_by_its_sha_256() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(source_id(b"abc").as_str(), abc);
    }

    #[test]
    fn an_output_is_named_by_source_spec_and_engine_together() {
        let base = output_id(&source_id(b"a"), &spec("x"), "1.0");
        assert_eq!(base, output_id(&source_id(b"a"), &spec("x"), "1.0"));
        assert_ne!(base, output_id(&source_id(b"b"), &spec("x"), "1.0"));
        assert_ne!(base, output_id(&source_id(b"a"), &spec("y"), "1.0"));
        assert_ne!(base, output_id(&source_id(b"a"), &spec("x"), "1.1"));
    }

    #[test]
    fn an_output_id_stays_the_same_from_release_to_release() {
        let id = output_id(&source_id(b"abc"), &spec("monday"), "1");
        assert_eq!(id.as_str(), "564ec49d3217baad81e7db921d32220ee38e4df7d7771558b75729ed5b6215c7");
    }
}
