//! Presets: looks with a name, which are the fields of a caption without its words.
//!
//! The front and the command line take a preset's name and fill in its fields; a spec never holds one, so that a preset that
//! changes changes no job that was accepted. Those that ship stand in presets.json beside this file. It reads no folder.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{CaptionFields, request::has_words};
use crate::{CaptionSpec, ErrorCode, SpecError, spec_error::shown};

/// Those that ship.
const SHIPPED: &str = include_str!("presets.json");
/// The most characters of a name.
const MAX_NAME_CHARS: usize = 64;

/// Presets by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presets(BTreeMap<String, CaptionFields>);

impl Presets {
    /// Those that are always there.
    #[must_use]
    pub fn shipped() -> Self {
        // A test reads the file; there is nothing else in the binary that it could be.
        Self(serde_json::from_str(SHIPPED).unwrap_or_default())
    }

    /// Adds one, or takes the place of the one of its name.
    ///
    /// # Errors
    /// A name that is none, JSON that is no preset, or fields that do not go together.
    pub fn add(&mut self, name: &str, json: &[u8]) -> Result<(), SpecError> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.chars().all(is_name) {
            let message = format!("1 to {MAX_NAME_CHARS} of a-z, 0-9, - and _ were expected as its name, got `{}`", shown(name));
            return Err(SpecError::new(ErrorCode::BadSpec, "preset", message));
        }
        let refused = |why: String| SpecError::new(ErrorCode::BadSpec, "preset", why);
        let value: Value = serde_json::from_slice(json).map_err(|e| refused(e.to_string()))?;
        if !value.is_object() {
            // serde would take an array for one.
            return Err(refused("an object of a caption's fields was expected".to_owned()));
        }
        has_words(&value).map_err(|e| refused(e.to_string()))?;
        let fields: CaptionFields = serde_json::from_slice(json).map_err(|e| refused(e.to_string()))?;
        // Whatever is written with it.
        CaptionSpec::of(vec![fields.clone().caption("words")]).validate().map_err(|e| {
            let field = e.field.trim_start_matches("captions[0].");
            SpecError { message: format!("{field}: {}", e.message), ..e.clone() }.at("preset")
        })?;
        self.0.insert(name.to_owned(), fields);
        Ok(())
    }

    /// The fields of a preset.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn get(&self, name: &str) -> Result<&CaptionFields, SpecError> {
        self.0.get(name).ok_or_else(|| {
            let known = self.0.keys().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            SpecError::new(ErrorCode::UnknownPreset, "preset", format!("one of {known} was expected, got `{}`", shown(name)))
        })
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &CaptionFields)> {
        self.0.iter().map(|(name, fields)| (name.as_str(), fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Case, Position, Style};

    #[test]
    fn those_that_ship_are_read_and_can_be_drawn() {
        let shipped = Presets::shipped();
        assert_eq!(shipped.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["caption", "meme", "subtitle"]);
        let mut again = shipped.clone();
        for (name, fields) in shipped.iter() {
            again.add(name, &serde_json::to_vec(fields).unwrap()).unwrap();
        }
        assert_eq!(again, shipped);
        let meme = shipped.get("meme").unwrap().clone().caption("me");
        assert_eq!((meme.style, meme.case, meme.at), (Style::Overlay, Case::Upper, Position::Bottom));
        let caption = shipped.get("caption").unwrap().clone().caption("me");
        assert_eq!((caption.style, caption.size), (Style::Bar, "10%".parse().unwrap()), "a tenth of the width, on white");
        let unknown = shipped.get("mem").unwrap_err();
        assert_eq!(unknown.to_string(), "preset: one of `caption`, `meme`, `subtitle` was expected, got `mem`");
        assert_eq!(unknown.code, ErrorCode::UnknownPreset);
    }

    #[test]
    fn an_operators_preset_takes_the_place_of_one_that_ships_and_a_broken_one_is_refused() {
        let mut presets = Presets::shipped();
        presets.add("meme", br#"{"style":"plain","size":40}"#).unwrap();
        assert_eq!(presets.get("meme").unwrap().style, Some(Style::Plain));
        for (name, json, said) in [
            ("Meme", "{}", "got `Meme`"),
            ("", "{}", "got ``"),
            ("a", "{", "EOF"),
            ("a", r#"{"style":{"bar":null}}"#, "style: a word was expected"),
            ("a", r#"["top"]"#, "an object of a caption's fields was expected"),
            ("a", r#"{"text":"words"}"#, "unknown field `text`"),
            ("a", r#"{"style":"plain","stroke":"red"}"#, "stroke: plain letters"),
            ("a", r##"{"fill":"#12"}"##, "got `#12`"),
        ] {
            let error = presets.add(name, json.as_bytes()).unwrap_err();
            assert!(error.field == "preset" && error.message.contains(said), "{error}");
        }
    }
}
