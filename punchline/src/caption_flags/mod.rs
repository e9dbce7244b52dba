//! The flags that say what to write, for `caption`, which writes it here, and `submit`, which has a service write it.
//!
//! They make a spec, and an error in it names the flag. No font is loaded: `caption` knows which fonts there are, `submit` does
//! not.

mod images;
mod origin;
mod output;
mod typed;
mod words;

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::{ArgMatches, Command};
use proto_shared::{CaptionFields, CaptionSpec, ImageName, Position, Presets, SpecError, subtitles};

pub(crate) use self::output::{extension_for, format_for, platforms};
use self::{
    origin::{Origin, text},
    typed::{PRESET, Typed, TypedFields},
    words::unescaped,
};
use crate::{
    exit::{Failure, Reason},
    files, presets,
};

/// What these flags can do, for the help of a command that has them.
pub(crate) const EXAMPLES: &str = "  --text \"left\" --at 0,0.3,0.5,0.4 --text \"right\" --at 0.5,0.3,0.5,0.4     two boxes
  --text \"wait for it\" --to 1.5 --text \"now\" --from 1.5 --size 60          one after the other
  --style box --background navy --text \"one\\ntwo\" --align left             two lines on a plate
  --subtitles talk.srt --style shadow                                     each cue at its time
  --image party=party.png --bottom \"done :party:\"                         an emoji of your own";

/// What to write, and how.
#[derive(Debug)]
pub(crate) struct CaptionFlags(Typed);

/// A spec, and where it came from.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What was asked for, checked as far as it can be without fonts and picture.
    pub(crate) spec: CaptionSpec,
    /// The captions whose `--font` is a file. In the spec they have the default font in its place.
    pub(crate) font_files: Vec<(usize, PathBuf)>,
    /// The files of `--image`, which the spec names.
    pub(crate) images: Vec<(ImageName, Vec<u8>)>,
    /// Of each caption; none of a spec from a file.
    origins: Vec<Origin>,
    defaults: TypedFields,
}

impl CaptionFlags {
    /// What was asked for.
    pub(crate) fn asked(&self) -> Result<Asked, Failure> {
        let mut asked = match &self.0.spec {
            Some(path) => Asked::of(read_spec(path)?),
            None => self.of_flags()?,
        };
        asked.images = images::name_in(&mut asked.spec, &self.0.images)?;
        asked.spec.exact |= self.0.exact;
        asked.spec.strict |= self.0.strict;
        let output = self.0.output.over(asked.spec.output())?;
        asked.spec = asked.spec.with_output(output);
        asked.spec.validate().map_err(|e| Failure::new(Reason::Usage, asked.name_flag(e)))?;
        Ok(asked)
    }

    fn of_flags(&self) -> Result<Asked, Failure> {
        let Typed { top, bottom, texts, defaults, subtitles, .. } = &self.0;
        let mut asked = Asked { defaults: defaults.clone(), ..Asked::of(CaptionSpec::of(Vec::new())) };
        let presets = self.presets()?;
        let of_all = Fields::read(defaults, &presets, |flag| flag)?;
        let has_place = of_all.own.at.is_some();
        let under = of_all.alone();
        for (words, at, origin) in [(top, Position::Top, Origin::Top), (bottom, Position::Bottom, Origin::Bottom)] {
            let at = CaptionFields { at: Some(at), ..CaptionFields::default() };
            if let Some(words) = words {
                asked.add(words, at.over(&under), origin);
            }
        }
        let of = texts.len();
        for (number, typed) in texts.iter().enumerate() {
            let named = |flag| if of > 1 { format!("{flag} of {}", text(number, of)) } else { flag };
            let fields = Fields::read(&typed.fields, &presets, named)?.over(&of_all);
            let own = typed.fields.iter().map(|(name, _)| *name).collect();
            asked.add(&typed.text, fields, Origin::Text { number, of, own });
        }
        for cue in subtitles.as_deref().map(read_subtitles).transpose()?.into_iter().flatten() {
            let origin = Origin::Cue { file: subtitles.clone().unwrap_or_default(), line: cue.line };
            asked.spec.captions.push(cue.fields.over(&under).caption(cue.text));
            asked.origins.push(origin);
        }
        if asked.spec.captions.is_empty() {
            let why = "there are no words to write: give --top, --bottom, --text, --subtitles or --spec";
            return Err(Failure::new(Reason::Usage, why));
        }
        if has_place && texts.is_empty() && subtitles.is_none() {
            return Err(Failure::new(Reason::Usage, "--at: --top and --bottom have their places; --text goes anywhere"));
        }
        if under.time_field().is_some() && texts.is_empty() && top.is_none() && bottom.is_none() && subtitles.is_some() {
            let own = defaults.iter().find(|(name, _)| matches!(*name, "from" | "to" | "frames"));
            let name = own.map_or("preset", |(name, _)| *name);
            let why = format_args!("--{name}: cues have their own times: none was expected beside --subtitles alone");
            return Err(Failure::new(Reason::Usage, why));
        }
        asked.take_font_files();
        asked.spec.validate().map_err(|e| Failure::new(Reason::Usage, asked.name_flag(e)))?;
        Ok(asked)
    }

