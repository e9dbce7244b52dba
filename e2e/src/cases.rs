//! Jobs whose right answer is known: a source, a spec, and what the engine makes of them in this process.
//!
//! Called by the tests across processes. The engine gives the same bytes for the same input, so an output that came through
//! queue, store and worker must be exactly those bytes. The oracle of `samples`, which shares no code with the engine, checks
//! that they are right. A case must depend on its seed or its file alone.

use std::{fs, io, path::PathBuf};

use caption::{Font, Limits, LoadedCaption, MediaType, Rendered, Watch};
use proto_shared::{Caption, CaptionSpec, Position, Style};
use samples::{
    Sample,
    compare::{Allowed, compare},
    show::Player,
};

/// One job.
#[derive(Clone, Debug)]
pub struct Case {
    /// For messages: the seed or the file.
    pub name: String,
    /// The picture.
    pub source: Vec<u8>,
    /// What to write on it.
    pub spec: CaptionSpec,
}

impl Case {
    /// A generated picture of 96 to 400 pixels a side; every third has a bar, every third two captions.
    #[must_use]
    pub fn generated(seed: u64) -> Self {
        let source = Sample::well_formed(seed, 96..=400).bytes();
        Self { name: format!("seed {seed}"), source, spec: spec(seed) }
    }

    /// `count` pictures. First come the GIFs of the folder that `PUNCHLINE_GIFS` names (else `../shared/gifs`), if there are any,
    /// then generated ones.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn many(count: usize) -> io::Result<Vec<Self>> {
        let mut cases = Vec::with_capacity(count);
        for (path, seed) in real_gifs().into_iter().zip(0..) {
            cases.push(Self { name: path.display().to_string(), source: fs::read(&path)?, spec: spec(seed) });
        }
        cases.truncate(count);
        let generated = count - cases.len();
        cases.extend((0_u64..).take(generated).map(Self::generated));
        Ok(cases)
    }

    /// The spec as a client sends it.
    ///
    /// # Errors
    /// None: a spec is always JSON.
    pub fn spec_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&self.spec)
    }

    /// What the engine makes of it here.
    ///
    /// # Errors
    /// The engine's.
    pub fn render(&self) -> Result<Rendered, caption::Error> {
        let captions = self.spec.captions.iter().filter_map(loaded).collect();
        caption::render_with(&self.source, &caption::LoadedSpec::new(captions), &Limits::default(), &Watch::none())
    }

    /// What is wrong with `output`, if anything.
    #[must_use]
    pub fn fault(&self, output: &[u8]) -> Option<String> {
        let fault = match self.render() {
            Err(error) => Some(format!("the engine here refuses it: {error}")),
            Ok(expected) if expected.output.to_vec(&self.source) != output => {
                Some(format!("{} bytes came, the engine here makes {} others", output.len(), expected.output.len_bytes()))
            }
            Ok(expected) => self.changed_outside(&expected),
        };
        fault.map(|fault| format!("{}: {fault}", self.name))
    }

    fn changed_outside(&self, rendered: &Rendered) -> Option<String> {
        if rendered.media != MediaType::Gif {
            return None;
        }
        changed_outside(&self.source, &rendered.output.to_vec(&self.source), &rendered.mask())
    }
}

/// The first thing that differs between a source and its captioned output where `mask` is 0, if anything does.
///
/// The mask has a byte for each pixel of the output. An output that is higher than its source has a bar above the picture.
#[must_use]
pub fn changed_outside(source: &[u8], output: &[u8], mask: &[u8]) -> Option<String> {
    let (before, after) = match (Player::open(source), Player::open(output)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(why), _) => return Some(format!("the source is not shown: {why}")),
        (_, Err(why)) => return Some(format!("the output is not shown: {why}")),
    };
    if mask.len() != after.width_px * after.height_px {
        return Some(format!("the mask has {} pixels, the output {} x {}", mask.len(), after.width_px, after.height_px));
    }
    let bar_px = after.height_px.saturating_sub(before.height_px);
    let [width_px, height_px, picture_top_px] =
        [after.width_px, after.height_px, bar_px].map(|px| u32::try_from(px).unwrap_or(u32::MAX));
    compare(source, output, &Allowed { mask, width_px, height_px, picture_top_px }).err().map(|difference| difference.to_string())
}

fn spec(seed: u64) -> CaptionSpec {
    let text = format!("job {seed}: when it compiles");
    let captions = match seed % 3 {
        0 => vec![Caption::new(text, Position::Bottom, Style::Overlay)],
        1 => vec![Caption::new(text, Position::Top, Style::Bar)],
        _ => vec![Caption::new("top", Position::Top, Style::Overlay), Caption::new(text, Position::Bottom, Style::Overlay)],
    };
    CaptionSpec::of(captions)
}

fn loaded(caption: &Caption) -> Option<LoadedCaption> {
    Some(LoadedCaption { spec: caption.clone(), font: Font::builtin(&caption.font)? })
}

fn real_gifs() -> Vec<PathBuf> {
    let named = std::env::var_os("PUNCHLINE_GIFS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/gifs")));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut gifs: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "gif")).collect();
    gifs.sort();
    gifs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No test across processes uses more of them.
    #[test]
    fn the_engine_captions_every_generated_picture() {
        for seed in 0..500 {
            let case = Case::generated(seed);
            assert_eq!(case.render().err(), None, "{}", case.name);
        }
    }

    #[test]
    fn a_changed_pixel_is_found_unless_the_mask_covers_it() {
        let source = Sample::well_formed(3, 96..=400);
        let mut output = source.clone();
        output.frames[0].seed += 1;
        let (source, output) = (source.bytes(), output.bytes());
        let player = Player::open(&source).unwrap();
        let mut mask = vec![0; player.width_px * player.height_px];
        assert_eq!(changed_outside(&source, &source, &mask), None);
        let found = changed_outside(&source, &output, &mask).unwrap();
        assert!(found.starts_with("frame 0: pixel"), "{found}");
        mask.fill(1);
        assert_eq!(changed_outside(&source, &output, &mask), None);
        mask.pop();
        assert!(changed_outside(&source, &output, &mask).unwrap().starts_with("the mask has"));
    }
}
