//! Platforms: what a place that takes pictures allows, by its name, with where and when that was read.
//!
//! The front and the command line take a platform's name and fill in the fields of the output that nobody gave; a spec never holds a
//! name, so that a limit that changes changes no job that was accepted. Those that ship stand in platforms.json beside this file.
//! An operator's file adds to them or takes their place. It reads no file itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CaptionSpec;
use crate::{ByteSize, Caption, ErrorCode, Format, OutputFields, SpecError, spec_error::shown};

/// Those that ship.
const SHIPPED: &str = include_str!("platforms.json");

/// What a platform allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// The kind of file that it takes, where it is one.
    #[serde(default, skip_serializing_if = "super::is_default")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub format: Format,
    /// The most bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::max_bytes, required = false))]
    pub max_bytes: Option<ByteSize>,
    /// The widest picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::max_side, required = false))]
    pub max_width: Option<u32>,
    /// The highest picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::max_side, required = false))]
    pub max_height: Option<u32>,
    /// What of the platform it is about.
    pub what: String,
    /// Where that is said.
    pub source: String,
    /// When it was read there: a year and a month.
    pub as_of: String,
}

impl Platform {
    /// The fields of an output that it fills in.
    #[must_use]
    pub fn output(&self) -> OutputFields {
        let &Self { format, max_bytes, max_width, max_height, .. } = self;
        OutputFields { format, max_bytes, max_width, max_height }
    }
}

/// Platforms by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platforms(BTreeMap<String, Platform>);

impl Platforms {
    /// Those that are always there.
    #[must_use]
    pub fn shipped() -> Self {
        // A test reads the file; there is nothing else in the binary that it could be.
        Self(serde_json::from_str(SHIPPED).unwrap_or_default())
    }

    /// Adds those of a JSON object, or takes the place of those of their names.
    ///
    /// # Errors
    /// JSON that is none, or a limit that can't be asked for.
    pub fn add(&mut self, json: &[u8]) -> Result<(), SpecError> {
        let refused = |why: String| SpecError::new(ErrorCode::BadSpec, "fit", why);
        let added: BTreeMap<String, Platform> = serde_json::from_slice(json).map_err(|e| refused(e.to_string()))?;
        for (name, platform) in &added {
            let spec = CaptionSpec::of(vec![Caption::new("words", super::Position::Top, super::Style::Overlay)]);
            let spec = spec.with_output(platform.output());
            spec.validate().map_err(|e| refused(format!("{}: {e}", shown(name))))?;
        }
        self.0.extend(added);
        Ok(())
    }

    /// What a platform allows.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn get(&self, name: &str) -> Result<&Platform, SpecError> {
        self.0.get(name).ok_or_else(|| {
            let known = self.0.keys().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ");
            SpecError::new(ErrorCode::UnknownPlatform, "fit", format!("one of {known} was expected, got `{}`", shown(name)))
        })
    }

    /// All of them, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Platform)> {
        self.0.iter().map(|(name, platform)| (name.as_str(), platform))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_ship_are_read_and_say_where_and_when() {
        let shipped = Platforms::shipped();
        assert_eq!(shipped.get("discord").unwrap().max_bytes, Some(ByteSize(10_000_000)));
        assert_eq!(shipped.get("whatsapp").unwrap().output().format, Format::Webp);
        let mut again = shipped.clone();
        again.add(SHIPPED.as_bytes()).unwrap();
        assert_eq!(again, shipped);
        assert!(shipped.iter().all(|(_, platform)| platform.source.starts_with("https://") && platform.as_of.len() == 7));
        let unknown = shipped.get("myspace").unwrap_err();
        assert!(unknown.code == ErrorCode::UnknownPlatform && unknown.message.starts_with("one of `discord`, "), "{unknown}");
    }

    #[test]
    fn an_operators_limit_takes_the_place_of_one_that_ships_and_a_broken_one_is_refused() {
        let mut platforms = Platforms::shipped();
        let own = br#"{"discord":{"max_bytes":25000000,"what":"boosted","source":"https://a.example","as_of":"2026-11"}}"#;
        platforms.add(own).unwrap();
        assert_eq!(platforms.get("discord").unwrap().max_bytes, Some(ByteSize(25_000_000)));
        for (json, said) in [
            ("{", "EOF"),
            (r#"{"a":{"max_bytes":9}}"#, "missing field"),
            (r#"{"a":{"max_bytes":9,"what":"","source":"","as_of":""}}"#, "a: max_bytes: 100 to"),
            (r#"{"a":{"max_size":9,"what":"","source":"","as_of":""}}"#, "unknown field `max_size`"),
        ] {
            let error = platforms.add(json.as_bytes()).unwrap_err();
            assert!(error.field == "fit" && error.message.contains(said), "{error}");
        }
    }
}
