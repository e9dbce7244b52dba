//! Where our own binary is: the one named in `PUNCHLINE_BIN`, else one built now from this tree.
//!
//! Used by every test that runs `punchline`. It must never run one that was built earlier from other sources.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The path of `punchline`.
///
/// # Errors
/// `PUNCHLINE_BIN` names no file, or the build failed: the text says which.
pub fn punchline() -> Result<&'static Path, String> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FOUND.get_or_init(find).as_deref().map_err(Clone::clone)
}

fn find() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("PUNCHLINE_BIN").map(PathBuf::from) {
        return named.canonicalize().map_err(|e| format!("PUNCHLINE_BIN names {}: {e}", named.display()));
    }
    // This test stands in <target>/<profile>/deps.
    let test = std::env::current_exe().map_err(|e| e.to_string())?;
    let profile = test.parent().and_then(Path::parent).ok_or("the test stands outside a target folder")?;
    let mut build = Command::new(env!("CARGO"));
    // With the same targets as `cargo test`: then features are the same, and there is little left to build.
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
