//! A sequence parameter set (ITU-T H.264, sections 7.3.2.1.1 and E.1.1): sides, colours, and what a video has that is not read.
//!
//! The walk over an MP4 reads the one in `avcC`. It is a header of some tens of bytes; no picture's bit is read.

use super::boxes::malformed;
use crate::error::Error;

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sps {
    /// The picture as it is cut (`frame_cropping`).
    pub sides_px: [u32; 2],
    /// `matrix_coefficients`, `transfer_characteristics` and `colour_primaries`, where they are told.
    pub colours: Option<Colours>,
    /// `video_full_range_flag`, where it is told.
    pub is_full_range: Option<bool>,
}

/// Code points of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colours {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
}

/// Bits, the high ones first, of a unit whose emulation prevention bytes are out (section 7.4.1.1).
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u32> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(u32::from(bit))
    }

    fn flag(&mut self) -> Option<bool> {
        self.bit().map(|bit| bit == 1)
    }

    fn bits(&mut self, len: u32) -> Option<u32> {
        (0..len).try_fold(0_u32, |value, _| Some(value << 1 | self.bit()?))
    }

    /// `ue(v)` (section 9.1).
    fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1_u32 << zeros) - 1 + self.bits(zeros)?)
    }

    /// `se(v)` (section 9.1.1).
    fn se(&mut self) -> Option<i64> {
        let code = i64::from(self.ue()?);
        Some(if code % 2 == 0 { -code / 2 } else { (code + 1) / 2 })
    }
}

/// Profiles whose sets tell their chroma (section 7.3.2.1.1).
const WITH_CHROMA: [u32; 12] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134];

/// Reads one, its unit's head byte included.
///
/// # Errors
/// [`Error::Malformed`] of one that is none, [`Error::UnsupportedVideo`] of what is not read.
pub(super) fn read(unit: &[u8]) -> Result<Sps, Error> {
    if unit.first().is_none_or(|head| head & 0x1F != 7) {
        return Err(malformed("an avcC whose first unit is no sequence parameter set"));
    }
    let bytes = without_emulation_prevention(unit.get(1..).unwrap_or_default());
    let mut bits = Bits { bytes: &bytes, at: 0 };
    let kind = picture_kind(&mut bits).ok_or_else(|| malformed("a sequence parameter set that is cut off"))?;
    kind.map_err(|got| Error::UnsupportedVideo { got })?;
    let (sides_px, is_progressive) = sides(&mut bits).ok_or_else(|| malformed("a sequence parameter set that is cut off"))?;
    if !is_progressive {
        return Err(Error::UnsupportedVideo { got: "an interlaced video".to_owned() });
    }
    let [width_px, height_px] = sides_px;
    if width_px == 0 || height_px == 0 {
        return Err(Error::ZeroSized { width_px, height_px });
    }
    // What is cut off behind the sides tells no colours.
    let (is_full_range, colours) = usability(&mut bits).unwrap_or_default();
    Ok(Sps { sides_px, colours, is_full_range })
}

/// A byte 3 behind two zeros is there for transport alone.
fn without_emulation_prevention(unit: &[u8]) -> Vec<u8> {
    let mut zeros = 0;
    let mut out = Vec::with_capacity(unit.len());
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        out.push(byte);
    }
    out
}

/// Up to the chroma and depth: by name, what is not read.
fn picture_kind(bits: &mut Bits<'_>) -> Option<Result<(), String>> {
    let profile = bits.bits(8)?;
    // Constraint flags and level.
    bits.bits(16)?;
    bits.ue()?;
    if !WITH_CHROMA.contains(&profile) {
        let has_no_more = matches!(profile, 66 | 77);
        return Some(if has_no_more { Ok(()) } else { Err(format!("an H.264 video of profile {profile}")) });
    }
    let chroma = bits.ue()?;
    if chroma == 3 {
        bits.bit()?;
    }
    let [luma_depth, chroma_depth] = [bits.ue()?.saturating_add(8), bits.ue()?.saturating_add(8)];
    if luma_depth != 8 || chroma_depth != 8 {
        return Some(Err(format!("an H.264 video of {} bits", luma_depth.max(chroma_depth))));
    }
    match chroma {
        1 => {}
        0 => return Some(Err("an H.264 video in grey (4:0:0)".to_owned())),
        2 => return Some(Err("an H.264 video of 4:2:2".to_owned())),
        3 => return Some(Err("an H.264 video of 4:4:4".to_owned())),
        _ => return None,
    }
    // Scalable ones (83, 86) have a base that is read.
    if !matches!(profile, 100 | 83 | 86) {
        return Some(Err(format!("an H.264 video of profile {profile}")));
    }
    bits.bit()?;
    if bits.flag()? {
        for list in 0..8 {
            if bits.flag()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(Ok(()))
}

/// Section 7.3.2.1.1.1.
fn skip_scaling_list(bits: &mut Bits<'_>, len: u32) -> Option<()> {
    let (mut last, mut next) = (8_i64, 8_i64);
    for _ in 0..len {
        if next != 0 {
            next = (last + bits.se()?).rem_euclid(256);
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// The sides, and whether all pictures are whole frames.
fn sides(bits: &mut Bits<'_>) -> Option<([u32; 2], bool)> {
    bits.ue()?;
    match bits.ue()? {
        0 => {
            bits.ue()?;
        }
        1 => {
            bits.bit()?;
            bits.se()?;
            bits.se()?;
            let len = bits.ue()?;
            // Section 7.4.2.1.1: 0 to 255.
            if len > 255 {
                return None;
            }
            for _ in 0..len {
                bits.se()?;
            }
        }
        _ => {}
    }
    bits.ue()?;
    bits.bit()?;
    let [width_mbs, height_mbs] = [bits.ue()?.checked_add(1)?, bits.ue()?.checked_add(1)?];
    let is_progressive = bits.flag()?;
    if !is_progressive {
        bits.bit()?;
    }
    bits.bit()?;
    let [left, right, top, bottom] = if bits.flag()? { [bits.ue()?, bits.ue()?, bits.ue()?, bits.ue()?] } else { [0; 4] };
    // Crops are counted in chroma samples (section 7.4.2.1.1).
    let cut = |mbs: u32, a: u32, b: u32| {
        let crop = a.checked_add(b)?.checked_mul(2)?;
        Some(mbs.checked_mul(16)?.saturating_sub(crop))
    };
    Some(([cut(width_mbs, left, right)?, cut(height_mbs, top, bottom)?], is_progressive))
}

/// The first part of the VUI (section E.1.1): the range, and the colours' code points.
fn usability(bits: &mut Bits<'_>) -> Option<(Option<bool>, Option<Colours>)> {
    if !bits.flag()? {
        return None;
    }
    // `Extended_SAR` (table E-1) has its two numbers with it.
    if bits.flag()? && bits.bits(8)? == 255 {
        bits.bits(32)?;
    }
    if bits.flag()? {
        bits.bit()?;
    }
    if !bits.flag()? {
        return None;
    }
    bits.bits(3)?;
    let is_full_range = bits.flag()?;
    Some((Some(is_full_range), colours(bits)))
}

fn colours(bits: &mut Bits<'_>) -> Option<Colours> {
    if !bits.flag()? {
        return None;
    }
    let mut code = || bits.bits(8).and_then(|code| u16::try_from(code).ok());
    Some(Colours { primaries: code()?, transfer: code()?, matrix: code()? })
}

#[cfg(test)]
mod tests;
