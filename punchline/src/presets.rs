//! Presets of a folder, beside those that ship: each `.json` file is one, by its file stem.
//!
//! The processes of a service and the commands that write words open them by this one rule. What a preset is, `proto-shared` says.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use proto_shared::{Presets, SpecError};

use crate::exit::{Failure, Reason};

/// More than all fields of a caption take.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Why a folder, or a preset in it, can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PresetsError {
    /// The folder, or a file in it, can't be read.
    #[error("failed to read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    /// A file is longer than any preset.
    #[error("{path}: at most {MAX_FILE_BYTES} bytes are allowed")]
    TooLong { path: PathBuf },
    /// A file is no preset.
    #[error("{path}: {source}")]
    Bad { path: PathBuf, source: SpecError },
}

/// Those that ship and those of `folder`, and why others of it are left out. Of one name the folder's counts.
///
/// # Errors
/// The folder can't be read.
pub(crate) fn open(folder: Option<&Path>) -> Result<(Presets, Vec<PresetsError>), PresetsError> {
    let (mut presets, mut left_out) = (Presets::shipped(), Vec::new());
    let Some(folder) = folder else { return Ok((presets, left_out)) };
    let unreadable = |source| PresetsError::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(|path| is_preset(path)).collect();
    // Warnings come in one order.
    paths.sort();
    for path in paths {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let added = read(&path).and_then(|json| presets.add(&name, &json).map_err(|source| PresetsError::Bad { path, source }));
        left_out.extend(added.err());
    }
    Ok((presets, left_out))
}

/// The same for a command: what is left out is a warning on standard error.
#[expect(clippy::print_stderr, reason = "what is told beside the result belongs on standard error")]
pub(crate) fn open_and_warn(folder: Option<&Path>) -> Result<Presets, Failure> {
    let (presets, left_out) = open(folder).map_err(|e| Failure::new(Reason::NoInput, e))?;
    for preset in left_out {
        eprintln!("punchline: warning: {preset}");
    }
    Ok(presets)
}

fn is_preset(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

fn read(path: &Path) -> Result<Vec<u8>, PresetsError> {
    let unreadable = |source| PresetsError::Read { path: path.to_owned(), source };
    let mut json = Vec::new();
    let read = File::open(path).map_err(unreadable)?.take(MAX_FILE_BYTES + 1).read_to_end(&mut json).map_err(unreadable)?;
    if read as u64 > MAX_FILE_BYTES { Err(PresetsError::TooLong { path: path.to_owned() }) } else { Ok(json) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_that_cannot_be_used_is_left_out_and_named_with_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("ours.json"), r#"{"style":"plain","fill":"red"}"#).unwrap();
        fs::write(path("broken.json"), "{").unwrap();
        fs::write(path("Loud.json"), "{}").unwrap();
        fs::write(path("words.json"), r#"{"text":"hi"}"#).unwrap();
        fs::write(path("huge.json"), " ".repeat(70_000)).unwrap();
        fs::write(path("read.me"), "not a preset").unwrap();
        let (presets, left_out) = open(Some(folder.path())).unwrap();
        assert_eq!(presets.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["caption", "meme", "ours", "subtitle"]);
        let told: Vec<String> = left_out.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 4);
        for (told, expected) in
            told.iter().zip(["Loud.json: ", "broken.json: ", "huge.json: at most", "words.json: preset: unknown field"])
        {
            assert!(told.contains(expected), "{told}");
        }
        assert!(matches!(open(Some(&path("none"))), Err(PresetsError::Read { .. })));
        assert_eq!(open(None).unwrap().0, Presets::shipped());
    }
}
