//! A PNG of samples: chunks in the order that section 5.6 of the third edition asks for, rows filtered and deflated.
//!
//! `mod` calls it. A row keeps the filter that its source had: who wrote the source chose it for that picture, so that the output
//! weighs what the source weighs. Rows that are new get one by a rule of thumb.

use miniz_oxide::deflate::core::{
    CompressionStrategy, CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};

use super::{
    super::raster::Raster,
    chunks,
    read::Colour,
    rows::{Filter, pack},
};

/// Of more samples than these no second way is tried: one takes seconds.
const MOST_TRIED_BYTES: usize = 8 << 20;

/// The level for a picture.
const BEST: i32 = 9;
/// The level for one frame of many: two thirds of the time of the sixth, for one to eight hundredths more bytes.
const FAST: i32 = 5;

/// The data of a frame of 8 or 16 bits whose rows have these bytes, each pixel so many; a row without a filter gets one.
pub(crate) fn frame_data(rows: &[Vec<u8>], pixel_bytes: usize, filters: &[Option<Filter>]) -> Vec<u8> {
    deflate(&filtered(rows, pixel_bytes, filters, Guess::LeastSum), Guess::LeastSum.strategy(), FAST)
}

/// What is written.
pub(super) struct Picture<'a> {
    pub colour: Colour,
    pub depth: u8,
    pub raster: &'a Raster,
    pub palette: Option<Vec<u8>>,
    pub transparency: Option<Vec<u8>>,
    /// Chunks before the palette, behind it, and behind the data.
    pub others: [Vec<([u8; 4], Vec<u8>)>; 3],
    /// Of the row of the source that each row was; `None` for all where the source's rows are not these.
    pub filters: Vec<Option<Filter>>,
    /// What the output should not weigh more than.
    pub source_bytes: usize,
}

impl Picture<'_> {
    pub(super) fn write(self) -> Vec<u8> {
        let packed = self.packed_rows();
        let step = (self.colour.channels() * usize::from(self.depth)).div_ceil(8);
        let guess = self.guess();
        // In this order until one does not weigh more than the source: its filters, and others in case they were chosen badly.
        let ways = [(&self.filters[..], guess.strategy()), (&self.filters, guess.other_strategy()), (&[], guess.strategy())];
        let raw_bytes: usize = packed.iter().map(Vec::len).sum();
        let tries = if raw_bytes > MOST_TRIED_BYTES { 1 } else { ways.len() };
        let mut data: Option<Vec<u8>> = None;
        for (filters, strategy) in ways.into_iter().take(tries) {
            let made = deflate(&filtered(&packed, step, filters, guess), strategy, BEST);
            if data.as_ref().is_none_or(|least| made.len() < least.len()) {
                data = Some(made);
            }
            if data.as_ref().is_some_and(|least| least.len() <= self.source_bytes) {
                break;
            }
        }
        let data = data.unwrap_or_default();

        let Raster { width, height, .. } = *self.raster;
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
        let [w, h] = [side(width), side(height)];
        let mut out = self.before_data([w, h]);
        chunks::add(&mut out, *b"IDAT", &data);
        self.behind_data(&mut out);
        out
    }

    /// The file up to its data.
    fn before_data(&self, [w, h]: [[u8; 4]; 2]) -> Vec<u8> {
        let mut out = b"\x89PNG\r\n\x1A\n".to_vec();
        chunks::add(&mut out, *b"IHDR", &[&w[..], &h[..], &[self.depth, self.colour.byte(), 0, 0, 0]].concat());
        let [before, behind, _] = &self.others;
        add_all(&mut out, before);
        for (kind, data) in [(*b"PLTE", &self.palette), (*b"tRNS", &self.transparency)] {
            if let Some(data) = data {
                chunks::add(&mut out, kind, data);
            }
        }
        add_all(&mut out, behind);
        out
    }

    /// The file from behind its data.
    fn behind_data(&self, out: &mut Vec<u8>) {
        add_all(out, &self.others[2]);
        chunks::add(out, *b"IEND", &[]);
    }

    fn guess(&self) -> Guess {
        if self.colour == Colour::Indexed || self.depth < 8 { Guess::None } else { Guess::LeastSum }
    }

    /// The rows as the file has them, each before its filter.
    fn packed_rows(&self) -> Vec<Vec<u8>> {
        let row_bytes = (self.raster.width * self.raster.pixel_bytes).max(1);
        let pack_row = |row: &[u8]| {
            let mut packed = Vec::new();
            if self.depth < 8 {
                pack(row, self.depth, &mut packed);
            } else {
                packed.extend_from_slice(row);
            }
            packed
        };
        self.raster.data.chunks_exact(row_bytes).map(pack_row).collect()
    }
}

fn add_all(out: &mut Vec<u8>, others: &[([u8; 4], Vec<u8>)]) {
    for (kind, data) in others {
        chunks::add(out, *kind, data);
    }
}

/// How a row without a filter of its own gets one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guess {
    /// None: differences of indices mean nothing.
    None,
    /// The one that leaves the least sum of differences (section 12.7).
    LeastSum,
}

