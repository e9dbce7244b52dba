//! A video track's sample entry (ISO/IEC 14496-12, section 8.5.2; 14496-15, section 5.4.2): its codec, and H.264's parameter sets.
//!
//! The walk over an MP4 calls it. All that is not read is refused here by the name that people know it by.

use std::ops::Range;

use super::{
    boxes::{box_at, each_box, first_box, kind_at, malformed, u16_in},
    sps::{self, Colours, Sps},
};
use crate::{
    error::Error,
    reading::source::{LONGEST_LOOK_BYTES, Source},
};

/// What a decoder is told before the first sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct H264 {
    /// Bytes of the length before each unit of a sample: 1, 2 or 4.
    pub nal_length_bytes: usize,
    /// Where sequence and picture parameter sets stand in the file, in their order.
    pub parameter_sets: Vec<Range<usize>>,
    /// How its numbers become colours.
    pub colours: VideoColours,
}

/// How luma and chroma become red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VideoColours {
    /// By ITU-R BT.709, else by BT.601.
    pub is_bt709: bool,
    /// Luma from 0 to 255, else from 16 to 235.
    pub is_full_range: bool,
}

/// Fields of a visual sample entry before its boxes: 8 of every entry, 70 of a visual one (section 12.1.3).
const VISUAL_FIELDS_BYTES: usize = 78;

/// Reads the first entry in `stsd`.
///
/// # Errors
/// [`Error::UnsupportedVideo`] of what is not read.
pub(super) fn read(source: &mut impl Source, stsd: &Range<usize>) -> Result<(H264, [u32; 2]), Error> {
    let entries = stsd.start.saturating_add(8).min(stsd.end)..stsd.end;
    let entry = box_at(source, entries.start, &entries)?.ok_or_else(|| malformed("a video track without a sample entry"))?;
    if let Some(name) = name_of(entry.kind) {
        return Err(Error::UnsupportedVideo { got: name });
    }
    let boxes = entry.data.start.saturating_add(VISUAL_FIELDS_BYTES).min(entry.data.end)..entry.data.end;
    let (mut avcc, mut colr) = (None, None);
    each_box(source, &boxes, |source, found| {
        match &found.kind {
            b"avcC" => avcc = avcc.take().or(Some(found.data.clone())),
            b"colr" => colr = colr.take().or(colour_box(source, &found.data)),
            b"sinf" => return Err(Error::UnsupportedVideo { got: "an encrypted MP4".to_owned() }),
            _ => {}
        }
        Ok(())
    })?;
    let (nal_length_bytes, parameter_sets, sps) = configuration(source, &avcc.ok_or_else(|| malformed("H.264 without avcC"))?)?;
    let colours = colours(&sps, colr)?;
    Ok((H264 { nal_length_bytes, parameter_sets, colours }, sps.sides_px))
}

/// What is not read, by its name; `None` of H.264.
fn name_of(kind: [u8; 4]) -> Option<String> {
    let codec = match &kind {
        b"avc1" | b"avc3" => return None,
        b"encv" => return Some("an encrypted MP4".to_owned()),
        b"hvc1" | b"hev1" | b"hvc2" | b"hev2" => "HEVC (H.265)",
        b"dvh1" | b"dvhe" | b"dva1" | b"dvav" => "Dolby Vision",
        b"vvc1" | b"vvi1" => "VVC (H.266)",
        b"av01" => "AV1",
        b"vp08" => "VP8",
        b"vp09" => "VP9",
        b"mp4v" => "MPEG-4 part 2",
        b"s263" | b"h263" => "H.263",
        b"jpeg" | b"mjpa" | b"mjpb" | b"mjpg" => "Motion JPEG",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "ProRes",
        b"png " => "PNG pictures",
        other => return Some(format!("an MP4 with a codec named {}", other.escape_ascii())),
    };
    Some(format!("an MP4 with {codec}"))
}

