//! Input and output of the commands that work on files: `-` for standard streams, the size limit
//! before the read, one message that names the file.

use std::{
    ffi::OsStr,
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, IoSlice, Read, Stdout, Write},
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

/// Writes pieces as a whole file, or to standard output for `-`. A regular file is replaced whole or not at all.
pub(crate) fn write(path: &Path, pieces: &mut [IoSlice<'_>]) -> Result<(), Failure> {
    let mut output = Output::begin(path)?;
    output.write(pieces)?;
    output.finish()
}

/// Something that is being written. A regular file appears when it is finished; until then, or if that never happens,
/// a file that had its name before stays.
pub(crate) struct Output {
    path: PathBuf,
    to: Sink,
}

enum Sink {
    Stdout(Stdout),
    /// A device or pipe can't be replaced.
    Device(File),
    /// Under another name. None once it has taken its place.
    Unfinished(File, Option<PathBuf>),
}

/// Prints a line of an answer.
pub(crate) fn print(line: impl fmt::Display) -> Result<(), Failure> {
    writeln!(io::stdout().lock(), "{line}")
        .map_err(|error| Failure::new(Reason::CannotWrite, format_args!("failed to write to standard output: {error}")))
}

impl Output {
    /// Makes sure that it can be written, so that nothing is done in vain.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let to = if is_stream(path) {
            Ok(Sink::Stdout(io::stdout()))
        } else if path.metadata().is_ok_and(|m| !m.is_file()) {
            OpenOptions::new().write(true).open(path).map(Sink::Device)
        } else {
            let mut unfinished = path.as_os_str().to_owned();
            unfinished.push(format!(".{}.part", std::process::id()));
            let unfinished = PathBuf::from(unfinished);
            File::create(&unfinished).map(|file| Sink::Unfinished(file, Some(unfinished)))
        };
        match to {
            Ok(to) => Ok(Self { path: path.to_owned(), to }),
            Err(error) => Err(unwritable(path, &error)),
        }
    }

    /// Writes what comes next.
    pub(crate) fn write(&mut self, pieces: &mut [IoSlice<'_>]) -> Result<(), Failure> {
        let written = match &mut self.to {
            Sink::Stdout(out) => write_pieces(&mut out.lock(), pieces),
            Sink::Device(file) | Sink::Unfinished(file, _) => write_pieces(file, pieces),
        };
        written.map_err(|e| unwritable(&self.path, &e))
    }

    /// That was all.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let finished = match &mut self.to {
            Sink::Stdout(out) => out.flush(),
            Sink::Device(_) => Ok(()),
            Sink::Unfinished(_, name) => match name {
                Some(unfinished) => take_place(unfinished, &self.path).map(|()| *name = None),
                None => Ok(()),
            },
        };
        finished.map_err(|e| unwritable(&self.path, &e))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Sink::Unfinished(_, Some(unfinished)) = &self.to {
            // Another error came first, and is the one to tell.
            let _ = fs::remove_file(unfinished);
        }
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Reason::CannotWrite, format_args!("failed to write {}: {error}", path.display()))
}

/// Renames a new file to a name that may be taken.
///
/// Where it is, the two change places: ext4 holds a rename over another file up until the new one's data is on its
/// way to the disk, which cost more than all the rest of a short job. Nothing less is promised for it: no file was
/// ever synced here.
fn take_place(new: &Path, path: &Path) -> io::Result<()> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
        if renameat2(AT_FDCWD, new, AT_FDCWD, path, RenameFlags::RENAME_EXCHANGE).is_ok() {
            return fs::remove_file(new);
        }
    }
    fs::rename(new, path)
}

/// Writes all pieces, as many at once as the system takes.
fn write_pieces(to: &mut impl Write, mut pieces: &mut [IoSlice<'_>]) -> io::Result<()> {
    // Empty ones at the front go: of nothing but them a file takes no byte, as if it were full.
    IoSlice::advance_slices(&mut pieces, 0);
    while !pieces.is_empty() {
        match to.write_vectored(pieces) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut pieces, written),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Where the result goes if nothing is said: beside its source, or from stream to stream. It has the source's extension, or its own.
pub(crate) fn beside(input: &Path, extension: Option<&str>) -> PathBuf {
    if is_stream(input) {
        return input.to_path_buf();
    }
    let extension = extension.or_else(|| input.extension().and_then(OsStr::to_str)).unwrap_or("gif");
    input.with_extension(format!("captioned.{extension}"))
}

/// Whether a path names a standard stream.
pub(crate) fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_one_file_however_many_there_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.gif");
        // More than one call takes, and some that are empty.
        let pieces: Vec<Vec<u8>> = (0..3000u16).map(|k| vec![k.to_le_bytes()[0]; usize::from(k % 7)]).collect();
        for _ in 0..2 {
            write(&path, &mut pieces.iter().map(|piece| IoSlice::new(piece)).collect::<Vec<_>>()).unwrap();
            assert_eq!(fs::read(&path).unwrap(), pieces.concat());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no unfinished file is left");
    }

    #[test]
    fn what_is_never_finished_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.gif");
        fs::write(&path, "before").unwrap();
        let mut output = Output::begin(&path).unwrap();
        output.write(&mut [IoSlice::new(b"half")]).unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no unfinished file is left");
    }

    #[test]
    fn the_result_stands_beside_its_source() {
        assert_eq!(beside(Path::new("a/cat.gif"), None), Path::new("a/cat.captioned.gif"));
        assert_eq!(beside(Path::new("cat.PNG"), None), Path::new("cat.captioned.PNG"));
        assert_eq!(beside(Path::new("cat"), None), Path::new("cat.captioned.gif"));
        assert_eq!(beside(Path::new("cat.gif"), Some("webp")), Path::new("cat.captioned.webp"));
        assert_eq!(beside(Path::new("-"), None), Path::new("-"));
    }
}
