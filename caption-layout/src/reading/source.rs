//! Where a picture's bytes are while it is measured: in memory, or in a file seen through a window.
//!
//! `probe` and the block walk read through [`Source`] alone, so that api can look at a file of any size
//! with a few kilobytes of memory. A [`FileWindow`] remembers a failed read and then acts as if the file ended
//! there: its owner must ask [`FileWindow::failure`] before it believes an outcome.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// Bytes that can be looked at anywhere.
pub(crate) trait Source {
    /// How many there are.
    fn len(&self) -> usize;

    /// The `len` bytes from `at`; `None` when they are not all there. `len` is at most [`LONGEST_LOOK_BYTES`].
    fn get(&mut self, at: usize, len: usize) -> Option<&[u8]>;

    /// The byte at `at`.
    fn byte(&mut self, at: usize) -> Option<u8> {
        self.get(at, 1).map(|bytes| bytes[0])
    }

    /// Some bytes from `at`, as many as are at hand; none only at the end.
    fn from(&mut self, at: usize) -> &[u8];
}

/// The most that is looked at in one piece.
pub(crate) const LONGEST_LOOK_BYTES: usize = 256;

impl Source for &[u8] {
    fn len(&self) -> usize {
        <[u8]>::len(self)
    }

    #[inline]
    fn get(&mut self, at: usize, len: usize) -> Option<&[u8]> {
        <[u8]>::get(self, at..at.checked_add(len)?)
    }

    #[inline]
    fn byte(&mut self, at: usize) -> Option<u8> {
        <[u8]>::get(self, at).copied()
    }

    fn from(&mut self, at: usize) -> &[u8] {
        <[u8]>::get(self, at..).unwrap_or_default()
    }
}

/// A file, of which one stretch is held at a time.
pub(crate) struct FileWindow<R> {
    file: R,
    len: usize,
    held: Box<[u8]>,
    /// Where in the file `held` begins, and how much of it is filled.
    at: usize,
    filled: usize,
    failure: Option<io::Error>,
}

impl<R: Read + Seek> FileWindow<R> {
    /// Measures the file, whose bytes must not change while it is looked at. `held_bytes` is how much of it is in
    /// memory at a time.
    pub(crate) fn new(mut file: R, held_bytes: usize) -> io::Result<Self> {
        let len = usize::try_from(file.seek(SeekFrom::End(0))?).map_err(io::Error::other)?;
        let held = vec![0; held_bytes.max(LONGEST_LOOK_BYTES)].into_boxed_slice();
        Ok(Self { file, len, held, at: 0, filled: 0, failure: None })
    }

    /// The read that failed, if one did.
    pub(crate) fn failure(self) -> Option<io::Error> {
        self.failure
    }

    /// Moves the window so that it begins at `at`.
    fn fill(&mut self, at: usize) -> io::Result<()> {
        self.filled = 0;
        self.at = at;
        self.file.seek(SeekFrom::Start(at as u64))?;
        let wanted = self.held.len().min(self.len - at);
        self.file.read_exact(&mut self.held[..wanted])?;
        self.filled = wanted;
        Ok(())
    }

    #[inline]
    fn holds(&self, at: usize, len: usize) -> bool {
        at >= self.at && at - self.at + len <= self.filled
    }
}

impl<R: Read + Seek> Source for FileWindow<R> {
    fn len(&self) -> usize {
        self.len
    }

    #[inline]
    fn get(&mut self, at: usize, len: usize) -> Option<&[u8]> {
        if !self.holds(at, len) {
            if at.checked_add(len).is_none_or(|end| end > self.len) || self.failure.is_some() {
                return None;
            }
            self.failure = self.fill(at).err();
            if !self.holds(at, len) {
                return None;
            }
        }
        self.held.get(at - self.at..at - self.at + len)
    }

    fn from(&mut self, at: usize) -> &[u8] {
        if self.get(at, 1).is_none() {
            return &[];
        }
        &self.held[at - self.at..self.filled]
    }
}

/// A source as a reader, for code that wants one.
pub(crate) struct Reading<'a, S> {
    pub(crate) source: &'a mut S,
    pub(crate) at: u64,
}

impl<S: Source> Read for Reading<'_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(into)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl<S: Source> BufRead for Reading<'_, S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(usize::try_from(self.at).map_or(&[], |at| self.source.from(at)))
    }

    fn consume(&mut self, bytes: usize) {
        self.at += bytes as u64;
    }
}

impl<S: Source> Seek for Reading<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => (self.source.len() as u64).checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = moved.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
