//! `punchline render-one`: one rendering for a worker that asks for it on standard input and reads it from standard
//! output. Nobody types it; see `worker::Isolation`.

use std::{ffi::OsString, io, path::Path, path::PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::open;

/// Its name on the command line.
pub(crate) const NAME: &str = "render-one";

/// The flags of `punchline render-one`.
#[derive(Debug, Args)]
pub(crate) struct RenderOneArgs {
    /// The worker's folder of fonts.
    #[arg(long)]
    font_dir: Option<PathBuf>,
}

/// What to start this binary with.
pub(crate) fn args(font_dir: Option<&Path>) -> Vec<OsString> {
    let mut args = vec![NAME.into()];
    if let Some(folder) = font_dir {
        args.extend(["--font-dir".into(), folder.into()]);
    }
    args
}

pub(crate) fn run(args: &RenderOneArgs) -> anyhow::Result<()> {
    let fonts = open::fonts(args.font_dir.as_deref())?;
    worker::answer(&fonts, io::stdin().lock(), io::stdout().lock()).context("failed to render for a worker")
}
