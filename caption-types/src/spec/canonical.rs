//! The canonical form of a spec: two specs that ask for the same picture are one in it.
//!
//! `fonts` hashes it into the name of an output. Defaults are filled in, colours are written one way, and what a style does not
//! draw is left out. A font stands beside it, by its bytes: its name says nothing of what is drawn.
//!
//! A field that is added must be left out here while it has its default (`skip_serializing_if`): else every output that stands
//! would lose its name.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Align, Caption, CaptionSpec, Case, Position, Style, Valign, is_default};
use crate::{ByteSize, Colour, Format, ImageName, Lang, LineSpacing, Seconds, Size, SourceId, StrokeWidth, TranslucentColour};

/// What is hashed of a spec.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Canonical<'a> {
    captions: Vec<CanonicalCaption<'a>>,
    /// Those that a text shows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    images: BTreeMap<&'a ImageName, &'a SourceId>,
    #[serde(skip_serializing_if = "is_default")]
    exact: bool,
    /// It changes no picture, but whether there is one.
    #[serde(skip_serializing_if = "is_default")]
    strict: bool,
    #[serde(skip_serializing_if = "is_default")]
    format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<ByteSize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_height: Option<u32>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct CanonicalCaption<'a> {
    text: &'a str,
    at: Position,
    #[serde(skip_serializing_if = "is_default")]
    align: Align,
    #[serde(skip_serializing_if = "is_default")]
    valign: Valign,
    style: Style,
    size: Size,
    fill: Colour,
    #[serde(skip_serializing_if = "Option::is_none")]
    stroke: Option<Colour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stroke_width: Option<StrokeWidth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shadow: Option<Colour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background: Option<TranslucentColour>,
    #[serde(skip_serializing_if = "is_default")]
    case: Case,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_spacing: Option<LineSpacing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<[u32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a Lang>,
}

impl CaptionSpec {
    /// The form that is hashed.
    #[must_use]
    pub fn canonical(&self) -> Canonical<'_> {
        // Taken apart, so that a field that is added is not forgotten here.
        let &Self { ref captions, ref images, exact, strict, format, max_bytes, max_width, max_height } = self;
        let shown = self.shown_images();
        Canonical {
            captions: captions.iter().map(CanonicalCaption::of).collect(),
            images: images.iter().filter(|(name, _)| shown.contains(name)).collect(),
            exact,
            strict,
            format,
            max_bytes,
            max_width,
            max_height,
        }
    }
}

