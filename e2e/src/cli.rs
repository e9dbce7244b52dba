//! Runs `punchline` once, as someone at a terminal or a script would, and tells all that came of it: exit code, both
//! streams, time on the clock and of the CPU, and the most memory it held.
//!
//! Used by the tests of the command line. Standard input is always given and always ends.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{HarnessError, binary};

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: Option<i32>,
    /// What went to standard output.
    pub out: Vec<u8>,
    /// What went to standard error.
    pub err: String,
    /// How long it took, with the start of the process.
    pub took: Duration,
    /// What it took of a CPU, all its threads together.
    pub cpu: Duration,
    /// The most memory it held.
    pub peak_bytes: u64,
}

/// A folder to run in.
#[derive(Debug)]
pub struct Bench {
    folder: TempDir,
    measure: PathBuf,
}

impl Bench {
    /// An empty folder; `measure` is the path of this crate's program `peak_memory`.
    ///
    /// # Errors
    /// The folder can't be made.
    pub fn new(measure: &str) -> Result<Self, HarnessError> {
        let folder = TempDir::with_prefix("punchline-cli-").map_err(HarnessError::io("create a folder"))?;
        Ok(Self { folder, measure: measure.into() })
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
    pub fn run(&self, arguments: &str, input: &[u8]) -> Result<Ran, HarnessError> {
        let program = binary::punchline().map_err(|e| HarnessError::io("find punchline")(std::io::Error::other(e)))?;
        let report = TempDir::new().map_err(HarnessError::io("create a folder"))?;
        self.spawn(program, arguments, input, &report.path().join("usage")).map_err(HarnessError::io(arguments))
    }

    fn spawn(&self, program: &Path, arguments: &str, input: &[u8], report: &Path) -> std::io::Result<Ran> {
        let began = Instant::now();
        let mut child = Command::new(&self.measure)
            .arg(report)
            .arg(program)
            .args(arguments.split_whitespace())
            .current_dir(self.folder.path())
            .env_remove("PUNCHLINE_FONT_DIR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, bytes) = (child.stdin.take(), input.to_vec());
        // A program that refuses its input does not read it to the end: a broken pipe is no failure here.
        let feed = std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&bytes)));
        let output = child.wait_with_output()?;
        let took = began.elapsed();
        drop(feed.join());
        let usage: [u64; 2] = serde_json::from_slice(&fs::read(report)?)?;
        let (peak_bytes, cpu) = (usage[0], Duration::from_millis(usage[1]));
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Ran { code: output.status.code(), out: output.stdout, err, took, cpu, peak_bytes })
    }
}
