//! Which kind of PNG a source becomes, what its samples mean, and which of its chunks hold for the output.
//!
//! `mod` asks it for a picture that is held, `by_rows` for one that is not. It paints nothing and writes nothing.

use caption_layout::reading::orientation::orientation_in;

use super::{
    chunks::{Chunk, Chunks},
    indexed::Indexed,
    paint::Direct,
    read::{Colour, Png},
    rows::Filter,
    write::Picture,
};
use crate::{
    mask::{Ink, Mask},
    still::{colour_space::Samples, exif::exif_without_turn},
};

/// The palette of a picture that is painted in indices. A grey one of at most 16 levels is too where its captions have colours, or where
/// one level is transparent.
pub(super) fn few_colours(png: &Png<'_>, mask: &Mask) -> Option<Vec<[u8; 4]>> {
    let alphas = png.transparency.unwrap_or_default();
    match png.colour {
        Colour::Indexed => {
            let entry = |(i, &[r, g, b]): (usize, &[u8; 3])| [r, g, b, alphas.get(i).copied().unwrap_or(255)];
            Some(png.palette.iter().take(1 << png.depth).enumerate().map(entry).collect())
        }
        Colour::Grey if png.depth < 8 => {
            let key = key_of(png);
            if key.is_none() && mask.inks.iter().all(Ink::is_grey) {
                return None;
            }
            let most = u8::MAX >> (8 - png.depth);
            let alpha = |level: u8| if key.as_deref() == Some(&[u32::from(level)]) { 0 } else { 255 };
            Some(
                (0..=most)
                    .map(|level| (level * (255 / most), alpha(level)))
                    .map(|(grey, alpha)| [grey, grey, grey, alpha])
                    .collect(),
            )
        }
        _ => None,
    }
}

/// The one transparent colour that a tRNS chunk names (section 11.3.1.1).
pub(super) fn key_of(png: &Png<'_>) -> Option<Vec<u32>> {
    let samples = match png.colour {
        Colour::Grey => 1,
        Colour::Rgb => 3,
        _ => return None,
    };
    let pairs = png.transparency?.as_chunks::<2>().0;
    let mask = (1_u32 << png.depth) - 1;
    (pairs.len() == samples).then(|| pairs.iter().map(|&pair| u32::from(u16::from_be_bytes(pair)) & mask).collect())
}

/// What the samples mean. The first of cICP, iCCP, sRGB and gAMA decides (section 4.3).
pub(super) fn samples_of(png: &Png<'_>) -> Samples {
    samples_by(|kind| png.chunk(kind))
}

/// The same of a file, by the chunks before its data.
pub(crate) fn samples_in(file: &[u8]) -> Samples {
    let before: Vec<Chunk<'_>> = Chunks::of(file).take_while(|chunk| chunk.kind != *b"IDAT").collect();
    samples_by(|kind| before.iter().find(|chunk| chunk.kind == kind).map(|chunk| chunk.data))
}

fn samples_by<'a>(chunk: impl Fn([u8; 4]) -> Option<&'a [u8]>) -> Samples {
    if [*b"cICP", *b"iCCP", *b"sRGB"].iter().any(|&kind| chunk(kind).is_some()) {
        return Samples::Srgb;
    }
    let gamma = chunk(*b"gAMA").and_then(|data| data.first_chunk::<4>());
    gamma.map_or(Samples::Srgb, |&gamma| Samples::of_gama(u32::from_be_bytes(gamma)))
}

pub(super) fn as_indexed<'a>(
    png: &Png<'_>,
    painted: &'a Indexed,
    filters: Vec<Option<Filter>>,
    source_bytes: usize,
) -> Picture<'a> {
    let mut alphas: Vec<u8> = painted.palette.iter().map(|entry| entry[3]).collect();
    let opaque_tail = alphas.iter().rev().take_while(|&&alpha| alpha == 255).count();
    alphas.truncate(alphas.len() - opaque_tail);
    let is_same = png.colour == Colour::Indexed && png.depth == painted.depth;
    Picture {
        colour: Colour::Indexed,
        depth: painted.depth,
        raster: &painted.raster,
        palette: Some(painted.palette.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()),
        transparency: (!alphas.is_empty()).then_some(alphas),
        others: kept(png, png.colour == Colour::Indexed, true),
        filters: if is_same { filters } else { Vec::new() },
        source_bytes,
    }
}

pub(super) fn as_direct<'a>(
    png: &Png<'_>,
    painted: &'a Direct,
    filters: Vec<Option<Filter>>,
    source_bytes: usize,
) -> Picture<'a> {
    let is_same = (png.colour, png.depth) == (painted.colour, painted.depth);
    let key = |key: &Vec<u32>| key.iter().flat_map(|&sample| u16::try_from(sample).unwrap_or(u16::MAX).to_be_bytes()).collect();
    let is_rgb = matches!(painted.colour, Colour::Rgb | Colour::Rgba);
    Picture {
        colour: painted.colour,
        depth: painted.depth,
        raster: &painted.raster,
        // Of an RGB picture a palette is a proposal for screens of few colours.
        palette: (is_same && is_rgb && !png.palette.is_empty()).then(|| png.palette.concat()),
        transparency: painted.key.as_ref().map(key),
        others: kept(png, is_same, is_rgb == matches!(png.colour, Colour::Rgb | Colour::Rgba)),
        filters: if is_same || png.depth == 8 && painted.depth == 8 { filters } else { Vec::new() },
        source_bytes,
    }
}

/// The chunks of the source that hold for the output: before the palette, behind it, behind the data. `has_same_samples` says that
/// samples are what they were, `has_same_channels` that a grey picture is grey still, or one in colour in colour.
fn kept(png: &Png<'_>, has_same_samples: bool, has_same_channels: bool) -> [Vec<([u8; 4], Vec<u8>)>; 3] {
    let mut kept = [Vec::new(), Vec::new(), Vec::new()];
    let chunks = png.others[0].iter().map(|chunk| (chunk, 1)).chain(png.others[1].iter().map(|chunk| (chunk, 2)));
    for (Chunk { kind, data, .. }, mut place) in chunks {
        let holds = match kind {
            b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI" | b"pHYs" | b"tIME" | b"sPLT" | b"oFFs" | b"eXIf" => true,
            // A profile is for grey or for RGB.
            b"iCCP" => has_same_channels,
            b"sBIT" | b"bKGD" => has_same_samples,
            b"hIST" | b"acTL" | b"fcTL" | b"fdAT" => false,
            // Bit 5 of the last letter: safe to copy, whatever became of the picture (section 5.4).
            [first, _, _, last] => first & 0x20 != 0 && last & 0x20 != 0,
        };
        if !holds {
            continue;
        }
        if matches!(kind, b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"mDCV" | b"cLLI" | b"iCCP" | b"sBIT") {
            place = 0;
        }
        let data = if kind == b"eXIf" && orientation_in(data).is_some() { exif_without_turn(data) } else { data.to_vec() };
        kept[place].push((*kind, data));
    }
    kept
}
