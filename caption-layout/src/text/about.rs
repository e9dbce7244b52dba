//! What a font says of itself: how many characters it has, of which scripts, and its licence.
//!
//! The command line lists it. Nothing is drawn or shaped by it, and no font is refused for it.

use std::collections::BTreeMap;

use icu_properties::{CodePointMapData, PropertyNamesLong, props::Script};
use skrifa::{FontRef, MetadataProvider as _, string::StringId};

use super::font::Font;

/// A script counts with so many characters: fewer are signs that fonts of other scripts have too.
const SOME_CHARACTERS: usize = 20;
/// Of a licence that is not known.
const MOST_LICENCE_CHARS: usize = 60;
/// What licences say of themselves, and what they are called.
const LICENCES: [(&str, &str); 4] = [
    ("Open Font License", "OFL-1.1"),
    ("Apache License", "Apache-2.0"),
    ("(c) Bitstream", "Bitstream-Vera"),
    ("GNU General Public License", "GPL"),
];

/// What is known of a font.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontFacts {
    /// How many characters it has.
    pub characters: usize,
    /// Scripts by their names in Unicode, the one with the most characters first.
    pub scripts: Vec<&'static str>,
    /// Its licence: a short name where it is known, else how its text begins; `None` of one that says nothing.
    pub licence: Option<String>,
}

impl FontFacts {
    /// Reads a font's character map and names; of one that can't be opened nothing is known.
    #[must_use]
    pub fn of(font: &Font) -> Self {
        let (script_of, names) = (CodePointMapData::<Script>::new(), PropertyNamesLong::<Script>::new());
        let (mut characters, mut of_scripts) = (0, BTreeMap::<&str, usize>::new());
        if let Some(face) = font.face() {
            for character in face.characters() {
                characters += 1;
                let script = script_of.get(character);
                if let Some(name) = names.get(script).filter(|_| script != Script::Common && script != Script::Inherited) {
                    *of_scripts.entry(name).or_default() += 1;
                }
            }
        }
        let mut scripts: Vec<_> = of_scripts.into_iter().filter(|(_, count)| *count >= SOME_CHARACTERS).collect();
        // Of as many characters in the order of their names.
        scripts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Self { characters, scripts: scripts.into_iter().map(|(name, _)| name).collect(), licence: licence(font) }
    }
}

fn licence(font: &Font) -> Option<String> {
    let tables = FontRef::from_index(font.bytes(), font.face_index()).ok()?;
    let said = tables.localized_strings(StringId::LICENSE_DESCRIPTION).english_or_first()?.to_string();
    if let Some((_, name)) = LICENCES.iter().find(|(words, _)| said.contains(words)) {
        return Some((*name).to_owned());
    }
    let one_line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: String = one_line.chars().filter(|c| !c.is_control()).take(MOST_LICENCE_CHARS).collect();
    Some(shown).filter(|shown| !shown.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::shipped::BUILTIN_FONT_NAMES;

    #[test]
    fn every_named_font_has_latin_and_a_known_licence() {
        for name in BUILTIN_FONT_NAMES {
            let facts = FontFacts::of(&Font::builtin(name).unwrap());
            assert!(facts.scripts.contains(&"Latin") && facts.characters > 200, "{name} {facts:?}");
            let licence = facts.licence.unwrap();
            assert!(["OFL-1.1", "Apache-2.0", "Bitstream-Vera"].contains(&licence.as_str()), "{name} {licence}");
        }
        let scripts = |name: &str| FontFacts::of(&Font::builtin(name).unwrap()).scripts;
        assert_eq!(scripts("inter"), ["Latin", "Greek", "Cyrillic"]);
        assert_eq!(scripts("league-gothic"), ["Latin"]);
    }
}
