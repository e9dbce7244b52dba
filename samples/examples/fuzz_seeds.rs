//! Writes the inputs that fuzzing begins with into `fuzz/corpus/<target>/`, made by code so that no binary is kept in the tree:
//! `cargo run -p samples --example fuzz_seeds`.

use std::{fs, io, path::Path};

use samples::{Choices, Content, Frame, Noise, Palette, Sample, apng, mp4::Clip, stream::Stream, webp};

const SPECS: [&str; 5] = [
    r##"{"captions":[{"text":"when it compiles","at":"bottom","style":"overlay","font":"anton","size":"auto","fill":"#fff","stroke":"#000"}]}"##,
    r#"{"captions":[{"text":"骨","lang":"zh-Hant"},{"text":"a","at":"top","lang":null}]}"#,
    r#"{"captions":[{"text":"a\nb","at":"top","style":"bar","size":40},{"text":"c"}]}"#,
    r##"{"captions":[{"text":"a","at":{"x":0.1,"y":0.4,"width":0.8,"height":0.2},"align":"left","valign":"top","style":"box","background":"#00000080","stroke":"gold","stroke_width":0.1,"case":"upper","line_spacing":1.5,"from":0.5,"to":2},{"text":"b","at":"middle","style":"shadow","frames":[3,9]}]}"##,
    r#"{"captions":[{"text":":a: <a:b:1> <:c:2>"}],"images":{"a":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}"#,
];

const SUBTITLES: [&str; 3] = [
    "1\n00:00:00,500 --> 00:00:02,000\n<i>Hello</i> &amp;\nthere\n\n2\n00:00:02,000 --> 00:00:03,250 X1:1\n{\\an8}up\n",
    "WEBVTT\nKind: captions\n\nNOTE a\n\nintro\n00:00.500 --> 00:02.000 line:0% align:start\n<v Mary>Hello</v>\n\n00:02.000 --> 1:00:03.250\n&#x41;\n",
    "\u{feff}1\r\n0:0:1.5-->0:0:2\r\n<br/>a\r2\r0:0:2-->0:0:3\rb",
];

/// Targets whose input chooses a sample.
const OF_CHOICES: [&str; 1] = ["structured"];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    write(&corpus.join("render"), &files())?;
    write(&corpus.join("probe"), &[files(), clips()].concat())?;
    for target in OF_CHOICES {
        write(&corpus.join(target), &choices())?;
    }
    write(&corpus.join("stills"), &[apng::moving_square(4), webp::moving_square(4)].map(|file| [&[0][..], &file].concat()))?;
    write(&corpus.join("remake"), &remade())?;
    write(&corpus.join("scan"), &scans())?;
    write(&corpus.join("splice"), &splices())?;
    write(&corpus.join("fonts"), &fonts()?)?;
    let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let subtitles = SUBTITLES.iter().map(|text| text.as_bytes().to_vec()).chain([utf_16(&format!("\u{feff}{}", SUBTITLES[0]))]);
    write(&corpus.join("subtitles"), &subtitles.collect::<Vec<_>>())?;
    write(&corpus.join("spec"), &SPECS.map(|json| json.as_bytes().to_vec()))
}

/// Small GIFs, and two whose screen promises more than they hold.
fn files() -> Vec<Vec<u8>> {
    let mut files: Vec<_> = (0..64).map(|seed| Sample::small(&mut Choices::from_seed(seed)).bytes()).collect();
    // Long inputs are slow to mutate; the shortest already hold every kind of block.
    files.sort_by_key(Vec::len);
    files.truncate(24);
    for side in [64, u16::MAX] {
        let palette = Some(Palette { log2_len: 1, seed: 0, has_black_and_white: true });
        let frames = vec![Frame::plain(1, 1, Content::Flat, 0)];
        files.push(Sample { width: side, height: side, palette, loop_count: None, frames }.bytes());
    }
    files
}

