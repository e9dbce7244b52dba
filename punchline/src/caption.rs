//! `punchline caption`: one picture in, one captioned picture out, no service needed.
//!
//! Called by main. It reads words and files, hands them to the engine on a pool of threads, and writes
//! what comes back; how a picture is captioned is not its business.

use std::{
    ffi::OsStr,
    io::IoSlice,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use caption::{Rendered, Watch};
use cpu_time::ProcessTime;
use fonts::{Fonts, FontsError, engine_spec};
use proto_shared::{Caption, CaptionSpec, Colour, Position, Size, SpecError, Style};

use crate::{
    exit::{Failure, Reason},
    files,
    limits::LimitArgs,
    pool,
    progress::Progress,
    stats::StatsLine,
};

/// Write words on a GIF (or a PNG, JPEG or WebP).
///
/// Every frame gets the caption; pixels, delays and loops that it does not touch stay the source's own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline caption cat.gif --bottom \"monday\"
  punchline caption cat.gif --top \"me\" --bottom \"also me\" -o out.gif
  punchline caption cat.gif --style bar --top \"when the build passes\"
  curl -s https://example.com/cat.gif | punchline caption - --bottom hi > out.gif

Exit codes: 0 done, 2 usage, 65 bad input, 66 no input, 70 internal, 73 cannot write.")]
pub(crate) struct CaptionArgs {
    /// The picture; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Where the result goes; `-` is standard output [default: IN with `.captioned` before its extension]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    /// Words at the top
    #[arg(long, value_name = "TEXT")]
    top: Option<String>,

    /// Words at the bottom
    #[arg(long, value_name = "TEXT")]
    bottom: Option<String>,

    /// `overlay` (outlined letters on the picture) or `bar` (letters on a white band outside it)
    #[arg(long, default_value = "overlay", value_parser = parse_named::<Style>)]
    style: Style,

    /// `anton`, `sans`, a font of --font-dir, or the path of a TTF or OTF file
    #[arg(long, value_name = "NAME|FILE", default_value = "anton")]
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

    /// The whole spec as a JSON file, in place of the options above
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["top", "bottom", "style", "font", "size", "fill", "stroke"])]
    spec: Option<PathBuf>,

    /// A folder of TTF and OTF files: each a font by its name, and a fallback for missing glyphs
    #[arg(long, value_name = "DIR", env = "PUNCHLINE_FONT_DIR")]
    font_dir: Option<PathBuf>,

    /// Threads to work with [default: the processors there are, fewer for a small picture]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Also write a PNG of the result's size: non-zero where the caption may have changed a pixel
    #[arg(long, value_name = "MASK.png")]
    mask_out: Option<PathBuf>,

    /// Print one line of JSON with what was done and what it took to standard error
    #[arg(long)]
    stats: bool,

    #[command(flatten)]
    limits: LimitArgs,
}

pub(crate) fn run(args: &CaptionArgs) -> Result<(), Failure> {
    let (began, cpu_began) = (Instant::now(), ProcessTime::now());
    let limits = args.limits.limits();
    let spec = args.engine_spec()?;
    let output = args.output.clone().unwrap_or_else(|| default_output(&args.input));
    let bytes = files::read(&args.input, limits.max_bytes)?;

    let prepared = caption::prepare(&bytes, &spec, &limits)?;
    let threads = args.threads.map_or_else(|| threads_for(prepared.busy_threads()), usize::from);
    let progress = Progress::new(began);
    let report = |done, total| progress.report(done, total);
    let watch = Watch { progress: &report, ..Watch::none() };
    let pool = pool::start(threads).map_err(|e| Failure::new(Reason::Internal, e))?;
    let rendered = pool.install(|| prepared.render(&watch));
    progress.finish();
    let rendered = rendered?;

    files::write(&output, &mut rendered.output.io_slices(&bytes))?;
    if let Some(mask) = &args.mask_out {
        files::write(mask, &mut [IoSlice::new(&rendered.mask_png()?)])?;
    }
    tell(args, &bytes, &rendered, began, cpu_began);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "what is told beside the result belongs on standard error")]
fn tell(args: &CaptionArgs, bytes: &[u8], rendered: &Rendered, began: Instant, cpu_began: ProcessTime) {
    if !rendered.missing_glyphs.is_empty() {
        let missing: Vec<String> = rendered.missing_glyphs.iter().map(|&c| format!("{c} (U+{:04X})", u32::from(c))).collect();
        eprintln!("punchline: warning: no font has {}; drawn as the replacement character", missing.join(", "));
    }
    if args.stats {
        let line = StatsLine::new(&rendered.stats, bytes.len(), rendered.output.len_bytes(), began, cpu_began);
        if let Ok(json) = serde_json::to_string(&line) {
            eprintln!("{json}");
        }
    }
}

