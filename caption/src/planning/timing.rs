//! Which frames show a caption that has a time.
//!
//! Called by `gif` when the blocks are read. Times go by the position within each loop, as browsers play it; no pixel is known here.

use std::ops::Range;

use caption_layout::{Caption, reading::blocks::Gif};

/// Browsers show a frame of no longer a delay for [`SHORT_DELAY_SHOWN_US`], and so do most programs that play animations.
const SHORT_DELAY_US: u64 = 10_000;
const SHORT_DELAY_SHOWN_US: u64 = 100_000;
const US_A_CS: u64 = 10_000;

/// When each frame begins, and when the last one ends, in hundredths of a second; the delays are in microseconds.
pub(crate) fn frame_times(delays_us: impl Iterator<Item = u64>) -> Vec<u64> {
    video_times(delays_us.map(|delay_us| if delay_us <= SHORT_DELAY_US { SHORT_DELAY_SHOWN_US } else { delay_us }))
}

/// The same of a video, whose frames are shown as long as it says.
pub(crate) fn video_times(delays_us: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut times = vec![0];
    let mut at_us = 0;
    for delay_us in delays_us {
        at_us += delay_us;
        times.push(at_us / US_A_CS);
    }
    times
}

/// The delays of a GIF's frames, in microseconds.
pub(crate) fn delays_us(gif: &Gif) -> impl Iterator<Item = u64> {
    gif.frames.iter().map(|frame| u64::from(frame.delay_cs) * US_A_CS)
}

/// The frames that show a caption: those that begin within its time; where none does, the one that is shown when it begins.
pub(crate) fn shown_frames(caption: &Caption, times: &[u64]) -> Range<usize> {
    let (&end, starts) = times.split_last().unwrap_or((&0, &[]));
    let count = starts.len();
    if let Some([first, last]) = caption.frames {
        let at = |frame: u32| usize::try_from(frame).unwrap_or(usize::MAX);
        return at(first).min(count)..at(last).saturating_add(1).min(count);
    }
    let from = caption.from.map_or(0, |from| u64::from(from.steps()));
    let to = caption.to.map_or(u64::MAX, |to| u64::from(to.steps()));
    let (first, past_last) = (starts.partition_point(|&start| start < from), starts.partition_point(|&start| start < to));
    if first < past_last {
        return first..past_last;
    }
    // Its time lies within one frame's, or behind the last one's.
    if from < end { first.saturating_sub(1)..first.max(1).min(count) } else { count..count }
}

#[cfg(test)]
mod tests {
    use caption_layout::{Limits, Position, Seconds, Style};
    use samples::{Content, Frame, Sample};

    use super::*;

    fn times(delays: &[u16]) -> Vec<u64> {
        let frames = delays.iter().map(|&delay_cs| Frame { delay_cs, ..Frame::plain(2, 2, Content::Flat, 1) }).collect();
        let bytes = Sample { width: 2, height: 2, palette: None, loop_count: None, frames }.bytes();
        frame_times(delays_us(&Gif::walk(&bytes, &Limits::default()).unwrap()))
    }

    fn shown(from: Option<f64>, to: Option<f64>, times: &[u64]) -> Range<usize> {
        let [from, to] = [from, to].map(|at| at.map(|at| Seconds::try_from(at).unwrap()));
        shown_frames(&Caption { from, to, ..Caption::new("a", Position::Top, Style::Overlay) }, times)
    }

    #[test]
    fn a_time_is_half_open() {
        let times = times(&[50, 50, 100, 0]);
        assert_eq!(times, [0, 50, 100, 200, 210]);
        assert_eq!(shown(None, None, &times), 0..4);
        assert_eq!(shown(Some(0.5), Some(1.0), &times), 1..2);
        assert_eq!(shown(Some(0.5), Some(1.01), &times), 1..3);
        assert_eq!(shown(Some(0.51), None, &times), 2..4);
        assert_eq!(shown(None, Some(0.5), &times), 0..1);
        assert_eq!(shown(Some(1.2), Some(1.5), &times), 2..3, "none begins within: the one that is shown then");
        assert_eq!(shown(Some(2.05), Some(9.0), &times), 3..4);
        assert_eq!(shown(Some(2.1), None, &times), 4..4);
    }

    #[test]
    fn frames_are_counted_from_nought() {
        let times = times(&[10, 10, 10]);
        let of =
            |frames| shown_frames(&Caption { frames: Some(frames), ..Caption::new("a", Position::Top, Style::Overlay) }, &times);
        assert_eq!((of([0, 0]), of([1, 9]), of([3, 9])), (0..1, 1..3, 3..3));
    }
}
