//! The walk over a GIF's blocks (`GIF89a`, sections 17 to 26): where each frame, palette and extension
//! stands in the file, without decoding a pixel.
//!
//! `probe` and the renderer begin here, and api meets no deeper part of the format. It takes what browsers
//! take (no trailer, no last terminator, extra bytes, frames beyond the screen, a file cut off in or behind a frame) and refuses a
//! file that ends before its first frame has a pixel. It never allocates by what the file claims, only by the frames it met.

use std::ops::Range;

use super::source::Source;
use caption_types::Limits;

use crate::{error::Error, limits::CheckLimits as _, rect::Rect};

/// What a frame's pixels become when its time is over (section 23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disposal {
    /// They stay: values 0, 1 and the reserved ones.
    #[default]
    Keep,
    /// The frame's rectangle becomes transparent.
    Background,
    /// The canvas becomes what it was before the frame.
    Previous,
}

/// One frame: its rectangle, what the Graphic Control Extension says of it, and where its bytes are.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// From the end of the frame before it to its image separator: extensions, to be passed on.
    pub lead: Range<usize>,
    /// Where in `lead` the flags of the last Graphic Control Extension stand.
    pub control: Option<usize>,
    /// Where in `lead` the size of a second logical screen stands: files that were joined end to end have
    /// one among what begins no block, and some decoders start anew there.
    pub second_screen: Option<usize>,
    /// The image descriptor with its separator: 10 bytes.
    pub descriptor: Range<usize>,
    /// Where on the canvas it stands; it may reach beyond.
    pub rect: Rect,
    /// Whether its rows come in four passes (appendix E).
    pub interlaced: bool,
    /// The bytes of its own table, three an entry.
    pub local_palette: Option<Range<usize>>,
    /// The LZW minimum code size as the file has it, right or wrong.
    pub min_code_size: u8,
    /// The data sub-blocks with their terminator, where there is one.
    pub data: Range<usize>,
    /// Whether there is one.
    pub terminated: bool,
    /// Whether the file ends inside one of the sub-blocks: what follows it would be read as its data.
    pub is_cut: bool,
    /// How long it is shown, in hundredths of a second.
    pub delay_cs: u16,
    /// What becomes of it then.
    pub disposal: Disposal,
    /// The index by which its pixels show what is beneath.
    pub transparent: Option<u8>,
}

/// A whole GIF, as ranges of its bytes.
#[derive(Clone, Debug)]
pub struct Gif {
    /// What is shown: the logical screen, or the first frame where that reaches further (decoders
    /// enlarge the picture for it).
    pub canvas: Rect,
    /// The bytes of the table of frames without one of their own, three an entry.
    pub global_palette: Option<Range<usize>>,
    /// The entry of the global palette that some decoders show where nothing was drawn.
    pub background: u8,
    /// In their order; at least one.
    pub frames: Vec<Frame>,
    /// What follows the last frame, from a trailer to extra data.
    pub tail: Range<usize>,
    /// Whether one is to be added. A block that is cut off stays cut off: a trailer would be read as its next byte.
    pub lacks_trailer: bool,
    /// How often it repeats: 0 is for ever, absent is once.
    pub loop_count: Option<u16>,
    /// Where the file is cut off, if it is: [`Error::Truncated`] of a file that shows something all the same.
    pub damage: Option<Error>,
}

const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;
const TRAILER: u8 = 0x3B;
const GRAPHIC_CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;

impl Gif {
    /// Walks `bytes` to the end, or to the first limit it breaks.
    ///
    /// # Errors
    /// What the file is refused for.
    pub fn walk(mut bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        Self::walk_in(&mut bytes, limits)
    }

