//! What a large still takes of memory: alone in its process, whose memory it reads. Sizes are a quarter of the largest, as this is not an
//! optimised build; what would grow with the picture is many times the bound.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, io::Write as _};

use caption::{Font, Limits, LoadedCaption, LoadedSpec, Position, Style, Watch};
use flate2::{Compression, write::ZlibEncoder};

const SIDES: [u16; 2] = [6_000, 4_200];

/// Pixels of it in RGB.
const RGB_BYTES: u64 = 3 * 6_000 * 4_200;

/// The most memory that this process has had, in bytes.
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    value.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
}

/// A grey JPEG each of whose blocks is two codes of the standard tables: no difference of DC, and an end of block.
fn jpeg() -> Vec<u8> {
    let [width, height] = SIDES.map(u16::to_be_bytes);
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0];
    bytes.extend([1; 64]);
    bytes.extend([&[0xFF, 0xC0, 0, 11, 8][..], &height, &width, &[1, 1, 0x11, 0]].concat());
    bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
    let blocks = usize::from(SIDES[0].div_ceil(8)) * usize::from(SIDES[1].div_ceil(8));
    // 00 1010 four times over.
    bytes.extend([0x28, 0xA2, 0x8A].repeat(blocks.div_ceil(4)));
    bytes.extend([0xFF, 0xD9]);
    bytes
}

/// An RGB PNG of a slope.
fn png() -> Vec<u8> {
    let mut data = ZlibEncoder::new(Vec::new(), Compression::fast());
    for y in 0..SIDES[1] {
        let pixels = (0..SIDES[0]).flat_map(|x| [u8::try_from(x / 24).unwrap(), u8::try_from(y / 17).unwrap(), 90]);
        data.write_all(&std::iter::once(0).chain(pixels).collect::<Vec<u8>>()).unwrap();
    }
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    let sides = SIDES.map(|side| u32::from(side).to_be_bytes()).concat();
    for (kind, data) in
        [(b"IHDR", [&sides[..], &[8, 2, 0, 0, 0]].concat()), (b"IDAT", data.finish().unwrap()), (b"IEND", Vec::new())]
    {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let checked = [&kind[..], &data].concat();
        bytes.extend(&checked);
        bytes.extend(crc32fast::hash(&checked).to_be_bytes());
    }
    bytes
}

#[test]
fn a_large_still_takes_a_small_part_of_its_pixels() {
    let font = Font::builtin("anton").unwrap();
    let spec = LoadedSpec::new(vec![LoadedCaption::new("x", Position::Bottom, Style::Overlay, font)]);
    let sources = [jpeg(), png()];
    let before = peak_bytes();
    for source in &sources {
        let rendered = caption::render_with(source, &spec, &Limits::default(), &Watch::none()).unwrap();
        assert_eq!([rendered.width_px, rendered.height_px], SIDES.map(u32::from));
        let taken = peak_bytes() - before;
        assert!(taken < RGB_BYTES / 4, "{taken} bytes, of {RGB_BYTES} for the pixels");
    }
}
