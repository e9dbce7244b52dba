//! The name of an output, by everything that it is made of: its source, the fonts that are drawn, the engine's version and the spec.
//!
//! api asks for it to find what was made before, worker to store what it has made. It decodes no picture. If the two
//! are of different releases, or have different fonts, the worker's name counts: the result says where its output is, and nobody
//! computes a name to read one.

use std::io::{self, Write};

use caption_layout::{ENGINE_VERSION, Writing, chosen_fonts};
use proto_shared::{Caption, CaptionSpec, ImageName, OutputId, SourceId};
use sha2::{Digest as _, Sha256};

use crate::{Fonts, Named, UnknownFont, check_fonts};

/// The id of what the engine makes of a source and a spec with these fonts. Changing what goes into it orphans every output that
/// stands.
///
/// # Errors
/// A font that is not loaded.
pub fn output_id(source: &SourceId, spec: &CaptionSpec, fonts: &Fonts) -> Result<OutputId, UnknownFont> {
    check_fonts(spec, fonts)?;
    let mut hash = HashWriter(Sha256::new());
    hash.0.update(source.as_str());
    // What is of no fixed length says first how long it is: else one could end like another begins.
    hash.length(ENGINE_VERSION.len());
    hash.0.update(ENGINE_VERSION);
    hash.length(spec.captions.len());
    let images: Vec<ImageName> = spec.images.keys().cloned().collect();
    for caption in &spec.captions {
        let digests = fonts.digests(caption, &images);
        hash.length(digests.len());
        for digest in digests {
            hash.0.update(digest);
        }
    }
    let written = serde_json::to_writer(&mut hash, &spec.canonical());
    debug_assert!(written.is_ok(), "a spec holds only strings, numbers and lists, and a hash takes every byte");
    Ok(OutputId::from_bytes(hash.0.finalize().into()))
}

impl Fonts {
    /// Those of the fonts that a caption is drawn with: its own, then the others by their places among the fallbacks.
    fn digests(&self, caption: &Caption, images: &[ImageName]) -> Vec<[u8; 32]> {
        let Some(Named { font, digest, .. }) = self.by_name.get(&caption.font) else { return Vec::new() };
        let fallbacks = self.fallback_digests.iter().zip(&self.fallbacks);
        let all: Vec<_> = std::iter::once((digest, font)).chain(fallbacks).collect();
        let chosen = chosen_fonts(Writing {
            fallbacks: &self.fallbacks,
            images,
            lang: caption.lang.as_ref(),
            case: caption.case,
            ..Writing::new(&caption.text, font)
        });
        chosen.into_iter().filter_map(|place| all.get(place)).map(|(digest, font)| digest.of(font)).collect()
    }
}

/// A hash that JSON can be written into.
struct HashWriter(Sha256);

