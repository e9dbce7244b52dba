//! What a font's bytes are, in 32 of them.
//!
//! `output` names outputs by it. It is taken once for each font that is loaded, when first asked for: the command line never asks.

use std::sync::{Arc, OnceLock};

use caption_layout::Font;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a font: of its file, and of its place in a collection behind the first; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digest(Arc<OnceLock<[u8; 32]>>);

impl Digest {
    /// That of `font`, which must be the same at each call.
    pub(crate) fn of(&self, font: &Font) -> [u8; 32] {
        *self.0.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(font.bytes());
            if font.face_index() > 0 {
                hash.update(font.face_index().to_be_bytes());
            }
            hash.finalize().into()
        })
    }
}
