//! Bodies in sips: the form's parser takes all that has come before it looks at any of it, and from a client that is
//! faster than we are that is megabytes.
//!
//! `jobs` puts it around the body of an upload. It holds nothing and loses no time: after each sip the parser is woken again
//! at once.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// What the parser may take before it must look.
const SIP_BYTES: u64 = 32 * 1024;

/// A body that pauses after every [`SIP_BYTES`].
pub(crate) struct Sips {
    body: Body,
    taken_bytes: u64,
}

impl Sips {
    pub(crate) fn new(body: Body) -> Self {
        Self { body, taken_bytes: 0 }
    }
}

impl http_body::Body for Sips {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if self.taken_bytes >= SIP_BYTES {
            self.taken_bytes = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => self.taken_bytes += frame.data_ref().map_or(0, |data| data.len() as u64),
            // It had to wait: what it took before has been looked at.
            Poll::Pending => self.taken_bytes = 0,
            Poll::Ready(_) => {}
        }
        frame
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
    use futures::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn whoever_takes_what_is_there_gets_a_sip_at_a_time_and_in_the_end_all() {
        const CHUNK: usize = 10_000;
        let chunks = futures::stream::iter((0..50).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[7; CHUNK]))));
        let mut body = Body::new(Sips::new(Body::from_stream(chunks))).into_data_stream();
        let mut sips = vec![0];
        let all = std::future::poll_fn(|cx| {
            loop {
                match body.poll_next_unpin(cx) {
                    Poll::Ready(Some(chunk)) => *sips.last_mut().unwrap() += chunk.unwrap().len(),
                    Poll::Ready(None) => return Poll::Ready(std::mem::take(&mut sips)),
                    Poll::Pending => {
                        sips.push(0);
                        return Poll::Pending;
                    }
                }
            }
        });
        let sips = all.await;
        assert_eq!(sips.iter().sum::<usize>(), 50 * CHUNK);
        let longest = usize::try_from(SIP_BYTES).unwrap() + CHUNK;
        assert!(sips.iter().all(|&sip| sip < longest) && sips.len() >= 12, "{sips:?}");
    }
}
