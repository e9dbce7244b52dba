//! A JPEG's blocks where the output has them: turned upright, and below a bar.
//!
//! `mod` calls it. Where whole MCUs become whole MCUs, coefficients are moved and stay what they are. Elsewhere the samples are moved, and
//! get coefficients in the same steps anew.

use caption_layout::{Error, reading::orientation::Turn};

use super::{
    dct::{coefficients, samples},
    frame::{Block, Component, Jpeg},
};
use crate::mask::Mask;

/// Whether a JPEG has room for the rows of a mask.
pub(super) fn check_rows(mask: &Mask) -> Result<(), Error> {
    if mask.height_px > u32::from(u16::MAX) {
        return Err(Error::Encode { what: format!("a JPEG has at most {} rows", u16::MAX) });
    }
    Ok(())
}

impl Jpeg {
    /// Whether whole MCUs become whole MCUs, turned so and that many rows lower.
    pub(super) fn keeps_blocks(&self, turn: Turn, top: usize) -> bool {
        let ([width, height], [mcu_width, mcu_height]) = (self.sides, self.mcu_sides());
        let [_, mcu_rows] = turn.sides([mcu_width, mcu_height]);
        let keeps_mcus =
            (!turn.flips_x || width.is_multiple_of(mcu_width)) && (!turn.flips_y || height.is_multiple_of(mcu_height));
        keeps_mcus && top.is_multiple_of(mcu_rows)
    }

    /// As it is shown, on a canvas of `height` rows, the picture's first of which is row `top`. What was added is grey.
    pub(super) fn placed(self, turn: Turn, top: usize, height: usize) -> Self {
        if turn.is_none() && top == 0 && height == self.sides[1] {
            return self;
        }
        let mut placed = self.emptied(turn, height);
        placed.clear_blocks();
        let [_, mcu_rows] = turn.sides(self.mcu_sides());
        let is_exact = self.keeps_blocks(turn, top);
        for (source, target) in self.components.iter().zip(&mut placed.components) {
            if is_exact {
                move_blocks(source, target, turn, top * target.factors[1] / mcu_rows);
            }
        }
        if !is_exact {
            let planes: Vec<Plane> = self.components.iter().map(Plane::of).collect();
            self.move_samples(&planes, &mut placed, turn, top);
        }
        placed
    }

    /// The same without a coefficient, of the sides that it is shown in.
    pub(super) fn emptied(&self, turn: Turn, height: usize) -> Self {
        let component = |component: &Component| {
            let mut table = component.table;
            if turn.swaps_axes {
                (0..64).for_each(|at| table[at] = component.table[at % 8 * 8 + at / 8]);
            }
            Component { id: component.id, factors: turn.sides(component.factors), table, blocks: [0, 0], data: Vec::new() }
        };
        Self {
            sides: [turn.sides(self.sides)[0], height],
            components: self.components.iter().map(component).collect(),
            segments: self.segments.clone(),
            ..*self
        }
    }

