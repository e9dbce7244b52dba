//! A frame's stream opened: its segments, and its indices where they are asked for.
//!
//! Used by planning, which asks for the indices in use, and by painting. Buffers and tables are kept from frame to frame
//! and from job to job, a set for each thread. A reader holds no result: its user opens a frame first.

use std::{cell::RefCell, thread::LocalKey};

use caption_layout::reading::blocks::Frame;

use crate::lzw::{CODE_SIZES, COPY_LEN, Decoder, IndexSet, Scan, Stream};

/// How often each index is seen, or is seen and may not be lost.
pub type Histogram = [u32; 256];

/// Reads frames, one after the other.
#[derive(Default)]
pub struct StreamReader {
    pub stream: Stream,
    /// The segments of the opened frame.
    pub scan: Scan,
    pub decoder: Decoder,
    /// Indices in the stream's order.
    pub indices: Vec<u8>,
}

/// Indices beyond so many are given back after their frame: a rare huge one must not stay for ever.
const KEPT_LEN: usize = 1 << 22;

thread_local! {
    static READER: RefCell<StreamReader> = RefCell::default();
}

/// Lends what a thread keeps, or a new one where it is lent already: rayon may begin a second frame on a thread that waits
/// within the first.
pub(crate) fn lend<T: Default, A>(kept: &'static LocalKey<RefCell<T>>, use_it: impl FnOnce(&mut T) -> A) -> A {
    kept.with(|kept| match kept.try_borrow_mut() {
        Ok(mut kept) => use_it(&mut kept),
        Err(_) => use_it(&mut T::default()),
    })
}

impl StreamReader {
    /// Lends this thread's.
    pub(crate) fn with<A>(use_it: impl FnOnce(&mut Self) -> A) -> A {
        lend(&READER, |reader| {
            let answer = use_it(reader);
            if reader.indices.capacity() > KEPT_LEN {
                reader.indices = Vec::new();
            }
            answer
        })
    }

    /// Finds the segments of a frame's stream; they are in `scan` then.
    pub fn open(&mut self, bytes: &[u8], frame: &Frame) {
        self.open_and::<false>(bytes, frame);
    }

    /// The same; with `MEETS`, the frame's indices in use cost nothing more.
    pub(crate) fn open_and<const MEETS: bool>(&mut self, bytes: &[u8], frame: &Frame) {
        self.stream.gather(&bytes[frame.data.clone()]);
        self.scan.scan_and::<MEETS>(&self.stream, frame.min_code_size, frame.rect.area());
    }

    /// Decodes all of the opened frame into `indices`, which are followed by some that mean nothing.
    pub fn decode(&mut self, code_size: u8) -> &[u8] {
        room(&mut self.indices, self.scan.pixels + COPY_LEN);
        for segment in &self.scan.segments {
            self.decoder.decode(&self.stream, code_size, segment, &mut self.indices[segment.first_pixel..]);
        }
        &self.indices[..self.scan.pixels]
    }

    /// The indices that a frame may show.
    pub(crate) fn used(&mut self, bytes: &[u8], frame: &Frame) -> IndexSet {
        if !CODE_SIZES.contains(&frame.min_code_size) {
            return IndexSet::default();
        }
        self.open_and::<true>(bytes, frame);
        self.used_of_opened(frame)
    }

    /// The same of a frame that is open.
    pub(crate) fn used_of_opened(&mut self, frame: &Frame) -> IndexSet {
        self.scan.used(&self.stream, frame.min_code_size, frame.rect.area())
    }

    /// How often each index occurs in a frame.
    pub(crate) fn count(&mut self, bytes: &[u8], frame: &Frame) -> Histogram {
        self.open(bytes, frame);
        let mut counts = [0; 256];
        self.decode(frame.min_code_size).iter().for_each(|&index| counts[usize::from(index)] += 1);
        counts
    }
}

/// The first `len` of the indices, whatever they are. They are never given back within a frame: there is room for the most that
/// was asked for before.
pub(crate) fn room(indices: &mut Vec<u8>, len: usize) -> &mut [u8] {
    if indices.len() < len {
        indices.resize(len, 0);
    }
    &mut indices[..len]
}
#[cfg(test)]
mod tests {
    use samples::{
        Content, Sample,
        stream::{End, Stream as Written},
    };

    use caption_layout::{Limits, reading::blocks::Gif};

    use super::*;

    fn sample(stream: Written) -> Vec<u8> {
        let palette = Some(samples::Palette { log2_len: 5, seed: 1, has_black_and_white: false });
        let frame = samples::Frame { stream, ..samples::Frame::plain(30, 20, Content::Runs, 3) };
        Sample { width: 30, height: 20, palette, loop_count: None, frames: vec![frame] }.bytes()
    }

    #[test]
    fn indices_are_counted_and_those_in_use_are_those_that_occur() {
        let bytes = sample(Written::plain());
        let frame = &Gif::walk(&bytes, &Limits::default()).unwrap().frames[0];
        let mut reader = StreamReader::default();
        let (counts, used) = (reader.count(&bytes, frame), reader.used(&bytes, frame));
        assert_eq!(counts.iter().sum::<u32>(), 600);
        assert_eq!(used, (0..=255).filter(|&i| counts[usize::from(i)] > 0).collect());
        assert_eq!(reader.decode(frame.min_code_size).len(), 600);
    }

    #[test]
    fn a_short_stream_counts_what_it_has_and_may_show_index_0() {
        let bytes = sample(Written { end: End::Early(10), ..Written::plain() });
        let frame = &Gif::walk(&bytes, &Limits::default()).unwrap().frames[0];
        let mut reader = StreamReader::default();
        assert_eq!(reader.count(&bytes, frame).iter().sum::<u32>(), 60);
        assert!(reader.used(&bytes, frame).contains(0));
        let unreadable = Frame { min_code_size: 12, ..frame.clone() };
        assert_eq!(reader.used(&bytes, &unreadable), IndexSet::default());
    }

    #[test]
    fn a_loan_within_a_loan_is_another_and_huge_buffer_is_given_back() {
        StreamReader::with(|outer| {
            outer.indices = vec![7; 3];
            StreamReader::with(|inner| assert!(inner.indices.is_empty()));
        });
        StreamReader::with(|reader| {
            assert_eq!(reader.indices, [7; 3]);
            reader.indices = Vec::with_capacity(KEPT_LEN + 1);
        });
        StreamReader::with(|reader| assert_eq!(reader.indices.capacity(), 0));
    }
}
