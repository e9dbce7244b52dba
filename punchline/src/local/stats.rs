//! The line of JSON that `punchline caption --stats` prints: what was done and what it took.
//!
//! Called by caption once the result is written. Scripts read the line, so a name once printed is not
//! given another meaning.

use std::time::{Duration, Instant};

use caption::{Fidelity, RenderStats};
use cpu_time::ProcessTime;

/// What `--stats` prints.
#[derive(serde::Serialize)]
pub(crate) struct StatsLine {
    frames: u32,
    frames_copied: u32,
    frames_spliced: u32,
    frames_recoded: u32,
    frames_clearing: u32,
    segments: u32,
    segments_copied: u32,
    segments_spliced: u32,
    segments_recoded: u32,
    bytes_in: usize,
    bytes_out: usize,
    cpu_ms: f64,
    wall_ms: f64,
    #[serde(flatten)]
    fidelity: Fidelity,
}

impl StatsLine {
    pub(crate) fn new(
        done: &RenderStats,
        fidelity: Fidelity,
        bytes_in: usize,
        bytes_out: usize,
        began: Instant,
        cpu_began: ProcessTime,
    ) -> Self {
        Self {
            frames: done.frames,
            frames_copied: done.frames_copied,
            frames_spliced: done.frames_spliced,
            frames_recoded: done.frames_recoded,
            frames_clearing: done.frames_clearing,
            segments: done.segments,
            segments_copied: done.segments_copied,
            segments_spliced: done.segments_spliced,
            segments_recoded: done.segments_recoded,
            bytes_in,
            bytes_out,
            cpu_ms: milliseconds(cpu_began.elapsed()),
            wall_ms: milliseconds(began.elapsed()),
            fidelity,
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_first_then_segments_then_what_it_took() {
        let done = RenderStats {
            frames: 6,
            frames_copied: 1,
            frames_spliced: 2,
            frames_recoded: 3,
            frames_clearing: 1,
            segments: 15,
            segments_copied: 4,
            segments_spliced: 5,
            segments_recoded: 6,
            engine_wall_ms: 0,
        };
        let line = StatsLine::new(&done, Fidelity::default(), 7, 8, Instant::now(), ProcessTime::now());
        let json = serde_json::to_string(&line).unwrap();
        let expected = concat!(
            r#"{"frames":6,"frames_copied":1,"frames_spliced":2,"frames_recoded":3,"frames_clearing":1,"#,
            r#""segments":15,"segments_copied":4,"segments_spliced":5,"segments_recoded":6,"#,
            r#""bytes_in":7,"bytes_out":8,"cpu_ms":"#,
        );
        assert!(json.starts_with(expected), "{json}");
    }
}
