//! The document for people: one page of plain HTML, made once, that needs no script and asks nobody else for anything.
//!
//! It says what the document says and nothing more; `samples` writes the requests that it shows.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, html};
use proto_shared::ErrorCode;
use serde_json::Value;

use super::{
    json::{array, members, word},
    schema::{shape, table, type_of},
    text::{inline, prose},
};
use crate::docs::samples;

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// The page, of the document.
pub(in crate::docs) fn page(document: &Value) -> String {
    let info = &document["info"];
    let tags: Vec<_> = array(&document["tags"]).map(|tag| (word(&tag["name"]), tag)).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "The API of " (word(&info["title"])) }
                link rel="stylesheet" href="/docs/docs.css";
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    p.name { a href="/" { (word(&info["title"])) } span { " API " (word(&info["version"])) } }
                    p { a href="/openapi.json" { "openapi.json" } }
                }
                nav aria-label="Contents" { (contents(document, &tags)) }
                main id="content" {
                    h1 { "The API" }
                    (prose(word(&info["description"])))
                    p { "In the examples " code { "$PUNCHLINE" } " is this service's address, " code { "$JOB" } " a job's id, and " code { "cat.gif" } " any picture." }
                    (keys(document))
                    @for (name, tag) in &tags {
                        section aria-labelledby={ "tag-" (name) } {
                            h2 id={ "tag-" (name) } { (name) }
                            (prose(word(&tag["description"])))
                            @for (path, method, operation) in operations(&document["paths"]) {
                                @if array(&operation["tags"]).any(|tag| tag == name) { (article(document, path, method, operation)) }
                            }
                        }
                    }
                    section aria-labelledby="webhooks" {
                        h2 id="webhooks" { "Webhook" }
                        @for (_, method, operation) in operations(&document["webhooks"]) {
                            (article(document, "callback_url", method, operation))
                        }
                    }
                    (codes(document))
                    section aria-labelledby="schemas" {
                        h2 id="schemas" { "Schemas" }
                        @for (name, schema) in members(&document["components"]["schemas"]) {
                            article {
                                h3 id={ "schema-" (name) } { (name) }
                                (prose(word(&schema["description"])))
                                (shape(schema))
                            }
                        }
                    }
                }
            }
        }
    };
    page.into_string()
}

fn contents(document: &Value, tags: &[(&str, &Value)]) -> Markup {
    html! {
        @for (name, _) in tags {
            p { a href={ "#tag-" (name) } { (name) } }
            ul {
                @for (_, method, operation) in operations(&document["paths"]) {
                    @if array(&operation["tags"]).any(|tag| tag == name) {
                        li { a href={ "#" (word(&operation["operationId"])) } { (badge(method)) span { (word(&operation["summary"])) } } }
                    }
                }
            }
        }
        p { a href="#webhooks" { "Webhook" } }
        p { a href="#codes" { "Codes" } }
        p { a href="#schemas" { "Schemas" } }
        ul.schemas {
            @for (name, _) in members(&document["components"]["schemas"]) {
                li { a href={ "#schema-" (name) } { (name) } }
            }
        }
    }
}

fn keys(document: &Value) -> Markup {
    let key = &document["components"]["securitySchemes"]["key"];
    let is_open = array(&document["security"]).any(|way| way.as_object().is_some_and(serde_json::Map::is_empty));
    html! {
        section aria-labelledby="keys" {
            h2 id="keys" { "Keys" }
            (prose(word(&key["description"])))
            p { @if is_open { "This service asks nobody for a key." } @else { "This service asks for one wherever nothing else is said: " code { "-H \"Authorization: Bearer $KEY\"" } " goes with each example." } }
        }
    }
}

fn article(document: &Value, path: &str, method: &str, operation: &Value) -> Markup {
    let id = word(&operation["operationId"]);
    let needs_key = operation["security"].is_null() && !array(&document["security"]).any(|way| way == &serde_json::json!({}));
    html! {
        article aria-labelledby=(id) {
            h3 id=(id) { a href={ "#" (id) } { (word(&operation["summary"])) } }
            p.request { (badge(method)) " " code { (path) } @if needs_key { " " span.note { "with a key" } } }
            (prose(word(&operation["description"])))
            @for sample in array(&operation["x-codeSamples"]) {
                (shown(word(&sample["source"])))
            }
            @if array(&operation["parameters"]).next().is_some() { (parameters(operation)) }
            @for (mime, content) in members(&operation["requestBody"]["content"]) {
                h4 { "Body" }
                p { code { (mime) } ": " (type_of(&content["schema"])) }
                @if mime == "multipart/form-data" { (shape(resolved(document, &content["schema"]))) }
            }
            h4 { "Answers" }
            @for (status, response) in members(&operation["responses"]) { (answer(status, response)) }
        }
    }
}

