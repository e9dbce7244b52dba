//! A track's sample tables (ISO/IEC 14496-12, sections 8.6.1 and 8.7): how large each sample is, where it stands, and when it is shown.
//!
//! The walk over an MP4 reads each once, from its beginning to its end. What is allocated grows by samples that a table really has,
//! and stops at the limit of frames; a count that a table claims is only ever held against the table's length.

use std::ops::Range;

use caption_types::Limits;

use super::boxes::{first_box, malformed, u32_in, u64_in, version_and_flags};
use crate::{error::Error, reading::source::Source};

/// A sample as its tables tell it. Times are in the track's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Raw {
    pub offset: u64,
    pub len: u32,
    /// When it is decoded.
    pub decoded_at: u64,
    /// How long it is shown, were it shown when it is decoded.
    pub lasts: u32,
    /// How much later it is shown.
    pub shown_later: i64,
}

/// Where a table's entries are: the rest of its box behind version, flags and, where `before` says so, other numbers.
struct Table {
    entries: Range<usize>,
    count: u64,
    version: u8,
}

fn table(source: &mut impl Source, data: &Range<usize>, name: &str, before: usize, entry: usize) -> Result<Table, Error> {
    let cut = || malformed(format!("a {name} that is too short"));
    let (version, _, at) = version_and_flags(source, data).ok_or_else(cut)?;
    let at = at + before;
    let count = u64::from(u32_in(source, data, at).ok_or_else(cut)?);
    let entries = at + 4..data.end;
    if entry > 0 && count.saturating_mul(entry as u64) > entries.len() as u64 {
        return Err(malformed(format!("a {name} of {count} entries in {} bytes", entries.len())));
    }
    Ok(Table { entries, count, version })
}

fn too_many(limits: &Limits) -> Error {
    Error::TooManyVideoFrames { limit: most_samples(limits) }
}

/// The most samples of a track.
pub(super) fn most_samples(limits: &Limits) -> u32 {
    limits.max_frames.min(limits.max_video_frames)
}

/// Reads the tables in `stbl`.
///
/// # Errors
/// [`Error::Malformed`] of tables that contradict one another, [`Error::TooManyVideoFrames`].
pub(super) fn samples(source: &mut impl Source, stbl: &Range<usize>, limits: &Limits) -> Result<Vec<Raw>, Error> {
    let lacks = |name: &str| malformed(format!("a video track without {name}"));
    if first_box(source, stbl, *b"stz2")?.is_some() {
        return Err(Error::UnsupportedVideo { got: "a video with compact sample sizes (stz2)".to_owned() });
    }
    let lengths = first_box(source, stbl, *b"stsz")?.ok_or_else(|| lacks("stsz"))?;
    let mut samples = sizes(source, &lengths, limits)?;
    if samples.is_empty() {
        return Ok(samples);
    }
    let times = first_box(source, stbl, *b"stts")?.ok_or_else(|| lacks("stts"))?;
    decoding_times(source, &times, &mut samples)?;
    if let Some(offsets) = first_box(source, stbl, *b"ctts")? {
        shown_later(source, &offsets, &mut samples)?;
    }
    let chunks = first_box(source, stbl, *b"stsc")?.ok_or_else(|| lacks("stsc"))?;
    let runs = chunk_runs(source, &chunks, samples.len())?;
    if let Some(short) = first_box(source, stbl, *b"stco")? {
        places(source, &short, false, &runs, &mut samples)?;
    } else {
        let long = first_box(source, stbl, *b"co64")?.ok_or_else(|| lacks("stco"))?;
        places(source, &long, true, &runs, &mut samples)?;
    }
    Ok(samples)
}

/// `stsz` (section 8.7.3.2).
fn sizes(source: &mut impl Source, data: &Range<usize>, limits: &Limits) -> Result<Vec<Raw>, Error> {
    let cut = || malformed("an stsz that is too short");
    let same = version_and_flags(source, data).and_then(|(_, _, at)| u32_in(source, data, at)).ok_or_else(cut)?;
    let claimed = u32_in(source, data, data.start + 8).ok_or_else(cut)?;
    if claimed > most_samples(limits) {
        return Err(too_many(limits));
    }
    let table = table(source, data, "stsz", 4, if same == 0 { 4 } else { 0 })?;
    let mut samples = Vec::new();
    for i in 0..claimed as usize {
        let len = if same == 0 { u32_in(source, &table.entries, table.entries.start + 4 * i).ok_or_else(cut)? } else { same };
        samples.push(Raw { len, ..Raw::default() });
    }
    Ok(samples)
}

