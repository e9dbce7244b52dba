//! Which flag a caption of a spec came from, so that an error in the spec can be said of the command line.
//!
//! `caption_flags` keeps one for each caption that it makes.

use std::path::PathBuf;

use super::typed::TypedFields;

/// Where a caption came from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Top,
    Bottom,
    /// The `--text` of this number, from 0, of so many, and the flags behind it.
    Text {
        number: usize,
        of: usize,
        own: Vec<&'static str>,
    },
    /// A cue of a subtitle file, which begins in this line.
    Cue {
        file: PathBuf,
        line: usize,
    },
}

impl Origin {
    /// The flag that a field of the caption came from, or is to come from. `defaults` are the flags before the first text.
    pub(super) fn flag_of(&self, field: &str, defaults: &TypedFields) -> String {
        let flag = format!("--{}", field.replace('_', "-"));
        let is_default = defaults.iter().any(|(name, _)| flag[2..] == **name);
        match self {
            Self::Top if matches!(field, "text" | "at") => "--top".to_owned(),
            Self::Bottom if matches!(field, "text" | "at") => "--bottom".to_owned(),
            Self::Cue { file, line } if field == "text" || !is_default => format!("{}, line {line}", file.display()),
            Self::Text { number, of, .. } if field == "text" => text(*number, *of),
            Self::Text { number, of, own } if *of > 1 && (!is_default || own.iter().any(|name| flag[2..] == **name)) => {
                format!("{flag} of {}", text(*number, *of))
            }
            Self::Top | Self::Bottom | Self::Text { .. } | Self::Cue { .. } => flag,
        }
    }
}

/// `--text`, or `the second --text` where there are several.
pub(super) fn text(number: usize, of: usize) -> String {
    const NAMES: [&str; 10] = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    match NAMES.get(number) {
        _ if of == 1 => "--text".to_owned(),
        Some(name) => format!("the {name} --text"),
        None => format!("--text number {}", number + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_leads_back_to_its_flag_and_text() {
        let defaults = vec![("size", "20".to_owned()), ("line-spacing", "1".to_owned())];
        let second = Origin::Text { number: 1, of: 2, own: vec!["from", "size"] };
        let of_second = ["text", "from", "size", "line_spacing", "at"].map(|field| second.flag_of(field, &defaults));
        assert_eq!(
            of_second,
            [
                "the second --text",
                "--from of the second --text",
                "--size of the second --text",
                "--line-spacing",
                "--at of the second --text"
            ]
        );
        let only = Origin::Text { number: 0, of: 1, own: vec![] };
        assert_eq!(["text", "from"].map(|field| only.flag_of(field, &defaults)), ["--text", "--from"]);
        assert_eq!(["text", "at", "size"].map(|field| Origin::Top.flag_of(field, &defaults)), ["--top", "--top", "--size"]);
        let cue = Origin::Cue { file: "a.srt".into(), line: 7 };
        assert_eq!(["text", "size"].map(|field| cue.flag_of(field, &defaults)), ["a.srt, line 7", "--size"]);
        assert_eq!(text(11, 12), "--text number 12");
    }
}
