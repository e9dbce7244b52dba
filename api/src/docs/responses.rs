//! What is answered that is no JSON: pictures.

use std::collections::BTreeMap;

use proto_shared::MediaType;
use utoipa::{
    IntoResponses,
    openapi::{
        ContentBuilder, HeaderBuilder, Object, RefOr, Response, ResponseBuilder,
        schema::{ObjectBuilder, SchemaType, Type},
    },
};

/// A picture, or that the client has it.
pub(crate) struct PictureAnswers;

impl IntoResponses for PictureAnswers {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut picture = ResponseBuilder::new().description("The picture, for a cache to keep for ever.");
        for media in MediaType::ALL {
            // Bytes that no schema describes (OpenAPI 3.1.0, section 4.8.14.3).
            picture = picture.content(media.mime(), ContentBuilder::new().build());
        }
        let kept = [("ETag", "What is in the picture."), ("Cache-Control", "For ever; private if a key was shown.")];
        let mut unchanged = ResponseBuilder::new().description("What the client has is still the picture.");
        for (name, what) in kept {
            let header = || HeaderBuilder::new().schema(Some(string())).description(Some(what)).build();
            picture = picture.header(name, header());
            unchanged = unchanged.header(name, header());
        }
        let file_name = HeaderBuilder::new().schema(Some(string())).description(Some("A name for the file.")).build();
        picture = picture.header("Content-Disposition", file_name);
        [("200", picture), ("304", unchanged)].map(|(status, answer)| (status.to_owned(), answer.build().into())).into()
    }
}

fn string() -> Object {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).build()
}
