//! Writes the inputs that fuzzing begins with into `fuzz/corpus/<target>/`, made by code so that no binary is kept in the tree:
//! `cargo run -p e2e --example fuzz_seeds`.

use std::{fs, io, path::Path};

use e2e::samples;

const SPECS: [&str; 2] = [
    r##"{"captions":[{"text":"when it compiles","at":"bottom","style":"overlay","font":"anton","size":"auto","fill":"#fff","stroke":"#000"}]}"##,
    r#"{"captions":[{"text":"a\nb","at":"top","style":"bar","size":40},{"text":"c"}]}"#,
];

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let mut gifs: Vec<Vec<u8>> =
        vec![samples::declared_size(64, 64), samples::declared_size(65_535, 65_535), samples::many_frames(9)];
    for seed in 0..48 {
        gifs.push(samples::animation_of(seed, 40..80).map_err(io::Error::other)?);
    }
    // Long inputs are slow to mutate; the shortest already hold every kind of block.
    gifs.sort_by_key(Vec::len);
    gifs.truncate(24);
    for target in ["probe", "render"] {
        write(&corpus.join(target), gifs.iter().map(Vec::as_slice))?;
    }
    write(&corpus.join("spec"), SPECS.iter().map(|json| json.as_bytes()))
}

fn write<'a>(folder: &Path, inputs: impl Iterator<Item = &'a [u8]>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (i, input) in inputs.enumerate() {
        fs::write(folder.join(format!("seed-{i}")), input)?;
    }
    Ok(())
}
