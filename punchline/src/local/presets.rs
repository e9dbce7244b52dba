//! `punchline presets`: the looks that `--preset` takes, with the fields that each fills in.
//!
//! Called by main. It draws nothing and asks nobody.

use std::path::PathBuf;

use crate::{
    exit::{Failure, Reason},
    files, presets,
};

/// List the presets: looks by name, for --preset.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  punchline presets
  punchline caption cat.gif --preset meme --top \"me\" --bottom \"also me\"
  punchline presets --json | jq .meme > presets/mine.json      a preset of your own begins with one of ours
  punchline caption cat.gif --presets-dir presets --preset mine --bottom hi

Exit codes: 0 done, 2 usage, 66 no such folder.")]
pub(crate) struct PresetsArgs {
    /// A folder of JSON files, each a preset by its name: the fields of a caption without its words
    #[arg(long, value_name = "DIR", env = "PUNCHLINE_PRESETS_DIR", visible_alias = "preset-dir")]
    presets_dir: Option<PathBuf>,

    /// Answer as JSON: each preset's fields by its name
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &PresetsArgs) -> Result<(), Failure> {
    let presets = presets::open_and_warn(args.presets_dir.as_deref())?;
    let internal = |e| Failure::new(Reason::Internal, e);
    if args.json {
        let all: std::collections::BTreeMap<_, _> = presets.iter().collect();
        return files::print(serde_json::to_string(&all).map_err(internal)?);
    }
    for (name, fields) in presets.iter() {
        files::print(format_args!("{name:<12} {}", serde_json::to_string(fields).map_err(internal)?))?;
    }
    Ok(())
}
