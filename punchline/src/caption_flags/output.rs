//! The flags about the file that comes out: its kind, the most bytes and pixels, and the platforms that have limits of their own.
//!
//! `caption_flags` puts what they say into a spec. The name of the output file may say the kind too.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use proto_shared::{Format, MediaType, OutputFields, Platforms, SpecError};

use crate::{
    exit::{Failure, Reason},
    files,
};

/// A flag for each field of an output: its name, what stands for its value, what it does, and the field.
const FIELDS: [(&str, &str, &str, &str); 4] = [
    (
        "format",
        "KIND",
        "The kind of file: `gif`, `webp`, `apng`, or `same` as the source; OUT's extension says it too [default: same]",
        "format",
    ),
    (
        "max-size",
        "N[kB|MB]",
        "The most bytes, such as 8MB or 512kB: as little as needed is given up for it, and told",
        "max_bytes",
    ),
    ("max-width", "PX", "The widest picture: a wider one is made smaller before it is captioned", "max_width"),
    ("max-height", "PX", "The highest picture, bars included", "max_height"),
];
const FIT: &str = "fit";
const PLATFORMS: &str = "platforms-file";
const HEADING: &str = "The file that comes out";
/// More than all platforms that there are take.
const MAX_PLATFORMS_BYTES: u64 = 256 * 1024;

/// As they were typed.
#[derive(Clone, Debug, Default)]
pub(super) struct TypedOutput {
    /// Flag, field and value.
    fields: Vec<(&'static str, &'static str, String)>,
    fit: Option<String>,
    platforms: Option<PathBuf>,
}

pub(super) fn augment(command: Command) -> Command {
    let fields =
        FIELDS.map(|(name, value, help, _)| Arg::new(name).long(name).value_name(value).help(help).help_heading(HEADING));
    command
        .args(fields)
        .arg(Arg::new(FIT).long(FIT).value_name("PLATFORM").help_heading(HEADING).help(
            "The limits of a platform, for what the other flags don't say: `discord`, `slack`, `whatsapp` or another of `punchline platforms`",
        ))
        .arg(
            Arg::new(PLATFORMS)
                .long(PLATFORMS)
                .value_name("FILE.json")
                .value_parser(value_parser!(PathBuf))
                .env("PUNCHLINE_PLATFORMS_FILE")
                .help_heading(HEADING)
                .help("Platforms of your own, in the form of `punchline platforms --json`"),
        )
}

impl TypedOutput {
    pub(super) fn take(matches: &mut ArgMatches) -> Self {
        let fields = FIELDS.into_iter().filter_map(|(name, _, _, field)| Some((name, field, matches.remove_one(name)?)));
        Self { fields: fields.collect(), fit: matches.remove_one(FIT), platforms: matches.remove_one(PLATFORMS) }
    }

    /// What is said, and for the rest what `under` has.
    pub(super) fn over(&self, under: OutputFields) -> Result<OutputFields, Failure> {
        let mut own = OutputFields::default();
        for (name, field, value) in &self.fields {
            own.set(field, value).map_err(|e| Failure::new(Reason::Usage, e.at(format!("--{name}"))))?;
        }
        let platform = match &self.fit {
            Some(name) => {
                let platforms = platforms(self.platforms.as_deref())?;
                platforms.get(name).map_err(|e| Failure::new(Reason::Usage, e.at(format!("--{FIT}"))))?.output()
            }
            None => OutputFields::default(),
        };
        Ok(own.over(under).over(platform))
    }
}

/// The flag of a field of a spec, if it is one of an output's.
pub(super) fn flag_of(field: &str) -> Option<String> {
    FIELDS.iter().find(|(.., known)| *known == field).map(|(name, ..)| format!("--{name}"))
}

/// Those that ship, and those of a file.
pub(crate) fn platforms(file: Option<&Path>) -> Result<Platforms, Failure> {
    let mut platforms = Platforms::shipped();
    if let Some(path) = file {
        let wrong = |e: SpecError| Failure::new(Reason::BadInput, format_args!("{}: {}", path.display(), e.message));
        platforms.add(&files::read(path, MAX_PLATFORMS_BYTES)?).map_err(wrong)?;
    }
    Ok(platforms)
}