    /// Pixel by pixel: each sample of the target is the mean of the source's at its pixels. `planes` are the source's samples, as far as
    /// the rows that the target holds need them.
    pub(super) fn move_samples(&self, planes: &[impl PlaneAt], placed: &mut Self, turn: Turn, top: usize) {
        let held_above = placed.rows_above;
        let source_most = self.most_factors();
        let most = placed.most_factors();
        let shown = turn.sides(self.sides);
        for ((source, plane), target) in self.components.iter().zip(planes).zip(&mut placed.components) {
            let source_steps = [0, 1].map(|axis| source_most[axis] / source.factors[axis]);
            let steps = [0, 1].map(|axis| most[axis] / target.factors[axis]);
            let sample = |x: usize, y: usize| {
                let mut sum = 0.0;
                for (pixel_y, pixel_x) in
                    (0..steps[1]).flat_map(|dy| (0..steps[0]).map(move |dx| (y * steps[1] + dy, x * steps[0] + dx)))
                {
                    // Beyond the picture, its nearest pixel: a seam there would be seen.
                    let at = [pixel_x.min(shown[0] - 1), pixel_y.saturating_sub(top).min(shown[1] - 1)];
                    let stored = turn.stored_at(at, self.sides);
                    sum += plane.at(stored[0] / source_steps[0], stored[1] / source_steps[1]);
                }
                #[expect(clippy::cast_precision_loss, reason = "at most 16 pixels")]
                let pixels = (steps[0] * steps[1]) as f32;
                sum / pixels
            };
            // Rows of the bars are left: painting fills them.
            let block_rows_above = held_above / (8 * steps[1]);
            let held = block_rows_above..block_rows_above + target.blocks[1];
            let rows = (top / (8 * steps[1])).max(held.start)..(top + shown[1]).div_ceil(8 * steps[1]).min(held.end);
            for (row, column) in rows.flat_map(|row| (0..target.blocks[0]).map(move |column| (row, column))) {
                let mut block = [0.0; 64];
                let (left, above) = (8 * column, 8 * row);
                let is_inside = (left + 8) * steps[0] <= shown[0] && above >= top && (above + 8) * steps[1] <= top + shown[1];
                if turn.is_none() && steps == [1, 1] && is_inside {
                    // Most blocks of a picture below a bar.
                    for (y, line) in block.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                        *line = plane.eight_at(left, above - top + y);
                    }
                } else {
                    for (at, value) in block.iter_mut().enumerate() {
                        *value = sample(left + at % 8, above + at / 8);
                    }
                }
                target.data[(row - held.start) * target.blocks[0] + column] = coefficients(&block, &target.table);
            }
        }
    }
}

/// Moves coefficients: turned, and down by `rows` rows of blocks.
pub(super) fn move_blocks(source: &Component, target: &mut Component, turn: Turn, rows: usize) {
    let [wide, high] = turn.sides(source.blocks);
    for (row, column) in (0..high).flat_map(|row| (0..wide).map(move |column| (row, column))) {
        if row + rows >= target.blocks[1] || column >= target.blocks[0] {
            continue;
        }
        let [x, y] = turn.stored_at([column, row], source.blocks);
        target.data[(row + rows) * target.blocks[0] + column] = turned(&source.data[y * source.blocks[0] + x], turn);
    }
}

/// The coefficients of a turned block: mirrored samples are coefficients of odd frequency with the other sign.
fn turned(block: &Block, turn: Turn) -> Block {
    if turn.is_none() {
        return *block;
    }
    let mut out = [0; 64];
    for (v, u) in (0..8).flat_map(|v| (0..8).map(move |u| (v, u))) {
        let [across, down] = turn.sides([u, v]);
        let is_negated = (turn.flips_x && across % 2 == 1) != (turn.flips_y && down % 2 == 1);
        let value = block[8 * down + across];
        out[8 * v + u] = if is_negated { value.saturating_neg() } else { value };
    }
    out
}

/// Where samples are asked for by their place in a component, in sixteenths.
pub(super) trait PlaneAt {
    fn at(&self, x: usize, y: usize) -> f32;

    /// Eight samples of a row.
    fn eight_at(&self, x: usize, y: usize) -> [f32; 8] {
        std::array::from_fn(|i| self.at(x + i, y))
    }
}

/// A component's samples, in sixteenths.
pub(super) struct Plane {
    width: usize,
    data: Vec<i16>,
}

impl Plane {
    pub(super) fn of(component: &Component) -> Self {
        let width = 8 * component.blocks[0];
        let mut data = vec![0; 64 * component.data.len()];
        for (number, block) in component.data.iter().enumerate() {
            let [column, row] = [number % component.blocks[0], number / component.blocks[0]];
            for (at, sample) in samples(block, &component.table).into_iter().enumerate() {
                #[expect(clippy::cast_possible_truncation, reason = "cut to what fits")]
                let sixteenths = (sample * 16.0).round().clamp(-32_000.0, 32_000.0) as i16;
                data[(8 * row + at / 8) * width + 8 * column + at % 8] = sixteenths;
            }
        }
        Self { width, data }
    }
}

impl PlaneAt for Plane {
    fn at(&self, x: usize, y: usize) -> f32 {
        f32::from(self.data[y * self.width + x]) / 16.0
    }
}
