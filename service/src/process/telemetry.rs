//! Logs: `tracing` to standard error, as lines for people or as JSON.
//!
//! The binary starts it once, after the configuration is read. Standard output stays free for what a
//! command prints. Panics are logged here too, so that they come in the same form. No filter lets a secret through.

use std::{
    io::{self, IsTerminal},
    panic,
};

use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, filter::filter_fn, fmt, prelude::*};

use crate::config::{LogFormat, LogSettings};

/// lapin logs an error when a connection is closed in good order. What matters of it comes back as errors,
/// which the broker crate logs.
const QUIET: &str = "lapin=off";

/// The library that speaks with the broker, and so is told the password.
const TELLS_PASSWORDS_AT_TRACE: &str = "lapin";

/// Logging could not be started.
#[derive(Debug, thiserror::Error)]
#[error("failed to start logging: {0}")]
pub struct TelemetryError(String);

/// Starts logging for the whole process.
///
/// # Errors
/// The filter does not parse, or logging was started before.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    // A filter that names the target again wins over this.
    let filter = EnvFilter::try_new(format!("{QUIET},{}", settings.filter)).map_err(|e| TelemetryError(e.to_string()))?;
    let registry = tracing_subscriber::registry().with(filter).with(filter_fn(keeps_secrets));
    let started = match settings.format {
        LogFormat::Text => {
            let ansi = io::stderr().is_terminal();
            registry.with(fmt::layer().with_ansi(ansi).with_writer(io::stderr)).try_init()
        }
        LogFormat::Json => registry.with(fmt::layer().json().flatten_event(true).with_writer(io::stderr)).try_init(),
    };
    started.map_err(|e| TelemetryError(e.to_string()))?;
    panic::set_hook(Box::new(|info| tracing::error!(panic = %info, "panicked")));
    Ok(())
}

/// At its lowest level the library writes down each frame of the wire, the one with the password among them, whatever an
/// operator asks for.
fn keeps_secrets(metadata: &Metadata<'_>) -> bool {
    *metadata.level() != Level::TRACE || !metadata.target().starts_with(TELLS_PASSWORDS_AT_TRACE)
}
