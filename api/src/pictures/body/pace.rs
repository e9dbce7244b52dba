//! Bodies that must keep coming: who sends half of one, or a byte a minute, is told so and cut off.
//!
//! `jobs::request` puts it around the body of an upload. Only time spent waiting for the client counts, never time
//! that we spend on a disk.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, http::StatusCode};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use proto_shared::ErrorCode;
use tokio::time::{Instant, Sleep, sleep};

use crate::problem::{Documented, Problem, Refusal};

/// What must come on average while we wait: less than any line that can still upload a GIF.
const MIN_BYTES_PER_S: u64 = 1_000;

/// The body came too slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body came too slowly: at least {min_bytes} bytes were expected in {window_s} s, {got_bytes} came")]
pub(crate) struct TooSlow {
    window_s: u64,
    min_bytes: u64,
    got_bytes: u64,
}

impl Refusal for TooSlow {
    fn problem(&self) -> Problem {
        Problem::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::Timeout, self.to_string()).limit(self.min_bytes, self.got_bytes)
    }

    fn documented() -> Vec<Documented> {
        vec![Documented::code(StatusCode::REQUEST_TIMEOUT, ErrorCode::Timeout)]
    }
}

/// A body that ends with [`TooSlow`] when too little of it comes in `window` of waiting.
pub(crate) struct Paced {
    body: Body,
    window: Duration,
    alarm: Pin<Box<Sleep>>,
    waiting_since: Option<Instant>,
    /// In this window.
    waited: Duration,
    got_bytes: u64,
}

impl Paced {
    pub(crate) fn new(body: Body, window: Duration) -> Self {
        let alarm = Box::pin(sleep(window));
        Self { body, window, alarm, waiting_since: None, waited: Duration::ZERO, got_bytes: 0 }
    }

    /// Ends the window if it is over, and the body if too little came in it.
    fn judge(&mut self) -> Result<(), TooSlow> {
        if self.waited < self.window {
            return Ok(());
        }
        let (window_s, got_bytes) = (self.window.as_secs(), self.got_bytes);
        let min_bytes = (window_s * MIN_BYTES_PER_S).max(1);
        (self.waited, self.got_bytes) = (Duration::ZERO, 0);
        if got_bytes < min_bytes { Err(TooSlow { window_s, min_bytes, got_bytes }) } else { Ok(()) }
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(since) = self.waiting_since.take() {
            self.waited += since.elapsed();
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.got_bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                Poll::Ready(Some(self.judge().map(|()| frame).map_err(Into::into)))
            }
            Poll::Ready(end) => Poll::Ready(end.map(|frame| frame.map_err(Into::into))),
            Poll::Pending => {
                if let Err(too_slow) = self.judge() {
                    return Poll::Ready(Some(Err(too_slow.into())));
                }
                let now = Instant::now();
                let until = now + self.window.saturating_sub(self.waited);
                self.alarm.as_mut().reset(until);
                self.waiting_since = Some(now);
                // To be woken then; that it is over is seen at the next poll.
                match self.alarm.as_mut().poll(cx) {
                    Poll::Pending => {}
                    Poll::Ready(()) => cx.waker().wake_by_ref(),
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use futures::{StreamExt as _, stream};

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    /// Pieces of so many bytes, each after so many seconds.
    async fn outcome(pieces: &[(u64, usize)]) -> Result<usize, TooSlow> {
        let pieces = pieces.to_vec();
        let pieces = stream::iter(pieces).then(|(after_s, bytes)| async move {
            sleep(Duration::from_secs(after_s)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes]))
        });
        let paced = Body::new(Paced::new(Body::from_stream(pieces), WINDOW));
        to_bytes(paced, usize::MAX).await.map(|bytes| bytes.len()).map_err(|e| *find(&e).unwrap())
    }

    fn find<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a TooSlow> {
        std::iter::successors(Some(error), |e| e.source()).find_map(|e| e.downcast_ref())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_pause_but_not_dribble() {
        assert_eq!(outcome(&[(9, 20_000), (9, 20_000), (9, 1)]).await, Ok(40_001));
        assert_eq!(outcome(&[(1, 1_200); 100]).await, Ok(120_000));
        let nothing = TooSlow { window_s: 10, min_bytes: 10_000, got_bytes: 0 };
        assert_eq!(outcome(&[(11, 20_000)]).await, Err(nothing));
        assert_eq!(outcome(&[(1, 900); 100]).await.unwrap_err().min_bytes, 10_000);
        let late = outcome(&[(1, 1_000_000), (12, 1), (12, 1)]).await;
        assert!(late.is_err(), "what came before earns one window, not more");
    }
}
