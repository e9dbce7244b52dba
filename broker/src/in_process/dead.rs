//! Taking dead letters out of this process's keeping.
//!
//! Used by `DeadLetters` and `DeadLetter`. One that is not acked goes back to the head.

use std::pin::pin;
use std::sync::Arc;

use proto_shared::TraceContext;

use super::Shared;
use crate::{DeadLetter, backend::Backend};

/// A message that was given up.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) body: Vec<u8>,
    pub(super) reason: String,
    pub(super) trace: Option<TraceContext>,
}

#[derive(Debug)]
pub(crate) struct DeadConsumer {
    shared: Arc<Shared>,
    /// Held by the letter in hand: there is one at a time.
    hand: Arc<()>,
}

impl DeadConsumer {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, hand: Arc::default() }
    }

    pub(crate) async fn next(&mut self) -> Option<DeadLetter> {
        let closed = self.shared.closed.clone();
        closed.run_until_cancelled_owned(self.wait()).await
    }

    async fn wait(&self) -> DeadLetter {
        loop {
            let mut changed = pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            if Arc::strong_count(&self.hand) == 1 {
                let letter = self.shared.lock().dead.pop_front();
                if let Some(letter) = letter {
                    let (body, reason, trace) = (letter.body.clone(), letter.reason.clone(), letter.trace);
                    let hold =
                        DeadHold { shared: Arc::clone(&self.shared), letter: Some(letter), hand: Some(Arc::clone(&self.hand)) };
                    return DeadLetter::new(body, reason, trace, Backend::InProcess(hold));
                }
            }
            changed.await;
        }
    }
}

/// What keeps a letter in hand from being forgotten.
#[derive(Debug)]
pub(crate) struct DeadHold {
    shared: Arc<Shared>,
    /// Until it is acked.
    letter: Option<Letter>,
    hand: Option<Arc<()>>,
}

impl DeadHold {
    pub(crate) fn ack(mut self) {
        self.letter = None;
    }
}

impl Drop for DeadHold {
    fn drop(&mut self) {
        if let Some(letter) = self.letter.take() {
            self.shared.lock().dead.push_front(letter);
        }
        drop(self.hand.take());
        self.shared.changed.notify_waiters();
    }
}
