//! A captioned picture as pieces: most of a GIF's are stretches of its source, which are named and not
//! copied.
//!
//! Made by the two ways of rendering; callers write the pieces one after another, next to the source that
//! they have anyway. It never owns a copy of what the source has.

use std::{io::IoSlice, ops::Range};

/// A picture's bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pieces: Vec<Piece>,
    len_bytes: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Bytes of the source.
    Source(Range<usize>),
    New(Vec<u8>),
}

impl Output {
    /// How many bytes it has.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.len_bytes
    }

    /// The pieces in order, none of them empty. `source` is what was rendered.
    pub fn pieces<'a>(&'a self, source: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.pieces.iter().map(|piece| match piece {
            Piece::Source(range) => source.get(range.clone()).unwrap_or_default(),
            Piece::New(bytes) => bytes,
        })
    }

    /// The pieces for a write of many at once.
    #[must_use]
    pub fn io_slices<'a>(&'a self, source: &'a [u8]) -> Vec<IoSlice<'a>> {
        self.pieces(source).map(IoSlice::new).collect()
    }

    /// All of it in one place. `source` is what was rendered.
    #[must_use]
    pub fn to_vec(&self, source: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len_bytes);
        self.pieces(source).for_each(|piece| bytes.extend_from_slice(piece));
        bytes
    }

    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        let mut output = Self::default();
        output.add(bytes);
        output
    }

    /// Appends bytes of the source.
    pub(crate) fn add_source(&mut self, range: Range<usize>) {
        self.len_bytes += range.len();
        match self.pieces.last_mut() {
            _ if range.is_empty() => {}
            Some(Piece::Source(last)) if last.end == range.start => last.end = range.end,
            _ => self.pieces.push(Piece::Source(range)),
        }
    }

    /// Appends all of another.
    pub(crate) fn append(&mut self, other: Self) {
        for piece in other.pieces {
            match piece {
                Piece::Source(range) => self.add_source(range),
                Piece::New(bytes) => self.add(bytes),
            }
        }
    }

    /// Appends other bytes.
    pub(crate) fn add(&mut self, bytes: Vec<u8>) {
        self.len_bytes += bytes.len();
        if !bytes.is_empty() {
            self.pieces.push(Piece::New(bytes));
        }
    }

    /// Changes a byte of the first piece.
    pub(crate) fn set_in_first(&mut self, at: usize, byte: u8) {
        if let Some(Piece::New(bytes)) = self.pieces.first_mut() {
            bytes[at] = byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_stretches_of_the_source_are_one_piece() {
        let mut output = Output::of(vec![9]);
        for range in [0..2, 2..2, 2..4, 5..6] {
            output.add_source(range);
        }
        output.add(Vec::new());
        output.set_in_first(0, 7);
        let source = [10, 11, 12, 13, 14, 15];
        assert_eq!(output.pieces(&source).collect::<Vec<_>>(), [&[7][..], &[10, 11, 12, 13], &[15]]);
        assert_eq!((output.len_bytes(), output.to_vec(&source)), (6, vec![7, 10, 11, 12, 13, 15]));
    }
}
