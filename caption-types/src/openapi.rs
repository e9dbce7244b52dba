//! The schemas that are written by hand: sizes, colours, codes, and what has bounds in a spec.
//!
//! The front's description of itself takes them, and those that are derived beside their types. Bounds are the constants
//! that the readers check; a schema must never promise what its reader refuses.

use utoipa::openapi::{
    Ref,
    schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type},
};

use crate::{
    ByteSize, Colour, ErrorCode, Fraction, Hundredths, ImageName, Lang, LineSpacing, Position, Seconds, Size, SourceId,
    StrokeWidth, TranslucentColour,
    bounds::{
        MAX_CAPTIONS, MAX_FONT_NAME_CHARS, MAX_IMAGE_NAME_CHARS, MAX_IMAGES, MAX_LANG_CHARS, MAX_OUTPUT_SIDE_PX, MAX_TEXT_CHARS,
        default_font,
    },
    size::SIZE_RANGE_PX,
};

/// Something to be seen, which is neither white space nor a control character, among characters that are drawn or lay out.
const SOME_WORD: &str = r"^[^\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u0008\u000E-\u001F\u007F-\u0084\u0086-\u009F]*$";

/// A name is not told from another word: those are the reader's to refuse.
const COLOUR: &str = "^(#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})|[A-Za-z]{3,20})$";
const TRANSLUCENT_COLOUR: &str = "^(#?([0-9A-Fa-f]{3,4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|[A-Za-z]{3,20})$";

/// A tag by RFC 5646, section 2.1, without the irregular ones.
const LANGUAGE_TAG: &str = "^(([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?\
                            (-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[0-9A-WY-Za-wy-z](-[A-Za-z0-9]{2,8})+)*\
                            (-[Xx](-[A-Za-z0-9]{1,8})+)?|[Xx](-[A-Za-z0-9]{1,8})+)$";

/// Gives types their schemas, under their own names.
#[macro_export]
macro_rules! named_schemas {
    ($($name:ident: $schema:expr,)*) => {
        $(impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                $schema.into()
            }
        }

        impl ::utoipa::ToSchema for $name {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed(stringify!($name))
            }
        })*
    };
}

named_schemas! {
    Colour: text("An opaque sRGB colour: digits, or a name of CSS.", COLOUR, "#ffcc00"),
    TranslucentColour: text("An sRGB colour: digits, those of alpha last, or a name of CSS.", TRANSLUCENT_COLOUR, "#000000b3"),
    Position: position(),
    Fraction: number(Fraction::LEAST, Fraction::MOST, "A part of the canvas's width or height."),
    StrokeWidth: number(StrokeWidth::LEAST, StrokeWidth::MOST, "In ems."),
    LineSpacing: number(LineSpacing::LEAST, LineSpacing::MOST, "Where 1 is what the font asks for."),
    Seconds: number(Seconds::LEAST, Seconds::MOST, "Seconds, to hundredths."),
    Size: size(),
    Lang: lang(),
    ErrorCode: code(),
    Hundredths: hundredths(),
    ImageName: text("The name of an image of one's own.", &image_name(), "party"),
    SourceId: text("A picture: the SHA-256 of its bytes.", SOURCE_ID, A_HASH),
}

const SOURCE_ID: &str = "^[0-9a-f]{64}$";
const A_HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn image_name() -> String {
    format!("^[A-Za-z0-9_]{{1,{MAX_IMAGE_NAME_CHARS}}}$")
}

/// The images of a spec.
#[must_use]
pub fn images() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Object))
        .property_names(Some(string().pattern(Some(image_name()))))
        .additional_properties(Some(Ref::from_schema_name("SourceId")))
        .max_properties(Some(MAX_IMAGES))
        .description(Some(
            "Emoji of one's own: the stored picture that `:name:` in a text shows, by its name. A name that is not here is text.",
        ))
        .examples([serde_json::json!({"party": A_HASH})])
        .into()
}

/// The captions of a spec.
#[must_use]
pub fn captions() -> Schema {
    ArrayBuilder::new()
        .items(Ref::from_schema_name("Caption"))
        .min_items(Some(1))
        .max_items(Some(MAX_CAPTIONS))
        .description(Some("Where they overlap, a later one lies above an earlier one."))
        .into()
}

/// The text of a caption.
#[must_use]
pub fn caption_text() -> Schema {
    string()
        .pattern(Some(SOME_WORD))
        .max_length(Some(MAX_TEXT_CHARS))
        .description(Some("The words, with something to be seen among them. A line feed breaks the line; other control characters of which nothing is drawn are refused."))
        .examples(["when it compiles"])
        .into()
}

/// The font of a caption.
#[must_use]
pub fn font() -> Schema {
    string()
        .min_length(Some(1))
        .max_length(Some(MAX_FONT_NAME_CHARS))
        .description(Some("One of the `fonts` that `/v1/info` lists."))
        .default(Some(default_font().into()))
        .examples(["anton"])
        .into()
}