    /// Walks what need not be in memory.
    pub(crate) fn walk_in(source: &mut impl Source, limits: &Limits) -> Result<Self, Error> {
        let len = source.len();
        let mut reader = Reader { source, len, at: 0 };
        let header: [u8; 13] = reader.take("the header")?;
        if !is_signature(&header) {
            return Err(Error::UnsupportedMedia);
        }
        let screen = Rect::at(0, 0, u16_at(&header, 6), u16_at(&header, 8));
        limits.check_side(screen.width(), screen.height())?;
        let global_palette = reader.palette(header[10], "the global palette")?;

        let mut gif = Self {
            canvas: screen,
            global_palette,
            background: header[11],
            frames: Vec::new(),
            tail: 0..0,
            lacks_trailer: true,
            loop_count: None,
            damage: None,
        };
        let mut total_pixels = 0;
        let mut lead = Lead::starting_at(reader.at);
        // Bytes that begin no block. Some decoders look for the next block behind them, others stop
        // there: what can be read behind them is treated as frames, the rest is passed on as it is.
        let mut passed_junk = false;
        loop {
            let step = match reader.source.byte(reader.at) {
                Some(EXTENSION) => reader.extension(&mut lead, &mut gif.loop_count),
                Some(IMAGE) => reader.frame(&lead).and_then(|frame| {
                    lead = Lead::starting_at(reader.at);
                    gif.damage = frame.is_cut.then(|| reader.cut("image data"));
                    gif.add(frame, &mut total_pixels, limits)
                }),
                Some(TRAILER) => {
                    gif.lacks_trailer = false;
                    break;
                }
                None => break,
                Some(other) => {
                    passed_junk |= other != 0;
                    if other == b'G' && reader.source.get(reader.at, 6).is_some_and(is_signature) {
                        lead.second_screen = Some(reader.at + 6).filter(|at| at + 4 <= len);
                    }
                    reader.at += 1;
                    continue;
                }
            };
            match step {
                Err(cut @ Error::Truncated { .. }) if !gif.frames.is_empty() => {
                    gif.lacks_trailer = false;
                    // Behind bytes that begin no block, what looks like one need not be.
                    gif.damage = (!passed_junk).then_some(cut);
                    break;
                }
                other => other?,
            }
        }
        if gif.frames.is_empty() {
            let is_cut = gif.lacks_trailer && !passed_junk;
            let cut = Error::Truncated { at_byte: len as u64, inside: "the blocks before the first frame" };
            return Err(if is_cut { cut } else { Error::NoFrames });
        }
        if gif.canvas.is_empty() {
            return Err(Error::ZeroSized { width_px: gif.canvas.width(), height_px: gif.canvas.height() });
        }
        gif.tail = lead.start..len;
        Ok(gif)
    }

    /// Takes a frame, unless a limit says no.
    fn add(&mut self, frame: Frame, total_pixels: &mut u64, limits: &Limits) -> Result<(), Error> {
        if self.frames.len() >= limits.max_frames as usize {
            return Err(Error::TooManyFrames { limit: limits.max_frames });
        }
        limits.check_side(frame.rect.width(), frame.rect.height())?;
        *total_pixels += frame.rect.area() as u64;
        limits.check_total_pixels(*total_pixels)?;
        if self.frames.is_empty() && !frame.rect.is_empty() {
            // Each side by itself: a screen may have a width and no height.
            let (right, bottom) = (self.canvas.right.max(frame.rect.right), self.canvas.bottom.max(frame.rect.bottom));
            self.canvas = Rect { left: 0, top: 0, right, bottom };
            limits.check_side(self.canvas.right, self.canvas.bottom)?;
        }
        self.frames.push(frame);
        Ok(())
    }
}

/// What has been seen since the last frame.
struct Lead {
    start: usize,
    /// Where the flags of the last Graphic Control Extension stand, and they with what follows them.
    control: Option<(usize, [u8; 4])>,
    second_screen: Option<usize>,
}

impl Lead {
    fn starting_at(start: usize) -> Self {
        Self { start, control: None, second_screen: None }
    }
}

struct Reader<'a, S> {
    source: &'a mut S,
    len: usize,
    at: usize,
}

