//! GIFs chosen by a seed or by bytes: any GIF, what real encoders make and what they should not, or well-formed ones only.
//!
//! Called by property tests, fuzz targets and tests that need many GIFs. The first answer to each choice is the plainest one.
//! In [`Sample::from_choices`] frames beyond the screen, first frames smaller than the screen, every disposal, local palettes,
//! interlacing and every kind of stream occur. A GIF must depend on its choices alone.

use std::ops::RangeInclusive;

use crate::{
    Choices, Content, Frame, Palette, Sample,
    stream::{Clears, End, Fault, Parse, Stream, SubBlocks},
};

impl Sample {
    /// The same sample for the same seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        Self::from_choices(&mut Choices::from_seed(seed))
    }

    /// The sample that `bytes` choose.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::from_choices(&mut Choices::from_bytes(bytes))
    }

    /// Any sample: often small and of several frames, now and then large.
    #[must_use]
    pub fn from_choices(choices: &mut Choices<'_>) -> Self {
        if choices.one_in(6) { Self::large(choices) } else { Self::small(choices) }
    }

    /// A well-formed GIF with sides in this range and 1 to 16 frames, the same for the same seed. Whole and partial frames within
    /// the screen, every disposal, transparency, local palettes, interlacing, delays and loop counts occur.
    #[must_use]
    pub fn well_formed(seed: u64, sides_px: RangeInclusive<u16>) -> Self {
        let mut choices = Choices::from_seed(seed);
        let screen = (choices.within(sides_px.clone()), choices.within(sides_px));
        let palette = well_formed_palette(&mut choices);
        let has_partial_frames = choices.one_in(2);
        let count = 1 + choices.below(16);
        let frames = (0..count)
            .map(|index| {
                // An only frame that is smaller than the screen may be too small for any text.
                let is_whole = !has_partial_frames || count == 1 || index == 0 && !choices.one_in(8);
                well_formed_frame(&mut choices, screen, is_whole)
            })
            .collect();
        Self { width: screen.0, height: screen.1, palette: Some(palette), loop_count: loop_count(&mut choices), frames }
    }

    /// A small screen and up to eight frames of any kind.
    #[must_use]
    pub fn small(choices: &mut Choices<'_>) -> Self {
        let screen = (choices.within(40..=96), choices.within(40..=96));
        let palette = (!choices.one_in(8)).then(|| small_palette(choices));
        let count = 1 + choices.below(8);
        let frames = (0..count)
            .map(|_| {
                let local = (palette.is_none() || choices.one_in(4)).then(|| small_palette(choices));
                let content = choices.pick(&[Content::Flat, Content::Runs, Content::Runs, Content::Dithered, Content::Delta]);
                frame(choices, screen, local, content)
            })
            .collect();
        Self { width: screen.0, height: screen.1, palette, loop_count: loop_count(choices), frames }
    }

    /// A screen of 200 to 320 by 150 to 240 and up to three frames, most of which take several segments.
    #[must_use]
    pub fn large(choices: &mut Choices<'_>) -> Self {
        let screen = (choices.within(200..=320), choices.within(150..=240));
        let palette = (!choices.one_in(8)).then(|| large_palette(choices));
        let count = 1 + choices.below(3);
        let frames = (0..count)
            .map(|_| {
                let local = (palette.is_none() || choices.one_in(6)).then(|| large_palette(choices));
                let content = choices.pick(&[Content::Dithered, Content::Dithered, Content::Delta, Content::Runs]);
                frame(choices, screen, local, content)
            })
            .collect();
        Self { width: screen.0, height: screen.1, palette, loop_count: loop_count(choices), frames }
    }
}

impl Stream {
    /// Any way to write a stream; half of them plain.
    #[must_use]
    pub fn from_choices(choices: &mut Choices<'_>) -> Self {
        let plain = Self::plain();
        if choices.below(2) == 0 {
            return plain;
        }
        let clears = match choices.below(6) {
            0 | 1 => Clears::AtFull,
            2 => Clears::Never,
            3 => Clears::AfterFull(choices.below(2000)),
            4 => Clears::Every(1 + choices.below(5000)),
            _ => Clears::OneIn(2 + choices.below(3000)),
        };
        let end = match choices.below(10) {
            0..=4 => End::Eoi,
            5 => End::Missing,
            6 => End::Early(percent(choices)),
            7 => End::Cut(percent(choices)),
            _ => End::Beyond(choices.within(0..=2000)),
        };
        let fault = match choices.below(24) {
            20..=22 => Some(Fault::PastTable(choices.below(6000))),
            23 => Some(Fault::SwallowedTerminator),
            _ => None,
        };
        Self {
            starts_with_clear: !choices.one_in(6),
            clears,
            repeats_clears: choices.one_in(4),
            parse: if choices.one_in(3) { Parse::Lazy(1 + choices.below(20)) } else { Parse::Greedy },
            end,
            junk_bytes: if choices.one_in(4) { choices.within(0..=600) } else { 0 },
            sub_blocks: if choices.one_in(3) {
                SubBlocks::UpTo(choices.within(1..=255).to_le_bytes()[0])
            } else {
                SubBlocks::Full
            },
            fault,
            seed: choices.seed(),
        }
    }
}

