//! Jobs that break their worker, for the tests that break workers. Behind the feature `faults`, which nothing that ships
//! turns on.

use crate::Task;

/// Does what the first caption asks for, if it asks for harm.
#[expect(clippy::panic, reason = "it is asked for")]
pub(crate) fn strike(task: &Task) {
    match task.spec.captions.first().map(|caption| caption.text.as_str()) {
        Some("fault: abort") => std::process::abort(),
        Some("fault: panic") => panic!("asked for"),
        Some("fault: never end") => loop {
            std::thread::park();
        },
        _ => {}
    }
}
