//! SIGTERM and SIGINT as a token: the first asks for an orderly end, the second ends at once.
//!
//! The binary installs it once; everything that runs long watches the token. It must never wait for
//! anybody: how long an orderly end may take is each process's own grace.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports for a process that SIGINT or SIGTERM ended.
const EXIT_SIGINT: i32 = 130;
const EXIT_SIGTERM: i32 = 143;

/// Listens for signals from now on and gives the token that the first one cancels.
///
/// # Errors
/// The runtime can't register a signal handler.
pub fn on_signals() -> io::Result<CancellationToken> {
    // Registered before returning: a signal that arrives a moment later is not missed.
    let mut signals = Signals { term: signal(SignalKind::terminate())?, int: signal(SignalKind::interrupt())? };
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        let (name, _) = signals.next().await;
        tracing::info!(signal = name, "shutting down; a second signal ends at once");
        cancelled.cancel();
        let (name, exit_code) = signals.next().await;
        tracing::warn!(signal = name, "ending at once");
        process::exit(exit_code);
    });
    Ok(token)
}

struct Signals {
    term: Signal,
    int: Signal,
}

impl Signals {
    async fn next(&mut self) -> (&'static str, i32) {
        tokio::select! {
            _ = self.term.recv() => ("SIGTERM", EXIT_SIGTERM),
            _ = self.int.recv() => ("SIGINT", EXIT_SIGINT),
        }
    }
}
