//! Captions on a JPEG's coefficients: a block changes only if a pixel of it does.
//!
//! `mod` calls it. The touched pixels of an MCU are painted, its other samples stay the numbers that the coefficients stand for (not
//! rounded to 8 bits), and the touched blocks get coefficients in the source's own steps.

use crate::mask::{Cover, InkSet, Mask};

use super::{
    super::{beside::Beside, shown::MeanColours},
    colour::Channels,
    dct::{Samples, coefficients, samples},
    frame::{Component, Jpeg, Model},
};
use caption_layout::{CaptionFidelity, rect::Rect};

/// An MCU's samples.
struct McuSamples {
    model: Model,
    most: [usize; 2],
    /// Of each component, how many blocks it has across and down.
    factors: Vec<[usize; 2]>,
    /// Of each component, block by block.
    blocks: Vec<Vec<Samples>>,
}

impl McuSamples {
    fn of(jpeg: &Jpeg, at: [usize; 2]) -> Self {
        Self {
            model: jpeg.model,
            most: jpeg.most_factors(),
            factors: jpeg.components.iter().map(|component| component.factors).collect(),
            blocks: jpeg.components.iter().map(|component| of_mcu(component, at)).collect(),
        }
    }

    /// The colour of a pixel, counted from the MCU's corner.
    fn rgb(&self, [x, y]: [usize; 2]) -> [u8; 3] {
        let mut channels: Channels = [0.0; 4];
        for ((channel, blocks), factors) in channels.iter_mut().zip(&self.blocks).zip(&self.factors) {
            let [x, y] = [x * factors[0] / self.most[0], y * factors[1] / self.most[1]];
            *channel = blocks[y / 8 * factors[0] + x / 8][y % 8 * 8 + x % 8];
        }
        self.model.rgb(channels)
    }
}

/// The pixels of an MCU.
struct Pixels {
    width: usize,
    /// What a touched pixel is to be.
    painted: Vec<Option<[u8; 3]>>,
}

impl Jpeg {
    /// A grey picture as one in colour, in which a caption's colours have a place. Its luma stays.
    pub(super) fn in_colour(mut self) -> Self {
        if self.model == Model::Grey {
            self.model = Model::Ycc;
            for id in [2, 3] {
                let chroma = Component { id, data: vec![[0; 64]; self.components[0].data.len()], ..self.components[0].clone() };
                self.components.push(chroma);
            }
            self.components[0].id = 1;
        }
        self
    }

    /// Draws the captions, and tells which pixels beside them changed with their blocks. The picture has the mask's sides.
    pub(super) fn paint(&mut self, mask: &Mask) -> Beside {
        let mut beside = Beside::default();
        let is_subsampled = self.components.iter().any(|component| component.factors != self.most_factors());
        // MCUs that lie side by side are marked together.
        let mut to_mark = Rect::default();
        for (at, rect) in self.touched(mask) {
            let was = McuSamples::of(self, at);
            let painted = self.paint_mcu(&was, at, rect, mask);
            let is = McuSamples::of(self, at);
            for (y, x) in (0..rect.height()).flat_map(|y| (0..rect.width()).map(move |x| (y, x))) {
                let place = [x, y].map(|offset| offset as usize);
                if painted.has(place) {
                    continue;
                }
                if is_subsampled {
                    beside.count(was.rgb(place), is.rgb(place));
                } else {
                    beside.compare([rect.left + x, rect.top + y], mask, was.rgb(place), is.rgb(place));
                }
            }
            if is_subsampled {
                // Most decoders smooth chroma, by at most a pixel over the MCU's edges.
                if to_mark.top == rect.top && to_mark.right == rect.left && !to_mark.is_empty() {
                    to_mark = to_mark.union(rect);
                } else {
                    beside.mark(grown(to_mark, mask), mask);
                    to_mark = rect;
                }
            }
        }
        beside.mark(grown(to_mark, mask), mask);
        beside
    }

    /// What there is to tell of each caption of the spec, once they are drawn.
    pub(super) fn shown(&self, mask: &Mask) -> Vec<CaptionFidelity> {
        let mut colours = MeanColours::of(mask);
        self.add_shown(mask, &mut colours);
        colours.told()
    }

    /// Counts what it shows of the captions.
    pub(super) fn add_shown(&self, mask: &Mask, colours: &mut MeanColours<'_>) {
        for (at, rect) in self.touched(mask) {
            let mcu = McuSamples::of(self, at);
            for (number, ink) in mask.inks.iter().enumerate() {
                for (x, y, cover) in ink.covers_in(rect) {
                    let shown = || mcu.rgb([x - rect.left, y - rect.top].map(|offset| offset as usize));
                    if cover.is_opaque() {
                        colours.add(number, [x, y], cover, shown());
                    }
                }
            }
        }
    }