impl HashWriter {
    fn length(&mut self, length: usize) {
        self.0.update((length as u64).to_be_bytes());
    }
}

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use caption_layout::Font;

    use super::*;

    const PLAIN: &str = r#"{"captions":[{"text":"monday"}]}"#;
    /// Two letters that the default font lacks.
    const OTHERS: &str = r#"{"captions":[{"text":"monday","at":"top"},{"text":"при"}]}"#;

    fn id(json: &str, fonts: &Fonts) -> String {
        let spec = CaptionSpec::from_json(json.as_bytes()).unwrap();
        output_id(&SourceId::from_bytes([7; 32]), &spec, fonts).unwrap().to_string()
    }

    fn with(folder: &Path) -> Fonts {
        Fonts::built_in().with_folder(folder).unwrap().0
    }

    /// The same letters, other bytes: what stands behind the last table is read by nobody.
    fn font(name: &str, change: u8) -> Vec<u8> {
        [Font::builtin(name).unwrap().bytes(), &[change; 4]].concat()
    }

    #[test]
    fn an_id_stays_the_same_from_release_to_release() {
        let bar = r#"{"captions":[{"text":"monday","font":"sans","style":"bar"}]}"#;
        let ids = [PLAIN, OTHERS, bar].map(|json| id(json, &Fonts::built_in()));
        assert_eq!(
            ids,
            [
                "a84279b1d6ee1b7dc6ff4b888747aff27e5a089c91eb5a55de4a9b4b6e4fcbbe",
                "588e1532e5be7e3d391165433df6e2e753e9867181aaf9816947b1a475465430",
                "2d93c3b9f14582f866226241c7d18b38aa16314a21b53e3fce0abc4e06604ad6",
            ]
        );
    }

    #[test]
    fn all_that_a_picture_is_made_of_is_in_its_name() {
        let fonts = Fonts::built_in();
        let spec = CaptionSpec::from_json(PLAIN.as_bytes()).unwrap();
        let of = |source| output_id(&SourceId::from_bytes([source; 32]), &spec, &fonts).unwrap();
        assert_ne!(of(1), of(2));
        assert_ne!(id(PLAIN, &fonts), id(r#"{"captions":[{"text":"tuesday"}]}"#, &fonts));
        assert_ne!(id(PLAIN, &fonts), id(r#"{"captions":[{"text":"monday","font":"sans"}]}"#, &fonts));
        assert!(output_id(&SourceId::from_bytes([7; 32]), &unknown_font(), &fonts).is_err());
    }

    fn unknown_font() -> CaptionSpec {
        CaptionSpec::from_json(br#"{"captions":[{"text":"a","font":"impact"}]}"#).unwrap()
    }

    #[test]
    fn a_default_that_is_written_out_is_the_same_picture() {
        let long = r##"{"captions":[{"text":"monday","at":"bottom","style":"overlay","font":"anton","size":"auto","fill":"#FFF","stroke":"#000000"}]}"##;
        assert_eq!(id(PLAIN, &Fonts::built_in()), id(long, &Fonts::built_in()));
    }

    #[test]
    fn a_font_that_is_drawn_changes_the_id_and_one_that_is_not_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (path, built_in) = (|name: &str| folder.path().join(name), Fonts::built_in());
        // Of a font that stands in for nothing here.
        fs::write(path("comic.ttf"), font("anton", 1)).unwrap();
        let comic = r#"{"captions":[{"text":"monday","font":"comic"}]}"#;
        let first = id(comic, &with(folder.path()));
        for text in [PLAIN, OTHERS] {
            assert_eq!(id(text, &with(folder.path())), id(text, &built_in), "a font that is not asked for");
        }
        fs::write(path("comic.ttf"), font("anton", 2)).unwrap();
        assert_ne!(id(comic, &with(folder.path())), first, "the file behind a name has changed");

        // The built-in fallback is asked before the folder's.
        fs::write(path("anton.ttf"), font("anton", 3)).unwrap();
        assert_ne!(id(PLAIN, &with(folder.path())), id(PLAIN, &built_in), "a folder's font in the place of a built-in one");
        assert_eq!(with(folder.path()).fallbacks().len(), built_in.fallbacks().len() + 2);
    }

    #[test]
    fn what_a_language_draws_otherwise_is_another_picture() {
        let of = |lang: &str| id(&format!(r#"{{"captions":[{{"text":"骨"{lang}}}]}}"#), &Fonts::built_in());
        let ids = ["", r#","lang":"ja""#, r#","lang":"ko""#, r#","lang":"zh-Hant""#].map(of);
        assert_eq!(ids.iter().collect::<std::collections::HashSet<_>>().len(), 4);
        let spec =
            |lang| CaptionSpec::from_json(format!(r#"{{"captions":[{{"text":"骨","lang":"{lang}"}}]}}"#).as_bytes()).unwrap();
        let digests = |lang| Fonts::built_in().digests(&spec(lang).captions[0], &[]);
        assert_ne!(digests("ja"), digests("ko"), "each by the font of its region");
        assert_eq!((digests("ja").len(), digests("en")), (2, digests("zh-Hans")));
    }

    #[test]
    fn an_image_is_in_the_name_of_what_shows_it_and_asks_for_no_font() {
        let of = |text: &str, image: &str| {
            id(
                &format!(r#"{{"captions":[{{"text":"{text}"}}],"images":{{"party":"{}"}}}}"#, image.repeat(64)),
                &Fonts::built_in(),
            )
        };
        assert_ne!(of(":party:", "1"), of(":party:", "2"));
        assert_eq!(of("monday", "1"), id(PLAIN, &Fonts::built_in()), "no text shows it");
        let spec = CaptionSpec::from_json(br#"{"captions":[{"text":":party:"}]}"#).unwrap();
        let digests = |images: &[ImageName]| Fonts::built_in().digests(&spec.captions[0], images);
        assert_eq!(digests(&[ImageName::parse("party").unwrap()]).len(), 1, "a text's own font sets the distance of lines");
        assert_eq!(digests(&[]).len(), 1);
    }

    #[test]
    fn what_a_font_is_called_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["one.ttf", "other.ttf"] {
            fs::write(folder.path().join(name), font("anton", 1)).unwrap();
        }
        let of = |name: &str| id(&format!(r#"{{"captions":[{{"text":"monday","font":"{name}"}}]}}"#), &with(folder.path()));
        assert_eq!(of("one"), of("other"));
    }
}
