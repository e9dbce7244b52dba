//! Where each MCU of a sequential JPEG begins in its file, so that any of them can be decoded at any time.
//!
//! `read` builds one for a picture that is captioned by rows, `strips` decodes by it. It keeps a few numbers an MCU and no coefficient:
//! the file is the store of those.

use caption_layout::Error;

use super::{
    bits::BitReader,
    frame::{Block, Jpeg, within},
    scan::{Outcome, Scan, State, decode_block},
};

/// What stands for the place of an MCU that the file lacks.
const MISSING: u32 = u32::MAX;

/// Of a larger file a place can't say every bit.
const MOST_BYTES: usize = (MISSING / 8) as usize - 1;

/// T.81, B.2.3: blocks of an MCU of several components.
const MOST_BLOCKS: usize = 10;

/// The refusal of a JPEG that the probe has let by, or that was not probed.
pub(super) fn not_by_rows(jpeg: &Jpeg, what: &'static str, limit_px: u32) -> Error {
    let [width_px, height_px] = jpeg.sides.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    Error::NotByRows { width_px, height_px, what, limit_px }
}

/// The MCUs of a picture's only scan.
pub(super) struct McuIndex<'a> {
    bytes: &'a [u8],
    scan: Scan,
    /// Of each MCU: the place of its first bit, and the DC before it of each component of the scan.
    places: Vec<u32>,
    /// MCUs in a row, and rows of them.
    pub mcus: [usize; 2],
}

impl<'a> McuIndex<'a> {
    /// Reads all of the scan whose data begin at `at`.
    ///
    /// # Errors
    /// [`Error::NotByRows`] where the scan has not all of the picture, [`Error::Malformed`] where it lacks its tables.
    pub(super) fn build(jpeg: &Jpeg, scan: Scan, bytes: &'a [u8], at: usize, limit_px: u32) -> Result<(Self, Outcome), Error> {
        if jpeg.is_progressive {
            return Err(not_by_rows(jpeg, "a progressive JPEG", limit_px));
        }
        if scan.components.len() != jpeg.components.len() {
            return Err(not_by_rows(jpeg, "a JPEG of several scans", limit_px));
        }
        if bytes.len() > MOST_BYTES {
            return Err(Error::FileTooLarge { got_bytes: bytes.len() as u64, limit_bytes: MOST_BYTES as u64 });
        }
        let blocks_of: Vec<usize> =
            scan.components.iter().map(|(place, ..)| jpeg.components[*place].factors.iter().product()).collect();
        let blocks_of_mcu: usize = blocks_of.iter().sum();
        if blocks_of_mcu > MOST_BLOCKS {
            return Err(not_by_rows(jpeg, "a JPEG of more than ten blocks an MCU", limit_px));
        }
        let mcus = jpeg.mcus();
        let mut places = Vec::new();
        let mut state = State::new(BitReader::new(bytes, at), scan.components.len());
        let (mut blocks, mut blocks_read) = (0, 0);
        for mcu in 0..mcus[0] * mcus[1] {
            state.restart(mcu, jpeg.restart_interval);
            blocks += blocks_of_mcu;
            // As a scan that is decoded whole has it: none behind the one in which the data end.
            if state.bits.is_exhausted {
                places.push(MISSING);
                places.extend(scan.components.iter().map(|_| 0));
                continue;
            }
            places.push(u32::try_from(state.bits.place()).unwrap_or(MISSING));
            places.extend(state.last_dc.iter().map(|dc| dc.cast_unsigned()));
            for (number, ((_, dc, ac), &blocks)) in scan.components.iter().zip(&blocks_of).enumerate() {
                for _ in 0..blocks {
                    let mut block = [0; 64];
                    decode_block(&mut state, &mut block, &scan, number, [dc.as_ref(), ac.as_ref()])?;
                    blocks_read += usize::from(!state.bits.is_exhausted);
                    state.is_sound &= block.iter().enumerate().all(|(place, &value)| within(place, value) == value);
                }
            }
        }
        let outcome = Outcome { blocks_read, blocks, is_sound: state.is_sound, end: state.bits.end() };
        Ok((Self { bytes, scan, places, mcus }, outcome))
    }

    /// Decodes the MCU at this column and row. `take` gets each of its blocks: the component's place in the frame, the block's number
    /// in the MCU, and its coefficients. One that the file lacks has none.
    ///
    /// # Errors
    /// [`Error::Malformed`], which building the index would have met first.
    pub(super) fn decode(
        &self,
        [column, row]: [usize; 2],
        blocks_of: impl Fn(usize) -> usize,
        mut take: impl FnMut(usize, usize, Block),
    ) -> Result<(), Error> {
        let each = 1 + self.scan.components.len();
        let mcu = row * self.mcus[0] + column;
        let Some(([place], last_dc)) =
            self.places.get(mcu * each..(mcu + 1) * each).and_then(|place| place.split_first_chunk::<1>())
        else {
            return Ok(());
        };
        if *place == MISSING {
            return Ok(());
        }
        let mut state = State::new(BitReader::at_place(self.bytes, *place as usize), last_dc.len());
        state.last_dc.iter_mut().zip(last_dc).for_each(|(dc, &stored)| *dc = stored.cast_signed());
        for (number, (component, dc, ac)) in self.scan.components.iter().enumerate() {
            for at in 0..blocks_of(*component) {
                let mut block = [0; 64];
                decode_block(&mut state, &mut block, &self.scan, number, [dc.as_ref(), ac.as_ref()])?;
                block.iter_mut().enumerate().for_each(|(place, value)| *value = within(place, *value));
                take(*component, at, block);
            }
        }
        Ok(())
    }
}
