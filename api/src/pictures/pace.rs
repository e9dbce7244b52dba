//! Bodies that must keep coming, and that come in small pieces.
//!
//! `jobs::request` puts it around the body of an upload. Who sends half of one, or a byte a minute, is told so and cut off. Only
//! time spent waiting for the client counts, never time that we spend on a disk. The form's parser takes all that has come before
//! it looks at any of it, and from a client that is faster than we are that is megabytes: so after each piece it finds nothing,
//! and is woken again at once.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream, Bytes},
    http::StatusCode,
};
use futures::{StreamExt as _, stream};
use proto_shared::ErrorCode;
use tokio::{
    task::yield_now,
    time::{Instant, timeout},
};

use crate::problem::{Documented, Problem, Refusal};

/// What must come on average while we wait: less than any line that can still upload a GIF.
const MIN_BYTES_PER_S: u64 = 1_000;
/// What the parser may take before it must look.
const PIECE_BYTES: usize = 32 * 1024;

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
pub(crate) fn paced(body: Body, window: Duration) -> Body {
    let paced = Paced { body: body.into_data_stream(), window, waited: Duration::ZERO, got_bytes: 0, taken_bytes: 0 };
    Body::from_stream(stream::unfold(paced, async |mut paced| Some((paced.next().await?, paced))))
}

struct Paced {
    body: BodyDataStream,
    window: Duration,
    /// In this window.
    waited: Duration,
    got_bytes: u64,
    /// Since the parser last found nothing.
    taken_bytes: usize,
}

impl Paced {
    async fn next(&mut self) -> Option<Result<Bytes, axum::BoxError>> {
        if self.taken_bytes >= PIECE_BYTES {
            self.taken_bytes = 0;
            yield_now().await;
        }
        loop {
            let since = Instant::now();
            let piece = timeout(self.window.saturating_sub(self.waited), self.body.next()).await;
            self.waited += since.elapsed();
            let len = match &piece {
                Ok(Some(Ok(bytes))) => bytes.len(),
                Ok(None | Some(Err(_))) | Err(_) => 0,
            };
            self.got_bytes += len as u64;
            self.taken_bytes += len;
            match (piece, self.judge()) {
                (Ok(Some(Ok(_))) | Err(_), Err(slow)) => return Some(Err(slow.into())),
                (Ok(piece), _) => return Some(piece?.map_err(Into::into)),
                // The window is over, and enough came in it: the next has begun.
                (Err(_), Ok(())) => {}
            }
        }
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

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use axum::body::to_bytes;
    use tokio::time::sleep;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    /// Pieces of so many bytes, each after so many seconds.
    async fn outcome(pieces: &[(u64, usize)]) -> Result<usize, TooSlow> {
        let pieces = pieces.to_vec();
        let pieces = stream::iter(pieces).then(|(after_s, bytes)| async move {
            sleep(Duration::from_secs(after_s)).await;
            Ok::<_, std::io::Error>(Bytes::from(vec![0; bytes]))
        });
        let paced = paced(Body::from_stream(pieces), WINDOW);
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

    #[tokio::test]
    async fn whoever_takes_what_is_there_gets_a_piece_at_a_time_and_in_the_end_all() {
        const CHUNK: usize = 10_000;
        let chunks = stream::iter((0..50).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[7; CHUNK]))));
        let mut body = paced(Body::from_stream(chunks), WINDOW).into_data_stream();
        let mut pieces = vec![0];
        let all = std::future::poll_fn(|cx| {
            loop {
                match body.poll_next_unpin(cx) {
                    Poll::Ready(Some(chunk)) => *pieces.last_mut().unwrap() += chunk.unwrap().len(),
                    Poll::Ready(None) => return Poll::Ready(std::mem::take(&mut pieces)),
                    Poll::Pending => {
                        pieces.push(0);
                        return Poll::Pending;
                    }
                }
            }
        });
        let pieces = all.await;
        assert_eq!(pieces.iter().sum::<usize>(), 50 * CHUNK);
        let longest = PIECE_BYTES + CHUNK;
        assert!(pieces.iter().all(|&piece| piece < longest) && pieces.len() >= 12, "{pieces:?}");
    }
}
