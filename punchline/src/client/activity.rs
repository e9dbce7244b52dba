//! What a command that waits for a service shows on a terminal: what it is doing, and how far that is.
//!
//! Used by everything in `client`. It must write nothing where standard error is not a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar or a spinner with a message.
pub(crate) struct Activity(ProgressBar);

const TICK: Duration = Duration::from_millis(100);
const MESSAGE: &str = "{spinner} {msg}";
const BYTES: &str = "{msg} {bar:40} {bytes}/{total_bytes}, {eta} left";
const CAPTIONING: &str = "captioning";
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

    /// Shows a message that has no measure.
    pub(crate) fn say(&self, message: impl Into<String>) {
        self.show(MESSAGE);
        self.0.set_message(message.into());
    }

    /// Begins to count bytes; the counter may be given away.
    pub(crate) fn bytes(&self, message: &'static str, total: u64) -> ProgressBar {
        self.begin(message, total, BYTES);
        self.0.clone()
    }

    pub(crate) fn frames(&self, done: u64, total: u64) {
        if self.0.length() != Some(total) || self.0.message() != CAPTIONING {
            self.begin(CAPTIONING, total, FRAMES);
        }
        self.0.set_position(done);
    }

    /// Begins to count. Each of these may draw: the numbers are right before they are shown.
    fn begin(&self, message: &'static str, total: u64, template: &str) {
        self.0.set_position(0);
        self.0.set_length(total);
        self.0.reset_eta();
        self.0.set_message(message);
        self.show(template);
    }

    /// Ends when nothing has been counted for `silence`.
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

impl Drop for Activity {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
