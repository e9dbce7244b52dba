//! What a render did: how frames, and the segments of their LZW streams, came through.
//!
//! The engine counts, results keep it, clients and operators read it.

use serde::{Deserialize, Serialize};

/// What a render did and took. A still is one frame, coded again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RenderStats {
    /// Frames in the source.
    pub frames: u32,
    /// Frames copied byte for byte.
    pub frames_copied: u32,
    /// Frames of which only the touched segments were coded again.
    pub frames_spliced: u32,
    /// Frames coded again whole.
    pub frames_recoded: u32,
    /// Frames that show no caption and were coded again, as one had ended that they have to hide.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub frames_clearing: u32,
    /// Segments, from one Clear code to the next, of all frames; 0 in results older than the count.
    #[serde(default)]
    pub segments: u32,
    /// Segments copied bit for bit.
    #[serde(default)]
    pub segments_copied: u32,
    /// Segments whose codes before the first touched pixel were copied and the rest coded again.
    #[serde(default)]
    pub segments_spliced: u32,
    /// Segments coded again whole.
    #[serde(default)]
    pub segments_recoded: u32,
    /// Wall time inside the engine, filled in by the worker that runs it.
    pub engine_wall_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "its shape is serde's")]
pub(crate) fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stats_from_before_segments_were_counted_still_read() {
        let older = r#"{"frames":3,"frames_copied":1,"frames_spliced":0,"frames_recoded":2,"engine_wall_ms":5}"#;
        let expected =
            RenderStats { frames: 3, frames_copied: 1, frames_recoded: 2, engine_wall_ms: 5, ..RenderStats::default() };
        assert_eq!(serde_json::from_str::<RenderStats>(older).unwrap(), expected);
    }
}
