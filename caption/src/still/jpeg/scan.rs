//! One scan's coefficients out of its entropy-coded data: sequential (T.81, section F.2.2) and progressive (G.2).
//!
//! `read` calls it for each scan. Where the data end too early the blocks stay as they are, and how many were read is said.

use caption_layout::Error;

use super::{
    bits::BitReader,
    frame::{Block, Jpeg, ZIGZAG},
    huffman::Decoder,
};

/// What a scan's header says.
#[derive(Clone)]
pub(super) struct Scan {
    /// Of each component: its place in the frame, and its tables.
    pub components: Vec<(usize, Option<Decoder>, Option<Decoder>)>,
    /// The first and the last coefficient, in zigzag order.
    pub band: [usize; 2],
    /// The bit of the coefficients that earlier scans went down to (0 for none), and the one that this one goes down to.
    pub bits: [u32; 2],
}

/// How a scan went.
pub(super) struct Outcome {
    pub blocks_read: usize,
    pub blocks: usize,
    /// Whether each code was one that the tables have.
    pub is_sound: bool,
    /// Where the next marker is.
    pub end: usize,
}

/// How far a scan is decoded.
pub(super) struct State<'a> {
    pub bits: BitReader<'a>,
    pub is_sound: bool,
    /// Blocks to come without a coefficient in this band.
    end_of_band_run: u32,
    /// The last DC of each component.
    pub last_dc: Vec<i32>,
}

impl<'a> State<'a> {
    pub(super) fn new(bits: BitReader<'a>, components: usize) -> Self {
        Self { bits, is_sound: true, end_of_band_run: 0, last_dc: vec![0; components] }
    }

    /// Goes on behind a restart marker where one is due before this MCU.
    pub(super) fn restart(&mut self, mcu: usize, interval: usize) {
        if interval > 0 && mcu > 0 && mcu.is_multiple_of(interval) {
            self.bits.restart(mcu / interval - 1);
            self.end_of_band_run = 0;
            self.last_dc.fill(0);
        }
    }
}

/// Decodes the data that begin at `at`.
pub(super) fn decode(jpeg: &mut Jpeg, scan: &Scan, bytes: &[u8], at: usize) -> Result<Outcome, Error> {
    let mut state = State::new(BitReader::new(bytes, at), scan.components.len());
    let alone = scan.components.len() == 1;
    let [wide, high] = match scan.components.first() {
        Some(&(place, ..)) if alone => jpeg.real_blocks(&jpeg.components[place]),
        _ => jpeg.mcus(),
    };
    let (mut blocks, mut blocks_read) = (0, 0);
    for mcu in 0..wide * high {
        state.restart(mcu, jpeg.restart_interval);
        let [column, row] = [mcu % wide, mcu / wide];
        // The MCU in which the data end is decoded as if zeros followed, and none behind it: so libjpeg shows it.
        let is_missing = state.bits.is_exhausted;
        for (number, (place, dc, ac)) in scan.components.iter().enumerate() {
            let component = &mut jpeg.components[*place];
            let [across, down] = if alone { [1, 1] } else { component.factors };
            for (y, x) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
                blocks += 1;
                if is_missing {
                    continue;
                }
                let at = (row * down + y) * component.blocks[0] + column * across + x;
                let Some(block) = component.data.get_mut(at) else { continue };
                decode_block(&mut state, block, scan, number, [dc.as_ref(), ac.as_ref()])?;
                blocks_read += usize::from(!state.bits.is_exhausted);
            }
        }
    }
    Ok(Outcome { blocks_read, blocks, is_sound: state.is_sound, end: state.bits.end() })
}

fn missing_table() -> Error {
    Error::Malformed { what: "a scan without its Huffman tables".to_owned() }
}

