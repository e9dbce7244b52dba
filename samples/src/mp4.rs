//! Small MP4 files of `h264`'s pictures (ISO/IEC 14496-12 and -15): one video track, its header before or behind its data.
//!
//! Called by tests and by what makes seeds for fuzz targets. No byte depends on a clock.

use crate::h264::{self, Kind};

/// A clip.
#[derive(Clone, Debug)]
pub struct Clip {
    /// Width and height as they are coded; even.
    pub sides_px: [u32; 2],
    /// In the order of decoding: what each picture is, and its place in the order of showing.
    pub pictures: Vec<(Kind, u32)>,
    /// How long each is shown, in thousandths of a second, in the order of showing.
    pub lasts_ms: Vec<u32>,
    /// How far it is turned, clockwise: 0, 90, 180 or 270 degrees.
    pub degrees: u32,
    /// Whether the header comes first.
    pub header_first: bool,
    /// The sample entry's kind, `avc1` unless a test wants another.
    pub entry: [u8; 4],
    /// The track's handler, `vide` unless a test wants another.
    pub handler: [u8; 4],
    /// Where the edit list begins, in thousandths of a second, if there is one.
    pub edit_from_ms: Option<u32>,
}

impl Clip {
    /// So many pictures of a tenth of a second each, all key pictures.
    #[must_use]
    pub fn of_keys(sides_px: [u32; 2], pictures: u32) -> Self {
        Self::new(sides_px, (0..pictures).map(|n| (Kind::Idr, n)).collect())
    }

    /// One key picture, then a group of one P and two B pictures that are shown before it, so many times.
    #[must_use]
    pub fn with_b(sides_px: [u32; 2], groups: u32) -> Self {
        let group = |k: u32| [(Kind::P, 3 * k + 3), (Kind::B, 3 * k + 1), (Kind::B, 3 * k + 2)];
        Self::new(sides_px, [(Kind::Idr, 0)].into_iter().chain((0..groups).flat_map(group)).collect())
    }

    fn new(sides_px: [u32; 2], pictures: Vec<(Kind, u32)>) -> Self {
        let lasts_ms = vec![100; pictures.len()];
        let (entry, handler) = (*b"avc1", *b"vide");
        Self { sides_px, pictures, lasts_ms, degrees: 0, header_first: true, entry, handler, edit_from_ms: None }
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let samples = self.samples();
        let ftyp = of(*b"ftyp", &[b"isom\0\0\x02\0isomavc1"]);
        let mdat = of(*b"mdat", &samples.iter().map(Vec::as_slice).collect::<Vec<_>>());
        // Offsets don't change the header's length.
        let header_len = self.moov(&samples, 0).len();
        let data_at = ftyp.len() + 8 + if self.header_first { header_len } else { 0 };
        let moov = self.moov(&samples, word(data_at));
        if self.header_first { [ftyp, moov, mdat].concat() } else { [ftyp, mdat, moov].concat() }
    }

    fn samples(&self) -> Vec<Vec<u8>> {
        // Orders and frame numbers begin again at a key picture (section 8.2.1).
        let (mut base, mut frame_num, mut samples) = (0, 0, Vec::new());
        for &(kind, n) in &self.pictures {
            if kind == Kind::Idr {
                (base, frame_num) = (n, 0);
            }
            let unit = h264::picture(self.sides_px, kind, n, n - base, frame_num);
            if kind != Kind::B {
                frame_num += 1;
            }
            samples.push([&word(unit.len()).to_be_bytes()[..], &unit].concat());
        }
        samples
    }

    fn moov(&self, samples: &[Vec<u8>], data_at: u32) -> Vec<u8> {
        let total: u32 = self.lasts_ms.iter().sum();
        let clock = |after: &[u8]| [&[0; 12][..], &words(&[1000, total]), after].concat();
        let mut head = words(&[0, 0, 0, 1, 0, total, 0, 0, 0, 0]);
        let one = 0x0001_0000_u32;
        let turned = match self.degrees {
            90 => [0, one, one.wrapping_neg(), 0],
            180 => [one.wrapping_neg(), 0, 0, one.wrapping_neg()],
            270 => [0, one.wrapping_neg(), one, 0],
            _ => [one, 0, 0, one],
        };
        head.extend(words(&[turned[0], turned[1], 0, turned[2], turned[3], 0, 0, 0, 0x4000_0000]));
        head.extend(words(&[self.sides_px[0] << 16, self.sides_px[1] << 16]));
        // The track is enabled.
        head[3] = 1;
        let hdlr = of(*b"hdlr", &[&[0; 8], &self.handler, &[0; 13]]);
        let stbl = of(*b"stbl", &[&self.stsd(), &self.tables(samples, data_at)]);
        let mdia = of(*b"mdia", &[&of(*b"mdhd", &[&clock(&[0; 4])]), &hdlr, &of(*b"minf", &[&stbl])]);
        let edts = self.edit_from_ms.map(|from| of(*b"edts", &[&of(*b"elst", &[&words(&[0, 1, total - from, from, one])])]));
        let trak = of(*b"trak", &[&of(*b"tkhd", &[&head]), &edts.unwrap_or_default(), &mdia]);
        of(*b"moov", &[&of(*b"mvhd", &[&clock(&[0; 80])]), &trak])
    }

    /// A visual sample entry (14496-12, section 12.1.3) with avcC.
    fn stsd(&self) -> Vec<u8> {
        let [sps, pps] = h264::parameter_sets(self.sides_px, self.pictures.iter().any(|(kind, _)| *kind == Kind::B));
        let len = |set: &[u8]| u16::try_from(set.len()).unwrap_or(u16::MAX).to_be_bytes();
        let avcc = of(*b"avcC", &[&[1, sps[1], sps[2], sps[3], 0xFF, 0xE1], &len(&sps), &sps, &[1], &len(&pps), &pps]);
        let sides = self.sides_px.map(|side| u16::try_from(side).unwrap_or(u16::MAX).to_be_bytes()).concat();
        let entry = of(self.entry, &[&[0; 7], &[1], &[0; 16], &sides, &[0; 50], &avcc]);
        of(*b"stsd", &[&words(&[0, 1]), &entry])
    }

    fn tables(&self, samples: &[Vec<u8>], data_at: u32) -> Vec<u8> {
        let count = word(samples.len());
        let runs = |values: &[u32]| values.iter().flat_map(|&value| words(&[1, value])).collect::<Vec<_>>();
        let times = of(*b"stts", &[&words(&[0, count]), &runs(&self.lasts_ms)]);
        let shown_at = |n: u32| self.lasts_ms.iter().take(n as usize).sum::<u32>();
        let later: Vec<u32> = (0..).zip(&self.pictures).map(|(i, (_, n))| shown_at(*n).wrapping_sub(shown_at(i))).collect();
        // Version 1 has signs.
        let offsets = of(*b"ctts", &[&words(&[0x0100_0000, count]), &runs(&later)]);
        let chunks = of(*b"stsc", &[&words(&[0, 1, 1, count, 1])]);
        let sizes: Vec<u32> = samples.iter().map(|sample| word(sample.len())).collect();
        let lengths = of(*b"stsz", &[&words(&[0, 0, count]), &words(&sizes)]);
        [times, offsets, chunks, lengths, of(*b"stco", &[&words(&[0, 1, data_at])])].concat()
    }
}

/// A box.
#[must_use]
pub fn of(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let data = parts.concat();
    [&word(data.len() + 8).to_be_bytes()[..], &kind, &data].concat()
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn word(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}