impl Guess {
    fn strategy(self) -> CompressionStrategy {
        match self {
            Self::None => CompressionStrategy::Default,
            Self::LeastSum => CompressionStrategy::Filtered,
        }
    }

    /// The level for a picture that is written row by row. Rows that are differences of noise have few long matches: a search of 6
    /// places instead of 1,500 takes a tenth of the time, and weighs no more (ADR 30).
    fn fast_level(self) -> i32 {
        match self {
            Self::None => FAST,
            Self::LeastSum => 2,
        }
    }

    fn other_strategy(self) -> CompressionStrategy {
        match self {
            Self::None => CompressionStrategy::Filtered,
            Self::LeastSum => CompressionStrategy::Default,
        }
    }
}

/// The rows with their filters, as they are deflated.
fn filtered(rows: &[Vec<u8>], step: usize, filters: &[Option<Filter>], guess: Guess) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buffers = Buffers::default();
    let mut above: &[u8] = &[];
    for (y, row) in rows.iter().enumerate() {
        all.extend_from_slice(buffers.filtered(row, above, step, filters.get(y).copied().flatten(), guess));
        above = row;
    }
    all
}

/// A row with the filter that is tried, and with the best so far.
#[derive(Default)]
struct Buffers {
    tried: Vec<u8>,
    best: Vec<u8>,
}

impl Buffers {
    /// A row with its filter before it.
    fn filtered(&mut self, row: &[u8], above: &[u8], step: usize, own: Option<Filter>, guess: Guess) -> &[u8] {
        let Self { tried, best } = self;
        let choices: &[Filter] = match own {
            Some(_) => own.as_slice(),
            None if guess == Guess::None => &[Filter::None],
            None => &Filter::ALL,
        };
        let mut least = u64::MAX;
        for &filter in choices {
            tried.clear();
            tried.push(filter as u8);
            filter.apply(row, above, step, tried);
            let sum = tried[1..].iter().map(|&byte| u64::from(byte.cast_signed().unsigned_abs())).sum();
            if sum < least {
                least = sum;
                std::mem::swap(tried, best);
            }
        }
        best
    }
}

/// A file whose rows come one after another.
pub(super) struct RowWriter<'a> {
    picture: &'a Picture<'a>,
    out: Vec<u8>,
    /// Where its data's chunk begins.
    data_at: usize,
    compressor: CompressorOxide,
    guess: Guess,
    buffers: Buffers,
    above: Vec<u8>,
    row: Vec<u8>,
    is_first: bool,
}

impl<'a> RowWriter<'a> {
    /// Begins a file of `height` rows. The picture has the kind of its samples and its width, and none of its rows.
    pub(super) fn begin(picture: &'a Picture<'a>, height: usize) -> Self {
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
        let mut out = picture.before_data([picture.raster.width, height].map(side));
        let data_at = out.len();
        // Its length comes when it is known.
        out.extend(b"\0\0\0\0IDAT");
        let guess = picture.guess();
        let compressor = compressor(guess.strategy(), guess.fast_level());
        Self {
            picture,
            out,
            data_at,
            compressor,
            guess,
            buffers: Buffers::default(),
            above: Vec::new(),
            row: Vec::new(),
            is_first: true,
        }
    }

    /// Appends rows, each of which may have a filter.
    pub(super) fn add(&mut self, rows: &Raster, filters: &[Option<Filter>]) {
        let Picture { colour, depth, .. } = *self.picture;
        let step = (colour.channels() * usize::from(depth)).div_ceil(8);
        for (y, samples) in rows.data.chunks_exact((rows.width * rows.pixel_bytes).max(1)).enumerate() {
            self.row.clear();
            pack(samples, depth.min(8), &mut self.row);
            let above = if self.is_first { &[][..] } else { &self.above };
            let own = filters.get(y).copied().flatten();
            let filtered = self.buffers.filtered(&self.row, above, step, own, self.guess);
            compress(&mut self.compressor, filtered, TDEFLFlush::None, &mut self.out);
            std::mem::swap(&mut self.above, &mut self.row);
            self.is_first = false;
        }
    }

    /// The file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        compress(&mut self.compressor, &[], TDEFLFlush::Finish, &mut self.out);
        chunks::close(&mut self.out, self.data_at);
        self.picture.behind_data(&mut self.out);
        self.out
    }
}

/// A zlib stream. Filtered rows of a photo have few long matches, and weigh a tenth less where short ones are left out.
fn deflate(data: &[u8], strategy: CompressionStrategy, level: i32) -> Vec<u8> {
    let mut out = Vec::new();
    compress(&mut compressor(strategy, level), data, TDEFLFlush::Finish, &mut out);
    out
}

fn compressor(strategy: CompressionStrategy, level: i32) -> CompressorOxide {
    const ZLIB_WINDOW_BITS: i32 = 15;
    CompressorOxide::new(create_comp_flags_from_zip_params(level, ZLIB_WINDOW_BITS, strategy as i32))
}

fn compress(compressor: &mut CompressorOxide, data: &[u8], flush: TDEFLFlush, out: &mut Vec<u8>) {
    let _ = compress_to_output(compressor, data, flush, |made| {
        out.extend_from_slice(made);
        true
    });
}
