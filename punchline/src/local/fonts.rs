//! `punchline fonts`: the fonts that `--font` takes, what each of them has, and a sheet of how they look.
//!
//! Called by main. It draws outlines that the layout gives, and rasterises nothing.

use std::{
    fmt::Write as _,
    io::IoSlice,
    path::{Path, PathBuf},
};

use caption::{FontFacts, FontSample};
use fonts::{FontEntry, Fonts};

use crate::{
    exit::{Failure, Reason},
    files,
    local::font_folder,
};

/// List the fonts, for --font: those that ship, and those of a folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline fonts
  punchline fonts --font-dir ~/fonts --json | jq -r '.[].name'
  punchline fonts --sample fonts.svg --text \"when it compiles\"     open it in a browser
  punchline caption cat.gif --font bangers --bottom pow

A line has a font's name, `shipped` or its file, how many characters it has, their scripts, and its licence.
What a font lacks comes from others, so any text can be written in any of them.

Exit codes: 0 done, 2 usage, 66 no such folder, 73 cannot write.")]
pub(crate) struct FontsArgs {
    /// A folder of TTF, OTF and TTC files: each a font by its name
    #[arg(long, value_name = "DIR", env = "PUNCHLINE_FONT_DIR")]
    font_dir: Option<PathBuf>,

    /// Answer as JSON: a list of the fonts
    #[arg(long)]
    json: bool,

    /// Write a sheet of all fonts as an SVG picture; `-` is standard output
    #[arg(long, value_name = "OUT.svg", conflicts_with = "json")]
    sample: Option<PathBuf>,

    /// What the sheet shows in each font [default: a few words]
    #[arg(long, value_name = "TEXT", requires = "sample", allow_hyphen_values = true)]
    text: Option<String>,
}

/// A font in JSON.
#[derive(serde::Serialize)]
struct FontLine<'a> {
    name: &'a str,
    /// Null of one that ships.
    file: Option<&'a Path>,
    characters: usize,
    scripts: Vec<&'static str>,
    licence: Option<String>,
}

impl<'a> FontLine<'a> {
    fn of(FontEntry { name, font, file }: FontEntry<'a>) -> Self {
        let FontFacts { characters, scripts, licence } = FontFacts::of(font);
        Self { name, file, characters, scripts, licence }
    }
}

pub(crate) fn run(args: &FontsArgs) -> Result<(), Failure> {
    let fonts = font_folder::open_and_warn(args.font_dir.as_deref())?;
    if let Some(path) = &args.sample {
        let sheet = sheet(&fonts, args.text.as_deref().unwrap_or(WORDS))?;
        return files::write(path, &mut [IoSlice::new(sheet.as_bytes())]);
    }
    let lines: Vec<_> = fonts.all().map(FontLine::of).collect();
    if args.json {
        files::print(serde_json::to_string(&lines).map_err(|e| Failure::new(Reason::Internal, e))?)?;
    } else {
        let widest = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
        for line in &lines {
            files::print(sentence(line, widest))?;
        }
    }
    Ok(())
}

/// Scripts of a line: the others are counted.
const MOST_SCRIPTS: usize = 4;

fn sentence(FontLine { name, file, characters, scripts, licence }: &FontLine<'_>, name_chars: usize) -> String {
    let file = file.map_or_else(|| "shipped".to_owned(), |path| path.display().to_string());
    let mut named: Vec<String> = scripts.iter().take(MOST_SCRIPTS).map(|script| script.replace('_', " ")).collect();
    if scripts.len() > MOST_SCRIPTS {
        named.push(format!("{} more", scripts.len() - MOST_SCRIPTS));
    }
    let scripts = if named.is_empty() { "signs".to_owned() } else { named.join(", ") };
    let licence = licence.as_deref().unwrap_or("it names no licence");
    format!("{name:name_chars$}  {file}  {characters:>6} characters  {scripts}; {licence}")
}

/// What a sheet shows where nothing else is asked for.
const WORDS: &str = "When it compiles at 3:07, ÄÉß!";
/// Of the sheet, in pixels: the size of its words, of a font's name above them, and what a font takes with both.
const WORDS_PX: f32 = 40.0;
const NAME_PX: f32 = 13.0;
const ROW_PX: f32 = 84.0;
const MARGIN_PX: f32 = 24.0;

/// A picture of all fonts (SVG 1.1): each one's name, and below it the words in its own letters. It needs no font to be shown.
#[expect(clippy::cast_precision_loss, reason = "as many rows as there are fonts, and as wide as words are")]
fn sheet(fonts: &Fonts, words: &str) -> Result<String, Failure> {
    let label = fonts.get("sans").ok_or_else(|| Failure::new(Reason::Internal, "the font `sans` is missing"))?;
    let (mut rows, mut width_px, mut count) = (String::new(), 0.0_f32, 0);
    for FontEntry { name, font, .. } in fonts.all() {
        let top_px = MARGIN_PX + ROW_PX * count as f32;
        let name = FontSample::written(label, name);
        let shown = FontSample::written(font, words).or_else(|| FontSample::of(font, words));
        for (sample, size_px, baseline_px, colour) in [(name, NAME_PX, NAME_PX, "#666"), (shown, WORDS_PX, 60.0, "#000")] {
            let Some(FontSample { path, bounds: [left, _, width, _], .. }) = sample else { continue };
            let (scale, baseline_px) = (size_px / f32::from(FontSample::EM), top_px + baseline_px);
            width_px = width_px.max(left.saturating_add(width) as f32 * scale);
            // A String takes everything.
            let _ = writeln!(
                rows,
                r#"<path fill="{colour}" transform="translate({MARGIN_PX} {baseline_px}) scale({scale})" d="{path}"/>"#
            );
        }
        count += 1;
    }
    let (width_px, height_px) = ((width_px + 2.0 * MARGIN_PX).ceil(), 2.0 * MARGIN_PX + ROW_PX * count as f32);
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width_px}\" height=\"{height_px}\" \
         viewBox=\"0 0 {width_px} {height_px}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n{rows}</svg>\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_is_told_in_a_line() {
        let fonts = Fonts::built_in();
        let told = |name: &str| sentence(&FontLine::of(fonts.all().find(|font| font.name == name).unwrap()), 8);
        let oswald = told("oswald");
        assert!(
            oswald.starts_with("oswald    shipped  ") && oswald.ends_with("characters  Latin, Cyrillic; OFL-1.1"),
            "{oswald}"
        );
        assert!(told("sans").contains(" more; Bitstream-Vera"), "{}", told("sans"));
    }

    #[test]
    fn a_sheet_has_two_rows_of_letters_for_each_font() {
        let fonts = Fonts::built_in();
        let sheet = sheet(&fonts, "one 1").unwrap();
        assert_eq!(sheet.matches("<path ").count(), 2 * fonts.all().count());
        assert!(sheet.starts_with("<svg ") && sheet.ends_with("</svg>\n") && !sheet.contains("NaN"));
    }
}
