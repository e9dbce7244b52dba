//! `punchline platforms`: the platforms that `--fit` takes, with what each allows, where that is said and when it was read.
//!
//! Called by main. It asks nobody.

use std::path::PathBuf;

use proto_shared::{Format, Platform};

use crate::{
    caption_flags,
    exit::{Failure, Reason},
    files,
};

/// List the platforms whose limits are known, for --fit.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline platforms
  punchline caption cat.gif --fit discord --bottom hi
  punchline platforms --json > mine.json      begin with ours, and give the file as --platforms-file

Platforms change their limits: `as of` says when each was read at its source.

Exit codes: 0 done, 2 usage, 65 a file that can't be used, 66 no such file.")]
pub(crate) struct PlatformsArgs {
    /// Platforms of your own, in the form of --json: they add to ours or take their place
    #[arg(long, value_name = "FILE.json", env = "PUNCHLINE_PLATFORMS_FILE")]
    platforms_file: Option<PathBuf>,

    /// Answer as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &PlatformsArgs) -> Result<(), Failure> {
    let platforms = caption_flags::platforms(args.platforms_file.as_deref())?;
    if args.json {
        let all: std::collections::BTreeMap<_, _> = platforms.iter().collect();
        return files::print(serde_json::to_string(&all).map_err(|e| Failure::new(Reason::Internal, e))?);
    }
    for (name, platform) in platforms.iter() {
        let Platform { what, source, as_of, .. } = platform;
        files::print(format_args!("{name:<16} {:<28} {what} (as of {as_of}, {source})", allowed(platform)))?;
    }
    Ok(())
}

fn allowed(platform: &Platform) -> String {
    let bytes = platform.max_bytes.map(|bytes| bytes.to_string());
    let sides = match (platform.max_width, platform.max_height) {
        (None, None) => None,
        (width, height) => {
            let side = |side: Option<u32>| side.map_or_else(|| "any".to_owned(), |px| px.to_string());
            Some(format!("{} x {}", side(width), side(height)))
        }
    };
    let format = (platform.format != Format::Same).then(|| platform.format.to_string());
    [bytes, sides, format].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
