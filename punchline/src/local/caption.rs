//! `punchline caption`: one picture in, one captioned picture out, no service needed.
//!
//! Called by main. It reads flags and files, hands them to the engine on a pool of threads, and writes the result. The engine
//! decides how a picture is captioned.

use std::{
    fs,
    io::{self, IoSlice, Write as _},
    num::NonZeroUsize,
    path::PathBuf,
    thread,
    time::Instant,
};

use caption::{Fidelity, Images, Limits, RenderStats, Watch};
use cpu_time::ProcessTime;
use fonts::engine_spec;
use proto_shared::SpecError;
use worker::Ingredients;

use crate::{
    caption_flags::{Asked, CaptionFlags, EXAMPLES, extension_for, format_for, warn_of},
    exit::{Failure, Reason},
    files,
    local::{font_folder, limit_flags::LimitFlags, progress::Progress, stats::StatsLine, threads, video},
};

/// Write words on a GIF (or a PNG, JPEG or WebP).
///
/// Every frame gets the caption, but where --from, --to or --frames say when it is shown; pixels, delays and loops that it
/// does not touch stay the source's own.
#[derive(Debug, clap::Args)]
#[command(mut_arg("font", |font| font.value_name("NAME|FILE").help(
    "A font by its name, `anton`, `inter` or another that `punchline fonts` lists, or the path of a TTF or OTF file [default: anton]")))]
#[command(after_help = format!("Examples:
  punchline caption cat.gif --bottom \"monday\"
  punchline caption cat.gif --top \"me\" --bottom \"also me\" -o out.gif
  punchline caption cat.gif --image party=party.png --bottom \"it compiles :party:\"
  punchline caption cat.gif --style bar --top \"when the build passes\"
  punchline caption cat.gif --preset caption --text \"black on white, a tenth of the width\"
  punchline caption cat.gif --font bangers --size 12% --bottom \"pow\"
  curl -s https://example.com/cat.gif | punchline caption - --bottom hi > out.gif

More of words, behind `punchline caption cat.gif`:
{EXAMPLES}

Exit codes: 0 done, 2 usage, 65 bad input, 66 no input, 70 internal, 73 cannot write."))]
pub(crate) struct CaptionArgs {
    /// The picture; `-` is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,

    /// Where the result goes; `-` is standard output [default: IN with `.captioned` before its extension]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,

    #[command(flatten)]
    caption: CaptionFlags,

    /// A folder of TTF, OTF and TTC files: each a font by its name, and a fallback for missing glyphs
    #[arg(long, value_name = "DIR", env = "PUNCHLINE_FONT_DIR")]
    font_dir: Option<PathBuf>,

    /// Threads to work with [default: the processors there are, fewer for a small picture]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    /// Also write a PNG of the result's size: 255 where a caption is drawn, 128 where pixels outside it may look different
    #[arg(long, value_name = "MASK.png")]
    mask_out: Option<PathBuf>,

    /// Also write such a PNG of each frame, with the captions that it shows: 00000.png and so on; the folder is made if it is missing
    #[arg(long, value_name = "FOLDER")]
    masks_out: Option<PathBuf>,

    /// Print one line of JSON with what was done and what it took to standard error
    #[arg(long)]
    stats: bool,

    #[command(flatten)]
    limits: LimitFlags,
}

pub(crate) fn run(args: &CaptionArgs) -> Result<(), Failure> {
    let (began, cpu_began) = (Instant::now(), ProcessTime::now());
    let limits = args.limits.limits();
    let mut asked = args.caption.asked()?;
    let bytes = files::read(&args.input, limits.largest_file_bytes())?;
    let media = caption::media_of(&bytes, &limits).ok();
    asked.spec.format = format_for(asked.spec.format, args.output.as_deref(), media)?;
    let spec = args.engine_spec(&asked)?;
    if caption::is_video(&bytes) {
        return args.caption_video(bytes, asked, &limits, (began, cpu_began));
    }
    let extension = extension_for(asked.spec.format, media);
    let output = args.output.clone().unwrap_or_else(|| files::beside(&args.input, extension));

    let prepared = caption::prepare(&bytes, &spec, &limits)?;
    let threads = args.threads.map_or_else(|| threads_for(prepared.busy_threads()), usize::from);
    let progress = Progress::new(began);
    let report = |done, total| progress.report(done, total);
    let watch = Watch { progress: &report, ..Watch::none() };
    let pool = threads::start(threads).map_err(|e| Failure::new(Reason::Internal, e))?;
    let rendered = pool.install(|| prepared.render(&watch));
    progress.finish();
    let rendered = rendered?;

    files::write(&output, &mut rendered.output.io_slices(&bytes))?;
    if let Some(mask) = &args.mask_out {
        files::write(mask, &mut [IoSlice::new(&rendered.mask_png()?)])?;
    }
    if let Some(folder) = &args.masks_out {
        fs::create_dir_all(folder).map_err(|e| Failure::new(Reason::CannotWrite, format_args!("{}: {e}", folder.display())))?;
        for (frame, png) in rendered.mask_pngs().enumerate() {
            files::write(&folder.join(format!("{frame:05}.png")), &mut [IoSlice::new(&png?)])?;
        }
    }
    let (stats, fidelity) = (rendered.stats, rendered.fidelity);
    tell(args, [bytes.len(), rendered.output.len_bytes()], &stats, &fidelity, (began, cpu_began));
    Ok(())
}

