//! The strict reading of a spec: what a client sends must be understood whole.
//!
//! api and the command line read with it. A field that is not known, or a value that is not allowed, is refused with its code,
//! its path and what was got. It must never read a record or a message: those may be of a newer release (`recorded`).

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error as Unread},
};
use serde_ignored::Path;
use serde_json::Value;

use super::{Area, Caption, CaptionSpec};
use crate::{ErrorCode, SpecError, spec_error::shown};

impl CaptionSpec {
    /// Reads the JSON form and checks it.
    ///
    /// # Errors
    /// JSON that does not parse is `bad_request`; a value that is not allowed has its own code and
    /// names its field.
    pub fn from_json(json: &[u8]) -> Result<Self, SpecError> {
        if let Ok(value) = serde_json::from_slice(json) {
            has_objects(&value, "spec", "")?;
        }
        let spec: Self = read(json, "spec", "")?;
        spec.validate()?;
        Ok(spec)
    }

    /// Reads an array of them and checks each. Fields are named below `root`: `specs[3].captions[0].fill`.
    ///
    /// # Errors
    /// As [`CaptionSpec::from_json`]; and an array of none, or of more than `most`.
    pub fn list_from_json(json: &[u8], root: &str, most: usize) -> Result<Vec<Self>, SpecError> {
        if let Ok(Value::Array(specs)) = serde_json::from_slice(json) {
            for (i, spec) in specs.iter().enumerate() {
                let path = format!("{root}[{i}]");
                has_objects(spec, &path, &format!("{path}."))?;
            }
        }
        let specs: Vec<Self> = read(json, root, root)?;
        if !(1..=most).contains(&specs.len()) {
            let message = format!("1 to {most} specs were expected, got {}", specs.len());
            let limit = if specs.is_empty() { 1 } else { most };
            return Err(SpecError::new(ErrorCode::BadSpec, root, message).limit(limit, specs.len()));
        }
        for (i, spec) in specs.iter().enumerate() {
            spec.validate().map_err(|e| e.below(&format!("{root}[{i}]")))?;
        }
        Ok(specs)
    }
}

/// The longest path of a field that is said: those of a spec that is read are shorter.
const MAX_FIELD_CHARS: usize = 80;

/// Reads JSON whole; what can't be read is said of `root` or of a field whose path begins with `prefix`.
fn read<T: DeserializeOwned>(json: &[u8], root: &str, prefix: &str) -> Result<T, SpecError> {
    let deserializer = &mut serde_json::Deserializer::from_slice(json);
    let (mut track, mut unknown) = (serde_path_to_error::Track::new(), None);
    let tracked = serde_path_to_error::Deserializer::new(&mut *deserializer, &mut track);
    let value = serde_ignored::deserialize(tracked, |path| {
        unknown.get_or_insert_with(|| unknown_field(prefix, &path));
    });
    // First of all: a field that is missing is often one whose name is mistyped.
    if let Some(unknown) = unknown {
        return Err(unknown);
    }
    let value = value.map_err(|e: serde_json::Error| {
        let field = match track.path().to_string() {
            path if path == "." => root.to_owned(),
            // The name of an image is the client's own; what is said must not echo a megabyte.
            path => format!("{prefix}{path}").chars().take(MAX_FIELD_CHARS).collect(),
        };
        // An image may have the name of a field.
        let last = field.rsplit('.').next().filter(|_| !field.contains("images."));
        let code = match (e.classify(), last) {
            (serde_json::error::Category::Data, Some("style")) => ErrorCode::UnknownStyle,
            (serde_json::error::Category::Data, Some("fill" | "stroke" | "background")) => ErrorCode::BadColour,
            (serde_json::error::Category::Data, Some("size")) => ErrorCode::BadSize,
            (serde_json::error::Category::Data, _) => ErrorCode::BadSpec,
            _ => ErrorCode::BadRequest,
        };
        SpecError::new(code, field, e.to_string())
    })?;
    deserializer.end().map_err(|e| SpecError::new(ErrorCode::BadRequest, root, e.to_string()))?;
    Ok(value)
}