/// Animations, each behind the layout, the output and the bound that are asked of it.
fn remade() -> Vec<Vec<u8>> {
    let heads = [[0, 1, 0], [0, 2, 0], [6, 3, 0], [0, 5, 60], [12, 6, 90], [0, 4, 40], [18, 9, 80], [0, 33, 0], [24, 20, 120]];
    let animations = files().into_iter().chain([apng::moving_square(4), webp::moving_square(4)]);
    animations.zip(heads.iter().cycle()).map(|(file, head)| [&head[..], &file].concat()).collect()
}

/// Small videos: their walk is `probe`'s. No fuzz target decodes one, for that is another's code in another's process.
fn clips() -> Vec<Vec<u8>> {
    let keys = Clip::of_keys([16, 16], 3);
    let turned = Clip { degrees: 90, header_first: false, edit_from_ms: Some(100), ..Clip::with_b([16, 16], 1) };
    let [other, sound] = [Clip { entry: *b"hvc1", ..keys.clone() }, Clip { handler: *b"soun", ..keys.clone() }];
    [keys, turned, other, sound].map(|clip| clip.bytes()).into()
}

/// The smallest fonts that ship, alone and as a collection.
fn fonts() -> io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../caption-layout/fonts/noto");
    let names = ["NotoSansHebrew-Bold.ttf", "NotoSansLao-Bold.ttf", "NotoSansThai-Bold.ttf"];
    let mut fonts = names.iter().map(|name| fs::read(folder.join(name))).collect::<io::Result<Vec<_>>>()?;
    // A collection of one face; its offsets are those of the font alone, and what they lead to is for the fuzzer to find.
    let collections: Vec<_> =
        fonts.iter().map(|font| [b"ttcf".as_slice(), &[0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 16], font].concat()).collect();
    fonts.extend(collections);
    Ok(fonts)
}

fn choices() -> Vec<Vec<u8>> {
    (0..48).map(Noise::new).map(|mut noise| (0..60 + 4 * noise.below(40)).map(|_| noise.byte()).collect()).collect()
}

/// A code size, a frame's pixels, and its stream, written in every style.
fn scans() -> Vec<Vec<u8>> {
    let of = |frame: &Frame, data: &[u8]| {
        let [low, high] = frame.width.saturating_mul(frame.height).to_le_bytes();
        [&[data[0] - 1, low, high], &data[1..]].concat()
    };
    streams().iter().map(|(frame, data)| of(frame, data)).collect()
}

/// Runs to paint and such a stream, and runs with bytes that choose one.
fn splices() -> Vec<Vec<u8>> {
    let mut noise = Noise::new(9);
    let mut seeds = Vec::new();
    for (frame, data) in streams() {
        let [width, height] = [frame.width, frame.height].map(|side| (side - 1).to_le_bytes()[0]);
        let head = noise.byte() & !4;
        seeds.push([&[head], &runs(head, &mut noise)[..], &[width, height, data[0] - 1], &data[1..]].concat());
    }
    for choices in choices() {
        let head = noise.byte() | 4;
        seeds.push([&[head], &runs(head, &mut noise)[..], &choices].concat());
    }
    seeds
}

fn runs(head: u8, noise: &mut Noise) -> Vec<u8> {
    (0..4 * (1 + (head & 3))).map(|_| noise.byte()).collect()
}

/// Streams of small frames, and some that fill a table of codes.
fn streams() -> Vec<(Frame, Vec<u8>)> {
    let palette = |log2_len| Some(Palette { log2_len, seed: 0, has_black_and_white: false });
    let of = |seed: u32| {
        let mut choices = Choices::from_seed(seed.into());
        let is_large = seed.is_multiple_of(4);
        let side = if is_large { 90 } else { 8 + 2 * u16::try_from(seed % 16).unwrap_or(0) };
        let contents = [Content::Dithered, Content::Runs, Content::Flat, Content::Delta];
        let content = if is_large { Content::Dithered } else { contents[seed as usize % 4] };
        let frame = Frame { stream: Stream::from_choices(&mut choices), ..Frame::plain(side, side, content, seed) };
        let data = frame.image_data(palette(if is_large { 8 } else { seed.to_le_bytes()[0] % 8 + 1 }));
        (frame, data)
    };
    (0..48).map(of).collect()
}

fn write(folder: &Path, inputs: &[Vec<u8>]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (i, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{i}")), input)?;
    }
    Ok(())
}