impl<S: Source> Reader<'_, S> {
    #[inline]
    fn take<const N: usize>(&mut self, inside: &'static str) -> Result<[u8; N], Error> {
        let taken = self.source.get(self.at, N).and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| self.cut(inside))?;
        self.at += N;
        Ok(taken)
    }

    #[inline]
    fn skip(&mut self, bytes: usize, inside: &'static str) -> Result<(), Error> {
        let after = self.at.checked_add(bytes).filter(|at| *at <= self.len);
        self.at = after.ok_or_else(|| self.cut(inside))?;
        Ok(())
    }

    fn cut(&self, inside: &'static str) -> Error {
        Error::Truncated { at_byte: self.len as u64, inside }
    }

    fn palette(&mut self, flags: u8, inside: &'static str) -> Result<Option<Range<usize>>, Error> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        let start = self.at;
        self.skip(3 * (2 << (flags & 7)), inside)?;
        Ok(Some(start..self.at))
    }

    /// Steps over sub-blocks. Answers whether a terminator closed them: only its absence at the very
    /// end of the file is forgiven, a cut inside a sub-block is not.
    fn sub_blocks(&mut self, inside: &'static str) -> Result<bool, Error> {
        loop {
            match self.source.byte(self.at) {
                None => return Ok(false),
                Some(0) => {
                    self.at += 1;
                    return Ok(true);
                }
                Some(len) => self.skip(1 + usize::from(len), inside)?,
            }
        }
    }

    fn extension(&mut self, lead: &mut Lead, loop_count: &mut Option<u16>) -> Result<(), Error> {
        const INSIDE: &str = "an extension";
        let [_, label] = self.take(INSIDE)?;
        let body = self.at;
        if !self.sub_blocks(INSIDE)? {
            return Err(self.cut(INSIDE));
        }
        // The longest that is understood: the first sub-block of an application extension and what follows its length.
        let understood = self.source.get(body, (self.at - body).min(16)).unwrap_or_default();
        match (label, understood) {
            (GRAPHIC_CONTROL, [4..=255, a, b, c, d, ..]) => lead.control = Some((body + 1, [*a, *b, *c, *d])),
            (APPLICATION, [11, rest @ ..]) if rest.starts_with(b"NETSCAPE2.0") || rest.starts_with(b"ANIMEXTS1.0") => {
                if let [3, 1, low, high, ..] = rest[11..] {
                    *loop_count = Some(u16::from_le_bytes([low, high]));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Steps over the sub-blocks of a frame. Answers whether a terminator closed them, and whether the file ends inside one.
    fn image_data(&mut self) -> Result<(bool, bool), Error> {
        let start = self.at;
        match self.sub_blocks("image data") {
            Ok(terminated) => Ok((terminated, false)),
            // Decoders show what came, as soon as there is a byte of it.
            Err(_) if self.len > start + 1 => {
                self.at = self.len;
                Ok((false, true))
            }
            Err(cut) => Err(cut),
        }
    }

    fn frame(&mut self, lead: &Lead) -> Result<Frame, Error> {
        let start = self.at;
        let descriptor: [u8; 10] = self.take("an image descriptor")?;
        let flags = descriptor[9];
        let [left, top, width, height] = [1, 3, 5, 7].map(|at| u16_at(&descriptor, at));
        let rect = Rect::at(left, top, width, height);
        let local_palette = self.palette(flags, "a local palette")?;
        let [min_code_size] = self.take("image data")?;
        let data_start = self.at;
        let (terminated, is_cut) = self.image_data()?;
        if self.at == data_start {
            return Err(self.cut("image data"));
        }
        let control = lead.control.map(|(_, bytes)| bytes);
        Ok(Frame {
            lead: lead.start..start,
            control: lead.control.map(|(at, _)| at),
            // A frame may begin among the bytes that would be its size.
            second_screen: lead.second_screen.filter(|at| at + 4 <= start),
            descriptor: start..start + 10,
            rect,
            interlaced: flags & 0x40 != 0,
            local_palette,
            min_code_size,
            data: data_start..self.at,
            terminated,
            is_cut,
            delay_cs: control.map_or(0, |c| u16::from_le_bytes([c[1], c[2]])),
            disposal: match control.map(|c| c[0] >> 2 & 7) {
                Some(2) => Disposal::Background,
                Some(3) => Disposal::Previous,
                _ => Disposal::Keep,
            },
            transparent: control.filter(|c| c[0] & 1 != 0).map(|c| c[3]),
        })
    }
}

/// Section 17.
fn is_signature(bytes: &[u8]) -> bool {
    bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
}

fn u16_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

#[cfg(test)]
mod tests;
