//! The blocks of a file (`GIF89a`, sections 17 to 27) as far as they are shown.
//!
//! Called by [`super::Player`] alone. A block in which the file ends must be read as far as it goes, if that shows anything.

/// What matters of a block.
pub(super) enum Block<'a> {
    Control(Control),
    LoopCount(u16),
    Image(Image<'a>),
    /// Nothing that is shown.
    Other,
}

/// Section 23.
#[derive(Clone, Copy)]
pub(super) struct Control {
    pub disposal: u8,
    pub delay_cs: u16,
    pub transparent: Option<u8>,
}

/// Sections 20 to 22.
pub(super) struct Image<'a> {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
    pub interlaced: bool,
    /// The local palette, else the global one, else nothing.
    pub palette: &'a [u8],
    pub min_code_size: u8,
    /// The sub-blocks' bytes, joined.
    pub data: Vec<u8>,
}

#[derive(Clone)]
pub(super) struct Blocks<'a> {
    /// Width and height.
    pub screen: (usize, usize),
    global: &'a [u8],
    all: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Blocks<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let signature = take(&mut rest, 6)?;
        if signature != b"GIF87a" && signature != b"GIF89a" {
            return None;
        }
        let screen = (u16_of(&mut rest)?.into(), u16_of(&mut rest)?.into());
        let flags = take(&mut rest, 3)?[0];
        let global = palette(flags, &mut rest)?;
        Some(Self { screen, global, all: rest, rest })
    }

    /// The same blocks from the first on.
    pub(super) fn restarted(&self) -> Self {
        Self { rest: self.all, ..self.clone() }
    }

    fn block(&mut self) -> Option<Block<'a>> {
        let rest = &mut self.rest;
        match take(rest, 1)?[0] {
            0x21 => {
                let label = take(rest, 1)?[0];
                let first = sub_block(rest)?;
                let block = match (label, first) {
                    (0xF9, &[flags, delay_low, delay_high, transparent, ..]) => Block::Control(Control {
                        disposal: flags >> 2 & 7,
                        delay_cs: u16::from_le_bytes([delay_low, delay_high]),
                        transparent: (flags & 1 != 0).then_some(transparent),
                    }),
                    (0xFF, b"NETSCAPE2.0" | b"ANIMEXTS1.0") => {
                        let mut behind = *rest;
                        match sub_block(&mut behind) {
                            Some(&[1, low, high]) => Block::LoopCount(u16::from_le_bytes([low, high])),
                            _ => Block::Other,
                        }
                    }
                    _ => Block::Other,
                };
                if !first.is_empty() {
                    while !sub_block(rest)?.is_empty() {}
                }
                Some(block)
            }
            0x2C => {
                let (left, top) = (u16_of(rest)?.into(), u16_of(rest)?.into());
                let (width, height) = (u16_of(rest)?.into(), u16_of(rest)?.into());
                let flags = take(rest, 1)?[0];
                let local = palette(flags, rest)?;
                let palette = if local.is_empty() { self.global } else { local };
                let min_code_size = take(rest, 1)?[0];
                let mut data = Vec::new();
                while let Some(block @ [_, ..]) = sub_block(rest) {
                    data.extend_from_slice(block);
                }
                Some(Block::Image(Image {
                    left,
                    top,
                    width,
                    height,
                    interlaced: flags & 0x40 != 0,
                    palette,
                    min_code_size,
                    data,
                }))
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        let block = self.block();
        if block.is_none() {
            self.rest = &[];
        }
        block
    }
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(taken)
}

fn u16_of(rest: &mut &[u8]) -> Option<u16> {
    let bytes = take(rest, 2)?;
    Some(u16::from_le_bytes([bytes[0], bytes[1]]))
}

/// A sub-block's bytes, as many of them as there are; empty for the terminator.
fn sub_block<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::from(take(rest, 1)?[0]);
    take(rest, len.min(rest.len()))
}

fn palette<'a>(flags: u8, rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let entries = if flags & 0x80 == 0 { 0 } else { 2 << (flags & 7) };
    take(rest, 3 * entries)
}
