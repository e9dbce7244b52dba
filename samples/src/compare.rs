//! The oracle: a captioned GIF may differ from its source where the mask says so, and nowhere else.
//!
//! Called by property tests, fuzz targets and the tests across processes, with the mask that the engine gave. It plays both files with
//! [`crate::show`]. It must hold only one frame of each at a time, so that memory does not grow with the number of frames.

use crate::show::{NotShown, Pixel, Player};

/// Where the captioned GIF may differ from its source.
#[derive(Clone, Copy, Debug)]
pub struct Allowed<'a> {
    /// A byte a pixel of the output: other than 0 where it may differ.
    pub mask: &'a [u8],
    /// The mask's width: the output's.
    pub width_px: u32,
    /// The mask's height.
    pub height_px: u32,
    /// The row of the output in which the picture begins: the height of a bar above it.
    pub picture_top_px: u32,
}

/// The first difference that was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// One of them shows nothing: "source" or "output".
    #[error("the {which} is not shown: {why}")]
    NotShown {
        /// "source" or "output".
        which: &'static str,
        /// Why.
        why: NotShown,
    },
    /// The output's canvas is not the mask's, or the picture does not fit there.
    #[error("the output's canvas is {got:?}, the mask's is {wanted:?}")]
    Canvas {
        /// Width and height.
        got: (usize, usize),
        /// Width and height.
        wanted: (usize, usize),
    },
    /// Another loop count.
    #[error("the loop count was {source_count:?} and is {output_count:?}")]
    LoopCount {
        /// The source's.
        source_count: Option<u16>,
        /// The output's.
        output_count: Option<u16>,
    },
    /// One ends before the other.
    #[error("only the {which} has a frame {frame}")]
    Frames {
        /// "source" or "output".
        which: &'static str,
        /// Counted from 0.
        frame: usize,
    },
    /// Another delay.
    #[error("frame {frame}: its delay was {source_cs} cs and is {output_cs} cs")]
    Delay {
        /// Counted from 0.
        frame: usize,
        /// The source's.
        source_cs: u16,
        /// The output's.
        output_cs: u16,
    },
    /// Another pixel where the mask is 0.
    #[error("frame {frame}: pixel ({x}, {y}) of the source was {was:?} and is {now:?}")]
    Pixel {
        /// Counted from 0.
        frame: usize,
        /// On the source's canvas.
        x: usize,
        /// On the source's canvas.
        y: usize,
        /// The source's.
        was: Pixel,
        /// The output's.
        now: Pixel,
    },
}

/// Compares `output` with `source`: number of frames, delays, loop count, and in each frame every pixel outside the mask.
///
/// # Errors
/// The first [`Difference`].
pub fn compare(source: &[u8], output: &[u8], allowed: &Allowed<'_>) -> Result<(), Difference> {
    compare_by_frame(source, output, allowed, |_| allowed.mask)
}

