//! How often each colour occurs: every colour by itself while they are few, and cells of colours always.
//!
//! `palette` fills it and reads it. Its memory doesn't grow with the number of pixels. Its order is that of the colours, so it must never
//! depend on a hasher's seed.

/// Colours that are counted by themselves. More than these are a photo's, and cells do as well.
const MOST_COLOURS: usize = 32_768;
/// Bits of each channel that name a cell.
const CELL_BITS: u32 = 6;
const LOW_BITS: u32 = 8 - CELL_BITS;

/// A colour, or the mean of some, with its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) rgb: [u8; 3],
    pub(crate) pixels: u32,
}

#[derive(Clone, Copy, Default)]
struct Cell {
    pixels: u32,
    /// Sums of the bits that do not name the cell.
    low: [u32; 3],
}

/// A set of colours with their counts, in a table of open addressing.
pub(crate) struct Colours {
    /// A colour plus one, so that 0 is an empty slot.
    keys: Vec<u32>,
    counts: Vec<u32>,
    len: usize,
    most: usize,
}

impl Colours {
    /// Room for `most` colours.
    pub(crate) fn new(most: usize) -> Self {
        let slots = (most.max(1) * 4).next_power_of_two();
        Self { keys: vec![0; slots], counts: vec![0; slots], len: 0, most }
    }

    /// Counts pixels of a colour. False if there is no room for another colour.
    pub(crate) fn add(&mut self, rgb: [u8; 3], pixels: u32) -> bool {
        let key = packed(rgb) + 1;
        let mask = self.keys.len() - 1;
        let mut slot = spread(key) as usize & mask;
        loop {
            match self.keys[slot] {
                0 if self.len == self.most => return false,
                0 => {
                    self.keys[slot] = key;
                    self.counts[slot] = pixels;
                    self.len += 1;
                    return true;
                }
                taken if taken == key => {
                    self.counts[slot] = self.counts[slot].saturating_add(pixels);
                    return true;
                }
                // A quarter of the slots is in use at most, so an empty one comes.
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// In the order of the colours.
    pub(crate) fn sorted(&self) -> Vec<Counted> {
        let mut found: Vec<(u32, u32)> =
            self.keys.iter().zip(&self.counts).filter(|(key, _)| **key > 0).map(|(key, count)| (key - 1, *count)).collect();
        found.sort_unstable();
        found.into_iter().map(|(key, pixels)| Counted { rgb: unpacked(key), pixels }).collect()
    }
}

/// All pixels of all frames.
pub(crate) struct Histogram {
    /// None once there are too many.
    each: Option<Colours>,
    cells: Vec<Cell>,
    pub(crate) has_transparent: bool,
}

impl Histogram {
    pub(crate) fn new() -> Self {
        Self {
            each: Some(Colours::new(MOST_COLOURS)),
            cells: vec![Cell::default(); 1 << (3 * CELL_BITS)],
            has_transparent: false,
        }
    }

    pub(crate) fn add(&mut self, pixels: &[[u8; 4]]) {
        let mut rest = pixels;
        while let Some(&first) = rest.first() {
            // Runs are frequent, and cost one look-up.
            let run = rest.iter().take_while(|pixel| **pixel == first).count();
            rest = &rest[run..];
            self.add_run(first, u32::try_from(run).unwrap_or(u32::MAX));
        }
    }

    fn add_run(&mut self, [red, green, blue, alpha]: [u8; 4], pixels: u32) {
        if !crate::is_opaque(alpha) {
            self.has_transparent = true;
            return;
        }
        let rgb = [red, green, blue];
        if let Some(each) = &mut self.each
            && !each.add(rgb, pixels)
        {
            self.each = None;
        }
        let high = |level: u8| usize::from(level >> LOW_BITS);
        let cell = &mut self.cells[(high(red) << (2 * CELL_BITS)) | (high(green) << CELL_BITS) | high(blue)];
        cell.pixels = cell.pixels.saturating_add(pixels);
        for (sum, level) in cell.low.iter_mut().zip(rgb) {
            *sum = sum.saturating_add(u32::from(level & ((1 << LOW_BITS) - 1)).saturating_mul(pixels));
        }
    }

    /// Every colour, if they were few enough to be counted by themselves.
    pub(crate) fn each(&self) -> Option<Vec<Counted>> {
        self.each.as_ref().map(Colours::sorted)
    }

    /// The mean colour of every cell that has pixels.
    pub(crate) fn cells(&self) -> Vec<Counted> {
        let mut found = Vec::new();
        for (at, cell) in (0_u32..).zip(&self.cells).filter(|(_, cell)| cell.pixels > 0) {
            let level = |shift: u32, low: u32| {
                let high = (at >> shift) & ((1 << CELL_BITS) - 1);
                let mean = (u64::from(low) + u64::from(cell.pixels) / 2) / u64::from(cell.pixels);
                u8::try_from((u64::from(high) << LOW_BITS) + mean).unwrap_or(u8::MAX)
            };
            let rgb = [level(2 * CELL_BITS, cell.low[0]), level(CELL_BITS, cell.low[1]), level(0, cell.low[2])];
            found.push(Counted { rgb, pixels: cell.pixels });
        }
        found
    }
}

/// A colour as one number.
pub(crate) fn packed([red, green, blue]: [u8; 3]) -> u32 {
    u32::from_be_bytes([0, red, green, blue])
}

fn unpacked(colour: u32) -> [u8; 3] {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue]
}

/// Spreads near numbers over all slots (Knuth's multiplicative hashing).
pub(crate) fn spread(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1) >> 8
}