fn tell(
    args: &CaptionArgs,
    [bytes_in, bytes_out]: [usize; 2],
    stats: &RenderStats,
    fidelity: &Fidelity,
    (began, cpu_began): (Instant, ProcessTime),
) {
    warn_of(fidelity.differences());
    if args.stats {
        let line = StatsLine::new(stats, fidelity.clone(), bytes_in, bytes_out, began, cpu_began);
        if let Ok(json) = serde_json::to_string(&line) {
            let _ = writeln!(io::stderr(), "{json}");
        }
    }
}

impl CaptionArgs {
    /// A video: all that decodes it is a process of its own.
    fn caption_video(&self, bytes: Vec<u8>, asked: Asked, limits: &Limits, began: (Instant, ProcessTime)) -> Result<(), Failure> {
        if self.mask_out.is_some() || self.masks_out.is_some() {
            return Err(Failure::new(Reason::Usage, "--mask-out and --masks-out: a video has no masks"));
        }
        // What is wrong with it is said before a process is started.
        caption::probe(&bytes, limits)?;
        let mut fonts = Vec::new();
        for (i, path) in &asked.font_files {
            fonts.push((*i, files::read(path, MAX_FONT_BYTES)?.into()));
        }
        let images = asked.images.into_iter().map(|(name, image)| (name, image.into())).collect();
        let bytes_in = bytes.len();
        let ingredients = Ingredients { source: bytes.into(), images, fonts };
        let product = video::render(&asked.spec, limits, ingredients, self.font_dir.as_deref())?;
        let extension = Some(product.media.extension());
        let output = self.output.clone().unwrap_or_else(|| files::beside(&self.input, extension));
        files::write(&output, &mut [IoSlice::new(&product.bytes)])?;
        tell(self, [bytes_in, product.bytes.len()], &product.stats, &product.fidelity, began);
        Ok(())
    }

    /// What the engine is to write, with its fonts loaded.
    fn engine_spec(&self, asked: &Asked) -> Result<caption::LoadedSpec, Failure> {
        let fonts = font_folder::open_and_warn(self.font_dir.as_deref())?;
        // The command line has no store of pictures.
        let is_there = |name: &proto_shared::ImageName| asked.images.iter().any(|(image, _)| image == name);
        if let Some(name) = asked.spec.shown_images().into_iter().find(|name| !is_there(name)) {
            let why = format_args!("{}: a file of it was expected, as --image {name}=FILE", name.field());
            return Err(Failure::new(Reason::Usage, why));
        }
        warn_of(asked.spec.idle_images());
        let images: Images = asked.images.iter().cloned().collect();
        let mut spec = engine_spec(&asked.spec, &fonts, images)
            .map_err(|e| Failure::new(Reason::Usage, asked.name_flag(SpecError::from(e))))?;
        for (i, path) in &asked.font_files {
            let font = caption::Font::parse(files::read(path, MAX_FONT_BYTES)?);
            let font =
                font.map_err(|e| Failure::new(Reason::BadInput, format_args!("{}: {e} ({})", path.display(), e.code())))?;
            if let Some(caption) = spec.captions.get_mut(*i) {
                caption.font = font;
            }
        }
        Ok(spec)
    }
}

/// The largest font files there are (all of Chinese, Japanese and Korean) have half of it.
const MAX_FONT_BYTES: u64 = 64_000_000;

/// Threads where none are asked for: the processors there are, but no more than the picture keeps busy.
fn threads_for(busy: usize) -> usize {
    if busy <= 1 { 1 } else { thread::available_parallelism().map_or(1, NonZeroUsize::get).min(busy) }
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
}
