//! Writes the inputs that fuzzing begins with into `fuzz/corpus/<target>/`, made by code so that no binary is kept in the tree:
//! `cargo run -p samples --example fuzz_seeds`.

use std::{fs, io, path::Path};

use samples::{Choices, Content, Frame, Noise, Palette, Sample};

const SPECS: [&str; 2] = [
    r##"{"captions":[{"text":"when it compiles","at":"bottom","style":"overlay","font":"anton","size":"auto","fill":"#fff","stroke":"#000"}]}"##,
    r#"{"captions":[{"text":"a\nb","at":"top","style":"bar","size":40},{"text":"c"}]}"#,
];

/// Targets whose input is a file.
const OF_FILES: [&str; 2] = ["probe", "render"];
/// Targets whose input chooses a sample.
const OF_CHOICES: [&str; 1] = ["structured"];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    for target in OF_FILES {
        write(&corpus.join(target), &files())?;
    }
    for target in OF_CHOICES {
        write(&corpus.join(target), &choices())?;
    }
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

fn choices() -> Vec<Vec<u8>> {
    (0..48).map(Noise::new).map(|mut noise| (0..60 + 4 * noise.below(40)).map(|_| noise.byte()).collect()).collect()
}

fn write(folder: &Path, inputs: &[Vec<u8>]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (i, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{i}")), input)?;
    }
    Ok(())
}
