//! Bodies whose rest is read after the answer: a client that is still sending when it is refused would else find its
//! connection closed, and never read why.
//!
//! `jobs::request` puts it around the body of an upload. What comes is thrown away, so much of it and so long.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures::TryStreamExt as _;
use http_body::{Body as _, Frame, SizeHint};

/// A body that is read to its end, within bounds, when its owner is done with it.
pub(crate) struct Drained {
    body: Option<Body>,
    max_bytes: u64,
    max_time: Duration,
}

impl Drained {
    pub(crate) fn new(body: Body, max_bytes: u64, max_time: Duration) -> Self {
        Self { body: Some(body), max_bytes, max_time }
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (mut left, max_time) = (self.max_bytes, self.max_time);
        runtime.spawn(async move {
            let mut chunks = body.into_data_stream();
            let reading = async {
                while let Ok(Some(chunk)) = chunks.try_next().await {
                    left = left.saturating_sub(chunk.len() as u64);
                    if left == 0 {
                        break;
                    }
                }
            };
            // Whoever is slower has had the time that an answer may take.
            let _ = tokio::time::timeout(max_time, reading).await;
        });
    }
}

impl http_body::Body for Drained {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, Body::size_hint)
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// A body of so many chunks of ten bytes that counts those taken.
    fn body(chunks: usize) -> (Body, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = taken.clone();
        let stream = futures::stream::iter(0..chunks).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_static(&[0; 10]))
        });
        (Body::from_stream(stream), taken)
    }

    async fn taken_of(chunks: usize, max_bytes: u64) -> usize {
        let (body, taken) = body(chunks);
        let mut body = Body::new(Drained::new(body, max_bytes, Duration::from_secs(1))).into_data_stream();
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
