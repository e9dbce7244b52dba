//! The flags that say what to write, for `caption`, which writes it here, and `submit`, which has a service write it.
//!
//! They make a spec, and an error in it names the flag. No font is loaded: `caption` knows which fonts there are, `submit` does
//! not.

use std::path::{Path, PathBuf};

use proto_shared::{Caption, CaptionSpec, Colour, Fidelity, Lang, Position, Size, SpecError, Style};

use crate::{
    exit::{Failure, Reason},
    files,
};

/// What to write, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct CaptionFlags {
    /// Words at the top
    #[arg(long, value_name = "TEXT")]
    top: Option<String>,

    /// Words at the bottom
    #[arg(long, value_name = "TEXT")]
    bottom: Option<String>,

    /// `overlay` (outlined letters on the picture) or `bar` (letters on a white band outside it)
    #[arg(long, default_value = "overlay", value_parser = parse_named::<Style>)]
    style: Style,

    /// `anton`, `sans`, or another font that the service knows by this name
    #[arg(long, value_name = "NAME", default_value = "anton")]
    font: String,

    /// Letters in pixels per em, or `auto`; shrunk if the text would not fit
    #[arg(long, value_name = "PX", default_value = "auto", value_parser = parse_named::<Size>)]
    size: Size,

    /// The letters' colour, `#rgb` or `#rrggbb` [default: white; black on a bar]
    #[arg(long, value_name = "COLOUR", value_parser = parse_named::<Colour>)]
    fill: Option<Colour>,

    /// The outline's colour, overlay only [default: black]
    #[arg(long, value_name = "COLOUR", value_parser = parse_named::<Colour>)]
    stroke: Option<Colour>,

    /// The language of the words, such as `ja` or `zh-Hant`: which forms its Han characters have [default: the text tells]
    #[arg(long, value_name = "TAG", value_parser = parse_named::<Lang>)]
    lang: Option<Lang>,

    /// Change no pixel outside the captions on any account: in a full palette their colours are the nearest there are
    #[arg(long)]
    exact: bool,

    /// Fail if the picture would differ from what was asked for
    #[arg(long)]
    strict: bool,

    /// The whole spec as a JSON file, in place of the options above
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["top", "bottom", "style", "font", "size", "fill", "stroke", "lang"])]
    spec: Option<PathBuf>,
}

impl CaptionFlags {
    /// What was asked for, checked as far as it can be without fonts and picture.
    pub(crate) fn spec(&self) -> Result<CaptionSpec, Failure> {
        let mut spec = match &self.spec {
            Some(path) => CaptionSpec::from_json(&files::read(path, MAX_SPEC_BYTES)?)
                .map_err(|e| Failure::new(Reason::BadInput, format_args!("{}: {e} ({})", path.display(), e.code)))?,
            None => self.spec_of_flags()?,
        };
        spec.exact |= self.exact;
        spec.strict |= self.strict;
        Ok(spec)
    }

    /// `--font`, where it is a path rather than a name. The spec then names the default font in its place.
    pub(crate) fn font_file(&self) -> Option<&Path> {
        let path = Path::new(&self.font);
        let has_extension =
            path.extension().is_some_and(|e| ["ttf", "otf", "ttc"].iter().any(|known| e.eq_ignore_ascii_case(known)));
        (has_extension || path.components().count() > 1).then_some(path)
    }

