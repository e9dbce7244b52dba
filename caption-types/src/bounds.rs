//! What a spec may hold, and the font that is used when none is named.
//!
//! The readers check by these, and the schemas promise them.

/// Captions in one spec.
pub const MAX_CAPTIONS: usize = 32;
/// Characters in one caption.
pub const MAX_TEXT_CHARS: usize = 1_000;
/// Characters of a font's name.
pub const MAX_FONT_NAME_CHARS: usize = 64;
/// Characters of a language tag: as many as RFC 5646 (4.4.1) asks every reader to take.
pub const MAX_LANG_CHARS: usize = 35;

/// Images of one's own in one spec.
pub const MAX_IMAGES: usize = 16;
/// Characters of an image's name.
pub const MAX_IMAGE_NAME_CHARS: usize = 32;
/// Bytes of an image's file.
pub const MAX_IMAGE_BYTES: u64 = 256_000;
/// Pixels a side of an image.
pub const MAX_IMAGE_SIDE_PX: u32 = 512;

/// The largest side that may be asked of an output, in pixels: a GIF has room for no more.
pub const MAX_OUTPUT_SIDE_PX: u32 = 65_535;

/// The font that is used when none is named.
#[must_use]
pub fn default_font() -> String {
    "anton".to_owned()
}
