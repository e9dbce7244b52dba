//! The words of a form that has no spec: `top`, `bottom`, `text` and the cues of `subtitles`, with the fields that hold for all of
//! them, as a spec.
//!
//! `form` calls it with the parts that it has read. What is wrong is said of the part that it is about.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use proto_shared::{
    CaptionFields, CaptionSpec, ErrorCode, Position, Presets, SpecError, bounds::MAX_CAPTIONS, subtitles,
    subtitles::SubtitlesError,
};

use crate::problem::{Documented, Problem, Refusal, refusals};

/// The parts that are words.
pub(crate) const WORDS: [&str; 3] = ["top", "bottom", "text"];

/// The part that is a file of words.
pub(crate) const SUBTITLES: &str = "subtitles";

refusals! {
    /// Why the fields of a form are no spec.
    pub(crate) enum WordsRefusal: Spec(SpecError), Subtitles(SubtitlesError), Preset(UnknownPreset) {}
}

/// A preset that is none of those there are.
#[derive(Debug)]
pub(crate) struct UnknownPreset(SpecError);

impl Refusal for UnknownPreset {
    fn problem(&self) -> Problem {
        self.0.problem()
    }

    fn documented() -> Vec<Documented> {
        let unknown = Presets::shipped().get("memes").err();
        unknown.into_iter().map(|unknown| Documented::example(Self(unknown).problem())).collect()
    }
}

impl Refusal for SubtitlesError {
    fn problem(&self) -> Problem {
        let problem =
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, self.code(), format!("{SUBTITLES}: {self}")).field(SUBTITLES);
        match *self {
            Self::TooMany { got } => problem.limit(MAX_CAPTIONS as u64, got as u64),
            _ => problem,
        }
    }

    fn documented() -> Vec<Documented> {
        let wrong = subtitles::read(b"hello").err();
        wrong.into_iter().map(|wrong| Documented::example(wrong.problem())).collect()
    }
}

/// The spec of a form's parts. Those that are read are taken out of `parts`.
pub(super) fn spec_of(
    parts: &mut BTreeMap<&'static str, String>,
    subtitles: Option<&[u8]>,
    presets: &Presets,
) -> Result<(CaptionSpec, Origins), WordsRefusal> {
    let mut fields = CaptionFields::default();
    for name in CaptionFields::NAMES {
        if let Some(text) = parts.remove(name) {
            fields.set(name, &text)?;
        }
    }
    let [top, bottom, text] = WORDS.map(|name| parts.remove(name));
    if fields.at.is_some() && text.is_none() && subtitles.is_none() {
        let message = "`text` stands there, and cues do: `top` and `bottom` have their places";
        return Err(SpecError::new(ErrorCode::BadSpec, "at", message).into());
    }
    let has_words = top.is_some() || bottom.is_some() || text.is_some();
    let own_time = fields.time_field();
    if let Some(preset) = parts.remove("preset") {
        fields = fields.over(presets.get(&preset).map_err(UnknownPreset)?);
    }
    if subtitles.is_some() && !has_words && fields.time_field().is_some() {
        let message = "cues have their own times: none was expected beside `subtitles` alone";
        return Err(SpecError::new(ErrorCode::BadSpec, own_time.unwrap_or("preset"), message).into());
    }
    let at = |at| CaptionFields { at: Some(at), ..CaptionFields::default() }.over(&fields);
    let mut origins = Origins::default();
    let mut captions = Vec::new();
    for (name, fields, text) in
        [("top", at(Position::Top), top), ("bottom", at(Position::Bottom), bottom), ("text", fields.clone(), text)]
    {
        if let Some(text) = text {
            origins.0.push(Origin::Part(name));
            captions.push(fields.caption(text));
        }
    }
    for cue in subtitles.map(subtitles::read).transpose()?.into_iter().flatten() {
        origins.0.push(Origin::Cue { line: cue.line });
        captions.push(cue.fields.over(&fields).caption(cue.text));
    }
    let spec = CaptionSpec::of(captions);
    spec.validate().map_err(|e| origins.named(e))?;
    Ok((spec, origins))
}

/// What the captions were made of, in their order; nothing of a spec that was sent as one.
#[derive(Default)]
pub(crate) struct Origins(Vec<Origin>);

/// Where a caption came from.
enum Origin {
    Part(&'static str),
    Cue { line: usize },
}

impl Origins {
    /// What is wrong with a spec, said of the part: `captions[0].text` is `top`, `bottom` or `text`, `captions[0].font` is `font`; of
    /// a cue it is `subtitles`.
    pub(crate) fn named(&self, error: SpecError) -> SpecError {
        if self.0.is_empty() {
            return if error.field == "captions" && error.code == ErrorCode::EmptyText { error.at("bottom") } else { error };
        }
        let Some((caption, field)) = error.field.strip_prefix("captions[").and_then(|path| path.split_once("].")) else {
            return error;
        };
        let field = field.to_owned();
        match (field.as_str(), caption.parse::<usize>().ok().and_then(|i| self.0.get(i))) {
            ("text", Some(Origin::Part(name))) => error.at(*name),
            ("text" | "at" | "from" | "to", Some(Origin::Cue { line })) => {
                let message = format!("line {line}: {}", error.message);
                SpecError { message, ..error }.at(SUBTITLES)
            }
            _ => error.at(field),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_with_a_time_is_refused_beside_cues_alone() {
        let mut presets = Presets::shipped();
        presets.add("late", br#"{"from":1}"#).unwrap();
        let field = |parts: &[(&'static str, &str)]| {
            let mut parts = parts.iter().map(|&(name, text)| (name, text.to_owned())).collect();
            let cues = b"1\n00:00:01,000 --> 00:00:02,000\nhi\n";
            spec_of(&mut parts, Some(cues), &presets).err().map(|e| serde_json::to_value(e.problem()).unwrap()["field"].clone())
        };
        assert_eq!(field(&[("preset", "late")]), Some("preset".into()));
        assert_eq!(field(&[("preset", "late"), ("from", "2")]), Some("from".into()));
        assert_eq!((field(&[("preset", "subtitle")]), field(&[("preset", "late"), ("top", "a")])), (None, None));
    }
}
