//! Finds our own binary: the one that `PUNCHLINE_BIN` names, else one that is built now from this tree.
//!
//! Called by every test that runs `punchline`. It must never give a binary that was built earlier from other sources.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::HarnessError;

/// The path of `punchline`.
///
/// # Errors
/// `PUNCHLINE_BIN` names no file, or the build failed: the text says which.
pub fn punchline() -> Result<&'static Path, HarnessError> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(find).as_deref().map_err(|why| HarnessError::NoBinary(why.clone()))
}

fn find() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("PUNCHLINE_BIN").map(PathBuf::from) {
        return named.canonicalize().map_err(|e| format!("PUNCHLINE_BIN names {}: {e}", named.display()));
    }
    // The running test is in <target>/<profile>/deps.
    let test = std::env::current_exe().map_err(|e| e.to_string())?;
    let profile = test.parent().and_then(Path::parent).ok_or("the test is outside a target folder")?;
    let mut build = Command::new(env!("CARGO"));
    // The same targets as those of `cargo test` have the same features, so little is left to build.
    build.args(["build", "--quiet", "--workspace", "--lib", "--bins", "--tests"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if let Some(target) = profile.parent() {
        build.arg("--target-dir").arg(target);
    }
    if profile.file_name().is_some_and(|name| name == "release") {
        build.arg("--release");
    }
    let done = build.output().map_err(|e| format!("failed to run cargo: {e}"))?;
    if done.status.success() {
        Ok(profile.join("punchline"))
    } else {
        Err(format!("failed to build punchline:\n{}", String::from_utf8_lossy(&done.stderr)))
    }
}