    /// Those of the folder too, where any is asked for.
    fn presets(&self) -> Result<Presets, Failure> {
        let Typed { texts, defaults, presets_dir, .. } = &self.0;
        let all = texts.iter().map(|text| &text.fields).chain([defaults]).flatten();
        let folder = presets_dir.as_deref().filter(|_| all.into_iter().any(|(name, _)| *name == PRESET));
        presets::open_and_warn(folder)
    }
}

/// What is said of a text, or of all.
struct Fields {
    own: CaptionFields,
    /// Of the preset that is named.
    preset: Option<CaptionFields>,
}

impl Fields {
    /// Reads the values of flags; `named` says which text a flag is about.
    fn read(typed: &TypedFields, presets: &Presets, named: impl Fn(String) -> String) -> Result<Self, Failure> {
        let mut fields = Self { own: CaptionFields::default(), preset: None };
        for (i, (name, value)) in typed.iter().enumerate() {
            let flag = || named(format!("--{name}"));
            let wrong = |e: SpecError| Failure::new(Reason::Usage, e.at(flag()));
            if typed[..i].iter().any(|(before, _)| before == name) {
                return Err(Failure::new(Reason::Usage, format_args!("{}: it was given twice", flag())));
            }
            if *name == PRESET {
                fields.preset = Some(presets.get(value).map_err(wrong)?.clone());
            } else {
                fields.own.set(&name.replace('-', "_"), value).map_err(wrong)?;
            }
        }
        Ok(fields)
    }

    /// The fields where nothing else is said.
    fn alone(&self) -> CaptionFields {
        let preset = self.preset.clone().unwrap_or_default();
        self.own.clone().over(&preset)
    }

    /// The fields of a text, beside what is said of all. A preset of its own is nearer than that; the preset of all is farthest.
    fn over(self, of_all: &Self) -> CaptionFields {
        let under = match self.preset {
            Some(preset) => preset.over(&of_all.own),
            None => of_all.alone(),
        };
        self.own.over(&under)
    }
}

impl Asked {
    fn of(spec: CaptionSpec) -> Self {
        Self { spec, font_files: Vec::new(), images: Vec::new(), origins: Vec::new(), defaults: Vec::new() }
    }

    fn add(&mut self, typed: &str, fields: CaptionFields, origin: Origin) {
        self.spec.captions.push(fields.caption(unescaped(typed)));
        self.origins.push(origin);
    }

    /// Takes out fonts that are paths rather than names.
    fn take_font_files(&mut self) {
        for (i, caption) in self.spec.captions.iter_mut().enumerate() {
            if is_font_file(Path::new(&caption.font)) {
                let named = std::mem::replace(&mut caption.font, proto_shared::bounds::default_font());
                self.font_files.push((i, named.into()));
            }
        }
    }

    /// The flag that a field of the spec came from, if it came from one.
    pub(crate) fn flag_of(&self, field: &str) -> Option<String> {
        if let Some(image) = field.strip_prefix("images") {
            return Some(format!("--image{}", image.replace('.', " ")));
        }
        if let Some(flag) = output::flag_of(field) {
            return Some(flag);
        }
        let (caption, field) = field.strip_prefix("captions[")?.split_once("].")?;
        let name = field.split(['.', '[']).next().unwrap_or(field);
        Some(self.origins.get(caption.parse::<usize>().ok()?)?.flag_of(name, &self.defaults))
    }

    /// Says of an error in a spec made from flags which flag it is about.
    pub(crate) fn name_flag(&self, error: SpecError) -> SpecError {
        match self.flag_of(&error.field) {
            Some(flag) => error.at(flag),
            None => error,
        }
    }
}

fn is_font_file(path: &Path) -> bool {
    let has_extension = path.extension().is_some_and(|e| ["ttf", "otf", "ttc"].iter().any(|known| e.eq_ignore_ascii_case(known)));
    has_extension || path.components().count() > 1
}

fn read_spec(path: &Path) -> Result<CaptionSpec, Failure> {
    CaptionSpec::from_json(&files::read(path, MAX_SPEC_BYTES)?)
        .map_err(|e| Failure::new(Reason::BadInput, format_args!("{}: {e} ({})", path.display(), e.code)))
}

fn read_subtitles(path: &Path) -> Result<Vec<subtitles::Cue>, Failure> {
    subtitles::read(&files::read(path, MAX_SUBTITLES_BYTES)?)
        .map_err(|e| Failure::new(Reason::BadInput, format_args!("{}: {e} ({})", path.display(), e.code())))
}

/// More than any spec that passes its own limits.
const MAX_SPEC_BYTES: u64 = 1_000_000;

/// More than the cues that a spec holds have.
const MAX_SUBTITLES_BYTES: u64 = 1_000_000;

impl clap::FromArgMatches for CaptionFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        Ok(Self(Typed::take(matches)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for CaptionFlags {
    fn augment_args(command: Command) -> Command {
        typed::augment(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        typed::augment(command)
    }
}

/// Says what is not as it was asked for, a line each.
pub(crate) fn warn_of(differences: impl IntoIterator<Item = String>) {
    for difference in differences {
        // Where nobody listens, the result is there nevertheless.
        let _ = writeln!(io::stderr(), "punchline: warning: {difference}");
    }
}

#[cfg(test)]
mod tests;