    /// The flag that a field of the spec came from, if it came from one.
    pub(crate) fn flag_of(&self, field: &str) -> Option<&'static str> {
        if self.spec.is_some() {
            return None;
        }
        let first = if self.top.is_some() { "--top" } else { "--bottom" };
        match field.split_once('.')? {
            ("captions[0]", "text") => Some(first),
            (_, "text") => Some("--bottom"),
            (_, "font") => Some("--font"),
            (_, "size") => Some("--size"),
            (_, "style") => Some("--style"),
            (_, "fill") => Some("--fill"),
            (_, "stroke") => Some("--stroke"),
            (_, "lang") => Some("--lang"),
            _ => None,
        }
    }

    fn spec_of_flags(&self) -> Result<CaptionSpec, Failure> {
        let caption = |text: &Option<String>, at| {
            let caption = Caption::new(text.as_ref()?, at, self.style);
            let font = if self.font_file().is_some() { caption.font.clone() } else { self.font.clone() };
            let lang = self.lang.clone();
            Some(Caption { font, size: self.size, fill: self.fill, stroke: self.stroke, lang, ..caption })
        };
        let captions: Vec<Caption> =
            [caption(&self.top, Position::Top), caption(&self.bottom, Position::Bottom)].into_iter().flatten().collect();
        if captions.is_empty() {
            return Err(Failure::new(Reason::Usage, "there are no words to write: give --top, --bottom or --spec"));
        }
        let spec = CaptionSpec::of(captions);
        spec.validate().map_err(|e| Failure::new(Reason::Usage, self.name_flag(e)))?;
        Ok(spec)
    }

    /// Says of an error in a spec made from flags which flag it is about.
    fn name_flag(&self, error: SpecError) -> SpecError {
        match self.flag_of(&error.field) {
            Some(flag) => error.at(flag),
            None => error,
        }
    }
}

/// More than any spec that passes its own limits.
const MAX_SPEC_BYTES: u64 = 1_000_000;

/// Says what of the picture is not as it was asked for, a line each.
#[expect(clippy::print_stderr, reason = "what is told beside the result belongs on standard error")]
pub(crate) fn warn_of(fidelity: &Fidelity) {
    for difference in fidelity.differences() {
        eprintln!("punchline: warning: {difference}");
    }
}

fn parse_named<T: std::str::FromStr<Err = SpecError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: SpecError| e.message)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        flags: CaptionFlags,
    }

    fn typed(flags: &[&str]) -> CaptionFlags {
        Typed::try_parse_from([&["test"], flags].concat()).unwrap().flags
    }

    #[test]
    fn flags_make_a_spec_and_its_fields_lead_back_to_them() {
        let both = typed(&["--top", "a", "--bottom", "b", "--style", "bar", "--size", "20", "--lang", "JA"]);
        let spec = both.spec().unwrap();
        assert_eq!(
            spec.captions.iter().map(|c| (c.text.as_str(), c.at)).collect::<Vec<_>>(),
            [("a", Position::Top), ("b", Position::Bottom)]
        );
        assert!(spec.captions.iter().all(|c| c.style == Style::Bar && c.size == Size::Px(20)));
        assert!(spec.captions.iter().all(|c| c.lang.as_ref().is_some_and(|lang| lang.as_str() == "ja")));
        assert_eq!(["captions[0].text", "captions[1].text"].map(|f| both.flag_of(f)), [Some("--top"), Some("--bottom")]);
        let bottom = typed(&["--bottom", "b"]);
        assert_eq!(bottom.flag_of("captions[0].text"), Some("--bottom"));
        assert_eq!((bottom.flag_of("captions[0].font"), bottom.flag_of("file")), (Some("--font"), None));
        assert_eq!(typed(&["--spec", "s.json"]).flag_of("captions[0].text"), None);
    }

    #[test]
    fn a_font_is_a_file_where_it_looks_like_one() {
        assert_eq!(typed(&["--bottom", "b", "--font", "a.TTF"]).font_file(), Some(Path::new("a.TTF")));
        assert_eq!(typed(&["--bottom", "b", "--font", "fonts/a"]).font_file(), Some(Path::new("fonts/a")));
        let by_name = typed(&["--bottom", "b", "--font", "sans"]);
        assert_eq!((by_name.font_file(), by_name.spec().unwrap().captions[0].font.as_str()), (None, "sans"));
    }

    #[test]
    fn what_is_wrong_is_said_of_the_flag() {
        let said = |flags: &[&str]| typed(flags).spec().unwrap_err().to_string();
        assert!(said(&[]).contains("--bottom"));
        assert!(said(&["--bottom", " "]).contains("--bottom"));
        assert!(said(&["--bottom", "b", "--font", ""]).contains("--font"));
        let undrawable = said(&["--top", "t", "--bottom", "b\u{7}"]);
        assert!(undrawable.contains("--bottom: ") && undrawable.contains("got U+0007 as character 2"), "{undrawable}");
    }
}
