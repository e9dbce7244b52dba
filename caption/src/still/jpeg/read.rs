//! A JPEG's markers (T.81, annex B): tables, frame, scans, and what applications say.
//!
//! `mod` calls it. Sequential and progressive frames of 8 bits with Huffman codes are read; the probe refuses the others. What is
//! missing behind a cut stays 0, which is grey.

use caption_layout::{Error, Limits};

use super::{
    super::damage::{Damage, percent},
    frame::{Component, Jpeg, Model, QuantTable, ZIGZAG, within},
    huffman::Decoder,
    mcus::{McuIndex, not_by_rows},
    scan::{self, Outcome, Scan},
    standard_tables,
};

fn malformed(what: &str) -> Error {
    Error::Malformed { what: what.to_owned() }
}

/// More scans than any encoder writes: each costs a pass over the picture, however few bytes it has (CVE-2018-13419 of its kind).
const MOST_SCANS: usize = 200;

struct Reader<'a> {
    bytes: &'a [u8],
    limits: &'a Limits,
    most_side_px: u32,
    tables: [Option<QuantTable>; 4],
    dc: [Option<Decoder>; 4],
    ac: [Option<Decoder>; 4],
    jpeg: Option<Jpeg>,
    /// Which table each component names, until its first scan.
    table_names: Vec<Option<u8>>,
    restart_interval: usize,
    segments: Vec<(u8, Vec<u8>)>,
    /// Of each component, the bit that each coefficient is known down to; 255 for none.
    known: Vec<[u8; 64]>,
    scans: usize,
    blocks: usize,
    blocks_read: usize,
    is_sound: bool,
    /// Whether no block is kept, but where each MCU is.
    is_by_rows: bool,
    index: Option<McuIndex<'a>>,
}

/// Reads a JPEG.
///
/// # Errors
/// [`Error::Malformed`] where a header contradicts itself or names what is not read here, or no block can be read.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Jpeg, Error> {
    Reader::new(bytes, limits, false).walk().map(|(jpeg, _)| jpeg)
}

/// Reads a sequential JPEG of one scan without keeping a block: where each of its MCUs is.
///
/// # Errors
/// As [`read`], and [`Error::NotByRows`] of any other JPEG.
pub(super) fn read_by_rows<'a>(bytes: &'a [u8], limits: &'a Limits) -> Result<(Jpeg, McuIndex<'a>), Error> {
    let (jpeg, index) = Reader::new(bytes, limits, true).walk()?;
    Ok((jpeg, index.ok_or_else(|| malformed("a JPEG without a scan"))?))
}

