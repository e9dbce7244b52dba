//! The document: what it opens with, and what is added to the routes' own descriptions.

use proto_shared::{Area, Caption, ErrorCode, MediaType};
use serde_json::{Value, json};
use service::health::Report;
use utoipa::OpenApi;

use super::{forms, samples};
use crate::{callbacks::attempt::Notice, jobs::events::EventView, problem::Problem};

const ABOUT: &str =
    "Captions for GIFs: upload a picture, say what it should say, get it back. Every pixel, delay and loop that the \
caption does not touch stays the source's own.

A job is accepted with 202 once it can't be lost; from there on it ends, as done, failed or cancelled. Follow its events, wait \
with `Prefer: wait=SECONDS`, be called back, or ask for it now and then.

Every refusal is a problem document (RFC 9457) with a stable `code`. 429 and 503 say with `Retry-After` when to come again: the \
same request under the same `Idempotency-Key` makes one job, however often it is sent. Every answer carries an `x-request-id` \
that stands in the log, and a `traceresponse` (W3C Trace Context).";

/// What every document opens with; the routes add themselves.
#[derive(OpenApi)]
#[openapi(
    info(title = "Punchline", description = ABOUT, license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")),
    tags(
        (name = "Jobs", description = "Make jobs, watch them, stop them."),
        (name = "Pictures", description = "What came, what was made, and what will be."),
        (name = "About", description = "What this service is, and how it is."),
    ),
    components(schemas(Caption, Area, ErrorCode, Problem, EventView<'_>, Notice, Report)),
)]
struct Opening;

pub(crate) fn begin() -> utoipa::openapi::OpenApi {
    Opening::openapi()
}

/// The whole document, of what the routes say of themselves.
pub(super) fn complete(described: utoipa::openapi::OpenApi, keys_required: bool) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(described)?;
    document["components"]["securitySchemes"] = json!({"key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `Authorization: Bearer KEY`. `punchline key NAME` makes one.",
    }});
    // Who is let in without a key may still show one.
    document["security"] = if keys_required { json!([{"key": []}]) } else { json!([{}, {"key": []}]) };
    for (path, operation, summary, description) in HEALTH {
        document["paths"][path] = json!({"get": {
            "tags": ["About"],
            "operationId": operation,
            "summary": summary,
            "description": description,
            "security": [{}],
            "responses": {"200": report("Yes."), "503": report("No, and which check says so.")},
        }});
    }
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, operation) in paths.flat_map(|(_, path)| path.as_object_mut().into_iter().flatten()) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        if let Some(sample) = samples::of(&id) {
            operation["x-codeSamples"] = json!([{"lang": "Shell", "label": "curl", "source": sample}]);
        }
    }
    let schemas = &mut document["components"]["schemas"];
    schemas["JobForm"]["allOf"] = json!([forms::one_picture(), forms::words_one_way()]);
    schemas["BatchForm"]["allOf"] = json!([forms::one_picture()]);
    for form in ["JobForm", "BatchForm"] {
        forms::allow_empty(&mut schemas[form]);
        schemas[form]["patternProperties"] = forms::images();
    }
    // A request is read strictly; the types themselves are not, as records and messages are read by them too.
    for strict in ["CaptionSpec", "Caption", "Area"] {
        schemas[strict]["additionalProperties"] = json!(false);
    }
    schemas["StreamEvent"]["properties"]["data"]["contentSchema"] = json!({"$ref": "#/components/schemas/Event"});
    for (path, specs) in [("/v1/jobs", "spec"), ("/v1/batches", "specs")] {
        let form = &mut document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"];
        form["encoding"] = json!({
            "file": {"contentType": MediaType::READ.map(MediaType::mime).join(", ")},
            // One part of JSON, an array too.
            specs: {"contentType": "application/json"},
        });
    }
    document["webhooks"] = json!({"jobEnded": {"post": webhook()}});
    Ok(document)
}

const HEALTH: [(&str, &str, &str, &str); 3] = [
    ("/healthz", "live", "Is the process alive", "Fails only after something that a restart mends has failed for minutes."),
    (
        "/readyz",
        "ready",
        "Should the process be given work",
        "Fails until the store has answered, when it has not for longer than 30 s, and while the process is ending.",
    ),
    ("/startupz", "started", "Has the process started", "Fails until everything that it rests on was there once."),
];

fn report(description: &str) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}}})
}

/// What a `callback_url` is sent.
fn webhook() -> Value {
    let header = |name: &str, what: &str| json!({"name": name, "in": "header", "required": true, "description": what, "schema": {"type": "string"}});
    json!({
        "tags": ["Jobs"],
        "operationId": "jobEnded",
        "summary": "A job has ended",
        "description": "Sent to the job's `callback_url` when it ends (Standard Webhooks). Any answer of 2xx within 15 s is taken as \
            received; else it is sent again, seven times in eight hours. Check the signature before you believe it, and pass over a \
            `webhook-id` that you have seen.",
        "security": [{}],
        "parameters": [
            header("webhook-id", "The job's id, the same each time it is sent."),
            header("webhook-timestamp", "When it was sent, in seconds since 1970-01-01 UTC."),
            header("webhook-signature", "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body` with the secret."),
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Notice"}}}},
        "responses": {"2XX": {"description": "Received."}},
    })
}
