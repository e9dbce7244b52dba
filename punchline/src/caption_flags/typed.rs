//! The flags about captions as they were typed: which there are, and which text each of them is about.
//!
//! `caption_flags` makes a spec of them. Here nothing is read but their order: a flag is about the `--text` before it, or about all
//! texts where there is none before it.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::output::{self, TypedOutput};

/// A flag for each field of a caption, and for a preset of them: its name as a flag, what stands for its value in help, and what it does.
const FIELDS: [(&str, &str, &str); 17] = [
    (
        PRESET,
        "NAME",
        "A look by its name, for all that no other flag says: `meme`, `caption`, `subtitle`, or one of --presets-dir (see `punchline presets`)",
    ),
    (
        "at",
        "PLACE",
        "Where: `top`, `middle`, `bottom`, or a box as X,Y,WIDTH,HEIGHT in parts of the picture, such as 0.1,0.4,0.8,0.2 [default: bottom]",
    ),
    ("align", "SIDE", "Where the lines stand: `left`, `center` or `right` [default: center]"),
    ("valign", "SIDE", "Where the text stands in its box: `top`, `middle` or `bottom` [default: middle]"),
    (
        "style",
        "STYLE",
        "`overlay` (outlined letters), `bar` (letters on a band outside the picture), `box` (on a plate), `shadow`, or `plain` [default: overlay]",
    ),
    ("font", "NAME", "A font that the service knows: `anton`, `inter` or another of its `/v1/info` [default: anton]"),
    (
        "size",
        "PX|N%",
        "Letters in pixels per em, or as a part of the picture's width, such as 10%, or `auto`; shrunk if the text would not fit [default: auto]",
    ),
    ("fill", "COLOUR", "The letters' colour: a name of CSS, or digits such as #fc0 or ffcc00 [default: white; black on a bar]"),
    ("stroke", "COLOUR", "The colour of the outline, or of a shadow [default: black; none on a box]"),
    ("stroke-width", "EMS", "How wide the outline is on each side, in ems, to 0.25 [default: 0.065]"),
    (
        "background",
        "COLOUR",
        "The colour behind the words of a bar or a box; a box's may have alpha, #rrggbbaa [default: white; black of 70 %]",
    ),
    ("case", "CASE", "`upper` for capitals, or `same` [default: same]"),
    ("line-spacing", "N", "How far lines stand apart, 0.5 to 3; 1 is what the font asks for [default: 1]"),
    ("from", "SECONDS", "When the text appears, within each loop [default: at the first frame]"),
    ("to", "SECONDS", "When it is gone again [default: never]"),
    ("frames", "A-B", "The first and the last frame that show it, counted from 0, in place of --from and --to"),
    ("lang", "TAG", "The language, such as `ja` or `zh-Hant`: which forms Han characters have [default: the text tells]"),
];

/// The flag whose value is no field's.
pub(super) const PRESET: &str = "preset";

/// The heading of these flags in help.
const HEADING: &str = "How, where and when (behind a --text: of that one; before: of all)";

/// What was given in place of fields.
const SPEC: &str = "spec";

/// All that was typed about captions.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    pub(super) top: Option<String>,
    pub(super) bottom: Option<String>,
    pub(super) texts: Vec<TypedText>,
    /// What stood before the first text.
    pub(super) defaults: TypedFields,
    pub(super) subtitles: Option<PathBuf>,
    pub(super) presets_dir: Option<PathBuf>,
    pub(super) images: Vec<String>,
    pub(super) spec: Option<PathBuf>,
    pub(super) exact: bool,
    pub(super) strict: bool,
    pub(super) output: TypedOutput,
}

/// A `--text`, and what stood behind it.
#[derive(Clone, Debug)]
pub(super) struct TypedText {
    pub(super) text: String,
    pub(super) fields: TypedFields,
}

/// Flags with their values, by the flag's name and in any order.
pub(super) type TypedFields = Vec<(&'static str, String)>;

/// Adds the flags to a command.
pub(super) fn augment(command: Command) -> Command {
    let words = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("TEXT").allow_hyphen_values(true).help(help)
    };
    let file = |name: &'static str, value: &'static str| {
        Arg::new(name).long(name).value_name(value).value_parser(value_parser!(PathBuf))
    };
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    let fields = FIELDS.map(|(name, value, help)| {
        Arg::new(name).long(name).value_name(value).help(help).action(ArgAction::Append).help_heading(HEADING)
    });
    let instead = FIELDS.iter().map(|(name, ..)| *name).chain(["top", "bottom", "text", "subtitles"]);
    output::augment(command)
        .arg(words("top", "Words at the top; \\n begins a new line, \\\\ is a backslash"))
        .arg(words("bottom", "Words at the bottom"))
        .arg(
            words("text", "Words anywhere, as often as you like; the flags behind it say where, when and how")
                .action(ArgAction::Append),
        )
        .arg(file("subtitles", "FILE").help("Captions with their times from a SubRip or WebVTT file"))
        .arg(
            file("presets-dir", "DIR")
                .visible_alias("preset-dir")
                .env("PUNCHLINE_PRESETS_DIR")
                .help("A folder of JSON files, each a preset by its name: the fields of a caption without its words"),
        )
        .arg(file("image", "NAME=FILE").value_parser(value_parser!(String)).action(ArgAction::Append).help(
            "An emoji of your own, which :NAME: in a text shows: a PNG, JPEG, WebP or GIF of at most 256 kB and 512 pixels a side",
        ))
        .arg(flag("exact").help(
            "Change no pixel outside the captions on any account: in a full palette their colours are the nearest there are",
        ))
        .arg(flag("strict").help("Fail if the picture would differ from what was asked for"))
        .arg(file(SPEC, "FILE.json").help("The whole spec as a JSON file, in place of all these but --image, --exact, --strict and what is said of the file that comes out").conflicts_with_all(instead))
        .args(fields)
}

impl Typed {
    /// Takes what was typed out of a command's matches.
    pub(super) fn take(matches: &mut ArgMatches) -> Self {
        let places = indices(matches, "text");
        let texts = matches.remove_many::<String>("text").into_iter().flatten();
        let mut typed = Self {
            texts: texts.map(|text| TypedText { text, fields: Vec::new() }).collect(),
            top: matches.remove_one("top"),
            bottom: matches.remove_one("bottom"),
            subtitles: matches.remove_one("subtitles"),
            presets_dir: matches.remove_one("presets-dir"),
            images: matches.remove_many("image").into_iter().flatten().collect(),
            spec: matches.remove_one(SPEC),
            exact: matches.get_flag("exact"),
            strict: matches.get_flag("strict"),
            output: TypedOutput::take(matches),
            ..Self::default()
        };
        for (name, ..) in FIELDS {
            let indices = indices(matches, name);
            let values = matches.remove_many::<String>(name).into_iter().flatten();
            for (value, index) in values.zip(indices) {
                let before = places.partition_point(|place| *place < index);
                let about = match before.checked_sub(1).and_then(|last| typed.texts.get_mut(last)) {
                    Some(text) => &mut text.fields,
                    None => &mut typed.defaults,
                };
                about.push((name, value));
            }
        }
        typed
    }
}

fn indices(matches: &ArgMatches, name: &str) -> Vec<usize> {
    matches.indices_of(name).into_iter().flatten().collect()
}
