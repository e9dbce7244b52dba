//! A PNG's samples as they are stored: indices stay indices, and each row's filter is known.
//!
//! `mod` calls it. It follows the third edition of the PNG specification. What is cut off or damaged is left at 0, and told; of what
//! a header claims no more is allocated than the limits let by, and rows only as they are inflated.

use caption_layout::{Error, Limits};

use super::{
    super::{
        damage::{Damage, percent},
        raster::Raster,
    },
    chunks::{Chunk, Chunks},
    inflate::{End, inflate},
    rows::{Filter, Pass, passes, unpack},
};

/// What a pixel is made of: the colour types of section 11.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Grey,
    Rgb,
    Indexed,
    GreyAlpha,
    Rgba,
}

impl Colour {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Grey => 0,
            Self::Rgb => 2,
            Self::Indexed => 3,
            Self::GreyAlpha => 4,
            Self::Rgba => 6,
        }
    }

    pub(crate) fn channels(self) -> usize {
        match self {
            Self::Grey | Self::Indexed => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }
}

/// A picture and what its file says of it.
pub(super) struct Png<'a> {
    pub colour: Colour,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub depth: u8,
    /// The samples: a byte each up to 8 bits, two bytes with the high one first at 16.
    pub raster: Raster,
    /// Of an indexed picture.
    pub palette: Vec<[u8; 3]>,
    /// The tRNS chunk: alpha of the first entries, or the one colour that is transparent.
    pub transparency: Option<&'a [u8]>,
    /// The chunks that are neither of these, in their order: before the first IDAT and after the last.
    pub others: [Vec<Chunk<'a>>; 2],
    /// Of each row of a picture that is not interlaced.
    pub filters: Vec<Filter>,
    pub damage: Option<Damage>,
}

impl<'a> Png<'a> {
    /// The data of the chunk of a kind that stands before the picture's data.
    pub(super) fn chunk(&self, kind: [u8; 4]) -> Option<&'a [u8]> {
        self.others[0].iter().find(|chunk| chunk.kind == kind).map(|chunk| chunk.data)
    }
}

pub(super) fn malformed(what: impl Into<String>) -> Error {
    Error::Malformed { what: what.into() }
}

/// The sides that IHDR names; 0 where there is none.
pub(super) fn sides(bytes: &[u8]) -> [u32; 2] {
    let [w, h] = [16, 20].map(|at| bytes.get(at..at + 4).and_then(|side| side.first_chunk::<4>()));
    [w, h].map(|side| side.map_or(0, |&side| u32::from_be_bytes(side)))
}

/// What IHDR says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    pub sides: [usize; 2],
    /// Bits of a sample.
    pub depth: u8,
    pub colour: Colour,
    pub is_interlaced: bool,
}

impl Header {
    pub(crate) fn read(chunk: Option<Chunk<'_>>, most_side_px: u32) -> Result<Self, Error> {
        let chunk = chunk
            .filter(|chunk| chunk.kind == *b"IHDR" && chunk.is_sound)
            .ok_or_else(|| malformed("a PNG without a sound IHDR"))?;
        let &[w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, 0, 0, interlace @ (0 | 1)] = chunk.data else {
            return Err(malformed("an IHDR that no PNG has"));
        };
        let (width, height) = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        let colour = match (colour, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
            (2, 8 | 16) => Colour::Rgb,
            (3, 1 | 2 | 4 | 8) => Colour::Indexed,
            (4, 8 | 16) => Colour::GreyAlpha,
            (6, 8 | 16) => Colour::Rgba,
            _ => return Err(malformed(format!("colour type {colour} with {depth} bits"))),
        };
        if width == 0 || height == 0 || width > most_side_px || height > most_side_px {
            return Err(malformed(format!("an IHDR of {width} x {height} pixels")));
        }
        Ok(Self { sides: [width as usize, height as usize], depth, colour, is_interlaced: interlace == 1 })
    }

    pub(super) fn bits_per_pixel(&self) -> usize {
        self.colour.channels() * usize::from(self.depth)
    }

    /// Bytes of a pixel of a [`Raster`].
    fn pixel_bytes(&self) -> usize {
        self.colour.channels() * usize::from(self.depth.div_ceil(8))
    }

