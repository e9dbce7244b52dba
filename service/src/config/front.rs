//! The settings of the HTTP front: where it listens, whom it lets in, what it accepts of each client, what it asks of other
//! hosts.
//!
//! Read by `groups` for the processes that have a front. It must never let a front start that is open to strangers unless an
//! operator has said so, and no secret that is too short to be one.

use std::{env, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{
    parse,
    reader::{Reader, Secret},
    settings as s,
};

/// The HTTP front.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Where it is answered.
    pub listen: SocketAddr,
    /// Where health and metrics are answered, if not there.
    pub ops_listen: Option<SocketAddr>,
    /// From a request's head to its response's head.
    pub request_timeout: Duration,
    /// Bytes of uploads in hand at one time.
    pub uploads_in_flight_bytes: u64,
    /// Where uploads wait until they are stored.
    pub spool_dir: PathBuf,
    /// Whether videos are taken.
    pub videos: bool,
    /// Presets beside those that ship.
    pub presets_dir: Option<PathBuf>,
    /// Platforms beside those that ship.
    pub platforms_file: Option<PathBuf>,
    /// The keys that are let in; without it everyone is.
    pub api_keys_file: Option<PathBuf>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What is asked of other hosts.
    pub outbound: OutboundSettings,
    /// What one client may do.
    pub fairness: Fairness,
    /// Open connections.
    pub max_connections: u32,
    /// For the head of a request.
    pub head_timeout: Duration,
    /// How long a body may come too slowly.
    pub body_stall: Duration,
}

/// What one client may do, and what is small enough for the express lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fairness {
    /// Jobs at once.
    pub rate_burst: u32,
    /// Jobs a second on end.
    pub rate_per_s: u32,
    /// Unfinished jobs.
    pub client_jobs: u32,
    /// Unfinished jobs from which on the standard lane is taken.
    pub express_jobs: u32,
    /// The largest file of the express lane.
    pub express_bytes: u64,
    /// The most pixels over all frames of the express lane.
    pub express_pixels: u64,
}

impl Default for Fairness {
    /// What stands in the table of settings.
    fn default() -> Self {
        Self {
            rate_burst: 1_000,
            rate_per_s: 100,
            client_jobs: 20_000,
            express_jobs: 32,
            express_bytes: 2_000_000,
            express_pixels: 40_000_000,
        }
    }
}

/// What the front may ask of other hosts.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// Whether a job may name its picture by a URL.
    pub source_urls: bool,
    /// What calls back are signed with; none are made without it.
    pub webhook_secret: Option<Secret>,
    /// Networks that may be asked beside the public ones.
    pub allowed: Vec<IpNet>,
}

pub(super) fn http(r: &mut Reader<'_>, max_upload_bytes: u64) -> HttpSettings {
    let listen = r.value(&s::LISTEN, parse::listen);
    let settings = HttpSettings {
        listen,
        ops_listen: r.optional(&s::OPS_LISTEN, parse::listen),
        api_keys_file: api_keys_file(r, listen),
        request_timeout: r.value(&s::REQUEST_TIMEOUT_S, parse::seconds),
        uploads_in_flight_bytes: r.value(&s::UPLOADS_IN_FLIGHT_BYTES, parse::at_least_one::<u64>),
        spool_dir: r.optional(&s::SPOOL_DIR, parse::folder).unwrap_or_else(env::temp_dir),
        videos: r.value(&s::VIDEO, parse::yes_or_no),
        presets_dir: r.optional(&s::PRESETS_DIR, parse::folder),
        platforms_file: r.optional(&s::PLATFORMS_FILE, parse::file),
        trusted_proxies: r.optional(&s::TRUSTED_PROXIES, parse::networks).unwrap_or_default(),
        outbound: OutboundSettings {
            source_urls: r.value(&s::SOURCE_URLS, parse::yes_or_no),
            webhook_secret: r.optional(&s::WEBHOOK_SECRET, parse::webhook_secret),
            allowed: r.optional(&s::OUTBOUND_ALLOW, parse::networks).unwrap_or_default(),
        },
        fairness: Fairness {
            rate_burst: r.value(&s::RATE_BURST, parse::at_least_one),
            rate_per_s: r.value(&s::RATE_PER_S, parse::at_least_one),
            client_jobs: r.value(&s::CLIENT_JOBS, parse::at_least_one),
            express_jobs: r.value(&s::EXPRESS_JOBS, parse::at_least_one),
            express_bytes: r.value(&s::EXPRESS_BYTES, parse::at_least_one),
            express_pixels: r.value(&s::EXPRESS_PIXELS, parse::at_least_one),
        },
        max_connections: r.value(&s::MAX_CONNECTIONS, parse::at_least_one),
        head_timeout: r.value(&s::HEAD_TIMEOUT_S, parse::seconds),
        body_stall: r.value(&s::BODY_STALL_S, parse::seconds),
    };
    // Less than one upload's bytes would refuse every large file for ever.
    if settings.uploads_in_flight_bytes < max_upload_bytes && !r.is_refused(&s::MAX_UPLOAD_BYTES) {
        let least = format!("at least {} ({max_upload_bytes})", s::MAX_UPLOAD_BYTES.name);
        r.refuse(&s::UPLOADS_IN_FLIGHT_BYTES, least, settings.uploads_in_flight_bytes);
    }
    if !settings.spool_dir.is_dir() {
        r.refuse(&s::SPOOL_DIR, "an existing folder", settings.spool_dir.display());
    }
    settings
}

