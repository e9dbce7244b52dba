//! What a stream holds by the naive decoder, and what the targets of streams choose from an input.
//!
//! Called by the targets `scan` and `splice`. What is expected comes from `samples`, never from the engine.

use std::{borrow::Cow, ops::Range};

use caption::stages::{
    Cover, Fate, FramePlan, FrameWork, IndexSet, Ink, InkRuns, InkSet, Palette, PalettePlan, Patch, Spliced, StreamReader, Tools,
    can_splice, splice,
};
use caption_layout::{reading::blocks::Frame, rect::Rect};
use samples::{Choices, Sample, show::lzw};

/// The indices of sub-blocks, with or without a terminator, at most `area_px`. A last block that is cut short counts as far as
/// it goes.
#[must_use]
pub fn decode(code_size: u8, mut blocks: &[u8], area_px: usize) -> Vec<u8> {
    let mut data = Vec::new();
    while let [len @ 1..=255, rest @ ..] = blocks {
        let (block, behind) = rest.split_at(rest.len().min(usize::from(*len)));
        data.extend_from_slice(block);
        blocks = behind;
    }
    lzw::decode(&data, code_size, area_px)
}

/// A frame's stream and what is to be painted on it.
#[derive(Debug)]
pub struct Splice {
    pub width_px: u16,
    pub height_px: u16,
    /// 1 to 8.
    pub code_size: u8,
    pub blocks: Vec<u8>,
    /// Places in the stream and the index that they shall show; the later wins.
    pub runs: Vec<(Range<usize>, u8)>,
}

impl Splice {
    /// Reads a head of one byte, up to four runs of four bytes each, and the stream: what is left of the input, or what
    /// that chooses. `None` where the input is too short.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&head, rest) = bytes.split_first()?;
        let (runs, rest) = rest.as_chunks::<4>().0.split_at_checked(1 + usize::from(head & 3)).map(|(runs, _)| {
            let len = runs.len() * 4;
            (runs, &rest[len..])
        })?;
        let (width_px, height_px, code_size, blocks) = if head & 4 == 0 {
            let [width, height, code_size, blocks @ ..] = rest else { return None };
            (u16::from(width % 128) + 1, u16::from(height % 128) + 1, 1 + code_size % 8, blocks.to_vec())
        } else {
            let sample = Sample::from_choices(&mut Choices::from_bytes(rest));
            let frame = sample.frames.first()?;
            let data = frame.image_data(sample.palette);
            (frame.width, frame.height, *data.first()?, data[1..].to_vec())
        };
        let area_px = usize::from(width_px) * usize::from(height_px);
        let longest = if head & 8 == 0 { 1 } else { 40 };
        let runs = runs.iter().map(|&[low, high, len, index]| {
            let start = (usize::from(u16::from_le_bytes([low, high])) * 2 + usize::from(head >> 7)) % area_px;
            let end = area_px.min(start + 1 + usize::from(len) * longest);
            // Now and then an index that needs longer codes.
            (start..end, if head & 0x30 == 0x30 { index } else { index & ((1 << code_size) - 1) as u8 })
        });
        Some(Self { width_px, height_px, code_size, blocks, runs: runs.collect() })
    }

    #[must_use]
    pub fn area_px(&self) -> usize {
        usize::from(self.width_px) * usize::from(self.height_px)
    }

    /// The stream as that of a frame without a palette, which fills its canvas.
    #[must_use]
    pub fn frame(&self) -> Frame {
        let data = 0..self.blocks.len();
        Frame { rect: self.rect(), min_code_size: self.code_size, data, terminated: true, ..Frame::default() }
    }

    /// The runs, each as a caption of the colour that its index has without a palette.
    #[must_use]
    pub fn inks(&self) -> Vec<Ink> {
        let ink = |(run, index): &(Range<usize>, u8)| {
            let mut covers = vec![Cover::NONE; self.area_px()];
            covers[run.clone()].fill(Cover(u8::MAX));
            Ink::new(self.rect(), covers, [[*index; 3]; 2], false)
        };
        self.runs.iter().map(ink).collect()
    }

    /// Opens the stream and splices captions into it that stand on the canvas.
    pub fn splice(&self, frame: &Frame, inks: &[InkRuns<'_>], reader: &mut StreamReader, tools: &mut Tools) -> Spliced {
        let palette = Palette::new(None, IndexSet::default()).of_frame(None);
        let work = FrameWork {
            bytes: &self.blocks,
            frame,
            plan: FramePlan {
                source: frame.rect,
                fate: Fate::Painted { bare: Rect::default() },
                shown: InkSet::ALL,
                changed: InkSet::default(),
                lacks: InkSet::default(),
                overstays: InkSet::default(),
                is_cleared: false,
            },
            palette_plan: Cow::Owned(PalettePlan::unchanged(palette.clone())),
            used: None,
            may_become_transparent: true,
            background: None,
            inks: &inks.iter().collect::<Vec<_>>(),
            ended: &[],
            lost: &Patch::default(),
            is_exact: false,
            leaves_gaps: false,
        };
        reader.open(&self.blocks, frame);
        if can_splice(&work, &palette, reader) { splice(&work, &palette, None, reader, tools) } else { Spliced::Cannot }
    }

    fn rect(&self) -> Rect {
        Rect::at(0, 0, self.width_px.into(), self.height_px.into())
    }
}