fn frame(choices: &mut Choices<'_>, screen: (u16, u16), palette: Option<Palette>, content: Content) -> Frame {
    let (left, top, width, height) = if choices.below(5) < 3 {
        (0, 0, screen.0, screen.1)
    } else {
        let (left, top) = (choices.within(0..=screen.0 - 1), choices.within(0..=screen.1 - 1));
        (left, top, choices.within(1..=screen.0 + 5), choices.within(1..=screen.1 + 5))
    };
    Frame {
        left,
        top,
        width,
        height,
        delay_cs: choices.within(0..=20),
        disposal: choices.pick(&[1, 0, 1, 2, 3]),
        transparent: choices.one_in(2).then(|| choices.below(2).to_le_bytes()[0]),
        palette,
        interlaced: choices.one_in(4),
        content,
        seed: choices.seed(),
        spare_bits: if choices.one_in(6) { choices.below(4).to_le_bytes()[0] } else { 0 },
        stream: Stream::from_choices(choices),
    }
}

fn well_formed_frame(choices: &mut Choices<'_>, screen: (u16, u16), is_whole: bool) -> Frame {
    let mut side = |whole: u16| if is_whole { whole } else { choices.within(1..=whole) };
    let (width, height) = (side(screen.0), side(screen.1));
    let palette = choices.one_in(3).then(|| well_formed_palette(choices));
    let content = choices.pick(&[Content::Dithered, Content::Runs, Content::Flat, Content::Delta]);
    Frame {
        left: choices.within(0..=screen.0 - width),
        top: choices.within(0..=screen.1 - height),
        delay_cs: choices.within(0..=19),
        disposal: choices.pick(&[1, 0, 2, 3]),
        transparent: choices.one_in(2).then(|| choices.below(4).to_le_bytes()[0]),
        palette,
        interlaced: choices.one_in(6),
        ..Frame::plain(width, height, content, choices.seed())
    }
}

fn well_formed_palette(choices: &mut Choices<'_>) -> Palette {
    let log2_len = 2 + choices.below(7).to_le_bytes()[0];
    Palette { log2_len, seed: choices.seed(), has_black_and_white: false }
}

fn small_palette(choices: &mut Choices<'_>) -> Palette {
    let log2_len = 1 + choices.below(5).to_le_bytes()[0];
    Palette { log2_len, seed: choices.seed(), has_black_and_white: choices.below(2) == 0 }
}

fn large_palette(choices: &mut Choices<'_>) -> Palette {
    let log2_len = choices.pick(&[8, 8, 8, 7, 6, 4]);
    Palette { log2_len, seed: choices.seed(), has_black_and_white: !choices.one_in(4) }
}

fn loop_count(choices: &mut Choices<'_>) -> Option<u16> {
    choices.pick(&[Some(0), Some(0), Some(7), None])
}

fn percent(choices: &mut Choices<'_>) -> u8 {
    choices.below(101).to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_chosen_is_one_plain_frame() {
        let sample = Sample::from_bytes(&[]);
        assert_eq!((sample.width, sample.height, sample.frames.len()), (40, 40, 1));
        assert_eq!((&sample.frames[0].stream, sample.frames[0].disposal), (&Stream::plain(), 1));
    }

    #[test]
    fn seeds_make_different_samples_that_hold_every_kind() {
        let all: Vec<Sample> = (0..300).map(Sample::from_seed).collect();
        assert_eq!(all.iter().map(Sample::bytes).collect::<HashSet<_>>().len(), all.len());
        let frames: Vec<&Frame> = all.iter().flat_map(|s| &s.frames).collect();
        let some = |of: &dyn Fn(&Frame) -> bool| frames.iter().filter(|f| of(f)).count() > 20;
        for disposal in 0..4 {
            assert!(some(&|f| f.disposal == disposal), "{disposal}");
        }
        assert!(some(&|f| f.interlaced) && some(&|f| f.palette.is_some()) && some(&|f| f.transparent.is_some()));
        assert!(some(&|f| f.stream.fault.is_some()) && some(&|f| !f.stream.starts_with_clear));
        assert!(some(&|f| f.stream.clears == Clears::Never) && some(&|f| matches!(f.stream.clears, Clears::Every(_))));
        assert!(some(&|f| matches!(f.stream.end, End::Beyond(_))) && some(&|f| matches!(f.stream.end, End::Early(_))));
        assert!(all.iter().any(|s| s.palette.is_none()) && all.iter().filter(|s| s.width >= 200).count() > 20);
    }

    #[test]
    fn well_formed_samples_differ_and_a_strict_decoder_reads_every_frame() {
        let all: Vec<Sample> = (0..100).map(|seed| Sample::well_formed(seed, 96..=400)).collect();
        let files: Vec<_> = all.iter().map(Sample::bytes).collect();
        assert_eq!(files.iter().collect::<HashSet<_>>().len(), files.len());
        assert_eq!(files[7], Sample::well_formed(7, 96..=400).bytes());
        for (sample, file) in all.iter().zip(&files) {
            assert_eq!(crate::strict::count_frames(file).unwrap(), sample.frames.len());
        }
        let frames: Vec<&Frame> = all.iter().flat_map(|s| &s.frames).collect();
        assert!(frames.len() > 500, "{}", frames.len());
        for disposal in 0..4 {
            assert!(frames.iter().any(|f| f.disposal == disposal), "{disposal}");
        }
        assert!(frames.iter().any(|f| f.transparent.is_some()) && frames.iter().any(|f| f.palette.is_some()));
        assert!(frames.iter().any(|f| f.interlaced) && frames.iter().any(|f| f.left > 0 && f.top > 0));
    }
}
