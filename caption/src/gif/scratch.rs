//! What a thread needs again and again: streams, tables of codes, windows. Kept from frame to frame and
//! from job to job.
//!
//! Used by everything that opens a frame's stream. It holds no result: whoever uses it fills it first.

use std::cell::RefCell;

use caption_layout::reading::blocks::Frame;

use super::{
    brush::Brush,
    indices::Indices,
    lzw::{CODE_SIZES, COPY_LEN, Decoder, Encoder, Scan, Stream},
    palette::Histogram,
};

/// One thread's buffers and tables.
#[derive(Default)]
pub(super) struct Scratch {
    pub stream: Stream,
    pub scan: Scan,
    pub decoder: Decoder,
    pub encoder: Encoder,
    pub brush: Brush,
    /// Indices in the stream's order.
    pub indices: Vec<u8>,
}

/// A window that is larger is given back after its frame: a rare huge one must not stay for ever.
const KEPT_LEN: usize = 1 << 22;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Scratch {
    /// Lends this thread's.
    pub(super) fn with<T>(use_it: impl FnOnce(&mut Self) -> T) -> T {
        SCRATCH.with(|scratch| match scratch.try_borrow_mut() {
            Ok(mut scratch) => {
                let answer = use_it(&mut scratch);
                if scratch.indices.capacity() > KEPT_LEN {
                    scratch.indices = Vec::new();
                }
                answer
            }
            // rayon may begin a second frame on a thread that waits within the first.
            Err(_) => use_it(&mut Self::default()),
        })
    }

    /// Finds the segments of a frame's stream; they are in `scan` then.
    pub(super) fn open(&mut self, bytes: &[u8], frame: &Frame) {
        self.stream.gather(&bytes[frame.data.clone()]);
        self.scan.scan(&self.stream, frame.min_code_size, frame.rect.area());
    }

    /// The same where the frame's indices will be asked for.
    pub(super) fn open_for_used(&mut self, bytes: &[u8], frame: &Frame) {
        self.stream.gather(&bytes[frame.data.clone()]);
        self.scan.scan_for_used(&self.stream, frame.min_code_size, frame.rect.area());
    }

    /// Decodes all of the opened frame into `indices`, which are followed by some that mean nothing.
    pub(super) fn decode(&mut self, frame: &Frame) -> &[u8] {
        let len = self.scan.pixels + COPY_LEN;
        if self.indices.len() < len {
            self.indices.resize(len, 0);
        }
        for segment in &self.scan.segments {
            self.decoder.decode(&self.stream, frame.min_code_size, segment, &mut self.indices[segment.first_pixel..]);
        }
        &self.indices[..self.scan.pixels]
    }

    /// The indices that a frame may show.
    pub(super) fn used(&mut self, bytes: &[u8], frame: &Frame) -> Indices {
        if !CODE_SIZES.contains(&frame.min_code_size) {
            return Indices::default();
        }
        self.open_for_used(bytes, frame);
        self.used_of_opened(frame)
    }

    /// The same of a frame that is open.
    pub(super) fn used_of_opened(&mut self, frame: &Frame) -> Indices {
        self.scan.used(&self.stream, frame.min_code_size, frame.rect.area())
    }

    /// How often each index occurs in a frame.
    pub(super) fn count(&mut self, bytes: &[u8], frame: &Frame) -> Histogram {
        self.open(bytes, frame);
        let mut counts = [0; 256];
        for &index in self.decode(frame) {
            counts[usize::from(index)] += 1;
        }
        counts
    }
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
        let mut scratch = Scratch::default();
        let (counts, used) = (scratch.count(&bytes, frame), scratch.used(&bytes, frame));
        assert_eq!(counts.iter().sum::<u32>(), 600);
        assert_eq!(used, (0..=255).filter(|&i| counts[usize::from(i)] > 0).collect());
        assert_eq!(scratch.decode(frame).len(), 600);
    }

    #[test]
    fn a_short_stream_counts_what_it_has_and_may_show_index_0() {
        let bytes = sample(Written { end: End::Early(10), ..Written::plain() });
        let frame = &Gif::walk(&bytes, &Limits::default()).unwrap().frames[0];
        let mut scratch = Scratch::default();
        assert_eq!(scratch.count(&bytes, frame).iter().sum::<u32>(), 60);
        assert!(scratch.used(&bytes, frame).contains(0));
        let unreadable = Frame { min_code_size: 12, ..frame.clone() };
        assert_eq!(scratch.used(&bytes, &unreadable), Indices::default());
    }

    #[test]
    fn a_loan_within_a_loan_is_another_and_a_huge_window_is_given_back() {
        Scratch::with(|outer| {
            outer.indices = vec![7; 3];
            Scratch::with(|inner| assert!(inner.indices.is_empty()));
        });
        Scratch::with(|scratch| {
            assert_eq!(scratch.indices, [7; 3]);
            scratch.indices = Vec::with_capacity(KEPT_LEN + 1);
        });
        Scratch::with(|scratch| assert_eq!(scratch.indices.capacity(), 0));
    }
}