impl CaptionArgs {
    /// What the engine is to write, with its fonts loaded.
    fn engine_spec(&self) -> Result<caption::Spec, Failure> {
        let spec = match &self.spec {
            Some(path) => CaptionSpec::from_json(&files::read(path, MAX_SPEC_BYTES)?)
                .map_err(|e| Failure::new(Reason::BadInput, format_args!("{}: {e} ({})", path.display(), e.code)))?,
            None => self.spec_of_flags()?,
        };
        let mut fonts = Fonts::built_in();
        if let Some(folder) = &self.font_dir {
            fonts = fonts.with_folder(folder).map_err(|e| match e {
                FontsError::Read { .. } => Failure::new(Reason::NoInput, e),
                FontsError::Bad { .. } => Failure::new(Reason::BadInput, e),
            })?;
        }
        let mut spec = engine_spec(&spec, &fonts).map_err(|e| Failure::new(Reason::Usage, format_args!("--font: {e}")))?;
        if let Some(path) = self.font_file() {
            let font = caption::Font::parse(files::read(path, MAX_FONT_BYTES)?);
            let font =
                font.map_err(|e| Failure::new(Reason::BadInput, format_args!("{}: {e} ({})", path.display(), e.code())))?;
            for caption in &mut spec.captions {
                caption.font = font.clone();
            }
        }
        Ok(spec)
    }

    /// `--font`, where it is a path rather than a name.
    fn font_file(&self) -> Option<&Path> {
        let path = Path::new(&self.font);
        let has_extension =
            path.extension().is_some_and(|e| ["ttf", "otf", "ttc"].iter().any(|known| e.eq_ignore_ascii_case(known)));
        (has_extension || path.components().count() > 1).then_some(path)
    }

    fn spec_of_flags(&self) -> Result<CaptionSpec, Failure> {
        let caption = |text: &Option<String>, at| {
            let caption = Caption::new(text.as_ref()?, at, self.style);
            let font = if self.font_file().is_some() { caption.font.clone() } else { self.font.clone() };
            Some(Caption { font, size: self.size, fill: self.fill, stroke: self.stroke, ..caption })
        };
        let captions: Vec<Caption> =
            [caption(&self.top, Position::Top), caption(&self.bottom, Position::Bottom)].into_iter().flatten().collect();
        if captions.is_empty() {
            return Err(Failure::new(Reason::Usage, "there are no words to write: give --top, --bottom or --spec"));
        }
        let spec = CaptionSpec { captions };
        spec.validate().map_err(|e| Failure::new(Reason::Usage, self.name_flag(e)))?;
        Ok(spec)
    }

    /// Says of an error in a spec made from flags which flag it is about.
    fn name_flag(&self, error: SpecError) -> SpecError {
        let first = if self.top.is_some() { "--top" } else { "--bottom" };
        let flag = match error.field.split_once('.') {
            Some(("captions[0]", "text")) => first,
            Some((_, "text")) => "--bottom",
            Some((_, "font")) => "--font",
            Some((_, "size")) => "--size",
            _ => return error,
        };
        error.at(flag)
    }
}

/// More than any spec that passes its own limits.
const MAX_SPEC_BYTES: u64 = 1_000_000;
/// The largest font files there are (all of Chinese, Japanese and Korean) have half of it.
const MAX_FONT_BYTES: u64 = 64_000_000;

/// Threads where none are asked for: the processors there are, but no more than the picture keeps busy.
fn threads_for(busy: usize) -> usize {
    if busy <= 1 { 1 } else { thread::available_parallelism().map_or(1, NonZeroUsize::get).min(busy) }
}

fn default_output(input: &Path) -> PathBuf {
    if files::is_stream(input) {
        return input.to_path_buf();
    }
    let extension = input.extension().and_then(OsStr::to_str).unwrap_or("gif");
    input.with_extension(format!("captioned.{extension}"))
}

fn parse_named<T: std::str::FromStr<Err = SpecError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: SpecError| e.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_picture_starts_no_thread_and_a_large_one_no_more_than_there_are_processors() {
        let processors = thread::available_parallelism().unwrap().get();
        assert_eq!([0, 1].map(threads_for), [1, 1]);
        assert_eq!(threads_for(2), processors.min(2));
        assert_eq!(threads_for(usize::MAX), processors);
    }

    #[test]
    fn the_result_stands_beside_its_source() {
        assert_eq!(default_output(Path::new("a/cat.gif")), Path::new("a/cat.captioned.gif"));
        assert_eq!(default_output(Path::new("cat.PNG")), Path::new("cat.captioned.PNG"));
        assert_eq!(default_output(Path::new("cat")), Path::new("cat.captioned.gif"));
        assert_eq!(default_output(Path::new("-")), Path::new("-"));
    }
}
