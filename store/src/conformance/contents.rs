//! Checks of sources, outputs and summaries.

use std::io::Write as _;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use proto_shared::{MediaType, OutputId};

use super::samples::{digest, job, summary};
use crate::{Store, StoreError, source_id};

/// Length of the object that shows whether anything is kept or read in one piece too small.
const LARGE_BYTES: usize = 20_000_000;

/// The length from which on a file goes up in parts.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// A source reads back under the hash of its bytes, and the same bytes again are the same source.
pub async fn sources_read_back(store: &Store, run: u64) {
    let bytes = Bytes::from(format!("source of run {run}"));
    let id = source_id(&bytes);
    store.put_source(&id, bytes.clone()).await.unwrap();
    store.put_source(&id, bytes.clone()).await.unwrap();
    assert_eq!(store.get_source(&id).await.unwrap(), bytes);
    let empty = source_id(&[]);
    store.put_source(&empty, Bytes::new()).await.unwrap();
    assert_eq!(store.get_source(&empty).await.unwrap(), Bytes::new());
}

/// An output reads back under its id and kind alone, and a rerun lands on the same place.
pub async fn outputs_read_back(store: &Store, run: u64) {
    let output = |name: &str| OutputId::from_bytes(digest(run, name));
    let id = output("an output");
    let bytes = Bytes::from(format!("output of run {run}"));
    for _ in 0..2 {
        store.put_output(&id, MediaType::Gif, bytes.clone()).await.unwrap();
        assert_eq!(read_output(store, &id, MediaType::Gif).await, bytes);
    }
    let other = store.get_output(&output("another"), MediaType::Gif).await;
    assert!(matches!(other, Err(StoreError::OutputNotFound(_))));
    assert!(matches!(store.get_output(&id, MediaType::Png).await, Err(StoreError::OutputNotFound(_))));
}

/// An object far larger than any buffer comes back equal, both whole and in pieces, with its length said first.
pub async fn a_large_object_streams_back_whole(store: &Store, run: u64) {
    let bytes = noise(run, LARGE_BYTES);
    let source = source_id(&bytes);
    store.put_source(&source, bytes.clone()).await.unwrap();
    assert!(store.get_source(&source).await.unwrap() == bytes, "the source came back changed");

    let id = OutputId::from_bytes(digest(run, "a large output"));
    store.put_output(&id, MediaType::Gif, bytes.clone()).await.unwrap();
    assert!(read_output(store, &id, MediaType::Gif).await == bytes, "the output came back changed");
}

/// A source comes from a file as it would from memory, whether it is empty, in one piece, just in parts, or in many.
pub async fn a_source_comes_from_a_file(store: &Store, run: u64) {
    for len_bytes in [0, 1000, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, LARGE_BYTES] {
        let bytes = noise(run + 1_000_000, len_bytes);
        let id = source_id(&bytes);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.write_all(b"and more that does not belong to it").unwrap();
        for _ in 0..2 {
            store.put_source_file(&id, file.try_clone().unwrap(), len_bytes as u64).await.unwrap();
        }
        assert!(store.get_source(&id).await.unwrap() == bytes, "{len_bytes} bytes came back changed");
        assert!(store.reuse_source(&id).await.unwrap() == bytes);
    }
    let id = source_id(&digest(run, "a file cut short"));
    for len_bytes in [1000, LARGE_BYTES] {
        let error = store.put_source_file(&id, tempfile::tempfile().unwrap(), len_bytes as u64).await.unwrap_err();
        assert!(matches!(error, StoreError::UnreadableFile { .. }) && !error.is_passing(), "{error:?}");
        assert!(store.get_source(&id).await.is_err());
    }
}

/// A summary is read back while the picture it names stands there whole, and not otherwise.
pub async fn a_summary_is_worth_what_its_output_is(store: &Store, run: u64) {
    let picture = Bytes::from(format!("picture of run {run}"));
    let summary = summary(&job(run, "summary", 1_000), picture.len() as u64);
    let id = &summary.output.id;
    store.put_summary(&summary).await.unwrap();
    assert_eq!(store.get_summary(id).await.unwrap(), None, "a summary before its picture");
    store.put_output(id, MediaType::Gif, picture.slice(1..)).await.unwrap();
    assert_eq!(store.get_summary(id).await.unwrap(), None, "a picture of another length");
    store.put_output(id, MediaType::Gif, picture).await.unwrap();
    assert_eq!(store.get_summary(id).await.unwrap().as_ref(), Some(&summary));
}

async fn read_output(store: &Store, id: &OutputId, media: MediaType) -> Bytes {
    let output = store.get_output(id, media).await.unwrap();
    let bytes = output.stream.try_fold(BytesMut::new(), async |mut all, chunk| {
        all.extend_from_slice(&chunk);
        Ok(all)
    });
    let bytes = bytes.await.unwrap();
    assert_eq!(bytes.len() as u64, output.len_bytes);
    bytes.freeze()
}

fn noise(seed: u64, len_bytes: usize) -> Bytes {
    let mut word = seed | 1;
    let words = std::iter::repeat_with(|| {
        // xorshift64: no two stretches alike, so that a piece lost, doubled or moved is seen.
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word.to_le_bytes()
    });
    words.flatten().take(len_bytes).collect()
}
