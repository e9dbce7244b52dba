//! Encodes a GIF again, or raw RGBA frames (`.rgba`, with `--sides WIDTHxHEIGHT`), to see what settings give.
//!
//! `encode IN OUT [--sides WxH] [--colours N] [--lossiness N] [--tolerance N] [--dither 0..255] [--exact] [--bytes N]`. With `--bytes` it looks for
//! the least lossiness that keeps to them.

#[path = "../tests/support/mod.rs"]
mod support;

use anyhow::{Context, Result};
use gif_encoder::{Dither, Encoder, Fidelity, Frame, PaletteBuilder, Settings};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str, default: u16| value(name).map_or(Ok(default), |value| value.parse());
    let (input, output) = (arguments.first().context("which file?")?, arguments.get(1).context("to which file?")?);
    let bytes = std::fs::read(input)?;
    let (sides_px, frames) = if let Some(sides) = value("--sides") {
        let (width, height) = sides.split_once('x').context("sides are WIDTHxHEIGHT")?;
        let sides: [u32; 2] = [width.parse()?, height.parse()?];
        let pixels = bytes.as_chunks::<4>().0;
        (sides, pixels.chunks(usize::try_from(sides[0] * sides[1])?).map(|frame| (frame.to_vec(), 7)).collect())
    } else {
        let played = support::play(&bytes)?;
        (played.sides_px, played.frames)
    };
    drop(bytes);
    let mut builder = PaletteBuilder::new();
    for (pixels, _) in &frames {
        builder.add(pixels);
    }
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let colours = number("--colours", 256)?;
    let palette = if exact { builder.build_most_frequent(colours) } else { None }.unwrap_or_else(|| builder.build(colours));
    let dither = match number("--dither", 0)? {
        0 => Dither::None,
        strength => Dither::Ordered { strength: u8::try_from(strength)? },
    };
    let encode = |lossiness: u16| -> Result<Vec<u8>> {
        let tolerance = number("--tolerance", lossiness)?;
        let fidelity = if exact { Fidelity::Exact } else { Fidelity::Palette { lossiness, tolerance, dither } };
        let mut encoder = Encoder::new(sides_px, Some(0), palette.clone(), Settings { fidelity, keeps_frames: true })?;
        for (pixels, delay_cs) in &frames {
            encoder.add(Frame { pixels, delay_cs: *delay_cs, kept: None })?;
        }
        Ok(encoder.finish()?)
    };
    let Some(most) = value("--bytes") else {
        return Ok(std::fs::write(output, encode(number("--lossiness", 0)?)?)?);
    };
    let most: usize = most.parse()?;
    let (mut low, mut high, mut best) = (0_u16, 8000, Vec::new());
    while low < high {
        let middle = low.midpoint(high);
        let file = encode(middle)?;
        if file.len() <= most {
            (high, best) = (middle, file);
        } else {
            low = middle + 1;
        }
    }
    Ok(std::fs::write(output, best)?)
}
