//! Keys and their file: new ones, old ones, a file that changes, lines that are none.

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;

/// A clock that a test moves.
fn clock(now_ms: u64) -> (Arc<AtomicU64>, Clock) {
    let now = Arc::new(AtomicU64::new(now_ms));
    let shown = now.clone();
    (now, Clock::from_fn(move || shown.load(Ordering::Relaxed)))
}

fn name_of(keys: &ApiKeys, key: &str) -> Result<String, KeyRefusal> {
    keys.check(key.as_bytes()).map(|name| name.as_str().to_owned())
}

#[test]
fn a_new_key_opens_with_its_line_and_no_other_key_does() {
    let (a, b) = (new_key("bot").unwrap(), new_key("site").unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("# keys\n\n{}\n  {} # the site's\n", a.line, b.line)).unwrap();
    let keys = ApiKeys::open(file.path(), Clock::system()).unwrap();
    assert_eq!(name_of(&keys, a.key.expose()), Ok("bot".to_owned()));
    assert_eq!(name_of(&keys, b.key.expose()), Ok("site".to_owned()));
    let none = new_key("none").unwrap();
    for wrong in ["", "bot", none.key.expose(), &a.key.expose()[1..], a.line.split(' ').nth(1).unwrap()] {
        assert_eq!(name_of(&keys, wrong), Err(KeyRefusal::Unknown), "{wrong}");
    }
    assert!(a.key.expose().len() >= 48 && !a.line.contains(a.key.expose()));
    assert!(!format!("{keys:?} {a:?}").contains(a.key.expose()));
}

#[test]
fn a_key_expires_at_its_time() {
    let made = new_key("bot").unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), format!("{} expires 2023-11-14T22:13:20Z", made.line)).unwrap();
    let (hands, clock) = clock(1_699_999_999_999);
    let keys = ApiKeys::open(file.path(), clock).unwrap();
    assert_eq!(name_of(&keys, made.key.expose()), Ok("bot".to_owned()));
    hands.fetch_add(1, Ordering::Relaxed);
    assert!(matches!(name_of(&keys, made.key.expose()), Err(KeyRefusal::Expired { name }) if name.as_str() == "bot"));
}

#[test]
fn a_changed_file_is_read_again_and_a_bad_one_changes_nothing() {
    let (old, new) = (new_key("bot").unwrap(), new_key("bot").unwrap());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &old.line).unwrap();
    let (hands, clock) = clock(0);
    let keys = ApiKeys::open(file.path(), clock).unwrap();
    fs::write(file.path(), format!("{}\n# a longer file", new.line)).unwrap();
    assert!(name_of(&keys, old.key.expose()).is_ok(), "not polled within the second");
    hands.fetch_add(POLL_INTERVAL_MS, Ordering::Relaxed);
    assert!(name_of(&keys, old.key.expose()).is_err());
    assert!(name_of(&keys, new.key.expose()).is_ok());
    fs::write(file.path(), "bot half-a-line").unwrap();
    hands.fetch_add(POLL_INTERVAL_MS, Ordering::Relaxed);
    assert!(name_of(&keys, new.key.expose()).is_ok());
    fs::remove_file(file.path()).unwrap();
    hands.fetch_add(POLL_INTERVAL_MS, Ordering::Relaxed);
    assert!(name_of(&keys, new.key.expose()).is_ok());
}

#[test]
fn a_line_that_is_none_is_named_by_its_number_and_never_shown() {
    let hash = "0".repeat(64);
    let bad = [
        "punchline_secret",
        "a b",
        &format!("a/b {hash}"),
        &format!("a {hash}0"),
        &format!("a {hash} expires"),
        &format!("a {hash} expires tomorrow"),
        &format!("a {hash} until 2027-01-01T00:00:00Z"),
        &format!("a {hash} expires 2027-01-01T00:00:00Z x"),
    ];
    for line in bad {
        let error = parse(&format!("# one\n{line}\n")).err().unwrap().to_string();
        assert!(error.starts_with("line 2 ") && !error.contains("secret"), "{line}: {error}");
    }
    assert!(new_key("two words").is_err());
}
