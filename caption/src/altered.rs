//! Pixels beside the captions that may look different from the source's.
//!
//! Painting fills one in, frame by frame, and the masks of a result are marked by it. It knows no colour, and holds less than a byte a
//! pixel where whole rows are altered.

use std::ops::Range;

/// What the mask shows of such a pixel.
const MARK: u8 = 128;

/// Runs of pixels on the output's canvas, by the number of the frame from which on they may be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Altered {
    runs: Vec<Run>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    frame: u32,
    /// Numbers of pixels, row by row.
    pixels: Range<u32>,
}

impl Altered {
    /// Adds the pixels of a still, or of one frame.
    pub(crate) fn add(&mut self, frame: usize, width_px: u32, pixels: impl IntoIterator<Item = (u32, u32)>) {
        let frame = u32::try_from(frame).unwrap_or(u32::MAX);
        for (x, y) in pixels {
            let pixel = y.saturating_mul(width_px).saturating_add(x);
            match self.runs.last_mut() {
                Some(last) if last.frame == frame && last.pixels.end == pixel => last.pixels.end += 1,
                _ => self.runs.push(Run { frame, pixels: pixel..pixel.saturating_add(1) }),
            }
        }
    }

    /// Adds all of another.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.runs.append(&mut other.runs);
    }

    /// Whole rows of a still.
    pub(crate) fn of_rows(rows: Range<u32>, width_px: u32) -> Self {
        let [start, end] = [rows.start, rows.end].map(|row| row.saturating_mul(width_px));
        Self { runs: vec![Run { frame: 0, pixels: start..end }] }
    }

    /// Marks those of frames up to `last_frame` on a mask where no caption is.
    pub(crate) fn mark(&self, gray: &mut [u8], last_frame: usize) {
        for run in self.runs.iter().filter(|run| run.frame as usize <= last_frame) {
            let pixels = run.pixels.start as usize..(run.pixels.end as usize).min(gray.len());
            gray.get_mut(pixels).into_iter().flatten().for_each(|pixel| *pixel = (*pixel).max(MARK));
        }
    }

    /// How many there are, counted anew in each frame.
    #[cfg(test)]
    pub(crate) fn count(&self) -> u64 {
        self.runs.iter().map(|run| run.pixels.len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run_and_captions_stay_in_the_mask() {
        let mut altered = Altered::default();
        altered.add(0, 4, [(1, 0), (2, 0), (3, 0), (0, 1), (2, 1)]);
        altered.add(1, 4, [(3, 1)]);
        assert_eq!(altered.runs.len(), 3);
        let mut gray = [0, 255, 0, 0, 0, 0, 0, 0];
        altered.mark(&mut gray, 0);
        assert_eq!(gray, [0, 255, 128, 128, 128, 0, 128, 0]);
        altered.mark(&mut gray, 1);
        assert_eq!(gray[7], 128);
    }

    #[test]
    fn rows_are_one_run_and_end_with_the_mask() {
        let mut gray = [0; 6];
        Altered::of_rows(1..9, 2).mark(&mut gray, 0);
        assert_eq!(gray, [0, 0, 128, 128, 128, 128]);
    }
}
