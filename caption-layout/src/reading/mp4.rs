//! The walk over an MP4 or a QuickTime file (ISO/IEC 14496-12; QuickTime File Format): the first video track, its H.264 parameter sets,
//! and where each sample stands and when it is shown, without decoding a bit of a picture.
//!
//! `probe` and the renderer of videos begin here. It refuses by name what is not read. It holds the lengths that boxes and tables
//! claim against the file and the limits before it believes them, and must never allocate by a claim.

use std::ops::Range;

use caption_types::Limits;

use super::{orientation::Turn, source::Source};
use crate::{error::Error, limits::CheckLimits as _};

mod boxes;
mod entry;
mod fragments;
mod sps;
mod tables;
mod track;

use boxes::{box_at, each_box, first_box, malformed};
pub use entry::{H264, VideoColours};
use tables::Raw;
use track::Track;

/// One coded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its bytes.
    pub data: Range<usize>,
    /// When it is shown; the first that is shown is at 0.
    pub at_us: i64,
    /// Whether it is. One that the edit list leaves out is decoded for others alone.
    pub is_shown: bool,
}

/// A whole video, as ranges of its file's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mp4 {
    /// Width and height as they are coded, cropped.
    pub coded_sides_px: [u32; 2],
    /// Which way up it is shown.
    pub turn: Turn,
    /// What a decoder is told first.
    pub h264: H264,
    /// In the order in which they are decoded; at least one is shown.
    pub samples: Vec<Sample>,
    /// How long all that is shown lasts.
    pub duration_us: u64,
}

/// Whether the first bytes are those of an MP4 or a QuickTime file: `ftyp`, or what files before it begin with.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    match bytes {
        // Pictures in the same boxes: HEIF, AVIF, Canon's raw files.
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => !matches!(
            brand.first_chunk::<4>(),
            Some(b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" | b"avif" | b"avis" | b"crx ")
        ),
        [_, _, _, _, b'm', b'o', b'o', b'v', ..] => true,
        [_, _, _, _, kind @ ..] => {
            // A box of this length or longer follows them, or else they are no boxes.
            matches!(kind.first_chunk::<4>(), Some(b"mdat" | b"wide" | b"free" | b"skip" | b"pnot"))
        }
        _ => false,
    }
}

impl Mp4 {
    /// Walks over the boxes.
    ///
    /// # Errors
    /// Those of limits, [`Error::UnsupportedVideo`] of what is not read, [`Error::Malformed`] and [`Error::Truncated`].
    pub fn walk(mut mp4: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::walk_in(&mut mp4, limits)
    }

    pub(crate) fn walk_in(mp4: &mut impl Source, limits: &Limits) -> Result<Self, Error> {
        let Top { moov, first_moof } = top(mp4)?;
        let (track, movie_timescale) = video_track(mp4, &moov)?;
        let minf = &track.stbl;
        let stsd = first_box(mp4, minf, *b"stsd")?.ok_or_else(|| malformed("a video track without stsd"))?;
        let (h264, coded_sides_px) = entry::read(mp4, &stsd)?;
        let [width_px, height_px] = coded_sides_px;
        limits.check_side(width_px, height_px)?;
        check_length(u128::from(track.declared), track.timescale, limits)?;
        let mut raw = tables::samples(mp4, &track.stbl, limits)?;
        if let Some(at) = first_moof {
            fragments::samples(mp4, at, &moov, track.id, limits, &mut raw)?;
        }
        let total: u128 = raw.iter().map(|sample| u128::from(sample.lasts)).sum();
        check_length(total, track.timescale, limits)?;
        limits.check_total_pixels(u64::from(width_px) * u64::from(height_px) * raw.len() as u64)?;
        let (samples, duration_us) = shown(mp4.len(), &raw, &track, movie_timescale)?;
        // Gaps between samples count too.
        check_length(duration_us.into(), 1_000_000, limits)?;
        Ok(Self { coded_sides_px, turn: track.turn, h264, samples, duration_us })
    }

    /// Width and height as they are shown.
    #[must_use]
    pub fn sides_px(&self) -> [u32; 2] {
        self.turn.sides(self.coded_sides_px)
    }

    /// How many pictures are shown.
    #[must_use]
    pub fn frames(&self) -> usize {
        self.samples.iter().filter(|sample| sample.is_shown).count()
    }

    /// The duration in hundredths of a second, as a GIF has it.
    #[must_use]
    pub fn duration_cs(&self) -> u64 {
        self.duration_us / 10_000
    }
}

/// What matters of the file's outermost boxes.
struct Top {
    moov: Range<usize>,
    first_moof: Option<usize>,
}

fn top(mp4: &mut impl Source) -> Result<Top, Error> {
    let file = 0..mp4.len();
    let (mut moov, mut first_moof, mut at, mut cut_in) = (None, None, 0, None);
    loop {
        let found = match box_at(mp4, at, &file) {
            Ok(Some(found)) => found,
            // What stands behind the movie and is no box is nobody's.
            Err(error) if moov.is_none() => return Err(error),
            Ok(None) | Err(_) => break,
        };
        match &found.kind {
            b"moov" if found.is_cut => cut_in = Some("the movie's header"),
            b"moov" => moov = moov.or(Some(found.data.clone())),
            b"moof" => first_moof = first_moof.or(Some(at)),
            _ if found.is_cut => cut_in = Some("a box"),
            _ => {}
        }
        at = found.data.end;
    }
    match (moov, cut_in) {
        (Some(moov), _) => Ok(Top { moov, first_moof }),
        (None, Some(inside)) => Err(Error::Truncated { at_byte: file.end as u64, inside }),
        (None, None) => Err(Error::Truncated { at_byte: file.end as u64, inside: "a movie without a header (moov)" }),
    }
}