    /// The colour of each pixel, row by row.
    pub(super) fn pixels(&self) -> Vec<[u8; 3]> {
        let [width, height] = self.sides;
        let ([mcu_width, mcu_height], [wide, high]) = (self.mcu_sides(), self.mcus());
        let mut pixels = vec![[0; 3]; width * height];
        for (row, column) in (0..high).flat_map(|row| (0..wide).map(move |column| (row, column))) {
            let mcu = McuSamples::of(self, [column, row]);
            let (left, top) = (column * mcu_width, row * mcu_height);
            for (y, x) in
                (top..height.min(top + mcu_height)).flat_map(|y| (left..width.min(left + mcu_width)).map(move |x| (y, x)))
            {
                pixels[y * width + x] = mcu.rgb([x - left, y - top]);
            }
        }
        pixels
    }

    /// The MCUs that a caption touches: column and row, and where the picture has them.
    fn touched(&self, mask: &Mask) -> Vec<([usize; 2], Rect)> {
        let [width, height] = self.mcu_sides();
        let [wide, high] = self.mcus();
        let px = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let place = |[column, row]: [usize; 2]| {
            let [left, top] = [column * width, row * height];
            let [wide, high] = [width.min(self.sides[0] - left), height.min(self.sides[1] - top)];
            Rect::at(px(left), px(self.rows_above + top), px(wide), px(high))
        };
        let all = (0..high).flat_map(|row| (0..wide).map(move |column| [column, row]));
        all.map(|at| (at, place(at))).filter(|&(_, rect)| mask.touches(InkSet::ALL, rect)).collect()
    }

    /// Gives what it drew.
    fn paint_mcu(&mut self, mcu: &McuSamples, [column, row]: [usize; 2], rect: Rect, mask: &Mask) -> Pixels {
        let (most, model) = (self.most_factors(), self.model);
        let mut pixels = Pixels { width: 8 * most[0], painted: vec![None; 64 * most[0] * most[1]] };
        for ink in &mask.inks {
            for (x, y, cover) in ink.covers_in(rect).filter(|&(.., cover)| cover != Cover::NONE) {
                let [fill, under] = ink.pair_at(x, y);
                let [x, y] = [(x - rect.left) as usize, (y - rect.top) as usize];
                let stored = || mcu.rgb([x, y]);
                let pixel = &mut pixels.painted[y * pixels.width + x];
                *pixel = Some(cover.blend(fill, under, Some(pixel.unwrap_or_else(stored))));
            }
        }
        pixels.extend(rect.width() as usize, rect.height() as usize);

        for (number, component) in self.components.iter_mut().enumerate() {
            let steps = [most[0] / component.factors[0], most[1] / component.factors[1]];
            for (block, stored) in mcu.blocks[number].iter().enumerate() {
                let [block_x, block_y] = [block % component.factors[0], block / component.factors[0]];
                let mut target = *stored;
                let mut is_touched = false;
                for (at, sample) in target.iter_mut().enumerate() {
                    let [x, y] = [(8 * block_x + at % 8) * steps[0], (8 * block_y + at / 8) * steps[1]];
                    let (mut sum, mut touched) = (0.0, false);
                    for (dy, dx) in (0..steps[1]).flat_map(|dy| (0..steps[0]).map(move |dx| (dy, dx))) {
                        match pixels.painted[(y + dy) * pixels.width + x + dx] {
                            Some(rgb) => {
                                sum += model.channels(rgb)[number];
                                touched = true;
                            }
                            None => sum += stored[at],
                        }
                    }
                    if touched {
                        #[expect(clippy::cast_precision_loss, reason = "at most 16 pixels")]
                        let pixels = (steps[0] * steps[1]) as f32;
                        *sample = sum / pixels;
                        is_touched = true;
                    }
                }
                if is_touched {
                    let at =
                        (row * component.factors[1] + block_y) * component.blocks[0] + column * component.factors[0] + block_x;
                    component.data[at] = coefficients(&target, &component.table);
                }
            }
        }
        pixels
    }
}

/// A pixel more on each side, within the picture; nothing around nothing.
fn grown(rect: Rect, mask: &Mask) -> Rect {
    if rect.is_empty() {
        return rect;
    }
    Rect {
        left: rect.left.saturating_sub(1),
        top: rect.top.saturating_sub(1),
        right: (rect.right + 1).min(mask.width_px),
        bottom: (rect.bottom + 1).min(mask.height_px),
    }
}

/// The samples of an MCU's blocks, row by row.
fn of_mcu(component: &Component, [column, row]: [usize; 2]) -> Vec<Samples> {
    let [across, down] = component.factors;
    let places = (0..down).flat_map(|y| (0..across).map(move |x| (row * down + y) * component.blocks[0] + column * across + x));
    places.map(|at| samples(&component.data[at], &component.table)).collect()
}

impl Pixels {
    /// Whether the pixel is touched.
    fn has(&self, [x, y]: [usize; 2]) -> bool {
        self.painted[y * self.width + x].is_some()
    }

    /// Continues the picture's last column and row to the MCU's end, where no pixel is seen: an edge there would cost bits, and ring.
    fn extend(&mut self, width: usize, height: usize) {
        for row in self.painted.chunks_exact_mut(self.width).take(height) {
            if let Some(&last) = row.get(width.wrapping_sub(1)) {
                row[width..].fill(last);
            }
        }
        if let Some(last) = height.checked_sub(1) {
            let rows = self.painted.len() / self.width;
            for row in height..rows {
                self.painted.copy_within(last * self.width..(last + 1) * self.width, row * self.width);
            }
        }
    }
}