fn api_keys_file(r: &mut Reader<'_>, listen: SocketAddr) -> Option<PathBuf> {
    let open = r.value(&s::OPEN, parse::yes_or_no);
    let is_named = r.is_given(&s::API_KEYS_FILE);
    let file = r.optional(&s::API_KEYS_FILE, parse::file);
    // What is open to strangers is known only where both settings were read.
    let is_known = !r.is_refused(&s::LISTEN) && !r.is_refused(&s::OPEN);
    if open && is_named {
        r.refuse(&s::OPEN, format!("false beside {}", s::API_KEYS_FILE.name), true);
    } else if is_known && !open && !is_named && !listen.ip().is_loopback() {
        let (keys, open) = (s::API_KEYS_FILE.name, s::OPEN.name);
        let both = format!(
            "because {listen} can be reached by others, a file of keys (`punchline key NAME` makes a line for it), or \
             {open}=true to let everyone in without {keys},"
        );
        r.refuse_missing(&s::API_KEYS_FILE, both);
    }
    file
}

#[cfg(test)]
mod tests {
    use crate::ServeSettings;

    fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
        let lookup = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        ServeSettings::read(&lookup).map_or_else(|e| e.problems.iter().map(ToString::to_string).collect(), |_| Vec::new())
    }

    #[test]
    fn strangers_are_let_in_only_when_told_so() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(problems(&[]), <Vec<String>>::new(), "loopback");
        assert_eq!(problems(&[("PUNCHLINE_LISTEN", "[::1]:80")]), <Vec<String>>::new());
        assert_eq!(problems(&[("PUNCHLINE_LISTEN", "[::]:80"), ("PUNCHLINE_OPEN", "true")]), <Vec<String>>::new());
        assert_eq!(problems(&[("PUNCHLINE_LISTEN", "[::]:80"), ("PUNCHLINE_API_KEYS_FILE", path)]), <Vec<String>>::new());
        let refused = problems(&[("PUNCHLINE_LISTEN", "[::]:80")]);
        assert_eq!(refused.len(), 1);
        for way in ["PUNCHLINE_API_KEYS_FILE", "PUNCHLINE_OPEN=true", "punchline key NAME"] {
            assert!(refused[0].contains(way), "{refused:?}");
        }
        assert_eq!(problems(&[("PUNCHLINE_API_KEYS_FILE", "/no/such")]).len(), 1);
        assert_eq!(problems(&[("PUNCHLINE_LISTEN", "[::]:80"), ("PUNCHLINE_API_KEYS_FILE", "/no/such")]).len(), 1);
        let both = problems(&[("PUNCHLINE_OPEN", "true"), ("PUNCHLINE_API_KEYS_FILE", path)]);
        assert!(both[0].starts_with("PUNCHLINE_OPEN"), "{both:?}");
    }

    fn read(secret: &str) -> Result<ServeSettings, String> {
        let lookup = |name: &str| (name == "PUNCHLINE_WEBHOOK_SECRET").then(|| secret.to_owned());
        ServeSettings::read(&lookup).map_err(|e| e.to_string())
    }

    #[test]
    fn a_secret_is_long_enough_or_refused_and_never_shown() {
        for good in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "twenty-four bytes of text", "a#/= more than enough of it"] {
            let settings = read(good).unwrap();
            assert_eq!(settings.http.outbound.webhook_secret.as_ref().unwrap().expose(), good);
            assert!(!format!("{settings:?}").contains(good), "{settings:?}");
        }
        for bad in ["hunter2hunter2hunter2h", "whsec_c2hvcnQ=", "whsec_!!!!not base64 at all, but long enough!!!!"] {
            let message = read(bad).unwrap_err();
            assert!(message.contains("PUNCHLINE_WEBHOOK_SECRET") && !message.contains(bad), "{message}");
        }
        assert!(read("").unwrap().http.outbound.webhook_secret.is_none());
    }
}
