//! A video captioned by a process of its own, as a worker does it: the command line starts the same binary and speaks the same protocol.
//!
//! `caption` calls it. A crash of the decoder is a message and an exit code; nothing of this process, its files or its environment, is
//! in reach of what the video's bytes make the decoder do.

use std::{num::NonZeroUsize, path::Path, time::Duration};

use caption::Limits;
use proto_shared::CaptionSpec;
use tokio::runtime::Builder;
use worker::{Ingredients, Isolation, Product, render_alone};

use crate::{
    exit::{Failure, Reason},
    processes::render_one,
};

/// Address space that the process may have.
const MEMORY_BYTES: u64 = 2 << 30;

/// How long it may run: the longest video within the limits takes a tenth of it on one processor.
const TIMEOUT: Duration = Duration::from_secs(900);

pub(super) fn render(
    spec: &CaptionSpec,
    limits: &Limits,
    ingredients: Ingredients,
    font_dir: Option<&Path>,
) -> Result<Product, Failure> {
    let internal = |e: std::io::Error| Failure::new(Reason::Internal, e);
    let isolation = Isolation {
        program: std::env::current_exe().map_err(internal)?,
        args: render_one::args(font_dir),
        memory_bytes: MEMORY_BYTES,
        at_once: NonZeroUsize::MIN,
        timeout: TIMEOUT,
    };
    let runtime = Builder::new_current_thread().enable_all().build().map_err(internal)?;
    Ok(runtime.block_on(render_alone(isolation, spec, limits, ingredients))?)
}
