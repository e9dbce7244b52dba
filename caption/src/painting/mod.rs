//! One frame's captions painted: indices in, indices out.
//!
//! `frame` lists its steps. It is handed what planning has decided, and writes no byte but those of the frame's new stream.

mod brush;
mod frame;
mod merging;
mod nearest;
mod painter;
mod recode;
mod runs;
mod splice;
mod work;

pub use frame::{Change, PaintedFrame, paint};
pub use runs::InkRuns;
#[cfg(feature = "stages")]
pub use splice::{Spliced, can_splice, splice};
#[cfg(feature = "stages")]
pub use work::SegmentCounts;
pub use work::{FrameWork, NewStream, Tools};
