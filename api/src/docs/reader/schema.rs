//! Schemas in words: what kind of value, within which limits, and the members of an object as a table.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    json::{array, members, word},
    text::inline,
};

/// In a few words, with a link where there is more.
pub(super) fn type_of(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    if let Some(constant) = schema.get("const") {
        return html! { code { (plain(constant)) } };
    }
    if schema["enum"].is_array() {
        return html! { @for (i, value) in array(&schema["enum"]).enumerate() { @if i > 0 { " or " } code { (plain(value)) } } };
    }
    // An empty part of a form counts as none, which is said once.
    if let Some([part, nothing]) = schema["anyOf"].as_array().map(Vec::as_slice)
        && nothing["const"] == ""
    {
        return type_of(part);
    }
    for (choices, joint) in [("oneOf", " or "), ("allOf", " and ")] {
        if schema[choices].is_array() && schema["properties"].is_null() {
            return html! { @for (i, choice) in array(&schema[choices]).enumerate() { @if i > 0 { (joint) } (type_of(choice)) } };
        }
    }
    if schema["type"] == "array" {
        return html! { "array of " (type_of(&schema["items"])) (limits(schema)) };
    }
    let kinds: Vec<_> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(word).collect(),
        kind => vec![word(kind)],
    };
    html! { (kinds.join(" or ")) (limits(schema)) }
}

/// All of it: the table of an object's members, the choices, or the kind of value.
pub(super) fn shape(schema: &Value) -> Markup {
    if schema["allOf"].is_array() && schema["properties"].is_null() {
        return html! { @for part in array(&schema["allOf"]) { @if part["$ref"].is_string() { p { "All of " (type_of(part)) ", and:" } } @else { (shape(part)) } } };
    }
    if !schema["properties"].is_object() {
        return if array(&schema["oneOf"]).any(|choice| choice["properties"].is_object() || choice["allOf"].is_array()) {
            html! { p { "One of:" } ul.choices { @for choice in array(&schema["oneOf"]) { li { (inline(word(&choice["description"]))) (shape(choice)) } } } }
        } else {
            html! { p.kind { (type_of(schema)) } }
        };
    }
    let is_required = |name: &str| array(&schema["required"]).any(|required| required == name);
    html! {
        div.table tabindex="0" role="group" aria-label="Members" { table {
            thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
            tbody { @for (name, member) in members(&schema["properties"]) {
                tr {
                    th scope="row" { code { (name) } @if is_required(name) { " " span.note { "required" } } }
                    td { (type_of(member)) }
                    td {
                        (inline(word(&member["description"])))
                        @if let Some(default) = member.get("default") { " Default: " code { (plain(default)) } "." }
                    }
                }
            } }
        } }
        @for rule in array(&schema["allOf"]) { (needed(&rule["oneOf"])) }
    }
}

/// Which members there must be, where that is a choice of single ones.
fn needed(choices: &Value) -> Markup {
    let names: Vec<_> = array(choices).flat_map(|choice| array(&choice["required"])).map(word).collect();
    html! {
        @if names.len() > 1 {
            p { "Exactly one of " @for (i, name) in names.iter().enumerate() { @if i > 0 { ", " } code { (name) } } " is needed." }
        }
    }
}

fn limits(schema: &Value) -> Markup {
    let span = |least: &str, most: &str, unit: &str| match (schema.get(least), schema.get(most)) {
        (Some(least), Some(most)) => Some(format!("{} to {}{unit}", plain(least), plain(most))),
        (None, Some(most)) => Some(format!("at most {}{unit}", plain(most))),
        // Every count is one.
        (Some(least), None) if least.as_f64() != Some(0.0) => Some(format!("at least {}{unit}", plain(least))),
        _ => None,
    };
    let limits = [
        span("minimum", "maximum", ""),
        span("minLength", "maxLength", " characters"),
        span("minItems", "maxItems", ""),
        schema["format"].as_str().filter(|format| !format.starts_with("int") && *format != "float").map(str::to_owned),
    ];
    html! {
        @for limit in limits.into_iter().flatten() { ", " (limit) }
        @if let Some(pattern) = schema["pattern"].as_str() { ", " code { (pattern) } }
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
