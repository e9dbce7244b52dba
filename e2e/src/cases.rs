//! Jobs whose right answer is known: a source, a spec, and what the engine makes of them in this process.
//!
//! The engine gives the same bytes for the same input, so an output that came through queue, store and worker must be
//! exactly that; and that it is right at all is checked by a decoder that is not ours.

use std::{fs, io, path::PathBuf};

use caption::{Font, Limits, LoadedCaption, MediaType, Rendered, Watch};
use proto_shared::{Caption, CaptionSpec, Position, Style};

use crate::{canvas, samples};

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
    /// A generated picture; every third has a bar, every third two captions.
    ///
    /// # Errors
    /// The encoder's.
    pub fn generated(seed: u64) -> io::Result<Self> {
        let source = samples::animation(seed).map_err(io::Error::other)?;
        Ok(Self { name: format!("seed {seed}"), source, spec: spec(seed) })
    }

    /// `count` pictures: the GIFs of the folder named in `PUNCHLINE_GIFS` (else `../shared/gifs`) as far as there are any,
    /// then generated ones.
    ///
    /// # Errors
    /// A file can't be read.
    pub fn many(count: usize) -> io::Result<Vec<Self>> {
        let mut cases = Vec::with_capacity(count);
        for (path, seed) in real_gifs().into_iter().zip(0..) {
            cases.push(Self { name: path.display().to_string(), source: fs::read(&path)?, spec: spec(seed) });
        }
        for seed in 0_u64.. {
            if cases.len() >= count {
                break;
            }
            cases.push(Self::generated(seed)?);
        }
        cases.truncate(count);
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
        caption::render_with(&self.source, &caption::Spec::new(captions), &Limits::default(), &Watch::none())
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

    fn changed_outside(&self, output: &Rendered) -> Option<String> {
        if output.media != MediaType::Gif {
            return None;
        }
        let (source, shown) = match (canvas::show(&self.source), canvas::show(&output.output.to_vec(&self.source))) {
            (Ok(source), Ok(shown)) => (source, shown),
            (Err(error), _) => return Some(format!("the source does not decode: {error}")),
            (_, Err(error)) => return Some(format!("the output does not decode: {error}")),
        };
        // A bar stands above the picture in these specs, never below it.
        let dy_px = shown.height_px.saturating_sub(source.height_px);
        source.difference(&shown, &output.mask(), dy_px)
    }
}

fn spec(seed: u64) -> CaptionSpec {
    let text = format!("job {seed}: when it compiles");
    let captions = match seed % 3 {
        0 => vec![Caption::new(text, Position::Bottom, Style::Overlay)],
        1 => vec![Caption::new(text, Position::Top, Style::Bar)],
        _ => vec![Caption::new("top", Position::Top, Style::Overlay), Caption::new(text, Position::Bottom, Style::Overlay)],
    };
    CaptionSpec { captions }
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