/// The sides that the first frame header names; 0 where there is none.
pub(super) fn sides(bytes: &[u8]) -> [u32; 2] {
    let mut at = 2;
    while let Some(&[mark, marker, high, low]) = bytes.get(at..at + 4).and_then(|head| head.first_chunk::<4>()) {
        match (mark, marker) {
            (0xFF, 0xD9 | 0xDA) => break,
            (0xFF, 0x01 | 0xD0..=0xD8) => at += 2,
            (0xFF, 0xFF) | (..0xFF, _) | (_, 0) => at += 1,
            (0xFF, 0xC0..=0xC2) => {
                let sides = bytes.get(at + 5..at + 9).and_then(|sides| sides.first_chunk::<4>());
                return sides
                    .map_or([0; 2], |&[h0, h1, w0, w1]| [[w0, w1], [h0, h1]].map(|side| u16::from_be_bytes(side).into()));
            }
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2),
        }
    }
    [0; 2]
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], limits: &'a Limits, is_by_rows: bool) -> Self {
        Self {
            bytes,
            limits,
            most_side_px: if is_by_rows { limits.max_still_side_px } else { limits.max_side_px },
            tables: [None; 4],
            dc: standard_tables::dc(),
            ac: standard_tables::ac(),
            jpeg: None,
            table_names: Vec::new(),
            restart_interval: 0,
            segments: Vec::new(),
            known: Vec::new(),
            scans: 0,
            blocks: 0,
            blocks_read: 0,
            is_sound: true,
            is_by_rows,
            index: None,
        }
    }

    fn walk(mut self) -> Result<(Jpeg, Option<McuIndex<'a>>), Error> {
        let (mut at, mut has_end) = (2, false);
        while let Some(&[mark, marker]) = self.bytes.get(at..at + 2).and_then(|pair| pair.first_chunk::<2>()) {
            match (mark, marker) {
                (0xFF, 0xD9) => {
                    has_end = true;
                    break;
                }
                (0xFF, 0xFF) => {
                    at += 1;
                    continue;
                }
                (0xFF, 0x01 | 0xD0..=0xD8) => {
                    at += 2;
                    continue;
                }
                (0xFF, 1..) => {}
                _ => {
                    // Bytes between segments that belong to none.
                    at += 1;
                    continue;
                }
            }
            let Some(&[high, low]) = self.bytes.get(at + 2..at + 4).and_then(|pair| pair.first_chunk::<2>()) else { break };
            let len = usize::from(u16::from_be_bytes([high, low])).max(2);
            let Some(data) = self.bytes.get(at + 4..at + 2 + len) else { break };
            at += 2 + len;
            match marker {
                0xDB => self.quant_tables(data)?,
                0xC4 => self.huffman_tables(data)?,
                0xC0..=0xC2 => self.frame(marker, data)?,
                0xC3 | 0xC5..=0xCB | 0xCD..=0xCF => return Err(malformed("a JPEG that is lossless, hierarchical or arithmetic")),
                0xDD => self.restart_interval = data.first_chunk::<2>().map_or(0, |&pair| usize::from(u16::from_be_bytes(pair))),
                0xDA => at = self.scan(data, at)?,
                0xE0..=0xEF | 0xFE => self.segments.push((marker, data.to_vec())),
                _ => {}
            }
        }
        self.finish(has_end)
    }

    fn quant_tables(&mut self, mut data: &[u8]) -> Result<(), Error> {
        while let Some((&head, rest)) = data.split_first() {
            let wide = head >> 4 != 0;
            let entries =
                rest.get(..if wide { 128 } else { 64 }).ok_or_else(|| malformed("a quantisation table that is too short"))?;
            let mut table = [1; 64];
            for (k, &place) in ZIGZAG.iter().enumerate() {
                let entry = if wide { u16::from_be_bytes([entries[2 * k], entries[2 * k + 1]]) } else { u16::from(entries[k]) };
                table[place] = entry.max(1);
            }
            *self.tables.get_mut(usize::from(head & 15)).ok_or_else(|| malformed("a quantisation table beyond the fourth"))? =
                Some(table);
            data = &rest[entries.len()..];
        }
        Ok(())
    }

    fn huffman_tables(&mut self, mut data: &[u8]) -> Result<(), Error> {
        while let Some((&head, rest)) = data.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or_else(|| malformed("a Huffman table that is too short"))?;
            let len = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(len).ok_or_else(|| malformed("a Huffman table that is too short"))?;
            let tables = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            let table = Decoder::new(*counts, symbols).ok_or_else(|| malformed("a Huffman table of too many codes"))?;
            *tables.get_mut(usize::from(head & 15)).ok_or_else(|| malformed("a Huffman table beyond the fourth"))? = Some(table);
            data = rest;
        }
        Ok(())
    }

    fn frame(&mut self, marker: u8, data: &[u8]) -> Result<(), Error> {
        let Some((&[precision, h0, h1, w0, w1, count], rest)) = data.split_first_chunk::<6>() else {
            return Err(malformed("a frame header that is too short"));
        };
        let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
        if self.jpeg.is_some() || precision != 8 || !matches!(count, 1 | 3 | 4) || rest.len() < 3 * usize::from(count) {
            return Err(malformed("a second frame, or one that is not of 8 bits in one, three or four components"));
        }
        let fits = |side: u16| side > 0 && u32::from(side) <= self.most_side_px;
        if !fits(width) || !fits(height) {
            return Err(malformed("a frame that is empty or too large"));
        }
        let mut components = Vec::new();
        for &[id, factors, table] in rest.as_chunks::<3>().0.iter().take(usize::from(count)) {
            let factors = [usize::from(factors >> 4), usize::from(factors & 15)];
            if factors.iter().any(|factor| !(1..=4).contains(factor)) {
                return Err(malformed("a sampling factor that is not 1 to 4"));
            }
            // Of a component alone the factors say nothing.
            let factors = if count == 1 { [1, 1] } else { factors };
            components.push(Component { id, factors, table: [1; 64], blocks: [0, 0], data: Vec::new() });
            self.table_names.push(Some(table));
        }
        let mut jpeg = Jpeg {
            sides: [usize::from(width), usize::from(height)],
            rows_above: 0,
            is_progressive: marker == 0xC2,
            model: Model::Grey,
            components,
            restart_interval: 0,
            segments: Vec::new(),
            damage: None,
        };
        let most = jpeg.most_factors();
        let divides = |component: &Component| (0..2).all(|axis| most[axis].is_multiple_of(component.factors[axis]));
        if !jpeg.components.iter().all(divides) {
            return Err(malformed("sampling factors that are not in whole steps"));
        }
        if !self.is_by_rows {
            jpeg.clear_blocks();
        }
        self.known = vec![[255; 64]; jpeg.components.len()];
        self.jpeg = Some(jpeg);
        Ok(())
    }

    /// Reads the scan whose header is `data`. Returns where the next marker is.
    fn scan(&mut self, data: &[u8], at: usize) -> Result<usize, Error> {
        let jpeg = self.jpeg.as_mut().ok_or_else(|| malformed("a scan before its frame"))?;
        self.scans += 1;
        let wrong = || malformed("a scan header that no frame has");
        let (&count, rest) = data.split_first().ok_or_else(wrong)?;
        let (names, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or_else(wrong)?;
        let &[first, last, bits] = rest.first_chunk::<3>().ok_or_else(wrong)?;
        let (mut band, mut bits) = ([usize::from(first), usize::from(last)], [u32::from(bits >> 4), u32::from(bits & 15)]);
        if !jpeg.is_progressive {
            (band, bits) = ([0, 63], [0, 0]);
        }
        let is_dc = band[0] == 0;
        let is_whole =
            !jpeg.is_progressive || if is_dc { band[1] == 0 } else { count == 1 && band[0] <= band[1] && band[1] < 64 };
        if count == 0 || count > 4 || !is_whole || bits[1] > 13 || bits[0] > 14 || self.scans > MOST_SCANS {
            return Err(wrong());
        }
        let mut components: Vec<(usize, Option<Decoder>, Option<Decoder>)> = Vec::new();
        for &[id, tables] in names.as_chunks::<2>().0 {
            let place = jpeg.components.iter().position(|component| component.id == id).ok_or_else(wrong)?;
            if components.iter().any(|&(other, ..)| other == place) {
                return Err(wrong());
            }
            let table = |tables: &[Option<Decoder>; 4], name: u8| tables.get(usize::from(name)).cloned().flatten();
            components.push((place, table(&self.dc, tables >> 4), table(&self.ac, tables & 15)));
            // A component has the table that stands when its first scan begins.
            if let Some(name) = self.table_names[place].take() {
                let table = self.tables.get(usize::from(name)).copied().flatten();
                jpeg.components[place].table = table.ok_or_else(|| malformed("a component without its quantisation table"))?;
            }
        }
        jpeg.restart_interval = self.restart_interval;
        let scan = Scan { components, band, bits };
        let Outcome { blocks_read, blocks, is_sound, end } = if self.is_by_rows {
            if self.index.is_some() {
                return Err(not_by_rows(jpeg, "a JPEG of several scans", self.limits.max_side_px));
            }
            let (index, outcome) = McuIndex::build(jpeg, scan.clone(), self.bytes, at, self.limits.max_side_px)?;
            self.index = Some(index);
            outcome
        } else {
            scan::decode(jpeg, &scan, self.bytes, at)?
        };
        self.blocks += blocks;
        self.blocks_read += blocks_read;
        self.is_sound &= is_sound;
        for &(place, ..) in scan.components.iter().filter(|_| blocks_read == blocks) {
            let low = u8::try_from(scan.bits[1]).unwrap_or(0);
            ZIGZAG[band[0]..=band[1]].iter().for_each(|&coefficient| self.known[place][coefficient] = low);
        }
        Ok(end)
    }

    fn finish(mut self, has_end: bool) -> Result<(Jpeg, Option<McuIndex<'a>>), Error> {
        let mut jpeg = self.jpeg.take().ok_or_else(|| malformed("a JPEG without a frame"))?;
        if self.blocks_read == 0 {
            return Err(malformed("a JPEG of which not one block can be read"));
        }
        for block in jpeg.components.iter_mut().flat_map(|component| &mut component.data) {
            for (place, value) in block.iter_mut().enumerate() {
                let fitting = within(place, *value);
                self.is_sound &= fitting == *value;
                *value = fitting;
            }
        }
        jpeg.segments = std::mem::take(&mut self.segments);
        jpeg.model = jpeg.named_model();
        // A progressive picture is the sum of its scans: a coefficient that is known down to bit n counts as one part of n + 1.
        let parts = |&low: &u8| if low == 255 { 0 } else { 100 / (usize::from(low) + 1) };
        let (known, of_all) = (self.known.iter().flatten().map(parts).sum(), 6400 * jpeg.components.len());
        let (part, whole) = if jpeg.is_progressive { (known, of_all) } else { (self.blocks_read, self.blocks) };
        jpeg.damage = if self.blocks_read < self.blocks {
            let percent_shown = percent(part, whole);
            Some(if has_end { Damage::Corrupt { percent_shown } } else { Damage::CutOff { percent_shown } })
        } else if !self.is_sound {
            Some(Damage::Corrupt { percent_shown: 99 })
        } else if has_end {
            None
        } else if known < of_all {
            Some(Damage::CutOff { percent_shown: percent(known, of_all) })
        } else {
            Some(Damage::NoEnd)
        };
        Ok((jpeg, self.index))
    }
}