/// Two numbers an entry, the first of which is a count of samples: `stts` and `ctts`.
fn each_run(source: &mut impl Source, table: &Table, mut each: impl FnMut(u32, u32) -> bool) {
    let mut at = table.entries.start;
    for _ in 0..table.count {
        let (Some(count), Some(value)) = (u32_in(source, &table.entries, at), u32_in(source, &table.entries, at + 4)) else {
            return;
        };
        if !each(count, value) {
            return;
        }
        at += 8;
    }
}

/// `stts` (section 8.6.1.2).
fn decoding_times(source: &mut impl Source, data: &Range<usize>, samples: &mut [Raw]) -> Result<(), Error> {
    let table = table(source, data, "stts", 0, 8)?;
    let (mut next, mut now, all) = (0, 0_u64, samples.len());
    each_run(source, &table, |count, lasts| {
        for sample in samples.iter_mut().skip(next).take(count as usize) {
            sample.decoded_at = now;
            sample.lasts = lasts;
            now += u64::from(lasts);
            next += 1;
        }
        next < all
    });
    if next < all { Err(malformed(format!("times for {next} of {all} frames"))) } else { Ok(()) }
}

/// `ctts` (section 8.6.1.3). Numbers of its version 0 are meant with a sign by QuickTime, and none of them is large.
fn shown_later(source: &mut impl Source, data: &Range<usize>, samples: &mut [Raw]) -> Result<(), Error> {
    let table = table(source, data, "ctts", 0, 8)?;
    if table.version > 1 {
        return Err(malformed(format!("a ctts of version {}", table.version)));
    }
    let (mut next, all) = (0, samples.len());
    each_run(source, &table, |count, later| {
        for sample in samples.iter_mut().skip(next).take(count as usize) {
            sample.shown_later = i64::from(later.cast_signed());
            next += 1;
        }
        next < all
    });
    Ok(())
}

/// `stsc` (section 8.7.4): from which chunk on there are how many samples in each.
fn chunk_runs(source: &mut impl Source, data: &Range<usize>, samples: usize) -> Result<Vec<[u32; 2]>, Error> {
    let table = table(source, data, "stsc", 0, 12)?;
    let mut runs: Vec<[u32; 2]> = Vec::new();
    let mut at = table.entries.start;
    // Each run has a chunk, and each chunk a sample.
    for _ in 0..table.count.min(samples as u64) {
        let (Some(first), Some(each)) = (u32_in(source, &table.entries, at), u32_in(source, &table.entries, at + 4)) else {
            break;
        };
        let least = runs.last().map_or(1, |last| last[0].saturating_add(1));
        if each == 0 || first < least || runs.is_empty() && first != 1 {
            return Err(malformed(format!("an stsc with {each} samples in each chunk from {first} on")));
        }
        runs.push([first, each]);
        at += 12;
    }
    if runs.is_empty() { Err(malformed("an stsc without entries")) } else { Ok(runs) }
}

/// `stco` and `co64` (section 8.7.5).
fn places(
    source: &mut impl Source,
    data: &Range<usize>,
    is_long: bool,
    runs: &[[u32; 2]],
    samples: &mut [Raw],
) -> Result<(), Error> {
    let entry = if is_long { 8 } else { 4 };
    let table = table(source, data, "stco", 0, entry)?;
    let (mut next, mut run, all) = (0, 0, samples.len());
    let mut at = table.entries.start;
    for chunk in 1..=u32::try_from(table.count).unwrap_or(u32::MAX) {
        if next >= all {
            break;
        }
        let place = if is_long { u64_in(source, &table.entries, at) } else { u32_in(source, &table.entries, at).map(u64::from) };
        let Some(mut place) = place else { break };
        at += entry;
        while runs.get(run + 1).is_some_and(|[first, _]| *first <= chunk) {
            run += 1;
        }
        let each = runs.get(run).map_or(1, |[_, each]| *each);
        for sample in samples.iter_mut().skip(next).take(each as usize) {
            sample.offset = place;
            place = place.saturating_add(u64::from(sample.len));
            next += 1;
        }
    }
    if next < all { Err(malformed(format!("places for {next} of {all} frames"))) } else { Ok(()) }
}