/// The first enabled video track, or the first one where none is enabled; and the movie's units a second.
fn video_track(mp4: &mut impl Source, moov: &Range<usize>) -> Result<(Track, u32), Error> {
    let (mut enabled, mut any, mut has_sound, mut timescale) = (None, None, false, 0);
    each_box(mp4, moov, |mp4, found| {
        match &found.kind {
            b"mvhd" => timescale = track::clock(mp4, &found.data).map_or(0, |(timescale, _)| timescale),
            b"cmov" => return Err(Error::UnsupportedVideo { got: "a QuickTime file with a compressed header".to_owned() }),
            b"trak" => {
                let Some(track) = track::read(mp4, &found.data)? else { return Ok(()) };
                has_sound |= track.handler == Some(*b"soun");
                if track.handler == Some(*b"vide") {
                    let place = if track.is_enabled { &mut enabled } else { &mut any };
                    place.get_or_insert(track);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    let got = if has_sound { "an MP4 with sound and no video" } else { "an MP4 without a video" };
    let track = enabled.or(any).ok_or_else(|| Error::UnsupportedVideo { got: got.to_owned() })?;
    Ok((track, timescale))
}

fn check_length(units: u128, timescale: u32, limits: &Limits) -> Result<(), Error> {
    let got_ms = units * 1000 / u128::from(timescale.max(1));
    if got_ms > u128::from(limits.max_video_s) * 1000 {
        return Err(Error::VideoTooLong { got_ms: u64::try_from(got_ms).unwrap_or(u64::MAX), limit_s: limits.max_video_s });
    }
    Ok(())
}

/// When each sample is shown by the edit list, and how long all last together.
fn shown(file_len: usize, raw: &[Raw], track: &Track, movie_timescale: u32) -> Result<(Vec<Sample>, u64), Error> {
    let at = |sample: &Raw| i128::from(sample.decoded_at) + i128::from(sample.shown_later);
    let first = raw.iter().map(at).min().ok_or(Error::NoFrames)?;
    let scale = i128::from(track.timescale.max(1));
    // An edit's length is in the movie's units, which are coarser: a picture that begins within half of one is out.
    let last = track.edit.lasts.filter(|_| movie_timescale > 0).map(|lasts| {
        let movie = i128::from(movie_timescale);
        i128::from(track.edit.from) + (i128::from(lasts) * 2 - 1) * scale / (2 * movie)
    });
    let from = i128::from(track.edit.from);
    let is_in = |sample: &Raw| at(sample) >= from && last.is_none_or(|last| at(sample) < last.max(from + 1));
    // A list that leaves out everything is taken for none.
    let is_none_in = !raw.iter().any(is_in);
    let is_in = |sample: &Raw| is_none_in || is_in(sample);
    let begins = raw.iter().filter(|sample| is_in(sample)).map(at).min().unwrap_or(first);
    let ends = ends_at(&raw.iter().filter(|sample| is_in(sample)).map(|sample| (at(sample), sample.lasts)).collect::<Vec<_>>());
    let microseconds = |units: i128| units.saturating_mul(1_000_000).div_euclid(scale);
    let at_us = |sample: &Raw| {
        let at_us = microseconds(at(sample) - begins);
        i64::try_from(at_us).unwrap_or(if at_us < 0 { i64::MIN } else { i64::MAX })
    };
    let mut samples = Vec::with_capacity(raw.len());
    for sample in raw {
        let start = usize::try_from(sample.offset).unwrap_or(usize::MAX);
        let data = start..start.saturating_add(sample.len as usize);
        if data.end > file_len {
            return Err(Error::Truncated { at_byte: file_len as u64, inside: "the video's frames" });
        }
        samples.push(Sample { data, at_us: at_us(sample), is_shown: is_in(sample) });
    }
    let duration_us = microseconds(ends - begins);
    Ok((samples, u64::try_from(duration_us).unwrap_or(u64::MAX)))
}

/// When the last picture ends, of pictures in the order of decoding, each by its beginning and what its table says that it lasts. The
/// table goes by that order too: what a picture lasts that is not decoded last is what all last together, less what was shown before.
fn ends_at(shown: &[(i128, u32)]) -> i128 {
    let Some(&(last_at, lasts)) = shown.iter().max_by_key(|(at, _)| *at) else { return 0 };
    let first_at = shown.iter().map(|(at, _)| *at).min().unwrap_or(last_at);
    let together = first_at + shown.iter().map(|(_, lasts)| i128::from(*lasts)).sum::<i128>();
    let is_decoded_last = shown.last().is_some_and(|(at, _)| *at == last_at);
    if is_decoded_last || together <= last_at { last_at + i128::from(lasts) } else { together }
}

#[cfg(test)]
mod tests;