/// The same, where each frame has a mask of its own, by its number.
///
/// # Errors
/// As [`compare`].
pub fn compare_by_frame<'m>(
    source: &[u8],
    output: &[u8],
    allowed: &Allowed<'_>,
    mask_of: impl Fn(usize) -> &'m [u8],
) -> Result<(), Difference> {
    let open = |which, bytes| Player::open(bytes).map_err(|why| Difference::NotShown { which, why });
    let (mut before, mut after) = (open("source", source)?, open("output", output)?);
    let (width_px, height_px, top_px) = (allowed.width_px as usize, allowed.height_px as usize, allowed.picture_top_px as usize);
    let (got, wanted) = ((after.width_px, after.height_px), (width_px, height_px));
    if got != wanted || before.width_px != width_px || before.height_px + top_px > height_px {
        return Err(Difference::Canvas { got, wanted });
    }
    let (source_count, output_count) = (before.loop_count(), after.loop_count());
    if source_count != output_count {
        return Err(Difference::LoopCount { source_count, output_count });
    }
    for frame in 0.. {
        let (was, now) = match (before.next(), after.next()) {
            (None, None) => break,
            (Some(was), Some(now)) => (was, now),
            (Some(_), None) => return Err(Difference::Frames { which: "source", frame }),
            (None, Some(_)) => return Err(Difference::Frames { which: "output", frame }),
        };
        if was.delay_cs != now.delay_cs {
            return Err(Difference::Delay { frame, source_cs: was.delay_cs, output_cs: now.delay_cs });
        }
        let picture = top_px * width_px..(top_px + before.height_px) * width_px;
        let pixels = was.canvas.iter().zip(&now.canvas[picture.clone()]).zip(&mask_of(frame)[picture]);
        for (at, ((&was, &now), &mask)) in pixels.enumerate() {
            if mask == 0 && was != now {
                return Err(Difference::Pixel { frame, x: at % width_px, y: at / width_px, was, now });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Content, Frame, Palette, Sample};

    fn sample() -> Sample {
        let frames = vec![Frame::plain(8, 4, Content::Runs, 1), Frame::plain(8, 4, Content::Runs, 2)];
        let palette = Palette { log2_len: 3, seed: 5, has_black_and_white: true };
        Sample { width: 8, height: 4, palette: Some(palette), loop_count: Some(3), frames }
    }

    fn found(change: impl FnOnce(&mut Sample), mask: &[u8; 32]) -> Result<(), Difference> {
        let mut other = sample();
        change(&mut other);
        let allowed = Allowed { mask, width_px: 8, height_px: 4, picture_top_px: 0 };
        compare(&sample().bytes(), &other.bytes(), &allowed)
    }

    #[test]
    fn each_difference_is_found_and_named() {
        let none = &[0; 32];
        assert_eq!(found(|_| {}, none), Ok(()));
        assert_eq!(
            found(|s| s.loop_count = None, none),
            Err(Difference::LoopCount { source_count: Some(3), output_count: None })
        );
        assert_eq!(found(|s| s.frames.truncate(1), none), Err(Difference::Frames { which: "source", frame: 1 }));
        assert_eq!(
            found(|s| s.frames.push(Frame::plain(1, 1, Content::Flat, 0)), none),
            Err(Difference::Frames { which: "output", frame: 2 })
        );
        assert_eq!(found(|s| s.frames[1].delay_cs = 6, none), Err(Difference::Delay { frame: 1, source_cs: 5, output_cs: 6 }));
        assert_eq!(found(|s| s.width = 9, none), Err(Difference::Canvas { got: (9, 4), wanted: (8, 4) }));
        assert!(matches!(found(|s| s.frames[1].seed = 9, none), Err(Difference::Pixel { frame: 1, .. })));
    }

    #[test]
    fn what_the_mask_covers_may_differ() {
        assert_eq!(found(|s| s.frames[1].seed = 9, &[255; 32]), Ok(()));
        let mut mask = [255; 32];
        mask[31] = 0;
        let change = |s: &mut Sample| s.frames.push(Frame { left: 7, top: 3, ..Frame::plain(1, 1, Content::Flat, 0) });
        let mut longer = sample();
        change(&mut longer);
        let mut other = longer.clone();
        other.frames[2].palette = Some(Palette { log2_len: 1, seed: 77, has_black_and_white: false });
        let allowed = Allowed { mask: &mask, width_px: 8, height_px: 4, picture_top_px: 0 };
        let difference = compare(&longer.bytes(), &other.bytes(), &allowed);
        assert!(matches!(difference, Err(Difference::Pixel { frame: 2, x: 7, y: 3, .. })), "{difference:?}");
    }

    #[test]
    fn a_picture_below_a_bar_is_compared_where_it_stands() {
        let mut below = sample();
        below.height = 6;
        for frame in &mut below.frames {
            frame.top = 2;
        }
        let at = |picture_top_px| {
            let allowed = Allowed { mask: &[0; 48], width_px: 8, height_px: 6, picture_top_px };
            compare(&sample().bytes(), &below.bytes(), &allowed)
        };
        assert_eq!(at(2), Ok(()));
        assert!(matches!(at(1), Err(Difference::Pixel { frame: 0, .. })));
        assert!(matches!(at(3), Err(Difference::Canvas { .. })));
    }
}
