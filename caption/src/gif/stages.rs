//! The engine's stages one by one, as plain bytes and ranges.
//!
//! For `benches/` and `fuzz/` alone, behind the feature `stages`; nothing that ships turns it on, and nothing here is
//! promised to stay. It must hold no logic of its own: each function calls the stage whose name it has, with the tables and
//! buffers that the engine keeps for it.

use std::{borrow::Cow, ops::Range};

use caption_layout::{
    Error, Font, Limits, Spec,
    placing::arrangement::STROKE_EM,
    reading::blocks::{self, Disposal},
    rect::Rect,
    text::layout::{self, Room},
};

use super::{
    frame::{Job, Segments},
    indices::Indices,
    inked,
    lzw::COPY_LEN,
    palette::Palette,
    plan::{self, FramePlan},
    scratch::Scratch,
    splice, tables,
};
use crate::mask::{self, Cover, Ink};

/// A GIF after the walk over its blocks.
pub struct Gif<'a> {
    bytes: &'a [u8],
    gif: blocks::Gif,
}

/// One frame's LZW stream as the file has it.
#[derive(Clone, Copy, Debug)]
pub struct Data<'a> {
    /// The minimum code size in bits, right or wrong.
    pub code_size: u8,
    /// Pixels of the frame's rectangle.
    pub area_px: usize,
    /// The sub-blocks.
    pub blocks: &'a [u8],
}

impl<'a> Gif<'a> {
    /// Walks a file.
    ///
    /// # Errors
    /// What the file is refused for.
    pub fn walk(bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        Ok(Self { bytes, gif: blocks::Gif::walk(bytes, limits)? })
    }

    /// One frame of this size without a palette, whose stream is `blocks`.
    #[must_use]
    pub fn of_stream(code_size: u8, width_px: u16, height_px: u16, blocks: &'a [u8]) -> Self {
        let rect = Rect::at(0, 0, width_px.into(), height_px.into());
        let frame = blocks::Frame {
            lead: 0..0,
            control: None,
            second_screen: None,
            descriptor: 0..0,
            rect,
            interlaced: false,
            local_palette: None,
            min_code_size: code_size,
            data: 0..blocks.len(),
            terminated: true,
            delay_cs: 0,
            disposal: Disposal::Keep,
            transparent: None,
        };
        let gif = blocks::Gif {
            canvas: rect,
            global_palette: None,
            background: 0,
            frames: vec![frame],
            tail: 0..0,
            lacks_trailer: true,
            loop_count: None,
        };
        Self { bytes: blocks, gif }
    }

    /// The streams of all frames, in order.
    pub fn data(&self) -> impl Iterator<Item = Data<'_>> {
        self.gif.frames.iter().map(|frame| Data {
            code_size: frame.min_code_size,
            area_px: frame.rect.area(),
            blocks: &self.bytes[frame.data.clone()],
        })
    }

    /// Lays a spec's captions out on this picture and draws their coverage.
    ///
    /// # Errors
    /// Text that is empty or does not fit.
    pub fn mask(&self, spec: &Spec) -> Result<Mask, Error> {
        let canvas = self.gif.canvas;
        mask::Mask::draw(spec, canvas.width(), canvas.height(), plan::written_on(&self.gif)).map(Mask)
    }

    /// Plans every frame.
    #[must_use]
    pub fn plan(&self, mask: &Mask) -> Plan {
        Plan(plan::plan(&self.gif, &mask.0))
    }

    /// Decides what each frame's palette becomes.
    #[must_use]
    pub fn tables<'g>(&'g self, mask: &Mask, plan: &Plan) -> Tables<'g> {
        Tables(tables::Tables::decide(self.bytes, &self.gif, &mask.0, &plan.0))
    }
}

/// Which pixels captions cover.
pub struct Mask(mask::Mask);

impl Mask {
    /// Covers runs of pixels, counted row by row on a picture of this size; each shows an index of a picture without a
    /// palette. Where runs meet, the later is shown.
    #[must_use]
    pub fn of_runs(width_px: u16, height_px: u16, runs: &[(Range<usize>, u8)]) -> Self {
        let rect = Rect::at(0, 0, width_px.into(), height_px.into());
        let ink = |(run, index): &(Range<usize>, u8)| {
            let mut covers = vec![Cover::NONE; rect.area()];
            covers[run.clone()].fill(Cover(u8::MAX));
            Ink::new(rect, covers, [[*index; 3]; 2], false)
        };
        Self(mask::Mask {
            inks: runs.iter().map(ink).collect(),
            width_px: rect.width(),
            height_px: rect.height(),
            picture_top_px: 0,
            missing_glyphs: Vec::new(),
        })
    }

    /// Pixels of the output.
    #[must_use]
    pub fn area_px(&self) -> usize {
        self.0.width_px as usize * self.0.height_px as usize
    }

    /// Prepares the captions for painting, as is done once a job.
    #[must_use]
    pub fn inked(&self) -> Inked<'_> {
        Inked { mask: &self.0, inked: self.0.inks.iter().map(inked::Inked::of).collect() }
    }
}

/// Captions ready to be painted.
pub struct Inked<'a> {
    mask: &'a mask::Mask,
    inked: Vec<inked::Inked<'a>>,
}

/// What is to be done with each frame.
pub struct Plan(Vec<FramePlan>);

impl Plan {
    /// The numbers of the frames that [`Codec::paint`] takes: touched, and not to draw again what earlier ones showed.
    pub fn paintable(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, plan)| plan.touched && plan.damaged.is_empty()).map(|(k, _)| k)
    }
}

