//! The settings of the HTTP front: where it listens, whom it lets in, how much it takes of whom.
//!
//! Read by `groups` for the processes that have a front. It must never let a front begin that is open to
//! strangers without anybody having said so.

use std::{env, net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;

use super::{
    CommonSettings, Reader,
    outbound::{OutboundSettings, outbound},
    parse, settings as s,
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

// As in `groups`, everything is read before `?` can leave, so that every problem is noted.
pub(super) fn http(r: &mut Reader<'_>, common: Option<&CommonSettings>) -> Option<HttpSettings> {
    let listen = r.value(&s::LISTEN, parse::listen);
    let ops_listen = r.optional(&s::OPS_LISTEN, parse::listen);
    let api_keys_file = access(r, listen);
    let request_timeout = r.value(&s::REQUEST_TIMEOUT_S, parse::seconds);
    let uploads_in_flight_bytes = r.value(&s::UPLOADS_IN_FLIGHT_BYTES, parse::at_least_one::<u64>);
    // Less than one upload's worth would refuse every large file for ever.
    if let (Some(bytes), Some(common)) = (uploads_in_flight_bytes, common)
        && bytes < common.limits.max_upload_bytes
    {
        let least = common.limits.max_upload_bytes;
        r.refuse(&s::UPLOADS_IN_FLIGHT_BYTES, format!("at least {} ({least})", s::MAX_UPLOAD_BYTES.name), bytes);
    }
    let spool_dir = r.value_or(&s::SPOOL_DIR, &env::temp_dir().to_string_lossy(), parse::folder);
    let trusted_proxies = r.optional(&s::TRUSTED_PROXIES, parse::networks).unwrap_or_default();
    let outbound = outbound(r);
    let fairness = fairness(r);
    let max_connections = r.value(&s::MAX_CONNECTIONS, parse::at_least_one);
    let head_timeout = r.value(&s::HEAD_TIMEOUT_S, parse::seconds);
    let body_stall = r.value(&s::BODY_STALL_S, parse::seconds);
    Some(HttpSettings {
        listen: listen?,
        ops_listen,
        request_timeout: request_timeout?,
        uploads_in_flight_bytes: uploads_in_flight_bytes?,
        spool_dir: spool_dir?,
        api_keys_file,
        trusted_proxies,
        outbound: outbound?,
        fairness: fairness?,
        max_connections: max_connections?,
        head_timeout: head_timeout?,
        body_stall: body_stall?,
    })
}

fn access(r: &mut Reader<'_>, listen: Option<SocketAddr>) -> Option<PathBuf> {
    let open = r.value(&s::OPEN, parse::yes_or_no);
    let named = r.is_given(&s::API_KEYS_FILE);
    let file = r.optional(&s::API_KEYS_FILE, parse::file);
    match (listen, open) {
        (_, Some(true)) if named => r.refuse(&s::OPEN, format!("false beside {}", s::API_KEYS_FILE.name), true),
        (Some(listen), Some(false)) if !named && !listen.ip().is_loopback() => {
            let (keys, open) = (s::API_KEYS_FILE.name, s::OPEN.name);
            let both = format!(
                "because {listen} can be reached by others, a file of keys (`punchline key NAME` makes a line for it), or \
                 {open}=true to let everyone in without {keys},"
            );
            r.refuse_missing(&s::API_KEYS_FILE, both);
        }
        _ => {}
    }
    file
}

fn fairness(r: &mut Reader<'_>) -> Option<Fairness> {
    let rate_burst = r.value(&s::RATE_BURST, parse::at_least_one);
    let rate_per_s = r.value(&s::RATE_PER_S, parse::at_least_one);
    let client_jobs = r.value(&s::CLIENT_JOBS, parse::at_least_one);
    let express_jobs = r.value(&s::EXPRESS_JOBS, parse::at_least_one);
    let express_bytes = r.value(&s::EXPRESS_BYTES, parse::at_least_one);
    let express_pixels = r.value(&s::EXPRESS_PIXELS, parse::at_least_one);
    Some(Fairness {
        rate_burst: rate_burst?,
        rate_per_s: rate_per_s?,
        client_jobs: client_jobs?,
        express_jobs: express_jobs?,
        express_bytes: express_bytes?,
        express_pixels: express_pixels?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::ServeSettings;

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
}