/// One block of the component of this number in the scan.
pub(super) fn decode_block(
    state: &mut State<'_>,
    block: &mut Block,
    scan: &Scan,
    number: usize,
    [dc, ac]: [Option<&Decoder>; 2],
) -> Result<(), Error> {
    let [first, last] = scan.band;
    let [high, low] = scan.bits;
    let mut from = first;
    if first == 0 {
        from = 1;
        if high == 0 {
            let size = dc.ok_or_else(missing_table)?.symbol(&mut state.bits, &mut state.is_sound);
            state.is_sound &= size <= 16;
            let value = state.last_dc[number].wrapping_add(state.bits.signed(u32::from(size)));
            state.last_dc[number] = value;
            block[0] = narrow(value.wrapping_shl(low));
        } else if state.bits.bits(1) == 1 {
            block[0] |= 1 << low;
        }
    }
    if from > last {
        return Ok(());
    }
    let ac = ac.ok_or_else(missing_table)?;
    if high == 0 {
        first_of_band(state, block, ac, [from, last], low);
    } else {
        refine_band(state, block, ac, [from, last], low);
    }
    Ok(())
}

/// The coefficients of a band for the first time. A sequential scan is the band from 1 to 63, and has no runs of blocks.
fn first_of_band(state: &mut State<'_>, block: &mut Block, ac: &Decoder, [from, last]: [usize; 2], low: u32) {
    if state.end_of_band_run > 0 {
        state.end_of_band_run -= 1;
        return;
    }
    let mut k = from;
    while k <= last {
        let symbol = ac.symbol(&mut state.bits, &mut state.is_sound);
        let (run, size) = (symbol >> 4, u32::from(symbol & 15));
        match (run, size) {
            (15, 0) => k += 16,
            (_, 0) => {
                state.end_of_band_run = (1 << run) - 1 + state.bits.bits(u32::from(run)).cast_unsigned();
                return;
            }
            _ => {
                k += usize::from(run);
                let value = state.bits.signed(size);
                if k > last {
                    state.is_sound = false;
                    return;
                }
                block[ZIGZAG[k]] = narrow(value << low);
                k += 1;
            }
        }
    }
}

/// One more bit of the coefficients of a band (G.1.2.3).
fn refine_band(state: &mut State<'_>, block: &mut Block, ac: &Decoder, [from, last]: [usize; 2], low: u32) {
    let bit = 1_i16 << low;
    let refine = |coefficient: &mut i16, bits: &mut BitReader<'_>| {
        if bits.bits(1) == 1 && *coefficient & bit == 0 {
            *coefficient = coefficient.saturating_add(if *coefficient > 0 { bit } else { -bit });
        }
    };
    let mut k = from;
    if state.end_of_band_run == 0 {
        while k <= last {
            let symbol = ac.symbol(&mut state.bits, &mut state.is_sound);
            let (mut run, size) = (u32::from(symbol >> 4), symbol & 15);
            let mut new = 0;
            if size > 0 {
                state.is_sound &= size == 1;
                new = if state.bits.bits(1) == 1 { bit } else { -bit };
            } else if run < 15 {
                state.end_of_band_run = (1 << run) + state.bits.bits(run).cast_unsigned();
                break;
            }
            // Over so many coefficients that are 0 still; the others on the way get their bit.
            while k <= last {
                let coefficient = &mut block[ZIGZAG[k]];
                if *coefficient != 0 {
                    refine(coefficient, &mut state.bits);
                } else if run == 0 {
                    *coefficient = new;
                    k += 1;
                    break;
                } else {
                    run -= 1;
                }
                k += 1;
            }
        }
    }
    if state.end_of_band_run > 0 {
        for &place in &ZIGZAG[k.min(64)..=last] {
            if block[place] != 0 {
                refine(&mut block[place], &mut state.bits);
            }
        }
        state.end_of_band_run -= 1;
    }
}

fn narrow(value: i32) -> i16 {
    i16::try_from(value).unwrap_or(if value < 0 { i16::MIN } else { i16::MAX })
}
