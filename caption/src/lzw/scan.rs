//! Where the segments of a stream are: code lengths alone tell, no index is decoded.
//!
//! Called for a touched frame before anything else is done with it, and by planning to learn which entries
//! of a palette are in use. After a Clear the width of every code is known without reading it, so a scan is
//! a walk over codes that adds up the lengths of the strings they stand for.

use super::{
    bits::Stream,
    codes::{CODE_SIZES, TABLE_LEN, zeroed},
    index_set::IndexSet,
    segment::Segment,
    walk::{PLACES, Visit, walk, walk_segment},
};

/// From so many segments on, one of fewer pixels is joined to the next: a stream may have a Clear for every pixel,
/// and what is known of them must not outgrow it.
const MANY_SEGMENTS: usize = 4096;
const SHORT_PX: usize = 64;

/// What a scan found; one serves any number of streams in turn.
pub struct Scan {
    /// Those that hold any index, in order, with no index left out between them.
    pub segments: Vec<Segment>,
    /// How many indices came. Fewer than the frame holds: the stream ended or went wrong there, what it
    /// has beyond is ignored.
    pub pixels: usize,
    /// Whether the last string reaches beyond the frame: nothing can follow it.
    pub overshoots: bool,
    /// By code: whether it came, as far as that was asked for.
    met: Box<[bool; PLACES]>,
    has_met: bool,
    /// By code: how long its string is; 0 for Clear, for End, and for what isn't defined.
    lengths: Box<[u16; PLACES]>,
}

/// How many codes may stand for an index by themselves, here or in the stream before.
fn indices(code_size: u8) -> usize {
    1 << u32::from(code_size).max(u8::BITS)
}

impl Default for Scan {
    fn default() -> Self {
        Self { segments: Vec::new(), pixels: 0, overshoots: false, met: zeroed(), has_met: false, lengths: zeroed() }
    }
}

impl Scan {
    /// [`Self::scan_and`] without `MEETS`.
    #[cfg(any(test, feature = "stages"))]
    pub fn scan(&mut self, stream: &Stream, code_size: u8, area: usize) {
        self.scan_and::<false>(stream, code_size, area);
    }

    /// Scans the stream of a frame that holds `area` indices. `code_size` must be one of [`super::codes::CODE_SIZES`]. With
    /// `MEETS`, [`Self::used`] costs nothing more afterwards.
    pub fn scan_and<const MEETS: bool>(&mut self, stream: &Stream, code_size: u8, area: usize) {
        self.has_met = MEETS;
        self.met[..indices(code_size)].fill(false);
        self.segments.clear();
        self.pixels = 0;
        self.overshoots = false;
        let clear = 1 << code_size;
        // The stream before may have had longer codes for its indices, and nothing else is left of it.
        self.lengths[..(1 << *CODE_SIZES.end()) + 2].fill(0);
        self.lengths[..clear].fill(1);
        let mut start_bit = 0;
        while self.pixels < area {
            let wanted = area - self.pixels;
            // Hardly a segment goes on behind its frame: no code is asked whether it is still wanted.
            let mut found = self.segment::<MEETS, false>(stream, code_size, start_bit, wanted);
            if found.pixels > wanted {
                // What came behind the frame was met as well.
                self.has_met = false;
                found = self.segment::<false, true>(stream, code_size, start_bit, wanted);
            }
            let Found { pixels, end_bit, end_width, stopped_by } = found;
            if pixels > 0 {
                let first_pixel = self.pixels;
                self.overshoots = pixels > wanted;
                self.pixels = area.min(first_pixel + pixels);
                let is_joined = false;
                self.add(Segment { is_joined, start_bit, end_bit, end_width, first_pixel, end_pixel: self.pixels });
            }
            if stopped_by != Some(clear) {
                break;
            }
            start_bit = end_bit + end_width as usize;
        }
    }

    fn add(&mut self, segment: Segment) {
        let many = self.segments.len() >= MANY_SEGMENTS;
        match self.segments.last_mut() {
            Some(last) if many && last.end_pixel - last.first_pixel < SHORT_PX => {
                *last = Segment { is_joined: true, start_bit: last.start_bit, first_pixel: last.first_pixel, ..segment };
            }
            _ => self.segments.push(segment),
        }
    }