/// The palettes of a job.
pub struct Tables<'a>(tables::Tables<'a>);

/// Codes between two Clears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its codes, in bits of the stream; the Clear before them is not among them.
    pub bits: Range<usize>,
    /// Its indices, by their places in the frame's stream.
    pub pixels: Range<usize>,
}

/// What became of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spliced {
    /// No pixel came out different.
    Unchanged,
    /// The new stream.
    Changed {
        /// The minimum code size, then the sub-blocks with their terminator.
        bytes: Vec<u8>,
        /// How many segments were copied, spliced and coded again.
        segments: [u32; 3],
    },
    /// It has to be coded again whole.
    Cannot,
}

/// A thread's tables and buffers, used from call to call as the engine does.
#[derive(Default)]
pub struct Codec(Scratch);

impl Codec {
    /// Takes the stream of sub-blocks, with or without a terminator.
    pub fn gather(&mut self, blocks: &[u8]) {
        self.0.stream.gather(blocks);
    }

    /// Finds the segments of the gathered stream; answers how many pixels it has of the frame's `area_px`. The code size
    /// must be 1 to 8 bits.
    pub fn scan(&mut self, code_size: u8, area_px: usize) -> usize {
        self.0.scan.scan(&self.0.stream, code_size, area_px);
        self.0.scan.pixels
    }

    /// The segments that were found.
    pub fn segments(&self) -> impl Iterator<Item = Segment> {
        let segments = self.0.scan.segments.iter();
        segments.map(|found| Segment { bits: found.start_bit..found.end_bit, pixels: found.first_pixel..found.end_pixel })
    }

    /// Decodes all of the scanned segments.
    pub fn decode(&mut self, code_size: u8) -> &[u8] {
        let Scratch { stream, scan, decoder, indices, .. } = &mut self.0;
        indices.resize(scan.pixels + COPY_LEN, 0);
        for segment in &scan.segments {
            decoder.decode(stream, code_size, segment, &mut indices[segment.first_pixel..]);
        }
        &indices[..scan.pixels]
    }

    /// Encodes indices, each below `1 << code_size`, and appends the sub-blocks with their terminator to `out`. The code size
    /// must be 2 to 8 bits.
    pub fn encode(&mut self, code_size: u8, indices: &[u8], out: &mut Vec<u8>) {
        self.0.encoder.begin(code_size);
        self.0.encoder.encode(indices);
        self.0.encoder.finish(out);
    }

    /// Opens the stream of a GIF made [`Gif::of_stream`] and splices captions into it that stand on the canvas.
    pub fn splice(&mut self, gif: &Gif<'_>, inked: &Inked<'_>) -> Spliced {
        let Some(frame) = gif.gif.frames.first() else { return Spliced::Unchanged };
        let palette = Palette::new(None, Indices::default()).of_frame(None);
        let plan = FramePlan {
            source: frame.rect,
            drawn: frame.rect,
            bare: Rect::default(),
            damaged: Rect::default(),
            leaves_gaps: false,
            touched: true,
        };
        let table = tables::Table { palette: palette.clone(), merges: Vec::new() };
        let job = gif.job(0, plan, Cow::Owned(table), None, inked);
        self.0.open(gif.bytes, frame);
        if !splice::can_splice(&job, &palette, &self.0) {
            return Spliced::Cannot;
        }
        match splice::splice(&job, &palette, None, &mut self.0) {
            splice::Spliced::Unchanged => Spliced::Unchanged,
            splice::Spliced::Cannot => Spliced::Cannot,
            splice::Spliced::Changed(stream) => {
                let Segments { copied, spliced, recoded } = stream.segments;
                Spliced::Changed { bytes: stream.bytes, segments: [copied, spliced, recoded] }
            }
        }
    }

    /// Paints one of [`Plan::paintable`]'s frames: its new bytes, from the extensions before it to its last sub-block, if
    /// it came out different.
    pub fn paint(&mut self, gif: &Gif<'_>, k: usize, plan: &Plan, tables: &Tables<'_>, inked: &Inked<'_>) -> Option<Vec<u8>> {
        let table = tables.0.of(k, &gif.gif.frames[k]);
        let job = gif.job(k, plan.0[k], table, tables.0.used[k], inked);
        job.paint(&mut self.0).change.map(|change| [change.header, change.stream].concat())
    }
}

impl Gif<'_> {
    fn job<'j>(
        &'j self,
        k: usize,
        plan: FramePlan,
        table: Cow<'j, tables::Table>,
        used: Option<Indices>,
        inked: &'j Inked<'_>,
    ) -> Job<'j> {
        Job {
            bytes: self.bytes,
            gif: &self.gif,
            mask: inked.mask,
            inked: &inked.inked,
            frame: &self.gif.frames[k],
            plan,
            table,
            used,
            may_become_transparent: tables::may_become_transparent(&self.gif),
            damaged: Vec::new(),
        }
    }
}

/// Breaks a text into lines within a room, in the largest size down from `size_px` that fits; answers that size. Of the two
/// heights the first is preferred.
///
/// # Errors
/// Text that is empty or does not fit.
pub fn layout(text: &str, font: &Font, width_px: f32, heights_px: [f32; 2], size_px: f32) -> Result<f32, Error> {
    let room = Room { width_px, heights_px, size_px, stroke_em: STROKE_EM };
    layout::layout(text, font, &[Font::fallback()], room).map(|layout| layout.size_px)
}