    pub(super) fn row_bytes(&self, pass: &Pass) -> usize {
        (pass.sides[0] * self.bits_per_pixel()).div_ceil(8)
    }
}

/// A file before its data are read.
pub(super) struct Head<'a> {
    pub header: Header,
    /// Without a row.
    pub png: Png<'a>,
    /// The data, piece by piece.
    pub data: Vec<&'a [u8]>,
    data_are_sound: bool,
    has_end: bool,
}

/// Reads all chunks but the data.
///
/// # Errors
/// [`Error::Malformed`] where a header or the palette is wrong.
pub(super) fn head(bytes: &[u8], most_side_px: u32) -> Result<Head<'_>, Error> {
    let mut chunks = Chunks::of(bytes);
    let header = Header::read(chunks.next(), most_side_px)?;
    let (mut palette, mut transparency) = (Vec::new(), None);
    let mut others = [Vec::new(), Vec::new()];
    let (mut data, mut data_are_sound, mut has_end) = (Vec::new(), true, false);
    for chunk in chunks {
        match &chunk.kind {
            b"IDAT" => {
                data_are_sound &= chunk.is_sound || !chunk.is_whole;
                data.push(chunk.data);
            }
            b"IEND" => {
                has_end = true;
                break;
            }
            b"PLTE" if data.is_empty() && chunk.is_sound => {
                palette = chunk.data.as_chunks::<3>().0.iter().copied().take(256).collect();
            }
            b"tRNS" if data.is_empty() && chunk.is_sound => transparency = Some(chunk.data),
            _ if chunk.is_sound => others[usize::from(!data.is_empty())].push(chunk),
            _ => {}
        }
    }
    if header.colour == Colour::Indexed && palette.is_empty() {
        return Err(malformed("an indexed PNG without a sound palette"));
    }
    let raster = Raster { width: header.sides[0], height: 0, pixel_bytes: header.pixel_bytes(), data: Vec::new() };
    let png = Png {
        colour: header.colour,
        depth: header.depth,
        raster,
        palette,
        transparency,
        others,
        filters: Vec::new(),
        damage: None,
    };
    Ok(Head { header, png, data, data_are_sound, has_end })
}

impl Head<'_> {
    /// What is wrong with the file, of whose samples `read` bytes of `wanted` are there.
    pub(super) fn damage(&self, read: usize, wanted: usize, end: End, is_out_of_rows: bool) -> Option<Damage> {
        if read < wanted {
            let percent_shown = percent(read, wanted);
            Some(if end == End::Cut && is_out_of_rows {
                Damage::CutOff { percent_shown }
            } else {
                Damage::Corrupt { percent_shown }
            })
        } else if !self.data_are_sound || end == End::Broken {
            Some(Damage::Checksum)
        } else {
            (!self.has_end).then_some(Damage::NoEnd)
        }
    }
}

/// Reads a PNG.
///
/// # Errors
/// [`Error::Malformed`] where a header or the palette is wrong, or not one row can be read.
pub(super) fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Png<'a>, Error> {
    let head = head(bytes, limits.max_side_px)?;
    let header = head.header;
    let passes = passes(header.sides, header.is_interlaced);
    let wanted: usize = passes.iter().map(|pass| (header.row_bytes(pass) + 1) * pass.sides[1]).sum();
    let (mut samples, end) = inflate(head.data.iter().copied(), wanted);
    let (filters, read, is_out_of_rows) = undo_filters(&mut samples, &header, &passes)?;
    let damage = head.damage(read, wanted, end, is_out_of_rows);
    samples.truncate(read);
    let missing = missing_pixel(&header, &head.png.palette, head.png.transparency);
    let raster = arrange(&samples, &header, &passes, &missing, read < wanted);
    let filters = if header.is_interlaced { Vec::new() } else { filters };
    Ok(Png { raster, filters, damage, ..head.png })
}

