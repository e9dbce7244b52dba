//! The canonical form of a spec: two specs that ask for the same picture are one in it.
//!
//! `fonts` hashes it into the name of an output. Defaults are filled in, colours are written one way, and what a style does not
//! draw is left out. A font stands beside it, by its bytes: its name says nothing of what is drawn.
//!
//! A field that is added must be left out here while it has its default (`skip_serializing_if`): else every output that stands
//! would lose its name.

use serde::Serialize;

use super::{Caption, CaptionSpec, Position, Style, is_false};
use crate::{Colour, Lang, Size};

/// What is hashed of a spec.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Canonical<'a> {
    captions: Vec<CanonicalCaption<'a>>,
    #[serde(skip_serializing_if = "is_false")]
    exact: bool,
    /// It changes no picture, but whether there is one.
    #[serde(skip_serializing_if = "is_false")]
    strict: bool,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct CanonicalCaption<'a> {
    text: &'a str,
    at: Position,
    style: Style,
    size: Size,
    fill: Colour,
    #[serde(skip_serializing_if = "Option::is_none")]
    stroke: Option<Colour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'a Lang>,
}

impl CaptionSpec {
    /// The form that is hashed.
    #[must_use]
    pub fn canonical(&self) -> Canonical<'_> {
        // Taken apart, so that a field that is added is not forgotten here.
        let &Self { ref captions, exact, strict } = self;
        Canonical { captions: captions.iter().map(CanonicalCaption::of).collect(), exact, strict }
    }
}

impl<'a> CanonicalCaption<'a> {
    fn of(caption: &'a Caption) -> Self {
        let Caption { text, at, style, font: _, size, fill: _, stroke: _, lang } = caption;
        let (fill, stroke) = (caption.drawn_fill(), caption.drawn_stroke());
        Self { text, at: *at, style: *style, size: *size, fill, stroke, lang: lang.as_ref() }
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
        ] {
            assert_eq!(canonical(long), short, "{long}");
        }
        let bar = canonical(r#"{"captions":[{"text":"a","style":"bar"}]}"#);
        assert_eq!(canonical(r##"{"captions":[{"text":"a","style":"bar","fill":"#000","stroke":"#f00"}]}"##), bar);
        assert_eq!(
            canonical(r#"{"captions":[{"text":"a","size":20.0}]}"#),
            canonical(r#"{"captions":[{"text":"a","size":"20"}]}"#)
        );
    }

    #[test]
    fn what_draws_otherwise_differs() {
        let of = [
            r#"{"captions":[{"text":"a"}]}"#,
            r#"{"captions":[{"text":"A"}]}"#,
            r#"{"captions":[{"text":"a","at":"top"}]}"#,
            r#"{"captions":[{"text":"a","style":"bar"}]}"#,
            r#"{"captions":[{"text":"a","size":20}]}"#,
            r##"{"captions":[{"text":"a","fill":"#fffffe"}]}"##,
            r##"{"captions":[{"text":"a","stroke":"#000001"}]}"##,
            r#"{"captions":[{"text":"a","lang":"ja"}]}"#,
            r#"{"captions":[{"text":"a"}],"exact":true}"#,
            r#"{"captions":[{"text":"a"}],"strict":true}"#,
        ]
        .map(canonical);
        assert_eq!(of.iter().collect::<std::collections::HashSet<_>>().len(), of.len());
    }
}
