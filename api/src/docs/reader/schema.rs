//! Schemas in words: what kind of value, within which limits, and the members of an object as a table.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    json::{array, members, word},
    text::inline,
};

/// What limits a value, as JSON Schema calls it.
const LIMITS: [&str; 8] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "format", "pattern"];

/// A table with a head, which a keyboard can scroll.
pub(super) fn table(label: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div.table tabindex="0" role="group" aria-label=(label) { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { (rows) }
        } }
    }
}

/// In a few words, with a link where there is more.
pub(super) fn type_of(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    for (choices, joint) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and "), ("enum", " or ")] {
        // An empty part of a form counts as none, which is said once.
        let choices = array(&schema[choices]).filter(|choice| choice["const"] != "").enumerate();
        let joined = html! { @for (i, choice) in choices { @if i > 0 { (joint) } @if choice.is_object() { (type_of(choice)) } @else { code { (plain(choice)) } } } };
        if !joined.0.is_empty() && schema["properties"].is_null() {
            return joined;
        }
    }
    if let Some(constant) = schema.get("const") {
        return html! { code { (plain(constant)) } };
    }
    let kinds: Vec<_> = array(&schema["type"]).chain([&schema["type"]]).filter_map(Value::as_str).collect();
    html! {
        (kinds.join(" or "))
        @if schema["items"].is_object() { " of " (type_of(&schema["items"])) }
        @for (limit, value) in LIMITS.into_iter().filter_map(|limit| Some((limit, schema.get(limit)?))) { ", " (limit) " " code { (plain(value)) } }
    }
}

/// All of it: the table of an object's members, the choices, or the kind of value.
pub(super) fn shape(schema: &Value) -> Markup {
    if !schema["properties"].is_object() {
        let parts = || {
            array(&schema["allOf"])
                .chain(array(&schema["oneOf"]))
                .filter(|part| !part["properties"].is_null() || !part["allOf"].is_null())
        };
        return html! {
            p.kind { (type_of(schema)) }
            @if parts().next().is_some() { ul.choices { @for part in parts() { li { (inline(word(&part["description"]))) (shape(part)) } } } }
        };
    }
    let is_required = |name: &str| array(&schema["required"]).any(|required| required == name);
    let rows = html! {
        @for (name, member) in members(&schema["properties"]) {
            tr {
                th scope="row" { code { (name) } @if is_required(name) { " " span.note { "required" } } }
                td { (type_of(member)) }
                td {
                    (inline(word(&member["description"])))
                    @if let Some(default) = member.get("default") { " Default: " code { (plain(default)) } "." }
                }
            }
        }
    };
    table("Members", &["Name", "Type", "Meaning"], &rows)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
