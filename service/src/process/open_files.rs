//! How many files and connections this process may have open.
//!
//! The binary asks at start. Many systems begin a process with room for 1,024, far below what they allow
//! it: a front with that limit stops accepting long before its own bound on connections says so.

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit as far as the system lets a process do by itself, and says what it is now.
///
/// # Errors
/// The system does not say or does not let it.
pub fn allow_many() -> io::Result<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    }
    Ok(hard)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_the_limit_is_the_highest_there_is() {
        let allowed = allow_many().unwrap();
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (allowed, allowed));
    }
}
