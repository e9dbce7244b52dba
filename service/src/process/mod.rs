//! What a process asks of its system once, at start: its limits, its signals, its log.

pub mod memory;
pub mod open_files;
pub mod shutdown;
pub mod telemetry;
