//! Variable-length-code LZW as GIF has it (`GIF89a`, appendix F), a segment at a time.
//!
//! Used by reading and painting for the frames that a caption touches: `scan` finds the segments of a stream,
//! `decode` reads one, `encode` puts a stream together from old segments and new indices. It knows codes
//! and indices, not frames or palettes, and takes streams as browsers do: whatever comes before the first
//! error counts.

mod bits;
mod codes;
mod decode;
mod encode;
mod index_set;
mod scan;
mod segment;
mod strings;
mod walk;

#[cfg(test)]
pub(crate) mod naive;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod whole;

pub use bits::Stream;
pub use codes::{CODE_SIZES, SPLICED_CODE_SIZES};
pub use decode::{COPY_LEN, Decoder};
pub use encode::Encoder;
pub use index_set::IndexSet;
pub use scan::Scan;
pub use segment::Segment;
