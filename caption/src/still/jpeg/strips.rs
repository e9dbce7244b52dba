//! A large JPEG's output as strips: its rows of MCUs one after another, each made from the MCUs of the file that it shows.
//!
//! `rows` asks for them in order, once for each pass. Memory holds one strip, and two of the source where samples move between MCUs.

use caption_layout::{Error, reading::orientation::Turn};

use super::{
    frame::Jpeg,
    mcus::McuIndex,
    place::{Plane, PlaneAt, move_blocks},
};

/// What strips are made from.
pub(super) struct Strips<'a> {
    /// The source, without blocks.
    source: Jpeg,
    index: McuIndex<'a>,
    turn: Turn,
    /// The output's row that the picture's first one is.
    top: usize,
    /// The output in the source's model, without blocks.
    target: Jpeg,
    /// Whether MCUs stay whole.
    pub is_exact: bool,
    in_colour: bool,
    /// The strips of the source that the last one of the output was made from, by their numbers.
    held: Vec<(usize, SourceStrip)>,
}

/// A row of the source's MCUs, or a column of them where rows are shown as columns, as samples.
struct SourceStrip {
    planes: Vec<Plane>,
    width: usize,
    pixels: Vec<[u8; 3]>,
}

impl<'a> Strips<'a> {
    /// Of a source as it is shown, on a canvas of `height` rows, below `top` of them.
    pub(super) fn new(source: Jpeg, index: McuIndex<'a>, turn: Turn, [top, height]: [usize; 2], in_colour: bool) -> Self {
        let mut target = source.emptied(turn, height);
        target.segments = Vec::new();
        let is_exact = source.keeps_blocks(turn, top);
        Self { source, index, turn, top, target, is_exact, in_colour, held: Vec::new() }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.target.mcus()[1]
    }

    /// The output as a whole, without blocks.
    pub(super) fn whole(&self) -> Jpeg {
        let whole = Jpeg { segments: self.source.segments.clone(), ..self.target.clone() };
        if self.in_colour { whole.in_colour() } else { whole }
    }

    /// The strip of this number, without captions.
    ///
    /// # Errors
    /// [`Error::Malformed`], which building the index would have met first.
    pub(super) fn strip(&mut self, number: usize) -> Result<Jpeg, Error> {
        let [width, height] = self.target.sides;
        let rows = self.target.mcu_sides()[1];
        let above = number * rows;
        let sides = [width, rows.min(height - above)];
        let mut strip = Jpeg { sides, rows_above: above, ..self.target.clone() };
        strip.clear_blocks();
        if self.is_exact {
            let shown = number.checked_sub(self.top / rows).filter(|&shown| shown < self.source.mcus()[self.axis()]);
            if let Some(shown) = shown {
                let source = self.source_strip(self.stored(shown, self.source.mcus()[self.axis()]))?;
                for (source, target) in source.components.iter().zip(&mut strip.components) {
                    move_blocks(source, target, self.turn, 0);
                }
            }
        } else {
            self.hold(above..above + rows)?;
            let len = self.source.mcu_sides()[self.axis()];
            let planes: Vec<HeldPlanes<'_>> = (0..self.source.components.len())
                .map(|component| HeldPlanes {
                    held: &self.held,
                    component,
                    axis: self.axis(),
                    len: len * self.source.components[component].factors[self.axis()] / self.source.most_factors()[self.axis()],
                })
                .collect();
            self.source.move_samples(&planes, &mut strip, self.turn, self.top);
        }
        Ok(if self.in_colour { strip.in_colour() } else { strip })
    }

    /// The colour that the source shows at (x, y) of the output, within the strip that was asked for last.
    pub(super) fn source_pixel(&self, [x, y]: [usize; 2]) -> [u8; 3] {
        let mut at = self.turn.stored_at([x, y.saturating_sub(self.top)], self.source.sides);
        let (axis, len) = (self.axis(), self.source.mcu_sides()[self.axis()]);
        let strip = at[axis] / len;
        at[axis] %= len;
        let strip = self.held.iter().find(|(number, _)| *number == strip);
        strip.and_then(|(_, strip)| strip.pixels.get(at[1] * strip.width + at[0]).copied()).unwrap_or_default()
    }

    /// The axis of the source along which the output's rows follow each other.
    fn axis(&self) -> usize {
        usize::from(!self.turn.swaps_axes)
    }

    /// Where along that axis of `len` something is stored.
    fn stored(&self, shown: usize, len: usize) -> usize {
        let flips = if self.turn.swaps_axes { self.turn.flips_x } else { self.turn.flips_y };
        if flips { len - 1 - shown } else { shown }
    }

    /// Holds the strips of the source that these rows of the output show, and no others.
    fn hold(&mut self, rows: std::ops::Range<usize>) -> Result<(), Error> {
        let (len, each) = (self.source.sides[self.axis()], self.source.mcu_sides()[self.axis()]);
        let strip_of = |y: usize| self.stored(y.saturating_sub(self.top).min(len - 1), len) / each;
        let ends = [strip_of(rows.start), strip_of(rows.end - 1)];
        let wanted = ends[0].min(ends[1])..=ends[0].max(ends[1]);
        self.held.retain(|(number, _)| wanted.contains(number));
        for number in wanted {
            if self.held.iter().all(|(held, _)| *held != number) {
                let strip = self.source_strip(number)?;
                let planes = strip.components.iter().map(Plane::of).collect();
                self.held.push((number, SourceStrip { planes, width: strip.sides[0], pixels: strip.pixels() }));
            }
        }
        Ok(())
    }

    /// The source's strip of this number, as it is stored.
    fn source_strip(&self, number: usize) -> Result<Jpeg, Error> {
        let axis = self.axis();
        let len = self.source.mcu_sides()[axis];
        let mut sides = self.source.sides;
        sides[axis] = len.min(sides[axis] - number * len);
        let mut strip = Jpeg { sides, segments: Vec::new(), components: self.source.components.clone(), ..self.source };
        strip.clear_blocks();
        let factors: Vec<[usize; 2]> = strip.components.iter().map(|component| component.factors).collect();
        let [wide, high] = strip.mcus();
        for (y, x) in (0..high).flat_map(|y| (0..wide).map(move |x| (y, x))) {
            let mut stored = [x, y];
            stored[axis] = number;
            let blocks_of = |component: usize| factors.get(component).map_or(0, |factors| factors[0] * factors[1]);
            self.index.decode(stored, blocks_of, |component, at, block| {
                let target = &mut strip.components[component];
                let [across, down] = target.factors;
                let place = (y * down + at / across) * target.blocks[0] + x * across + at % across;
                if let Some(target) = target.data.get_mut(place) {
                    *target = block;
                }
            })?;
        }
        Ok(strip)
    }
}

/// A component's samples, as far as strips of them are held.
struct HeldPlanes<'a> {
    held: &'a [(usize, SourceStrip)],
    component: usize,
    /// The axis along which strips follow each other, and how many samples each has along it.
    axis: usize,
    len: usize,
}

impl PlaneAt for HeldPlanes<'_> {
    fn at(&self, x: usize, y: usize) -> f32 {
        let mut at = [x, y];
        let number = at[self.axis] / self.len;
        at[self.axis] -= number * self.len;
        let strip = self.held.iter().find(|(held, _)| *held == number);
        strip.and_then(|(_, strip)| strip.planes.get(self.component)).map_or(128.0, |plane| plane.at(at[0], at[1]))
    }
}
