//! A PNG's data inflated: all at once, or row by row.
//!
//! `read` takes all of a picture that is held, `by_rows` a row at a time. Either says how the data ended. No more is made than is asked for.

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes that are made at a time.
const STEP_BYTES: usize = 64 * 1024;

/// How a compressed stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With all that was wanted, and its check.
    Good,
    /// Where the file ends.
    Cut,
    /// Where it can't be read on, or with a check that does not fit.
    Broken,
}

/// As much of the samples as can be had, at most `wanted` bytes.
pub(super) fn inflate<'a>(pieces: impl Iterator<Item = &'a [u8]>, wanted: usize) -> (Vec<u8>, End) {
    let mut stream = Decompress::new(true);
    let (mut out, mut filled) = (Vec::new(), 0);
    // One byte more than is wanted has room, so that the stream can come to its end.
    for mut rest in pieces {
        loop {
            if out.len() < filled + STEP_BYTES {
                out.resize((filled + STEP_BYTES).min(wanted + 1), 0);
            }
            let (before_in, before_out) = (stream.total_in(), stream.total_out());
            let status = stream.decompress(rest, &mut out[filled..], FlushDecompress::None);
            let moved = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(0);
            let (taken, made) = (moved(stream.total_in(), before_in), moved(stream.total_out(), before_out));
            rest = rest.get(taken..).unwrap_or_default();
            filled += made;
            let end = match status {
                Ok(Status::StreamEnd) if filled >= wanted => End::Good,
                Ok(Status::StreamEnd) | Err(_) => End::Broken,
                Ok(_) if filled > wanted => End::Good,
                Ok(_) if taken == 0 && made == 0 => break,
                Ok(_) => continue,
            };
            out.truncate(filled.min(wanted));
            return (out, end);
        }
    }
    out.truncate(filled.min(wanted));
    (out, End::Cut)
}

/// The same, a few bytes at a time.
pub(super) struct Inflating<'a> {
    stream: Decompress,
    pieces: std::vec::IntoIter<&'a [u8]>,
    rest: &'a [u8],
    /// What was made and not taken yet: `taken..made` of it.
    out: Vec<u8>,
    taken: usize,
    made: usize,
    /// Bytes that are wanted still, beyond those that were made.
    wanted: usize,
    end: Option<End>,
}

impl<'a> Inflating<'a> {
    /// Of data in pieces, of which `wanted` bytes are to come.
    pub(super) fn new(pieces: Vec<&'a [u8]>, wanted: usize) -> Self {
        let (stream, out) = (Decompress::new(true), vec![0; STEP_BYTES]);
        Self { stream, pieces: pieces.into_iter(), rest: &[], out, taken: 0, made: 0, wanted, end: None }
    }

    /// Fills a row. `false` where the data end before.
    pub(super) fn fill(&mut self, mut row: &mut [u8]) -> bool {
        loop {
            let len = row.len().min(self.made - self.taken);
            let (filled, rest) = row.split_at_mut(len);
            filled.copy_from_slice(&self.out[self.taken..self.taken + len]);
            self.taken += len;
            row = rest;
            if row.is_empty() {
                return true;
            }
            if self.end.is_some() {
                return false;
            }
            self.step();
        }
    }

    /// How the data end. What was not taken is lost.
    pub(super) fn end(mut self) -> End {
        loop {
            if let Some(end) = self.end {
                return end;
            }
            self.step();
        }
    }

    /// Makes a little more, in place of what was taken.
    fn step(&mut self) {
        (self.taken, self.made) = (0, 0);
        // One byte more than is wanted has room, so that the stream can come to its end.
        let room = STEP_BYTES.min(self.wanted + 1);
        let (before_in, before_out) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(self.rest, &mut self.out[..room], FlushDecompress::None);
        let moved = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(0);
        let (taken, made) = (moved(self.stream.total_in(), before_in), moved(self.stream.total_out(), before_out));
        self.rest = self.rest.get(taken..).unwrap_or_default();
        self.made = made.min(self.wanted);
        let is_all = made >= self.wanted;
        let is_more = made > self.wanted;
        self.wanted -= self.made;
        match status {
            Ok(Status::StreamEnd) if is_all => self.end = Some(End::Good),
            Ok(Status::StreamEnd) | Err(_) => self.end = Some(End::Broken),
            Ok(_) if is_more => self.end = Some(End::Good),
            Ok(_) if taken == 0 && made == 0 => match self.pieces.next() {
                Some(piece) => self.rest = piece,
                None => self.end = Some(End::Cut),
            },
            Ok(_) => {}
        }
    }
}