    /// The indices that the stream, scanned before, may show in a frame that holds `area`: every index of a
    /// segment is met as a code of its own before it is part of a longer string. What a stream is short of,
    /// some decoders show as index 0.
    pub fn used(&mut self, stream: &Stream, code_size: u8, area: usize) -> IndexSet {
        if !self.has_met {
            self.met[..indices(code_size)].fill(false);
            let mut meeting = Meeting(&mut self.met);
            for segment in &self.segments {
                walk_segment(stream, code_size, segment, &mut meeting);
            }
            self.has_met = true;
        }
        // Of an index beyond a byte, decoders show the low one.
        let all = (0..=u8::MAX).cycle().zip(&self.met[..1 << code_size]);
        let indices = all.filter(|&(_, &met)| met).map(|(index, _)| index);
        indices.chain((self.pixels < area).then_some(0)).collect()
    }

    /// Whether a segment shows any of the indices: the first time, as a code of its own.
    pub fn shows(stream: &Stream, code_size: u8, segment: &Segment, indices: IndexSet) -> bool {
        let mut looking = Looking { wanted: [false; PLACES], found: false };
        for (index, wanted) in (0..=u8::MAX).zip(&mut looking.wanted[..1 << code_size]) {
            *wanted = indices.contains(index);
        }
        walk_segment(stream, code_size, segment, &mut looking);
        looking.found
    }

    /// Walks one segment: to the first code that is no string, or, if so asked, to the first one behind the
    /// `wanted` indices.
    fn segment<const MEETS: bool, const LIMITED: bool>(
        &mut self,
        stream: &Stream,
        code_size: u8,
        start_bit: usize,
        wanted: usize,
    ) -> Found {
        let Self { lengths, met, .. } = self;
        let mut adding = Adding::<MEETS, LIMITED> { lengths, met, length: 0, pixels: 0, wanted, stopped_by: None };
        let (end_bit, end_width) = walk(stream, u32::from(code_size), start_bit, stream.len_bits(), &mut adding);
        let Adding { pixels, stopped_by, .. } = adding;
        // No more than were defined: of Clears alone a stream can hold millions.
        let clear = 1 << code_size;
        let most_codes = (end_bit - start_bit) / (usize::from(code_size) + 1) + 1;
        self.lengths[clear..(clear + most_codes + 1).min(TABLE_LEN + 1)].fill(0);
        Found { pixels, end_bit, end_width, stopped_by }
    }
}

struct Found {
    pixels: usize,
    end_bit: usize,
    end_width: u32,
    /// The code that ended it, unless it was the last there is.
    stopped_by: Option<usize>,
}

/// Meets the codes of a segment.
struct Meeting<'a>(&'a mut [bool; PLACES]);

impl Visit for Meeting<'_> {
    #[inline]
    fn visit(&mut self, code: usize, _: usize) -> bool {
        self.0[code % PLACES] = true;
        true
    }
}

/// Looks for codes.
struct Looking {
    wanted: [bool; PLACES],
    found: bool,
}

impl Visit for Looking {
    #[inline]
    fn visit(&mut self, code: usize, _: usize) -> bool {
        self.found = self.wanted[code % PLACES];
        !self.found
    }
}

/// Adds up the lengths of the strings that codes stand for.
struct Adding<'a, const MEETS: bool, const LIMITED: bool> {
    lengths: &'a mut [u16; PLACES],
    met: &'a mut [bool; PLACES],
    /// Of the string before.
    length: u16,
    pixels: usize,
    wanted: usize,
    stopped_by: Option<usize>,
}