/// The kind of file, by what was asked for and by the name of the output. `source` is the source's kind, where it is known.
///
/// # Errors
/// The name says another kind than was asked for, or one that the source can't become.
pub(crate) fn format_for(asked: Format, output: Option<&Path>, source: Option<MediaType>) -> Result<Format, Failure> {
    let extension = output.and_then(Path::extension).map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let (named, media) = match extension.as_deref() {
        Some("gif") => (Format::Gif, MediaType::Gif),
        Some("webp") => (Format::Webp, MediaType::Webp),
        Some("png" | "apng") => (Format::Apng, MediaType::Png),
        Some("jpg" | "jpeg") if asked == Format::Same && source.is_none_or(|source| source == MediaType::Jpeg) => {
            return Ok(asked);
        }
        Some(
            extension @ ("jpg" | "jpeg" | "mp4" | "mov" | "m4v" | "webm" | "mkv" | "avif" | "heic" | "bmp" | "tif" | "tiff"),
        ) => {
            let why = format_args!("-o: `gif`, `webp`, `png` or the source's own kind can be written, got `{extension}`");
            return Err(Failure::new(Reason::Usage, why));
        }
        _ => return Ok(asked),
    };
    match asked {
        Format::Same if source == Some(media) => Ok(Format::Same),
        Format::Same => Ok(named),
        asked if asked == named => Ok(asked),
        asked => {
            let extension = extension.unwrap_or_default();
            let why = format_args!("-o: a name that ends in `.{extension}` contradicts --format {asked}");
            Err(Failure::new(Reason::Usage, why))
        }
    }
}

/// The extension of the output where nothing names it: the source's own, unless it becomes another kind, as a video does always.
pub(crate) fn extension_for(format: Format, source: Option<MediaType>) -> Option<&'static str> {
    match format {
        Format::Same if source.is_some_and(MediaType::is_video) => Some(MediaType::Gif.extension()),
        Format::Same => None,
        Format::Gif => Some("gif"),
        Format::Webp => Some("webp"),
        Format::Apng => Some("png"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(asked: Format, name: &str, source: MediaType) -> Result<Format, String> {
        format_for(asked, Some(Path::new(name)), Some(source)).map_err(|e| e.to_string())
    }

    #[test]
    fn a_name_says_the_kind_and_must_not_contradict() {
        let gif = MediaType::Gif;
        assert_eq!(named(Format::Same, "a.webp", gif), Ok(Format::Webp));
        assert_eq!(named(Format::Same, "a.gif", gif), Ok(Format::Same), "it is one");
        assert_eq!(named(Format::Same, "a.GIF", MediaType::Webp), Ok(Format::Gif));
        assert_eq!(named(Format::Apng, "a.png", gif), Ok(Format::Apng));
        assert_eq!(named(Format::Same, "a.jpeg", MediaType::Jpeg), Ok(Format::Same));
        for name in ["-", "out", "out.bin", "/dev/null"] {
            assert_eq!(named(Format::Webp, name, gif), Ok(Format::Webp));
        }
        assert_eq!(extension_for(Format::Same, Some(MediaType::Mp4)), Some("gif"));
        assert_eq!(extension_for(Format::Same, Some(gif)).or(extension_for(Format::Webp, Some(gif))), Some("webp"));
        assert!(named(Format::Gif, "a.webp", gif).unwrap_err().contains("contradicts --format gif"));
        assert!(named(Format::Same, "a.jpg", gif).unwrap_err().contains("got `jpg`"));
        assert!(named(Format::Webp, "a.mp4", gif).unwrap_err().contains("got `mp4`"));
    }

    #[test]
    fn a_platform_fills_in_what_no_flag_says() {
        let typed = |flags: &[&str]| {
            let matches = augment(Command::new("test")).try_get_matches_from([&["test"], flags].concat());
            TypedOutput::take(&mut matches.unwrap()).over(OutputFields::default()).map_err(|e| e.to_string())
        };
        let both = typed(&["--fit", "whatsapp", "--max-size", "100kB"]).unwrap();
        assert_eq!((both.format, both.max_bytes.map(|bytes| bytes.0), both.max_width), (Format::Webp, Some(100_000), Some(512)));
        assert!(typed(&["--fit", "myspace"]).unwrap_err().contains("--fit: one of `discord`"));
        assert!(typed(&["--max-size", "big"]).unwrap_err().contains("--max-size: a number of bytes was expected"));
    }
}
