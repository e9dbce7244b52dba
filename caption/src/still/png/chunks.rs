//! The chunks of a PNG (third edition, section 5.3), as far as they are there.
//!
//! `read` walks them and `write` makes them. What a chunk holds is theirs to know.

/// A chunk, or as much of it as the file has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    pub kind: [u8; 4],
    pub data: &'a [u8],
    /// Whether it ends in the file.
    pub is_whole: bool,
    /// Whether its check fits.
    pub is_sound: bool,
}

/// The chunks of a file, from behind its signature.
pub(crate) struct Chunks<'a>(&'a [u8]);

impl<'a> Chunks<'a> {
    pub(crate) fn of(png: &'a [u8]) -> Self {
        Self(png.get(8..).unwrap_or_default())
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let (head, rest) = self.0.split_first_chunk::<8>()?;
        let [a, b, c, d, kind @ ..] = *head;
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((data, rest)) = rest.split_at_checked(len) else {
            self.0 = &[];
            return Some(Chunk { kind, data: rest, is_whole: false, is_sound: false });
        };
        let Some((check, rest)) = rest.split_first_chunk::<4>() else {
            self.0 = &[];
            return Some(Chunk { kind, data, is_whole: false, is_sound: false });
        };
        self.0 = rest;
        Some(Chunk { kind, data, is_whole: true, is_sound: self::check(kind, data) == u32::from_be_bytes(*check) })
    }
}

fn check(kind: [u8; 4], data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&kind);
    hasher.update(data);
    hasher.finalize()
}

/// Closes the chunk that begins at `at` and runs to the end: sets its length, and appends its check.
pub(super) fn close(out: &mut Vec<u8>, at: usize) {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(out.get(at + 4..).unwrap_or_default());
    let len = u32::try_from(out.len().saturating_sub(at + 8)).unwrap_or(u32::MAX);
    if let Some(head) = out.get_mut(at..at + 4) {
        head.copy_from_slice(&len.to_be_bytes());
    }
    out.extend(hasher.finalize().to_be_bytes());
}

/// Appends a chunk.
pub(crate) fn add(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(kind);
    out.extend_from_slice(data);
    out.extend(check(kind, data).to_be_bytes());
}
