//! Runs `punchline` once in a folder, as a person at a terminal or a script would, and reports everything about the run: exit code, both
//! streams, wall-clock and CPU time, and peak memory.
//!
//! Called by the tests of the command line. Standard input must always be given and must always end, so that no run waits for it.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{HarnessError, binary, cases::Case};

/// A run that has ended.
#[derive(Debug)]
pub struct Run {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: String,
    /// Wall-clock time, with the start of the process.
    pub wall: Duration,
    /// CPU time of all its threads.
    pub cpu: Duration,
    /// Peak memory.
    pub peak_bytes: u64,
}

/// A folder to run in.
#[derive(Debug)]
pub struct CommandLine {
    folder: TempDir,
    measure: PathBuf,
}

impl CommandLine {
    /// An empty folder; `measure` is the path of this crate's program `peak_memory`.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn new(measure: &str) -> Result<Self, HarnessError> {
        let folder = TempDir::with_prefix("punchline-cli-").map_err(HarnessError::io("create a folder"))?;
        Ok(Self { folder, measure: measure.into() })
    }

    /// A folder with a generated picture as `cat.gif` and its spec as `spec.json`.
    ///
    /// # Errors
    /// As [`CommandLine::new`] and [`CommandLine::put`].
    pub fn with_case(measure: &str, seed: u64) -> Result<(Self, Case), HarnessError> {
        let (command_line, case) = (Self::new(measure)?, Case::generated(seed));
        command_line.put("cat.gif", &case.source)?;
        command_line
            .put("spec.json", case.spec_json().map_err(io::Error::from).map_err(HarnessError::io("write a spec"))?.as_bytes())?;
        Ok((command_line, case))
    }

    /// A path in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    /// It can't be written.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), HarnessError> {
        fs::write(self.path(name), bytes).map_err(HarnessError::io(format!("write {name}")))
    }

    /// Reads a file of the folder.
    ///
    /// # Errors
    /// It is not there.
    pub fn get(&self, name: &str) -> Result<Vec<u8>, HarnessError> {
        fs::read(self.path(name)).map_err(HarnessError::io(format!("read {name}")))
    }

    /// The names in the folder, sorted.
    ///
    /// # Errors
    /// The folder can't be read.
    pub fn names(&self) -> Result<Vec<String>, HarnessError> {
        let entries = fs::read_dir(self.folder.path()).map_err(HarnessError::io("list the folder"))?;
        let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        Ok(names)
    }

    /// Runs `punchline` in the folder with these arguments, separated by blanks, and `input` as its standard input.
    ///
    /// # Errors
    /// It could not be run.
    pub fn run(&self, arguments: &str, input: &[u8]) -> Result<Run, HarnessError> {
        let program = binary::punchline()?;
        let report = TempDir::new().map_err(HarnessError::io("create a folder"))?;
        self.spawn(program, arguments, input, &report.path().join("usage")).map_err(HarnessError::io(arguments))
    }

    fn spawn(&self, program: &Path, arguments: &str, input: &[u8], report: &Path) -> io::Result<Run> {
        let began = Instant::now();
        let mut child = Command::new(&self.measure)
            .arg(report)
            .arg(program)
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .env_remove("PUNCHLINE_FONT_DIR")
            .env_remove("PUNCHLINE_PRESETS_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, bytes) = (child.stdin.take(), input.to_vec());
        // A program that refuses its input does not read all of it. A broken pipe is therefore no failure here.
        let feed = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&bytes)));
        let output = child.wait_with_output()?;
        let wall = began.elapsed();
        drop(feed.join());
        let usage: [u64; 2] = serde_json::from_slice(&fs::read(report)?)?;
        let (peak_bytes, cpu) = (usage[0], Duration::from_millis(usage[1]));
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Run { code: output.status.code(), out: output.stdout, err, wall, cpu, peak_bytes })
    }
}
