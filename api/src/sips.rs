//! Bodies in sips: the form's parser takes all that has come before it looks at any of it, and from a client that is
//! faster than we are that is megabytes.
//!
//! `jobs` puts it around the body of an upload. It holds one piece and loses no time: after each sip the parser is woken again
//! at once.

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use tokio::task::yield_now;

/// What the parser may take before it must look.
const SIP_BYTES: usize = 32 * 1024;

/// A body that pauses after every [`SIP_BYTES`].
pub(crate) fn in_sips(body: Body) -> Body {
    Body::from_stream(stream::unfold((body.into_data_stream(), 0), async |(mut body, mut taken_bytes)| {
        if taken_bytes >= SIP_BYTES {
            taken_bytes = 0;
            yield_now().await;
        }
        let piece = body.next().await?;
        taken_bytes += piece.as_ref().map_or(0, Bytes::len);
        Some((piece, (body, taken_bytes)))
    }))
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn whoever_takes_what_is_there_gets_a_sip_at_a_time_and_in_the_end_all() {
        const CHUNK: usize = 10_000;
        let chunks = stream::iter((0..50).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[7; CHUNK]))));
        let mut body = in_sips(Body::from_stream(chunks)).into_data_stream();
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
        let longest = SIP_BYTES + CHUNK;
        assert!(sips.iter().all(|&sip| sip < longest) && sips.len() >= 12, "{sips:?}");
    }
}