/// A string of this pattern.
#[must_use]
pub fn text(what: &str, pattern: &str, example: &str) -> Schema {
    string().description(Some(what)).pattern(Some(pattern)).examples([example]).into()
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

/// A number may come as text too: a form has nothing else.
fn size() -> Schema {
    let (least, most) = (*SIZE_RANGE_PX.start(), *SIZE_RANGE_PX.end());
    let px = ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Integer))
        .minimum(Some(least))
        .maximum(Some(most))
        .description(Some("pixels per em, shrunk only if the text would not fit"));
    let auto = string().enum_values(Some(["auto"])).description(Some("as large as reads well and fits"));
    let part = string()
        .pattern(Some(r"^(([1-9]|[1-4][0-9])(\.[0-9]{1,2})?|50(\.0{1,2})?)%$"))
        .description(Some("a percentage of the width of the picture, 1 to 50; shrunk as pixels are"))
        .examples(["10%"]);
    OneOfBuilder::new()
        .item(auto)
        .item(px)
        .item(part)
        .description(Some("How large the letters are."))
        .default(Some("auto".into()))
        .into()
}

fn lang() -> Schema {
    string()
        .pattern(Some(LANGUAGE_TAG))
        .max_length(Some(MAX_LANG_CHARS))
        .description(Some(
            "The language of the words (BCP 47). Han characters have the forms of `zh-Hans`, `zh-Hant`, `ja` or `ko`.",
        ))
        .examples(["ja"])
        .into()
}

fn position() -> Schema {
    let edge = string().enum_values(Some(["top", "middle", "bottom"])).description(Some("an edge of the picture, or its middle"));
    OneOfBuilder::new()
        .item(edge)
        .item(Ref::from_schema_name("Area"))
        .description(Some("Where the text stands."))
        .default(Some("bottom".into()))
        .into()
}

/// The first and the last frame of a caption.
#[must_use]
pub fn frames() -> Schema {
    let frame = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Integer)).minimum(Some(0)).maximum(Some(u32::MAX));
    ArrayBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Array, Type::Null]))
        .items(frame)
        .min_items(Some(2))
        .max_items(Some(2))
        .description(Some("The first and the last frame that show it, counted from 0, in place of `from` and `to`."))
        .examples([serde_json::json!([4, 10])])
        .into()
}

/// The most bytes of an output.
#[must_use]
pub fn max_bytes() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Integer, Type::Null]))
        .minimum(Some(ByteSize::LEAST))
        .maximum(Some(ByteSize::MOST))
        .description(Some(
            "The most bytes that the output may have. As little as needed is given up for it, and told; what can't be had is a \
             failure (`fit_not_possible`).",
        ))
        .examples([serde_json::json!(8_000_000)])
        .into()
}

/// The most pixels of a side of an output.
#[must_use]
pub fn max_side() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::Integer, Type::Null]))
        .minimum(Some(1))
        .maximum(Some(MAX_OUTPUT_SIDE_PX))
        .description(Some(
            "The most pixels of a side of the output, bars included: a larger picture is made smaller before it is captioned.",
        ))
        .examples([serde_json::json!(480)])
        .into()
}

/// The same as forms have it, with a unit if one likes.
#[must_use]
pub fn max_bytes_text() -> Schema {
    string()
        .pattern(Some(r"^ *[1-9][0-9]{2,11} *$|^ *[1-9][0-9]{0,2}(\.[0-9]{1,3})? *([kKmM][iI]?[bB]?) *$"))
        .description(Some("The most bytes that the output may have, with a unit if you like: `8MB`, `512kB`, `8000000`."))
        .examples(["8MB"])
        .into()
}

/// A place as forms have it, which have nothing but text.
#[must_use]
pub fn position_text() -> Schema {
    const PART: &str = r" *(0(\.[0-9]{1,4})?|1(\.0{1,4})?|\.[0-9]{1,4}) *";
    string()
        .pattern(Some(format!("^(top|middle|bottom|{PART},{PART},{PART},{PART})$")))
        .description(Some("`top`, `middle`, `bottom`, or a box as `x,y,width,height` in parts of the picture."))
        .examples(["0.1,0.4,0.8,0.2"])
        .into()
}

fn number(least: f64, most: f64, what: &str) -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Number))
        .minimum(Some(least))
        .maximum(Some(most))
        .description(Some(what))
        .into()
}

fn hundredths() -> Schema {
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(Type::Number))
        .minimum(Some(0.0))
        .description(Some("To two decimals."))
        .into()
}

fn code() -> Schema {
    let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
    string()
        .enum_values(Some(codes))
        .description(Some("Why, for programs. A code is never renamed or given another meaning."))
        .into()
}