/// Whether a spec and its captions are objects, and their words are words: serde takes an array for a struct, its items for the fields in
/// their order, and an object of one key for a word; nobody means that. Fields are named behind `below`.
fn has_objects(spec: &Value, path: &str, below: &str) -> Result<(), SpecError> {
    let is_object = |value: &Value, field: &str, known: &[&str]| {
        let message = format!("an object of the fields {} was expected, got an array", listed(known));
        if value.is_array() { Err(SpecError::new(ErrorCode::BadSpec, field, message)) } else { Ok(()) }
    };
    is_object(spec, path, fields_of::<CaptionSpec>())?;
    let captions = spec.get("captions").and_then(Value::as_array);
    let mut captions = captions.into_iter().flatten().enumerate();
    captions.try_for_each(|(i, caption)| {
        let path = format!("{below}captions[{i}]");
        is_object(caption, &path, fields_of::<Caption>())?;
        has_words(caption).map_err(|e| e.below(&path))
    })
}

/// Whether the fields of a caption that are words are no objects.
pub(super) fn has_words(caption: &Value) -> Result<(), SpecError> {
    let is_object = |(name, _): &(&str, ErrorCode)| caption.get(name).is_some_and(Value::is_object);
    let words = [("style", ErrorCode::UnknownStyle)];
    let others = ["align", "valign", "case"].map(|name| (name, ErrorCode::BadSpec));
    match words.into_iter().chain(others).find(is_object) {
        Some((name, code)) => Err(SpecError::new(code, name, "a word was expected, got an object")),
        None => Ok(()),
    }
}

fn unknown_field(prefix: &str, path: &Path<'_>) -> SpecError {
    let (name, known) = match path {
        Path::Map { parent: Path::Seq { parent: Path::Map { .. }, .. }, key } => (key.as_str(), fields_of::<Caption>()),
        Path::Map { parent: Path::Map { parent: Path::Seq { .. }, .. }, key } => (key.as_str(), fields_of::<Area>()),
        Path::Map { key, .. } => (key.as_str(), fields_of::<CaptionSpec>()),
        _ => ("", [].as_slice()),
    };
    let message = format!("unknown field `{}`, one of {} was expected", shown(name), listed(known));
    SpecError::new(ErrorCode::BadSpec, format!("{prefix}{}", written(path)), message)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// As `serde_path_to_error` writes it: `captions[0].fill`.
fn written(path: &Path<'_>) -> String {
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", written(parent)),
        Path::Map { parent, key } => match written(parent) {
            parent if parent.is_empty() => shown(key),
            parent => format!("{parent}.{}", shown(key)),
        },
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => written(parent),
    }
}

