//! The fonts of a command: those that ship and those of `--font-dir`, and what is said of one that can't be used.
//!
//! `caption` and `fonts` open them by this one rule. The processes of a service open theirs as they start.

use std::path::Path;

use fonts::Fonts;

use crate::exit::{Failure, Reason};

/// All of them. A font of the folder that can't be used is a warning on standard error.
#[expect(clippy::print_stderr, reason = "what is told beside the result belongs on standard error")]
pub(super) fn open_and_warn(folder: Option<&Path>) -> Result<Fonts, Failure> {
    let shipped = Fonts::built_in();
    let Some(folder) = folder else { return Ok(shipped) };
    let (fonts, left_out) = shipped.with_folder(folder).map_err(|e| Failure::new(Reason::NoInput, e))?;
    for font in left_out {
        eprintln!("punchline: warning: {font}");
    }
    Ok(fonts)
}