fn parameters(operation: &Value) -> Markup {
    let rows = html! {
        @for parameter in array(&operation["parameters"]) {
            tr {
                th scope="row" { code { (word(&parameter["name"])) } @if parameter["required"] == true { " " span.note { "required" } } }
                td { (word(&parameter["in"])) }
                td { (type_of(&parameter["schema"])) }
                td { (inline(word(&parameter["description"]))) @if let Some(example) = parameter["example"].as_str() { " Such as " code { (example) } "." } }
            }
        }
    };
    table("Parameters", &["Name", "In", "Type", "Meaning"], &rows)
}

/// What went well in the open; what was refused behind its status.
fn answer(status: &str, response: &Value) -> Markup {
    let head = html! { span class={ "status status-" (status.get(..1).unwrap_or_default()) } { (status) } };
    let problem = &response["content"]["application/problem+json"];
    if problem.is_null() {
        return html! {
            div.answer {
                p { (head) " " (inline(word(&response["description"]))) }
                @for (mime, content) in members(&response["content"]) {
                    p { code { (mime) } @if !content["schema"].is_null() { ": " (type_of(&content["schema"])) } }
                    @if let Some(example) = content["example"].as_str() { (shown(example.trim_end())) }
                }
                (headers(response))
            }
        };
    }
    html! {
        details {
            summary { (head) " " @for (i, code) in refused(response).enumerate() { @if i > 0 { ", " } code { (code) } } }
            (prose(word(&response["description"])))
            (headers(response))
            @for (_, example) in members(&problem["examples"]) { (shown(&serde_json::to_string_pretty(&example["value"]).unwrap_or_default())) }
        }
    }
}

fn shown(example: &str) -> Markup {
    html! { pre tabindex="0" aria-label="Example" { code { (example) } } }
}

fn headers(response: &Value) -> Markup {
    html! {
        @if response["headers"].is_object() {
            ul { @for (name, header) in members(&response["headers"]) { li { code { (name) } ": " (inline(word(&header["description"]))) } } }
        }
    }
}

/// The status that each code comes with, as the operations say.
fn statuses(document: &Value) -> BTreeMap<&str, &str> {
    let responses = operations(&document["paths"]).into_iter().flat_map(|(.., operation)| members(&operation["responses"]));
    let of_response = |(status, response)| refused(response).map(move |code| (code, status));
    responses.flat_map(of_response).chain([(ErrorCode::NotFound.as_str(), "404")]).collect()
}

/// The codes of an answer.
fn refused(response: &Value) -> impl Iterator<Item = &str> {
    array(&response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]).map(word)
}

fn codes(document: &Value) -> Markup {
    let statuses = statuses(document);
    let rows = html! {
        @for code in ErrorCode::ALL {
            tr { th scope="row" { code { (code) } } td { (statuses.get(code.as_str()).unwrap_or(&"")) } td { (inline(code.meaning())) } }
        }
    };
    html! {
        section aria-labelledby="codes" {
            h2 id="codes" { "Codes" }
            p { "Of refusals, and of jobs that failed. A code is never renamed or given another meaning." }
            (table("Codes", &["Code", "Status", "Meaning"], &rows))
        }
    }
}

fn badge(method: &str) -> Markup {
    html! { span class={ "method method-" (method) } { (method.to_uppercase()) } }
}

fn operations(paths: &Value) -> Vec<(&str, &str, &Value)> {
    let of_path = |(path, item)| METHODS.iter().filter_map(move |method| Some((path, *method, Value::get(item, method)?)));
    let mut operations: Vec<_> = members(paths).flat_map(of_path).collect();
    operations.sort_by_key(|(.., operation)| samples::place(word(&operation["operationId"])));
    operations
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"].as_str().and_then(|to| document.pointer(to.trim_start_matches('#'))).unwrap_or(schema)
}
