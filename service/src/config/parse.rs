//! Text to values: each function gives the value, or says what was expected in words that end in
//! "was expected". Used by `groups` and `front`; must never say what was got, because that may be a secret.

use std::{
    net::{IpAddr, SocketAddr},
    num::{NonZeroU16, NonZeroU64},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;

use super::reader::Secret;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

pub(super) fn amqp_url(text: &str) -> Result<Secret, String> {
    match text.split_once("://") {
        Some(("amqp" | "amqps", rest)) if !rest.is_empty() => Ok(Secret::from(text.to_owned())),
        _ => Err("a URL such as amqp://user:password@host:5672/%2f".to_owned()),
    }
}

pub(super) fn store_url(text: &str) -> Result<String, String> {
    let known = text == "memory:"
        || text.strip_prefix("s3://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        || text.strip_prefix("file://").is_some_and(|path| path.starts_with('/'));
    if known { Ok(text.to_owned()) } else { Err("s3://bucket/prefix, file:///folder or memory:".to_owned()) }
}

pub(super) fn http_url(text: &str) -> Result<String, String> {
    match text.split_once("://") {
        Some(("http" | "https", rest)) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("an http:// or https:// URL".to_owned()),
    }
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "an address and a port such as 0.0.0.0:8080".to_owned())
}

pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("an existing folder".to_owned()) }
}

pub(super) fn file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_file() { Ok(path) } else { Err("an existing file".to_owned()) }
}

pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "true or false".to_owned())
}

pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |text: &str| text.parse::<IpNet>().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)));
    let networks = text.split(',').map(|text| network(text.trim())).collect::<Option<_>>();
    networks.ok_or_else(|| "networks or addresses with commas between them, such as 10.0.0.0/8,fd00::/8".to_owned())
}

/// The shortest secret that is taken: Standard Webhooks wants no shorter one.
const LEAST_SECRET_BYTES: usize = 24;

pub(super) fn webhook_secret(text: &str) -> Result<Secret, String> {
    let is_good = match text.strip_prefix("whsec_") {
        Some(encoded) => {
            let digits = encoded.trim_end_matches('=');
            let is_base64 =
                digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')) && digits.len() % 4 != 1;
            is_base64 && digits.len() * 3 / 4 >= LEAST_SECRET_BYTES
        }
        None => text.len() >= LEAST_SECRET_BYTES,
    };
    let expected = || format!("whsec_ and the base64 of at least {LEAST_SECRET_BYTES} bytes, or a text of as many");
    is_good.then(|| Secret::from(text.to_owned())).ok_or_else(expected)
}

pub(super) fn at_least_one<T: FromStr + From<u8> + PartialOrd>(text: &str) -> Result<T, String> {
    let least = T::from(1);
    text.parse().ok().filter(|n| *n >= least).ok_or_else(|| "a whole number from 1".to_owned())
}

/// A whole number, which may be 0.
pub(super) fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "a whole number".to_owned())
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: NonZeroU64 = text.parse().map_err(|_| "a whole number of seconds from 1".to_owned())?;
    Ok(Duration::from_secs(seconds.get()))
}

/// A broker holds a message for less than two to the 32nd milliseconds.
const LONGEST_DELAY_S: u64 = 1_000_000;

pub(super) fn delays(text: &str) -> Result<Vec<Duration>, String> {
    let delay = |text: &str| text.trim().parse().ok().filter(|seconds| (1..=LONGEST_DELAY_S).contains(seconds));
    let delays = text.split(',').map(|text| delay(text).map(Duration::from_secs)).collect::<Option<_>>();
    delays.ok_or_else(|| format!("whole seconds from 1 to {LONGEST_DELAY_S} with commas between them, such as 5,30,120"))
}

pub(super) fn jobs(text: &str) -> Result<NonZeroU16, String> {
    text.parse().map_err(|_| "a whole number of jobs from 1 to 65535".to_owned())
}

pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("a level (error, warn, info, debug, trace) or a filter such as info,worker=debug".to_owned()),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("text or json".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_that_are_documented_parse_and_their_neighbours_do_not() {
        for good in ["s3://gifs", "s3://gifs/prefix", "file:///var/lib/punchline", "memory:"] {
            assert!(store_url(good).is_ok(), "{good}");
        }
        for bad in ["s3://", "s3:///x", "file://relative", "gs://gifs", "memory"] {
            assert!(store_url(bad).is_err(), "{bad}");
        }
        assert!(amqp_url("amqps://h").is_ok());
        assert!(amqp_url("amqp://").is_err());
        assert!(listen("[::]:80").is_ok());
        assert!(listen("0.0.0.0").is_err());
        assert!(seconds("0").is_err());
        assert!(at_least_one::<u32>("0").is_err());
        assert_eq!(at_least_one::<u64>("7"), Ok(7));
        assert!(log_filter("info,worker=debug").is_ok());
        assert!(log_filter("info,worker=loud").is_err());
        assert_eq!(networks("10.0.0.0/8, ::1").unwrap().len(), 2);
        assert!(networks("10.0.0.0/8,").is_err());
        assert!(yes_or_no("yes").is_err());
        assert!(http_url("http://127.0.0.1:9000").is_ok());
        assert!(http_url("127.0.0.1:9000").is_err());
    }
}
