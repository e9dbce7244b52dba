//! API keys, made as an operator makes them, and a `punchline serve` that requires one.
//!
//! Called by the tests that send a key, and by those that send none. A key must never come from anything but `punchline key`.

use std::{fs, path::Path, process::Command};

use crate::{HarnessError, binary, process::Process};

/// A key.
#[derive(Debug)]
pub struct ApiKey {
    /// What a client sends.
    pub key: String,
    /// Its line for the file that `PUNCHLINE_API_KEYS_FILE` names, with the end of the line.
    pub line: String,
}

impl ApiKey {
    /// Makes a key for this name.
    ///
    /// # Errors
    /// `punchline key` can't be run.
    pub fn make(name: &str) -> Result<Self, HarnessError> {
        let made = Command::new(binary::punchline()?).args(["key", name]).output().map_err(HarnessError::io("make a key"))?;
        let printed = String::from_utf8_lossy(&made.stdout);
        let line_of = |start: &str| printed.lines().map(str::trim).find(|line| line.starts_with(start)).unwrap_or_default();
        Ok(Self { key: line_of("punchline_").to_owned(), line: format!("{}\n", line_of(&format!("{name} "))) })
    }
}

/// The server and its one key.
#[derive(Debug)]
pub struct KeyedServer {
    /// Requires the key.
    pub server: Process,
    /// The key.
    pub key: String,
}

impl KeyedServer {
    /// Starts the server with its state below `folder` and these further settings.
    ///
    /// # Errors
    /// As [`Process::serve`] and [`ApiKey::make`].
    pub async fn start(folder: &Path, settings: &[(&str, &str)]) -> Result<Self, HarnessError> {
        let ApiKey { key, line } = ApiKey::make("tester")?;
        let file = folder.join("keys");
        fs::write(&file, line).map_err(HarnessError::io("write the file of keys"))?;
        let file = file.to_string_lossy();
        let settings = settings.iter().copied().chain([("PUNCHLINE_API_KEYS_FILE", &*file)]);
        let env: Vec<_> = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Self { server: Process::serve(&folder.join("data"), &env).await?, key })
    }
}
