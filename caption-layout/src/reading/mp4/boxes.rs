//! Boxes (ISO/IEC 14496-12, section 4.2; QuickTime calls them atoms): where each stands and what kind it is.
//!
//! The walk over an MP4 is made of these. It looks at heads alone, goes no deeper by itself, and believes no length before the box around
//! it, or the file, has that many bytes.

use std::ops::Range;

use crate::{error::Error, reading::source::Source};

/// A box: its kind and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Box {
    pub kind: [u8; 4],
    pub data: Range<usize>,
    /// Whether what it says that it holds ends beyond what is around it.
    pub is_cut: bool,
}

pub(super) fn malformed(what: impl Into<String>) -> Error {
    Error::Malformed { what: what.into() }
}

/// The box at a place within `around`; `None` at its end.
///
/// # Errors
/// [`Error::Malformed`] of one whose length is less than its head's.
pub(super) fn box_at(source: &mut impl Source, at: usize, around: &Range<usize>) -> Result<Option<Box>, Error> {
    if around.end.saturating_sub(at) < 8 {
        return Ok(None);
    }
    let (Some(len), Some(kind)) = (u32_at(source, at), kind_at(source, at.saturating_add(4))) else { return Ok(None) };
    let (head, len) = match len {
        // To the end of what is around it.
        0 => (8, (around.end - at) as u64),
        1 => (16, u64_at(source, at.saturating_add(8)).unwrap_or(u64::MAX)),
        len => (8, u64::from(len)),
    };
    if len < head {
        return Err(malformed(format!("the box {} is {len} bytes long, which is less than its own head", kind.escape_ascii())));
    }
    let start = at.saturating_add(if head == 16 { 16 } else { 8 }).min(around.end);
    let end = usize::try_from(len).ok().and_then(|len| at.checked_add(len)).unwrap_or(usize::MAX);
    Ok(Some(Box { kind, data: start..end.min(around.end), is_cut: end > around.end }))
}

/// Goes over the boxes in a range, in their order, until `each` fails.
///
/// # Errors
/// As [`box_at`], and what `each` says.
pub(super) fn each_box<S: Source>(
    source: &mut S,
    around: &Range<usize>,
    mut each: impl FnMut(&mut S, &Box) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut at = around.start;
    while let Some(found) = box_at(source, at, around)? {
        each(source, &found)?;
        at = found.data.end;
    }
    Ok(())
}

/// The first box of a kind in a range.
///
/// # Errors
/// As [`box_at`].
pub(super) fn first_box(source: &mut impl Source, around: &Range<usize>, kind: [u8; 4]) -> Result<Option<Range<usize>>, Error> {
    let mut at = around.start;
    while let Some(found) = box_at(source, at, around)? {
        if found.kind == kind {
            return Ok(Some(found.data));
        }
        at = found.data.end;
    }
    Ok(None)
}

/// A full box's version, its flags, and where they end (section 4.2.2).
pub(super) fn version_and_flags(source: &mut impl Source, data: &Range<usize>) -> Option<(u8, u32, usize)> {
    let both = u32_in(source, data, data.start)?;
    Some((both.to_be_bytes()[0], both & 0x00FF_FFFF, data.start + 4))
}

/// A number of four bytes, if all are within a box.
pub(super) fn u32_in(source: &mut impl Source, within: &Range<usize>, at: usize) -> Option<u32> {
    if at.checked_add(4)? > within.end { None } else { u32_at(source, at) }
}

/// The same of eight.
pub(super) fn u64_in(source: &mut impl Source, within: &Range<usize>, at: usize) -> Option<u64> {
    if at.checked_add(8)? > within.end { None } else { u64_at(source, at) }
}

/// The same of two.
pub(super) fn u16_in(source: &mut impl Source, within: &Range<usize>, at: usize) -> Option<u16> {
    if at.checked_add(2)? > within.end {
        return None;
    }
    source.get(at, 2)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

pub(super) fn kind_at(source: &mut impl Source, at: usize) -> Option<[u8; 4]> {
    source.get(at, 4)?.first_chunk().copied()
}

fn u32_at(source: &mut impl Source, at: usize) -> Option<u32> {
    source.get(at, 4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

fn u64_at(source: &mut impl Source, at: usize) -> Option<u64> {
    source.get(at, 8)?.first_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}