/// The fields that a struct reads, by the names on the wire.
fn fields_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    struct Names<'a>(&'a mut &'static [&'static str]);

    impl<'de> Deserializer<'de> for Names<'_> {
        type Error = Unread;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unread> {
            Err(Unread::custom("nothing is read"))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Unread> {
            *self.0 = fields;
            Err(Unread::custom("only its fields are asked for"))
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    let mut names: &'static [&'static str] = &[];
    // It answers with an error always; what it leaves in `names` is meant.
    let _ = T::deserialize(Names(&mut names));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Beyond, ImageName};

    fn refused(json: &str) -> SpecError {
        CaptionSpec::from_json(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_field_that_is_not_known_is_named_by_its_path_beside_those_that_are() {
        let in_caption = refused(r#"{"captions":[{"text":"a"},{"txt":"b"}]}"#);
        assert_eq!((in_caption.code, in_caption.field.as_str()), (ErrorCode::BadSpec, "captions[1].txt"));
        assert_eq!(
            in_caption.message,
            "unknown field `txt`, one of `text`, `at`, `align`, `valign`, `style`, `font`, `size`, `fill`, `stroke`, `stroke_width`, \
             `background`, `case`, `line_spacing`, `from`, `to`, `frames`, `lang` was expected"
        );
        let at_the_top = refused(r#"{"captions":[{"text":"a"}],"caption":[]}"#);
        assert_eq!(
            at_the_top.to_string(),
            "caption: unknown field `caption`, one of `captions`, `images`, `exact`, `strict`, `format`, `max_bytes`, `max_width`, `max_height` was expected"
        );
        let listed = CaptionSpec::list_from_json(br#"[{"captions":[{"text":"a","of":{"x":1}}]}]"#, "specs", 9).unwrap_err();
        assert_eq!(listed.field, "specs[0].captions[0].of");
    }

    #[test]
    fn what_is_wrong_with_an_image_is_said_of_it() {
        let id = "0".repeat(64);
        let of = |images: &str| refused(&format!(r#"{{"captions":[{{"text":"a"}}],"images":{images}}}"#));
        for (images, field, said) in [
            (r#"{"style":"party.png"}"#.to_owned(), "images.style", "an id of 64 lowercase hexadecimal digits"),
            (r#"{"a":7}"#.to_owned(), "images.a", "expected a string"),
            (format!(r#"{{"a b":"{id}"}}"#), "images.a b", "got `a b`"),
            ("[]".to_owned(), "images", "expected a map"),
        ] {
            let error = of(&images);
            assert!(error.code == ErrorCode::BadSpec && error.field == field && error.message.contains(said), "{error}");
        }
        let many: Vec<String> = (0..17).map(|i| format!(r#""n{i}":"{id}""#)).collect();
        let error = of(&format!("{{{}}}", many.join(",")));
        assert_eq!((error.field.as_str(), error.message.as_str()), ("images", "at most 16 images are allowed, got 17"));
        let most = format!(r#"{{"captions":[{{"text":"a"}}],"images":{{{}}}}}"#, many[..16].join(","));
        assert_eq!(CaptionSpec::from_json(most.as_bytes()).unwrap().needs_version(), 2);
    }

    #[test]
    fn an_array_is_no_object() {
        for (json, field) in [
            ("[[]]", "spec"),
            (r#"{"captions":[["a"]]}"#, "captions[0]"),
            (r#"{"captions":[{"text":"a"},["b"]]}"#, "captions[1]"),
        ] {
            let error = refused(json);
            assert_eq!((error.code, error.field.as_str()), (ErrorCode::BadSpec, field), "{error}");
            assert!(error.message.ends_with("was expected, got an array"), "{error}");
        }
        for (field, code) in [
            ("style", ErrorCode::UnknownStyle),
            ("align", ErrorCode::BadSpec),
            ("valign", ErrorCode::BadSpec),
            ("case", ErrorCode::BadSpec),
        ] {
            let error = refused(&format!(r#"{{"captions":[{{"text":"a","{field}":{{"bar":null}}}}]}}"#));
            assert_eq!((error.code, error.field), (code, format!("captions[0].{field}")));
        }
        let listed = CaptionSpec::list_from_json(br#"[{"captions":[["a"]]}]"#, "specs", 9).unwrap_err();
        assert_eq!(listed.field, "specs[0].captions[0]");
    }

    #[test]
    fn what_is_beyond_a_bound_says_so_in_numbers() {
        let caption = |fields: &str| format!(r#"{{"captions":[{{"text":"a",{fields}}}]}}"#);
        let names = (0..17).map(|i| format!(r#""n{i}":"{}""#, "0".repeat(64))).collect::<Vec<_>>().join(",");
        for (json, limit, got) in [
            (caption(r#""size":3"#), 4, 3),
            (caption(r#""size":1001"#), 1_000, 1_001),
            (caption(&format!(r#""font":"{}""#, "f".repeat(65))), 64, 65),
            (caption(r#""font":"""#), 1, 0),
            (format!(r#"{{"captions":[{{"text":"{}"}}]}}"#, "x".repeat(1_001)), 1_000, 1_001),
            (format!(r#"{{"captions":[{}]}}"#, [r#"{"text":"a"}"#; 33].join(",")), 32, 33),
            (format!(r#"{{"captions":[{{"text":"a"}}],"images":{{{names}}}}}"#), 16, 17),
        ] {
            assert_eq!(refused(&json).beyond, Some(Beyond { limit, got }), "{}", refused(&json));
        }
        assert_eq!(ImageName::parse(&"x".repeat(33)).unwrap_err().beyond, Some(Beyond { limit: 32, got: 33 }));
        let none = CaptionSpec::list_from_json(b"[]", "specs", 9).unwrap_err();
        assert_eq!(none.beyond, Some(Beyond { limit: 1, got: 0 }));
    }

    #[test]
    fn a_long_name_is_not_echoed() {
        let json = format!(r#"{{"captions":[{{"text":"a","{}":1}}]}}"#, "x".repeat(100_000));
        assert!(refused(&json).to_string().len() < 300);
        let json = format!(r#"{{"captions":[{{"text":"a"}}],"images":{{"{}":"b"}}}}"#, "x".repeat(100_000));
        assert!(refused(&json).to_string().len() < 300);
    }
}
