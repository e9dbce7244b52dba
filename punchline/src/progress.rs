//! The bars on a terminal: of `punchline caption` while a long picture is being worked on, and of the commands that wait
//! for a service.
//!
//! Called by caption, from the engine's threads, and by what waits. It must cost nothing where the work is done at once,
//! and never write anything but the bar.

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

/// What a command that waits for a service is doing.
pub(crate) struct Activity(ProgressBar);

const TICK: Duration = Duration::from_millis(100);
const WORDS: &str = "{spinner} {msg}";
const BYTES: &str = "{msg} {bar:40} {bytes}/{total_bytes}, {eta} left";
const FRAMES: &str = "{msg} {bar:40} {pos}/{len} frames, {eta} left";

impl Activity {
    pub(crate) fn new() -> Self {
        // indicatif draws nothing where standard error is not a terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let activity = Self(bar);
        activity.say("connecting");
        if !activity.0.is_hidden() {
            activity.0.enable_steady_tick(TICK);
        }
        activity
    }

    /// Says something that has no measure.
    pub(crate) fn say(&self, words: impl Into<String>) {
        self.show(WORDS);
        self.0.set_message(words.into());
    }

    /// Begins to count bytes; the counter may be given away.
    pub(crate) fn bytes(&self, words: &'static str, total: u64) -> ProgressBar {
        // Each of these may draw: the numbers are right before they are shown.
        self.0.set_position(0);
        self.0.set_length(total);
        self.0.reset_eta();
        self.0.set_message(words);
        self.show(BYTES);
        self.0.clone()
    }

    pub(crate) fn frames(&self, done: u64, total: u64) {
        if self.0.length() != Some(total) || self.0.message() != CAPTIONING {
            self.0.set_position(0);
            self.0.set_length(total);
            self.0.reset_eta();
            self.0.set_message(CAPTIONING);
            self.show(FRAMES);
        }
        self.0.set_position(done);
    }

    /// Ends when nothing has been counted for so long.
    pub(crate) async fn stalled(&self, silence: Duration) {
        loop {
            let before = self.0.position();
            tokio::time::sleep(silence).await;
            if self.0.position() == before {
                return;
            }
        }
    }

    /// Runs what writes to the terminal, with the bar out of its way.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    fn show(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }
}

const CAPTIONING: &str = "captioning";

impl Drop for Activity {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