/// One frame of an animation, whose data have these pieces: its samples, and the filters of its rows where it is not interlaced.
///
/// # Errors
/// [`Error::Malformed`] where any of it is missing.
pub(crate) fn frame<'a>(header: &Header, pieces: impl Iterator<Item = &'a [u8]>) -> Result<(Raster, Vec<Filter>), Error> {
    let passes = passes(header.sides, header.is_interlaced);
    let wanted: usize = passes.iter().map(|pass| (header.row_bytes(pass) + 1) * pass.sides[1]).sum();
    let (mut samples, _) = inflate(pieces, wanted);
    let (filters, read, _) = undo_filters(&mut samples, header, &passes)?;
    if read < wanted {
        return Err(malformed(format!("a frame of which {} % can be read", percent(read, wanted))));
    }
    let raster = arrange(&samples, header, &passes, &missing_pixel(header, &[], None), false);
    Ok((raster, if header.is_interlaced { Vec::new() } else { filters }))
}

/// Undoes the filters of whole rows in place. Returns them, how many bytes were read, and whether there are no more rows (and not
/// one with a filter that does not exist).
fn undo_filters(samples: &mut [u8], header: &Header, passes: &[Pass]) -> Result<(Vec<Filter>, usize, bool), Error> {
    let step = header.bits_per_pixel().div_ceil(8);
    let (mut filters, mut at, mut is_out_of_rows) = (Vec::new(), 0, true);
    'passes: for pass in passes {
        let row_bytes = header.row_bytes(pass);
        for y in 0..pass.sides[1] {
            let (before, rest) = samples.split_at_mut(at);
            let Some(([filter], row)) = rest.get_mut(..=row_bytes).and_then(|row| row.split_first_chunk_mut::<1>()) else {
                break 'passes;
            };
            let Some(filter) = Filter::of(*filter) else {
                is_out_of_rows = false;
                break 'passes;
            };
            let above: &[u8] = if y == 0 { &[] } else { &before[at - row_bytes..] };
            filter.undo(row, above, step);
            filters.push(filter);
            at += row_bytes + 1;
        }
    }
    if at == 0 {
        return Err(malformed("a PNG of which not one row can be read"));
    }
    Ok((filters, at, is_out_of_rows))
}

/// The bytes of a pixel that the file lacks: transparent where that can be, else black.
pub(super) fn missing_pixel(header: &Header, palette: &[[u8; 3]], transparency: Option<&[u8]>) -> Vec<u8> {
    let index = transparency.and_then(|alphas| alphas.iter().position(|&alpha| alpha == 0)).or_else(|| {
        let light = |entry: &[u8; 3]| entry.iter().map(|&v| u32::from(v)).sum::<u32>();
        (0..palette.len()).min_by_key(|&i| light(&palette[i]))
    });
    match header.colour {
        Colour::Indexed => vec![index.and_then(|i| u8::try_from(i).ok()).unwrap_or(0)],
        _ => vec![0; header.pixel_bytes()],
    }
}

/// The rows as a picture. Where some are missing, a pixel of an early pass stands for those around it too.
fn arrange(samples: &[u8], header: &Header, passes: &[Pass], missing: &[u8], is_cut: bool) -> Raster {
    let [width, height] = header.sides;
    let pixel_bytes = missing.len();
    let mut raster = Raster { width, height, pixel_bytes, data: missing.repeat(width * height) };
    let (mut at, mut unpacked) = (0, Vec::new());
    for pass in passes {
        let row_bytes = header.row_bytes(pass);
        for row in 0..pass.sides[1] {
            let Some(stored) = samples.get(at + 1..at + 1 + row_bytes) else { return raster };
            at += row_bytes + 1;
            unpacked.clear();
            let pixels = if header.depth < 8 {
                unpacked.extend(unpack(stored, header.depth, pass.sides[0]));
                &unpacked[..]
            } else {
                stored
            };
            let y = pass.first[1] + row * pass.step[1];
            if !header.is_interlaced {
                raster.data[y * width * pixel_bytes..][..pixels.len()].copy_from_slice(pixels);
                continue;
            }
            let block = if is_cut { [pass.step[0] - pass.first[0], pass.step[1] - pass.first[1]] } else { [1, 1] };
            for (column, pixel) in pixels.chunks_exact(pixel_bytes).enumerate() {
                let x = pass.first[0] + column * pass.step[0];
                for block_y in y..(y + block[1]).min(height) {
                    for block_x in x..(x + block[0]).min(width) {
                        raster.pixel_mut_at(block_x, block_y).copy_from_slice(pixel);
                    }
                }
            }
        }
    }
    raster
}