/// `avcC` (14496-15, section 5.3.3.1.2): the lengths' size, where the parameter sets are, and the first sequence parameter set.
fn configuration(source: &mut impl Source, avcc: &Range<usize>) -> Result<(usize, Vec<Range<usize>>, Sps), Error> {
    let cut = || malformed("an avcC that is too short");
    let [version, .., lengths, sequence_sets] =
        *source.get(avcc.start, 6).filter(|_| avcc.len() >= 6).and_then(|head| head.first_chunk::<6>()).ok_or_else(cut)?;
    if version != 1 {
        return Err(malformed(format!("an avcC of version {version}")));
    }
    let nal_length_bytes = usize::from(lengths & 3) + 1;
    if nal_length_bytes == 3 {
        return Err(malformed("an avcC with lengths of 3 bytes"));
    }
    let mut at = avcc.start + 6;
    let mut sets = Vec::new();
    for _ in 0..sequence_sets & 31 {
        sets.push(set_at(source, avcc, &mut at).ok_or_else(cut)?);
    }
    let Some(first) = sets.first().cloned() else {
        return Err(Error::UnsupportedVideo { got: "an H.264 video whose parameter sets are in its samples alone".to_owned() });
    };
    let picture_sets = source.byte(at).filter(|_| at < avcc.end).ok_or_else(cut)?;
    at += 1;
    for _ in 0..picture_sets {
        sets.push(set_at(source, avcc, &mut at).ok_or_else(cut)?);
    }
    let len = first.len().min(LONGEST_LOOK_BYTES);
    let sps = sps::read(source.get(first.start, len).ok_or_else(cut)?)?;
    Ok((nal_length_bytes, sets, sps))
}

fn set_at(source: &mut impl Source, avcc: &Range<usize>, at: &mut usize) -> Option<Range<usize>> {
    let start = *at + 2;
    let end = start + usize::from(u16_in(source, avcc, *at)?);
    *at = end;
    (end <= avcc.end).then_some(start..end)
}

/// `colr` (section 12.1.5), of the kinds that have code points: its colours and whether its range is full.
fn colour_box(source: &mut impl Source, data: &Range<usize>) -> Option<(Colours, bool)> {
    let kind = kind_at(source, data.start).filter(|kind| matches!(kind, b"nclx" | b"nclc"))?;
    let [primaries, transfer, matrix] = [4, 6, 8].map(|at| u16_in(source, data, data.start + at));
    let is_full_range =
        kind == *b"nclx" && data.len() > 10 && source.byte(data.start + 10).is_some_and(|flags| flags & 0x80 != 0);
    Some((Colours { primaries: primaries?, transfer: transfer?, matrix: matrix? }, is_full_range))
}

/// From this height on a video that says nothing is taken for BT.709, as browsers do.
const BT709_FROM_PX: u32 = 720;

/// What the stream says goes before what the file says (ITU-T H.273 has the code points).
fn colours(sps: &Sps, colr: Option<(Colours, bool)>) -> Result<VideoColours, Error> {
    let told = sps.colours.or(colr.map(|(colours, _)| colours));
    if let Some(Colours { primaries, transfer, matrix }) = told {
        // 16: PQ; 18: HLG; 9 and 10: BT.2020.
        let is_wide = matches!(transfer, 16 | 18) || primaries == 9 || matches!(matrix, 9 | 10);
        if is_wide {
            return Err(Error::UnsupportedVideo { got: "an HDR video".to_owned() });
        }
    }
    let is_bt709 = match told.map(|told| told.matrix) {
        Some(1 | 7) => true,
        Some(4..=6) => false,
        _ => sps.sides_px[0].min(sps.sides_px[1]) >= BT709_FROM_PX,
    };
    let is_full_range = sps.is_full_range.or(colr.map(|(_, is_full)| is_full)).unwrap_or(false);
    Ok(VideoColours { is_bt709, is_full_range })
}

/// Whether a track's handler is a video's (section 8.4.3).
pub(super) fn handler(source: &mut impl Source, mdia: &Range<usize>) -> Result<Option<[u8; 4]>, Error> {
    let hdlr = first_box(source, mdia, *b"hdlr")?;
    Ok(hdlr.filter(|data| data.len() >= 12).and_then(|data| kind_at(source, data.start + 8)))
}
