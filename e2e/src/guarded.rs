//! A `punchline serve` that asks for an API key, and the one key that it knows.
//!
//! Used by the tests that come with a key, and by those that come without. The key is made as an operator makes one.

use std::{fs, path::Path, process::Command};

use crate::{HarnessError, binary, process::Process};

/// The server and its key.
#[derive(Debug)]
pub struct Guarded {
    /// Asks for the key.
    pub server: Process,
    /// Opens it.
    pub key: String,
}

impl Guarded {
    /// Starts it with its state below `folder`, and these settings beside.
    ///
    /// # Errors
    /// As [`Process::serve`], and if no key can be made.
    pub async fn start(folder: &Path, settings: &[(&str, &str)]) -> Result<Self, HarnessError> {
        let program = binary::punchline().map_err(|e| HarnessError::io("find punchline")(std::io::Error::other(e)))?;
        let made = Command::new(program).args(["key", "tester"]).output().map_err(HarnessError::io("make a key"))?;
        let said = String::from_utf8_lossy(&made.stdout);
        let line_of = |start: &str| said.lines().map(str::trim).find(|line| line.starts_with(start)).unwrap_or_default();
        let keys = folder.join("keys");
        fs::write(&keys, line_of("tester ")).map_err(HarnessError::io("write the file of keys"))?;
        let keys = keys.to_string_lossy();
        let settings = settings.iter().copied().chain([("PUNCHLINE_API_KEYS_FILE", &*keys)]);
        let env: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { server: Process::serve(&folder.join("data"), &env).await?, key: line_of("punchline_").to_owned() })
    }
}
