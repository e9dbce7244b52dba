//! API keys, by their hashes, from a file that may change while the process runs.
//!
//! api asks it on every request, `punchline key` makes new keys with it. It must never keep, log or print a
//! key: it keeps a hash and shows a name. The file is polled when a key is checked, at most once a second; a version that can't
//! be read changes nothing and is logged once.

use std::{
    fmt, fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{Clock, config::Secret};

/// Between two polls of the file.
const POLL_INTERVAL_MS: u64 = 1_000;
/// A file longer than this is not one of keys.
const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
const MAX_NAME_BYTES: usize = 64;
/// Where a key's randomness begins; tools that look for leaked secrets know keys by it.
const KEY_PREFIX: &str = "punchline_";
const KEY_RANDOM_BYTES: usize = 24;

/// The keys of a file. Clones share them.
#[derive(Clone)]
pub struct ApiKeys(Arc<Inner>);

struct Inner {
    path: PathBuf,
    clock: Clock,
    state: Mutex<Loaded>,
}

struct Loaded {
    keys: Arc<[Key]>,
    polled_at_ms: u64,
    version: Version,
}

/// What changes when a file is written or another is put in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Version {
    inode: u64,
    len: u64,
    changed: (i64, i64),
}

/// One line of the file.
struct Key {
    name: Arc<str>,
    hash: [u8; 32],
    expires_at_ms: Option<u64>,
}

/// The name of a valid key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(Arc<str>);

impl KeyName {
    /// It, as it stands in the file: letters, digits, `.`, `_` and `-`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a key is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// No line of the file is this key's.
    #[error("this API key is not known")]
    Unknown,
    /// It was valid until then.
    #[error("this API key has expired")]
    Expired {
        /// Which, for the log.
        name: KeyName,
    },
}

/// The file of keys can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It can't be read.
    #[error("failed to read the API keys in {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line that can't be read. The line itself is not shown: it may hold a key.
    #[error("line {line} of the API keys: {expected} was expected")]
    BadLine {
        /// From 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("failed to get random bytes: {0}")]
    Random(String),
}

/// A new key.
#[derive(Debug)]
pub struct NewKey {
    /// To be given to its user, and kept nowhere else.
    pub key: Secret,
    /// Its line for the file.
    pub line: String,
}

impl ApiKeys {
    /// Reads the file, which must be there and in order.
    ///
    /// # Errors
    /// [`KeysError`]
    pub fn open(path: &Path, clock: Clock) -> Result<Self, KeysError> {
        let unreadable = |source| KeysError::Unreadable { path: path.to_owned(), source };
        let version = version(path).map_err(unreadable)?;
        let keys = parse(&read(path).map_err(unreadable)?)?;
        let state = Loaded { keys: keys.into(), polled_at_ms: clock.now_ms(), version };
        Ok(Self(Arc::new(Inner { path: path.to_owned(), clock, state: Mutex::new(state) })))
    }

    /// The name of a key.
    ///
    /// # Errors
    /// [`KeyRefusal`]: it is not known, or has expired.
    pub fn check(&self, presented: &[u8]) -> Result<KeyName, KeyRefusal> {
        let now_ms = self.0.clock.now_ms();
        let keys = self.0.current(now_ms);
        let hash: [u8; 32] = Sha256::digest(presented).into();
        // Every line is compared whole, whichever matches: the time tells nothing about how close a guess is.
        let mut found = u32::MAX;
        for (i, key) in (0_u32..).zip(keys.iter()) {
            let same: Choice = key.hash[..].ct_eq(&hash[..]);
            found.conditional_assign(&i, same);
        }
        let key = keys.get(found as usize).ok_or(KeyRefusal::Unknown)?;
        let name = KeyName(key.name.clone());
        match key.expires_at_ms {
            Some(at_ms) if at_ms <= now_ms => Err(KeyRefusal::Expired { name }),
            _ => Ok(name),
        }
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys").field("path", &self.0.path).finish_non_exhaustive()
    }
}

/// Makes a key for `name`.
///
/// # Errors
/// The name is not one, or there is no randomness.
pub fn new_key(name: &str) -> Result<NewKey, KeysError> {
    if !is_name(name) {
        return Err(KeysError::BadLine { line: 1, expected: NAME });
    }
    let mut random = [0; KEY_RANDOM_BYTES];
    getrandom::fill(&mut random).map_err(|e| KeysError::Random(e.to_string()))?;
    let key = format!("{KEY_PREFIX}{}", HEXLOWER.encode(&random));
    let line = format!("{name} {}", HEXLOWER.encode(&Sha256::digest(&key)));
    Ok(NewKey { key: key.into(), line })
}

impl Inner {
    fn current(&self, now_ms: u64) -> Arc<[Key]> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back must not keep the file unread until it catches up.
        if now_ms.abs_diff(state.polled_at_ms) >= POLL_INTERVAL_MS {
            state.polled_at_ms = now_ms;
            self.poll(&mut state);
        }
        state.keys.clone()
    }

    /// Reads a small local file in line: one `stat` a second, and rarely more.
    fn poll(&self, state: &mut Loaded) {
        let path = self.path.display();
        let version = match version(&self.path) {
            Ok(version) if version == state.version => return,
            Ok(version) => version,
            Err(error) => return tracing::warn!(%path, %error, "failed to poll the API keys; the old ones stay valid"),
        };
        state.version = version;
        match read(&self.path).map_err(|e| e.to_string()).and_then(|text| parse(&text).map_err(|e| e.to_string())) {
            Ok(keys) => {
                tracing::info!(%path, keys = keys.len(), "read the API keys again");
                state.keys = keys.into();
            }
            Err(error) => tracing::error!(%path, %error, "failed to read the API keys again; the old ones stay valid"),
        }
    }
}

fn version(path: &Path) -> io::Result<Version> {
    let found = fs::metadata(path)?;
    Ok(Version { inode: found.ino(), len: found.len(), changed: (found.mtime(), found.mtime_nsec()) })
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_FILE_BYTES {
        return Err(io::Error::other(format!("at most {MAX_FILE_BYTES} bytes are read")));
    }
    fs::read_to_string(path)
}

const NAME: &str = "a name of at most 64 letters, digits, `.`, `_` and `-`";

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

fn parse(text: &str) -> Result<Vec<Key>, KeysError> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let lines = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
    lines.map(|(number, line)| parse_line(line).map_err(|expected| KeysError::BadLine { line: number, expected })).collect()
}

fn parse_line(line: &str) -> Result<Key, &'static str> {
    let mut words = line.split_whitespace();
    let name = words.next().filter(|name| is_name(name)).ok_or(NAME)?;
    let hash = words.next().and_then(sha256_of_hex).ok_or("the SHA-256 of the key in 64 hexadecimal digits after the name")?;
    let expires_at_ms = match (words.next(), words.next(), words.next()) {
        (None, None, None) => None,
        (Some("expires"), Some(at), None) => {
            let at = OffsetDateTime::parse(at, &Rfc3339).map_err(|_| "a time such as 2027-01-31T00:00:00Z after `expires`")?;
            Some(u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(0))
        }
        _ => return Err("nothing or `expires` and a time after the hash"),
    };
    Ok(Key { name: name.into(), hash, expires_at_ms })
}

fn sha256_of_hex(text: &str) -> Option<[u8; 32]> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
