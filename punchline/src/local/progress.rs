//! The bar that `punchline caption` shows while it works on a long picture.
//!
//! Called by caption, from the engine's threads. It must cost nothing where the work is done at once, and never write anything
//! but the bar.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on the terminal, for work that takes longer than a second.
pub(crate) struct Progress {
    began: Instant,
    bar: Mutex<Option<ProgressBar>>,
}

const QUIET_FOR: Duration = Duration::from_secs(1);

impl Progress {
    pub(crate) fn new(began: Instant) -> Self {
        Self { began, bar: Mutex::new(None) }
    }

    pub(crate) fn report(&self, done: u32, total: u32) {
        if self.began.elapsed() < QUIET_FOR {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bar.get_or_insert_with(|| {
            // indicatif draws nothing where standard error is not a terminal.
            let bar = ProgressBar::with_draw_target(Some(total.into()), ProgressDrawTarget::stderr());
            match ProgressStyle::with_template("{bar:40} {pos}/{len} frames, {eta} left") {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            }
        });
        bar.set_position(done.into());
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.finish_and_clear();
        }
    }
}
