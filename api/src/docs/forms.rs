//! Which parts of a form exclude or need each other, as JSON schema. The types of the parts can't say it.
//!
//! `form` decides it; the service is asked by a test for whatever this allows.

use proto_shared::bounds::{MAX_IMAGE_NAME_CHARS, MAX_IMAGES};
use serde_json::{Map, Value, json};

use crate::jobs::form::{
    caption_fields,
    words::{SUBTITLES, WORDS},
};

/// What names a picture that is not sent along.
const NAMES: [&str; 2] = ["source", "source_url"];

/// Exactly one of the three parts that bring a picture.
pub(super) fn one_picture() -> Value {
    let empty = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), nothing())).collect::<Map<_, _>>();
    let named = NAMES.map(|name| {
        let mut properties = empty(&NAMES);
        properties.insert(name.to_owned(), json!({"minLength": 1}));
        properties.insert("file".to_owned(), json!(false));
        json!({"required": [name], "properties": properties})
    });
    let sent = json!({"required": ["file"], "properties": empty(&NAMES)});
    json!({"oneOf": [sent, named[0], named[1]]})
}

/// The parts that are files of images of one's own.
pub(super) fn images() -> Value {
    let name = format!("^images\\.[A-Za-z0-9_]{{1,{MAX_IMAGE_NAME_CHARS}}}$");
    let description = format!(
        "An emoji of one's own, which `:NAME:` in a text shows: PNG, JPEG, WebP or GIF, by its first bytes. At most {MAX_IMAGES}."
    );
    json!({name: {"type": "string", "format": "binary", "contentMediaType": "image/png", "description": description}})
}

/// A spec alone, or the fields of a caption with words in one of them.
pub(super) fn words_one_way() -> Value {
    let absent: Map<_, _> = caption_fields().map(|field| (field.to_owned(), nothing())).collect();
    let words: Vec<_> = WORDS.into_iter().chain([SUBTITLES]).map(|part| json!({"required": [part]})).collect();
    json!({"oneOf": [
        {"required": ["spec"], "properties": absent},
        {"anyOf": words, "properties": {"spec": nothing()}},
    ]})
}

/// A part that need not be there may as well be empty: a form on a page sends every field.
pub(super) fn allow_empty(form: &mut Value) {
    let required = form["required"].clone();
    let is_text = |name: &str| name != "file" && !required.as_array().into_iter().flatten().any(|required| required == name);
    for (name, part) in form["properties"].as_object_mut().into_iter().flatten().filter(|(name, _)| is_text(name)) {
        let said = part.as_object_mut().and_then(|part| part.remove("description"));
        // Flags are written in place, and have none of their own.
        let description = said.unwrap_or_else(|| json!(flag_description(name)));
        *part = json!({"description": description, "anyOf": [part.take(), nothing()]});
    }
}

fn flag_description(name: &str) -> &'static str {
    match name {
        "exact" => "Whether no pixel outside the captions may look different, whatever becomes of their colours.",
        "strict" => "Whether a picture that differs from what was asked for is a failure (`not_as_asked`).",
        _ => "Whether everyone may see the result in the gallery.",
    }
}

fn nothing() -> Value {
    json!({"const": ""})
}
