//! A video track's headers (ISO/IEC 14496-12, sections 8.3 to 8.6): which way up it is, its clock, and where its edit list begins.
//!
//! The walk over an MP4 calls it for each `trak`. It reads no sample table.

use std::ops::Range;

use super::{
    boxes::{first_box, malformed, u16_in, u32_in, u64_in, version_and_flags},
    entry::handler,
};
use crate::{
    error::Error,
    reading::{orientation::Turn, source::Source},
};

/// A track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Track {
    pub id: u32,
    pub is_enabled: bool,
    pub handler: Option<[u8; 4]>,
    pub turn: Turn,
    /// Units a second of its times; never 0 of a video.
    pub timescale: u32,
    /// How long it says that it is, in these units.
    pub declared: u64,
    pub edit: Edit,
    pub stbl: Range<usize>,
}

/// The first edit that shows something: where in the track it begins, and how long it is in the movie's units, if it is alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edit {
    pub from: i64,
    pub lasts: Option<u64>,
}

/// Reads a `trak`; `None` of one that lacks what every track has.
///
/// # Errors
/// [`Error::Malformed`].
pub(super) fn read(source: &mut impl Source, trak: &Range<usize>) -> Result<Option<Track>, Error> {
    let (Some(tkhd), Some(mdia)) = (first_box(source, trak, *b"tkhd")?, first_box(source, trak, *b"mdia")?) else {
        return Ok(None);
    };
    let handler = handler(source, &mdia)?;
    let Some((version, flags, at)) = version_and_flags(source, &tkhd) else { return Ok(None) };
    // Times are of 8 bytes in version 1 (section 8.3.2.2).
    let (id_at, matrix_at) = if version == 1 { (at + 16, at + 48) } else { (at + 8, at + 36) };
    let id = u32_in(source, &tkhd, id_at).unwrap_or(0);
    let turn = matrix(source, &tkhd, matrix_at).map(turn_by).unwrap_or_default();
    let Some(mdhd) = first_box(source, &mdia, *b"mdhd")? else { return Ok(None) };
    let Some((timescale, declared)) = clock(source, &mdhd) else { return Ok(None) };
    let Some(minf) = first_box(source, &mdia, *b"minf")? else { return Ok(None) };
    let Some(stbl) = first_box(source, &minf, *b"stbl")? else { return Ok(None) };
    if handler == Some(*b"vide") && timescale == 0 {
        return Err(malformed("a video track whose clock has no units"));
    }
    let edit = match first_box(source, trak, *b"edts")? {
        Some(edts) => first_box(source, &edts, *b"elst")?.and_then(|elst| edit(source, &elst)).unwrap_or_default(),
        None => Edit::default(),
    };
    Ok(Some(Track { id, is_enabled: flags & 1 != 0, handler, turn, timescale, declared, edit, stbl }))
}

/// Units a second and duration, as `mdhd` and `mvhd` have them (sections 8.4.2 and 8.2.2).
pub(super) fn clock(source: &mut impl Source, header: &Range<usize>) -> Option<(u32, u64)> {
    let (version, _, at) = version_and_flags(source, header)?;
    let (timescale, declared) = if version == 1 {
        (u32_in(source, header, at + 16)?, u64_in(source, header, at + 20)?)
    } else {
        (u32_in(source, header, at + 8)?, u32_in(source, header, at + 12).map(u64::from)?)
    };
    // All ones say that it is not known.
    let is_unknown = declared == if version == 1 { u64::MAX } else { u64::from(u32::MAX) };
    Some((timescale, if is_unknown { 0 } else { declared }))
}

/// a, b, c and d of `tkhd`'s matrix (section 6.2.2), each 16.16.
fn matrix(source: &mut impl Source, tkhd: &Range<usize>, at: usize) -> Option<[i32; 4]> {
    // Behind a and b stands u, behind c and d too.
    let words = [0, 4, 12, 16].map(|offset| u32_in(source, tkhd, at + offset).map(u32::cast_signed));
    Some([words[0]?, words[1]?, words[2]?, words[3]?])
}

/// A stored point (x, y) is shown at (a x + c y, b x + d y). Quarter turns and mirrors are followed, and no scale; anything else turns
/// nothing.
fn turn_by(matrix: [i32; 4]) -> Turn {
    match matrix.map(i32::signum) {
        [across @ (1 | -1), 0, 0, down @ (1 | -1)] => Turn { swaps_axes: false, flips_x: across < 0, flips_y: down < 0 },
        // Shown x is c times stored y, shown y is b times stored x.
        [0, down @ (1 | -1), across @ (1 | -1), 0] => Turn { swaps_axes: true, flips_x: down < 0, flips_y: across < 0 },
        _ => Turn::default(),
    }
}

/// `elst` (section 8.6.6).
fn edit(source: &mut impl Source, elst: &Range<usize>) -> Option<Edit> {
    let (version, _, at) = version_and_flags(source, elst)?;
    let count = u32_in(source, elst, at)?;
    let entry = if version == 1 { 20 } else { 12 };
    let read = |source: &mut _, i: usize| {
        let at = at + 4 + entry * i;
        if version == 1 {
            Some((u64_in(source, elst, at)?, u64_in(source, elst, at + 8)?.cast_signed(), u16_in(source, elst, at + 16)?))
        } else {
            let from = i64::from(u32_in(source, elst, at + 4)?.cast_signed());
            Some((u64::from(u32_in(source, elst, at)?), from, u16_in(source, elst, at + 8)?))
        }
    };
    // An edit of nothing before the video (-1) is left out: the video begins with its first picture.
    let mut shown = None;
    for i in 0..count.min(64) as usize {
        let (lasts, from, _) = read(source, i)?;
        if from < 0 {
            continue;
        }
        if shown.is_some() {
            // Of several edits only the first one's beginning counts.
            return shown.map(|edit| Edit { lasts: None, ..edit });
        }
        shown = Some(Edit { from, lasts: (lasts > 0).then_some(lasts) });
    }
    shown
}
