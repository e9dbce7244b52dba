//! What an operation may refuse, in the document: made of the types that refuse it, as examples of what is really answered.
//!
//! Each handler names its own type, as [`Refuses`], among its responses. The tests of the api hold every refusal that they see
//! against the document.

use std::{collections::BTreeMap, marker::PhantomData};

use axum::http::StatusCode;
use proto_shared::ErrorCode;
use serde_json::json;
use utoipa::{
    IntoResponses,
    openapi::{
        AllOfBuilder, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        example::ExampleBuilder,
        schema::{SchemaType, Type},
    },
};

use crate::{
    front::{access::AccessRefusal, caller::CallerRefusal},
    problem::{Documented, Refusal},
};

/// The refusals of an operation: those of `T`, those of any request, and those of the keys unless the operation asks for none.
pub(crate) struct Refuses<T, const KEYED: bool = true>(PhantomData<T>);

impl<T: Refusal, const KEYED: bool> IntoResponses for Refuses<T, KEYED> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status = BTreeMap::<StatusCode, Vec<Documented>>::new();
        let keys = if KEYED { CallerRefusal::documented() } else { Vec::new() };
        for documented in [T::documented(), keys, AccessRefusal::documented()].concat() {
            let of_status = by_status.entry(documented.problem.status()).or_default();
            match of_status.iter_mut().find(|known| known.problem.code == documented.problem.code) {
                Some(known) if known.is_example => {}
                Some(known) => *known = documented,
                None => of_status.push(documented),
            }
        }
        by_status.into_iter().map(|(status, refusals)| (status.as_str().to_owned(), response(status, &refusals).into())).collect()
    }
}

fn response(status: StatusCode, refusals: &[Documented]) -> Response {
    let codes: Vec<ErrorCode> = refusals.iter().map(|refusal| refusal.problem.code).collect();
    let constant = ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .extensions(Some([("const", status.as_u16())].into_iter().collect()));
    let code = ObjectBuilder::new().schema_type(SchemaType::AnyValue).enum_values(Some(codes.iter().map(|code| json!(code))));
    let narrowed = ObjectBuilder::new().property("status", constant).property("code", code);
    let schema = AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed);
    let examples = refusals.iter().filter(|refusal| refusal.is_example).map(|Documented { problem, .. }| {
        let example = ExampleBuilder::new().summary(problem.code.meaning()).value(Some(json!(problem)));
        (problem.code.as_str(), example.build())
    });
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let meanings: Vec<_> = codes.iter().map(|code| format!("- `{code}`: {}", code.meaning())).collect();
    let mut response = ResponseBuilder::new().description(meanings.join("\n")).content("application/problem+json", content);
    let header = |kind: Type, what: String| {
        HeaderBuilder::new()
            .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(kind))))
            .description(Some(what))
            .build()
    };
    if refusals.iter().any(|refusal| refusal.problem.challenge.is_some()) {
        response = response.header("WWW-Authenticate", header(Type::String, "How to get in (RFC 6750).".to_owned()));
    }
    let waits: Vec<_> = refusals.iter().filter(|refusal| refusal.problem.retry_after_s.is_some()).collect();
    if !waits.is_empty() {
        let of: Vec<_> = waits.iter().map(|refusal| format!("`{}`", refusal.problem.code)).collect();
        let of = if waits.len() == refusals.len() { String::new() } else { format!(", of {}", of.join(" and ")) };
        response = response.header("Retry-After", header(Type::Integer, format!("Seconds to wait{of}.")));
    }
    response.build()
}
