//! One frame's captions painted: indices in, indices out.
//!
//! `frame` lists its steps. It is handed what planning has decided, and writes no byte but those of the frame's new stream.

mod background;
mod batch;
mod brush;
mod frame;
mod merging;
mod nearest;
mod painter;
mod recode;
mod runs;
mod splice;
mod work;

pub(crate) use batch::Painting;
#[cfg(feature = "stages")]
pub use frame::paint;
pub use frame::{Change, PaintedFrame};
pub use runs::InkRuns;
#[cfg(feature = "stages")]
pub use splice::{Spliced, can_splice, splice};
pub use work::NewStream;
#[cfg(feature = "stages")]
pub use work::SegmentCounts;
#[cfg(feature = "stages")]
pub use work::{FrameWork, Tools};
