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
) -> Result<CaptionSpec, WordsRefusal> {
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
    let time = [("from", fields.from.is_some()), ("to", fields.to.is_some()), ("frames", fields.frames.is_some())];
    if let Some((name, _)) = time.into_iter().find(|&(_, is_given)| is_given && subtitles.is_some() && !has_words) {
        let message = "cues have their own times: none was expected beside `subtitles` alone";
        return Err(SpecError::new(ErrorCode::BadSpec, name, message).into());
    }
    if let Some(preset) = parts.remove("preset") {
        fields = fields.over(presets.get(&preset).map_err(UnknownPreset)?);
    }
    let at = |at| CaptionFields { at: Some(at), ..CaptionFields::default() }.over(&fields);
    let mut names = Vec::new();
    let mut captions = Vec::new();
    for (name, fields, text) in
        [("top", at(Position::Top), top), ("bottom", at(Position::Bottom), bottom), ("text", fields.clone(), text)]
    {
        if let Some(text) = text {
            names.push(Source::Part(name));
            captions.push(fields.caption(text));
        }
    }
    for cue in subtitles.map(subtitles::read).transpose()?.into_iter().flatten() {
        names.push(Source::Cue { line: cue.line });
        captions.push(cue.fields.over(&fields).caption(cue.text));
    }
    let spec = CaptionSpec::of(captions);
    spec.validate().map_err(|e| of_part(e, &names))?;
    Ok(spec)
}

/// Where a caption came from.
enum Source {
    Part(&'static str),
    Cue { line: usize },
}

/// `captions[0].text` is `top`, `bottom` or `text`, `captions[0].font` is `font`; of a cue it is `subtitles`.
fn of_part(error: SpecError, names: &[Source]) -> SpecError {
    if error.field == "captions" && error.code == ErrorCode::EmptyText {
        return error.at("bottom");
    }
    let Some((caption, field)) = error.field.strip_prefix("captions[").and_then(|path| path.split_once("].")) else {
        return error;
    };
    let field = field.to_owned();
    match (field.as_str(), caption.parse::<usize>().ok().and_then(|i| names.get(i))) {
        ("text", Some(Source::Part(name))) => error.at(*name),
        ("text" | "at" | "from" | "to", Some(Source::Cue { line })) => {
            let message = format!("line {line}: {}", error.message);
            SpecError::new(error.code, SUBTITLES, message)
        }
        _ => error.at(field),
    }
}
