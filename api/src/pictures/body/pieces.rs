//! Bodies in small pieces: the form's parser takes all that has come before it looks at any of it, and from a client that is
//! faster than we are that is megabytes.
//!
//! `jobs::request` puts it around the body of an upload. It holds one piece and loses no time: after each pause the parser is woken again
//! at once.

use axum::body::{Body, Bytes};
use futures::{StreamExt as _, stream};
use tokio::task::yield_now;

/// What the parser may take before it must look.
const PIECE_BYTES: usize = 32 * 1024;

/// A body that pauses after every [`PIECE_BYTES`].
pub(crate) fn in_pieces(body: Body) -> Body {
    Body::from_stream(stream::unfold((body.into_data_stream(), 0), async |(mut body, mut taken_bytes)| {
        if taken_bytes >= PIECE_BYTES {
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
    async fn whoever_takes_what_is_there_gets_a_piece_at_a_time_and_in_the_end_all() {
        const CHUNK: usize = 10_000;
        let chunks = stream::iter((0..50).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[7; CHUNK]))));
        let mut body = in_pieces(Body::from_stream(chunks)).into_data_stream();
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
