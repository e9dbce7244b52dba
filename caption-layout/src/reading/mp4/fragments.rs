//! Samples in movie fragments (ISO/IEC 14496-12, section 8.8): what `moof` boxes add to a track.
//!
//! The walk over an MP4 calls it where a file has fragments. It counts samples as it meets them, and stops at the limit of frames.

use std::ops::Range;

use caption_types::Limits;

use super::{
    boxes::{box_at, each_box, first_box, malformed, u32_in, u64_in, version_and_flags},
    tables::{Raw, most_samples},
};
use crate::{error::Error, reading::source::Source};

/// What a sample has where its run says nothing (`trex` and `tfhd`).
#[derive(Clone, Copy, Debug, Default)]
struct Usual {
    lasts: u32,
    len: u32,
}

/// Appends the samples of all fragments from the one at `at` on.
///
/// # Errors
/// [`Error::Malformed`] and [`Error::TooManyVideoFrames`].
pub(super) fn samples(
    source: &mut impl Source,
    mut at: usize,
    moov: &Range<usize>,
    track: u32,
    limits: &Limits,
    into: &mut Vec<Raw>,
) -> Result<(), Error> {
    let usual = usual_of(source, moov, track)?;
    let mut now = into.iter().map(|sample| sample.decoded_at.saturating_add(sample.lasts.into())).max().unwrap_or(0);
    let file = 0..source.len();
    while let Some(moof) = box_at(source, at, &file)? {
        if &moof.kind == b"moof" {
            if moof.is_cut {
                return Err(Error::Truncated { at_byte: file.end as u64, inside: "a fragment" });
            }
            each_box(source, &moof.data, |source, traf| {
                if &traf.kind != b"traf" {
                    return Ok(());
                }
                read_traf(source, &traf.data, at, Fragment { track, usual, limits }, &mut now, into)
            })?;
        }
        at = moof.data.end;
    }
    Ok(())
}

/// `trex` (section 8.8.3) of a track.
fn usual_of(source: &mut impl Source, moov: &Range<usize>, track: u32) -> Result<Usual, Error> {
    let mut usual = Usual::default();
    let Some(mvex) = first_box(source, moov, *b"mvex")? else { return Ok(usual) };
    each_box(source, &mvex, |source, found| {
        if &found.kind == b"trex" && u32_in(source, &found.data, found.data.start + 4) == Some(track) {
            let [lasts, len] = [12, 16].map(|at| u32_in(source, &found.data, found.data.start + at).unwrap_or(0));
            usual = Usual { lasts, len };
        }
        Ok(())
    })?;
    Ok(usual)
}

#[derive(Clone, Copy)]
struct Fragment<'a> {
    track: u32,
    usual: Usual,
    limits: &'a Limits,
}

/// One `traf` (sections 8.8.6 to 8.8.8 and 8.8.12).
fn read_traf(
    source: &mut impl Source,
    traf: &Range<usize>,
    moof_at: usize,
    Fragment { track, mut usual, limits }: Fragment<'_>,
    now: &mut u64,
    into: &mut Vec<Raw>,
) -> Result<(), Error> {
    let cut = || malformed("a tfhd that is too short");
    let tfhd = first_box(source, traf, *b"tfhd")?.ok_or_else(|| malformed("a fragment without tfhd"))?;
    let (_, flags, at) = version_and_flags(source, &tfhd).ok_or_else(cut)?;
    if u32_in(source, &tfhd, at).ok_or_else(cut)? != track {
        return Ok(());
    }
    let mut at = at + 4;
    let mut base = moof_at as u64;
    if flags & 0x01 != 0 {
        base = u64_in(source, &tfhd, at).ok_or_else(cut)?;
        at += 8;
    }
    if flags & 0x02 != 0 {
        at += 4;
    }
    for (flag, place) in [(0x08, &mut usual.lasts), (0x10, &mut usual.len)] {
        if flags & flag != 0 {
            *place = u32_in(source, &tfhd, at).ok_or_else(cut)?;
            at += 4;
        }
    }
    if let Some(tfdt) = first_box(source, traf, *b"tfdt")?
        && let Some((version, _, at)) = version_and_flags(source, &tfdt)
    {
        let time = if version == 1 { u64_in(source, &tfdt, at) } else { u32_in(source, &tfdt, at).map(u64::from) };
        *now = time.ok_or_else(|| malformed("a tfdt that is too short"))?;
    }
    let mut place = base;
    each_box(source, traf, |source, trun| {
        if &trun.kind != b"trun" {
            return Ok(());
        }
        read_run(source, &trun.data, base, usual, limits, &mut place, now, into)
    })
}

/// One `trun` (section 8.8.8).
#[expect(clippy::too_many_arguments, reason = "two are where a run goes on from the one before")]
fn read_run(
    source: &mut impl Source,
    trun: &Range<usize>,
    base: u64,
    usual: Usual,
    limits: &Limits,
    place: &mut u64,
    now: &mut u64,
    into: &mut Vec<Raw>,
) -> Result<(), Error> {
    let cut = || malformed("a trun that is too short");
    let (_, flags, at) = version_and_flags(source, trun).ok_or_else(cut)?;
    let count = u32_in(source, trun, at).ok_or_else(cut)?;
    let mut at = at + 4;
    if flags & 0x01 != 0 {
        let offset = u32_in(source, trun, at).ok_or_else(cut)?.cast_signed();
        *place = base.saturating_add_signed(offset.into());
        at += 4;
    }
    if flags & 0x04 != 0 {
        at += 4;
    }
    for _ in 0..count {
        if into.len() >= most_samples(limits) as usize {
            return Err(Error::TooManyVideoFrames { limit: most_samples(limits) });
        }
        let mut next = |flag: u32, usual: u32| {
            if flags & flag == 0 {
                return Ok(usual);
            }
            at += 4;
            u32_in(source, trun, at - 4).ok_or_else(cut)
        };
        let (lasts, len) = (next(0x100, usual.lasts)?, next(0x200, usual.len)?);
        next(0x400, 0)?;
        let later = next(0x800, 0)?.cast_signed();
        into.push(Raw { offset: *place, len, decoded_at: *now, lasts, shown_later: later.into() });
        *place = place.saturating_add(len.into());
        *now = now.saturating_add(lasts.into());
    }
    Ok(())
}
