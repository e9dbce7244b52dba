//! Jobs that break their worker or keep it busy, for the tests that break workers. Behind the feature `faults`, which
//! nothing that ships turns on.

use std::{
    thread,
    time::{Duration, Instant},
};

const SLOW_FRAME: Duration = Duration::from_millis(20);
const EATEN_AT_ONCE_BYTES: usize = 64 << 20;

/// Does what the text of the first caption asks for, if it asks for harm.
#[expect(clippy::panic, reason = "it is asked for")]
pub(crate) fn strike(asked: Option<&str>) {
    match asked {
        Some("fault: abort") => std::process::abort(),
        Some("fault: panic") => panic!("asked for"),
        Some("fault: never end") => loop {
            thread::park();
        },
        Some("fault: eat memory") => {
            let mut eaten: Vec<Vec<u8>> = Vec::new();
            loop {
                // Not touched: it is the address space that is limited.
                eaten.push(vec![0; EATEN_AT_ONCE_BYTES]);
            }
        }
        _ => {}
    }
}

/// Called at each frame, with `done` frames finished since the job was begun. No frame is finished before its time: the job
/// takes as long on many threads as on one, and reports its frames in their order.
pub(crate) fn slow_down(asked: Option<&str>, begun: Instant, done: u32) {
    if asked == Some("fault: slow frames") {
        thread::sleep((SLOW_FRAME * done).saturating_sub(begun.elapsed()));
    }
}
