//! Input and output of the commands that work on files: `-` for standard streams, the size limit
//! before the read, one message that names the file.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::exit::{Failure, Reason};

/// Reads a whole file, or standard input for `-`; stops as soon as it is known to be over the limit.
pub(crate) fn read(path: &Path, limit_bytes: u64) -> Result<Vec<u8>, Failure> {
    let unreadable = |e: io::Error| Failure::new(Reason::NoInput, format_args!("failed to read {}: {e}", path.display()));
    let mut bytes = Vec::new();
    // One byte more than allowed is enough to know.
    if is_stream(path) {
        io::stdin().lock().take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(unreadable(io::ErrorKind::IsADirectory.into()));
        }
        if metadata.len() > limit_bytes {
            return Err(caption::Error::FileTooLarge { got_bytes: metadata.len(), limit_bytes }.into());
        }
        bytes.reserve_exact(usize::try_from(metadata.len()).unwrap_or(0));
        file.take(limit_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    }
    Ok(bytes)
}

/// Writes a whole file, or to standard output for `-`. A regular file is replaced whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = if is_stream(path) {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    } else if path.metadata().is_ok_and(|m| !m.is_file()) {
        // A device or pipe can't be replaced.
        fs::write(path, bytes)
    } else {
        replace(path, bytes)
    };
    written.map_err(|e| Failure::new(Reason::CannotWrite, format_args!("failed to write {}: {e}", path.display())))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.part", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let done = fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, path));
    if done.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&unfinished);
    }
    done
}

/// Whether a path names a standard stream.
pub(crate) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}