impl<const MEETS: bool, const LIMITED: bool> Visit for Adding<'_, MEETS, LIMITED> {
    #[inline]
    fn visit(&mut self, code: usize, entry: usize) -> bool {
        // The entry is the string before with one index more; the code may be the entry itself.
        self.lengths[entry % PLACES] = self.length + 1;
        self.length = self.lengths[code % PLACES];
        if self.length == 0 || LIMITED && self.pixels >= self.wanted {
            self.stopped_by = Some(code);
            return false;
        }
        if MEETS {
            self.met[code % PLACES] = true;
        }
        self.pixels += usize::from(self.length);
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{
            decode::{COPY_LEN, Decoder, Kept},
            naive, whole,
        },
        *,
    };

    proptest! {
        /// A thread keeps its scan from job to job.
        #[test]
        fn a_scan_forgets_the_stream_before(
            sizes in [CODE_SIZES, CODE_SIZES],
            codes in [prop::collection::vec(0usize..1 << 12, 0..60), prop::collection::vec(0usize..1 << 12, 0..60)],
        ) {
            let mut used = Scan::default();
            for (size, codes) in sizes.into_iter().zip(&codes) {
                let clear = 1 << size;
                // The first codes are indices, so that a table is built before a code that is not defined.
                let indices = codes[..codes.len() / 2].iter().map(|code| code % clear);
                let codes: Vec<usize> = [clear].into_iter().chain(indices).chain(codes[codes.len() / 2..].iter().copied()).collect();
                let (mut stream, mut new) = (Stream::default(), Scan::default());
                stream.gather(&naive::write(&codes, size, 255));
                new.scan(&stream, size, 1000);
                used.scan(&stream, size, 1000);
                prop_assert_eq!(used.pixels, new.pixels);
            }
        }
    }

    #[test]
    fn a_stream_of_long_codes_leaves_none_that_a_later_one_takes_for_its_own() {
        let (mut stream, mut scan) = (Stream::default(), Scan::default());
        stream.gather(&naive::write(&[2048, 1, 2, 3], 11, 255));
        scan.scan(&stream, 11, 100);
        // 489 is not defined after so few codes.
        let few: Vec<usize> = [16].into_iter().chain((0..260).map(|i| i % 16)).chain([489, 1, 1]).collect();
        let blocks = naive::write(&few, 4, 255);
        stream.gather(&blocks);
        scan.scan(&stream, 4, 1000);
        assert_eq!((scan.pixels, whole::decode(&blocks, 4, 1000).len()), (260, 260));
    }

    #[test]
    fn of_many_short_segments_some_are_joined() {
        // Clear and one index, again and again; each of them twice as often as is many.
        let area = 2 * MANY_SEGMENTS;
        let codes: Vec<usize> = (0..area).flat_map(|i| [4, i % 4]).collect();
        let blocks = naive::write(&codes, 2, 255);
        let (mut stream, mut scan, mut decoder) = (Stream::default(), Scan::default(), Decoder::default());
        stream.gather(&blocks);
        scan.scan(&stream, 2, area);
        assert_eq!((scan.pixels, scan.segments.len()), (area, MANY_SEGMENTS + area.div_ceil(SHORT_PX) / 2));
        let mut indices = vec![0; area + COPY_LEN];
        for segment in &scan.segments {
            decoder.decode(&stream, 2, segment, &mut indices[segment.first_pixel..]);
        }
        assert!(indices[..area].iter().enumerate().all(|(i, &index)| usize::from(index) == i % 4));
        let joined = scan.segments.iter().find(|segment| segment.is_joined).unwrap();
        assert_eq!(decoder.before(SHORT_PX - 1), Kept { codes: 0, pixels: 0 });
        for index in 0..4 {
            assert!(Scan::shows(&stream, 2, joined, std::iter::once(index).collect()));
        }
    }

    #[test]
    fn a_segment_ends_with_the_code_that_fills_its_frame() {
        // 1, 11, 111, 2, 1112 and a second segment of 3, 33.
        let blocks = naive::write(&[4, 1, 6, 7, 2, 8, 4, 3, 6, 5], 2, 255);
        let codes = naive::read(&blocks, 2).codes;
        let (mut stream, mut scan) = (Stream::default(), Scan::default());
        stream.gather(&blocks);
        for area in 1..=14 {
            scan.scan(&stream, 2, area);
            let last = codes.iter().rev().find(|code| code.first_pixel < area).unwrap();
            let segment = scan.segments.last().unwrap();
            assert_eq!(segment.end_bit, last.bit + last.width as usize, "a frame of {area}");
            assert_eq!((scan.pixels, segment.end_pixel), (area, area));
            assert_eq!(scan.overshoots, last.first_pixel + last.pixels > area, "a frame of {area}");
            assert_eq!(scan.segments.len(), if area > 11 { 2 } else { 1 });
        }
    }
}