impl<'a> CanonicalCaption<'a> {
    fn of(caption: &'a Caption) -> Self {
        // Taken apart, so that a field that is added is not forgotten here.
        let &Caption { ref text, at, align, valign, style, font: _, size, fill: _, stroke: _, case, frames, ref lang, .. } =
            caption;
        let &Caption { stroke_width: _, background: _, line_spacing, from, to, .. } = caption;
        // What is drawn anyway is left out, as it was before it could be asked for.
        let own = Caption { stroke_width: None, background: None, ..caption.clone() };
        Self {
            text,
            at,
            align,
            valign,
            style,
            size,
            fill: caption.drawn_fill(),
            stroke: caption.drawn_stroke(),
            stroke_width: caption.drawn_stroke_width().filter(|width| Some(*width) != own.drawn_stroke_width()),
            shadow: caption.drawn_shadow(),
            background: caption.drawn_background().filter(|colour| Some(*colour) != own.drawn_background()),
            case,
            line_spacing: line_spacing.filter(|spacing| spacing.steps() != 100),
            from: from.filter(|from| from.steps() > 0),
            to,
            frames,
            lang: lang.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(json: &str) -> String {
        serde_json::to_string(&CaptionSpec::from_json(json.as_bytes()).unwrap().canonical()).unwrap()
    }

    #[test]
    fn a_default_that_is_written_out_changes_nothing() {
        let short = canonical(r#"{"captions":[{"text":"a"}]}"#);
        assert_eq!(
            short,
            r##"{"captions":[{"text":"a","at":"bottom","style":"overlay","size":"auto","fill":"#ffffff","stroke":"#000000"}]}"##
        );
        for long in [
            r#"{"captions":[{"text":"a","at":"bottom","style":"overlay","font":"anton","size":"auto"}]}"#,
            r##"{"captions":[{"stroke":"#000","fill":"#FFF","text":"a"}]}"##,
            r##"{"captions":[{"text":"a","fill":"#FFFFFF","stroke":null}]}"##,
            r#"{"captions":[{"text":"a","fill":"white","stroke_width":0.065,"line_spacing":1,"from":0,"case":"same","align":"center"}]}"#,
        ] {
            assert_eq!(canonical(long), short, "{long}");
        }
        let bar = canonical(r#"{"captions":[{"text":"a","style":"bar"}]}"#);
        assert_eq!(canonical(r##"{"captions":[{"text":"a","style":"bar","fill":"#000","stroke":"#f00"}]}"##), bar);
        assert_eq!(
            canonical(r#"{"captions":[{"text":"a","size":20.0}]}"#),
            canonical(r#"{"captions":[{"text":"a","size":"20"}]}"#)
        );
        assert_eq!(
            canonical(r#"{"captions":[{"text":"a","size":"10.0%"}]}"#),
            canonical(r#"{"captions":[{"text":"a","size":"10%"}]}"#)
        );
    }

    #[test]
    fn an_image_that_no_text_shows_changes_nothing() {
        let unused =
            r#"{"captions":[{"text":"a"}],"images":{"a":"0000000000000000000000000000000000000000000000000000000000000000"}}"#;
        assert_eq!(canonical(unused), canonical(r#"{"captions":[{"text":"a"}]}"#));
    }

    #[test]
    fn what_draws_otherwise_differs() {
        let of = [
            r#"{"captions":[{"text":"a"}]}"#,
            r#"{"captions":[{"text":"A"}]}"#,
            r#"{"captions":[{"text":"a","at":"top"}]}"#,
            r#"{"captions":[{"text":"a","style":"bar"}]}"#,
            r#"{"captions":[{"text":"a","size":20}]}"#,
            r#"{"captions":[{"text":"a","size":"10%"}]}"#,
            r##"{"captions":[{"text":"a","fill":"#fffffe"}]}"##,
            r##"{"captions":[{"text":"a","stroke":"#000001"}]}"##,
            r#"{"captions":[{"text":"a","lang":"ja"}]}"#,
            r#"{"captions":[{"text":"a","at":"middle"}]}"#,
            r#"{"captions":[{"text":"a","at":{"x":0,"y":0,"width":1,"height":1}}]}"#,
            r#"{"captions":[{"text":"a","at":{"x":0,"y":0,"width":1,"height":1},"valign":"top"}]}"#,
            r#"{"captions":[{"text":"a","align":"left"}]}"#,
            r#"{"captions":[{"text":"a","style":"box"}]}"#,
            r#"{"captions":[{"text":"a","style":"box","background":"red"}]}"#,
            r#"{"captions":[{"text":"a","style":"shadow"}]}"#,
            r#"{"captions":[{"text":"a","style":"shadow","stroke":"red"}]}"#,
            r#"{"captions":[{"text":"a","style":"plain"}]}"#,
            r#"{"captions":[{"text":"a","stroke_width":0.1}]}"#,
            r#"{"captions":[{"text":"a","stroke_width":0}]}"#,
            r#"{"captions":[{"text":"a","case":"upper"}]}"#,
            r#"{"captions":[{"text":"a","line_spacing":1.2}]}"#,
            r#"{"captions":[{"text":"a","from":1}]}"#,
            r#"{"captions":[{"text":"a","to":1}]}"#,
            r#"{"captions":[{"text":"a","frames":[0,1]}]}"#,
            r#"{"captions":[{"text":"a"}],"exact":true}"#,
            r#"{"captions":[{"text":"a"}],"strict":true}"#,
            r#"{"captions":[{"text":"a"}],"format":"gif"}"#,
            r#"{"captions":[{"text":"a"}],"max_bytes":1000}"#,
            r#"{"captions":[{"text":"a"}],"max_width":1000}"#,
            r#"{"captions":[{"text":"a"}],"max_height":1000}"#,
            r#"{"captions":[{"text":":a:"}]}"#,
            r#"{"captions":[{"text":":a:"}],"images":{"a":"0000000000000000000000000000000000000000000000000000000000000000"}}"#,
            r#"{"captions":[{"text":":a:"}],"images":{"a":"0000000000000000000000000000000000000000000000000000000000000001"}}"#,
        ]
        .map(canonical);
        assert_eq!(of.iter().collect::<std::collections::HashSet<_>>().len(), of.len());
    }
}
