//! Bodies whose rest is read after the answer: a client that is still sending when it is refused would else find its
//! connection closed, and never read why.
//!
//! `jobs::request` puts it around the body of an upload. What comes is thrown away, so much of it and so long.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{runtime::Handle, time::timeout};

/// What is left of a body. It is read to its end, within bounds, when its owner is done with it.
struct Rest {
    /// Until its end is seen.
    body: Option<BodyDataStream>,
    max_bytes: u64,
    max_time: Duration,
}

/// A body of which at most `max_bytes` more are read, for at most `max_time`, once it is dropped.
pub(crate) fn drained(body: Body, max_bytes: u64, max_time: Duration) -> Body {
    let rest = Rest { body: Some(body.into_data_stream()), max_bytes, max_time };
    Body::from_stream(stream::unfold(rest, async |mut rest| {
        let piece = rest.body.as_mut()?.next().await;
        if !matches!(piece, Some(Ok(_))) {
            rest.body = None;
        }
        Some((piece?, rest))
    }))
}

impl Drop for Rest {
    fn drop(&mut self) {
        let (Some(mut body), Ok(runtime)) = (self.body.take(), Handle::try_current()) else { return };
        let (mut left, max_time) = (self.max_bytes, self.max_time);
        runtime.spawn(async move {
            let reading = async {
                while let Ok(Some(piece)) = body.try_next().await {
                    left = left.saturating_sub(piece.len() as u64);
                    if left == 0 {
                        break;
                    }
                }
            };
            // A slower client has had the time that an answer may take.
            let _ = timeout(max_time, reading).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::body::Bytes;

    use super::*;

    /// A body of so many chunks of ten bytes that counts those taken.
    fn body(chunks: usize) -> (Body, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = taken.clone();
        let stream = stream::iter(0..chunks).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 10]))
        });
        (Body::from_stream(stream), taken)
    }

    async fn taken_of(chunks: usize, max_bytes: u64) -> usize {
        let (body, taken) = body(chunks);
        let mut body = drained(body, max_bytes, Duration::from_secs(1)).into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap().len(), 10);
        drop(body);
        // The task has nothing to wait for.
        while Arc::strong_count(&taken) > 1 {
            tokio::task::yield_now().await;
        }
        taken.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn the_rest_is_read_within_bounds() {
        assert_eq!(taken_of(50, 1_000).await, 50);
        assert_eq!(taken_of(50, 200).await, 21);
        assert_eq!(taken_of(1, 200).await, 1);
    }
}
