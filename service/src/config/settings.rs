//! The table of every setting: name, default, meaning. The table in docs/SETTINGS.md and `--help` are made from it.
//!
//! `groups` and `front` read by these constants and nothing else, so a setting that is read is in the table.

use std::fmt::Write as _;

/// Which long-running subcommand reads a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// `punchline api`.
    Api,
    /// `punchline worker`.
    Worker,
    /// `punchline serve`.
    Serve,
}

impl Process {
    /// The subcommand's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Serve => "serve",
        }
    }
}

/// What holds when a setting is not given.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// Nothing: it must be given.
    Required,
    /// Nothing, and that is fine.
    Unset,
    /// This text.
    Is(&'static str),
    /// This text, by process; nothing for those that are not named.
    By(&'static [(Process, &'static str)]),
    /// Something found out at start, described here.
    Found(&'static str),
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// Without it.
    pub fallback: Fallback,
    /// What it says.
    pub meaning: &'static str,
    /// Who reads it.
    pub read_by: &'static [Process],
    /// Its value must not be shown, and it has no flag: other users of a machine can see arguments.
    pub secret: bool,
}

impl Setting {
    /// The default as text, if there is one for this process.
    #[must_use]
    pub fn default_for(&self, process: Process) -> Option<&'static str> {
        match self.fallback {
            Fallback::Is(text) => Some(text),
            Fallback::By(by) => by.iter().find(|(reader, _)| *reader == process).map(|(_, text)| *text),
            Fallback::Required | Fallback::Unset | Fallback::Found(_) => None,
        }
    }

    /// The long flag, without dashes: `PUNCHLINE_LISTEN` is `listen`. Secrets and other people's names
    /// (`AWS_...`) have none.
    #[must_use]
    pub fn flag(&self) -> Option<String> {
        let name = self.name.strip_prefix("PUNCHLINE_").filter(|_| !self.secret)?;
        Some(name.to_ascii_lowercase().replace('_', "-"))
    }

    fn shown_default(&self) -> String {
        match self.fallback {
            Fallback::Required => "must be given".to_owned(),
            Fallback::Unset => String::new(),
            Fallback::Is(text) => format!("`{text}`"),
            Fallback::By(by) => by.iter().map(|(p, text)| format!("`{text}` ({})", p.name())).collect::<Vec<_>>().join(", "),
            Fallback::Found(words) => words.to_owned(),
        }
    }
}

use Process::{Api, Serve, Worker};

const CLUSTER: &[Process] = &[Api, Worker];
const FRONT: &[Process] = &[Api, Serve];
const BACK: &[Process] = &[Worker, Serve];
const ALL: &[Process] = &[Api, Worker, Serve];

macro_rules! settings {
    ($($const:ident = $name:literal, $fallback:expr, $read_by:expr, $secret:literal, $meaning:literal;)*) => {
        $(pub(super) const $const: Setting = Setting {
            name: $name, fallback: $fallback, meaning: $meaning, read_by: $read_by, secret: $secret,
        };)*

        /// Every setting, in the order of the table in docs/SETTINGS.md.
        pub const SETTINGS: &[Setting] = &[$($const,)*];
    };
}

settings! {
    AMQP_URL = "PUNCHLINE_AMQP_URL", Fallback::Required, CLUSTER, true,
        "the broker: `amqp://user:password@host:5672/%2f`, or `amqps://` for TLS";
    STORE_URL = "PUNCHLINE_STORE_URL", Fallback::Required, CLUSTER, false,
        "the store: `s3://bucket/prefix`, `file:///folder`, or `memory:` (gone at exit)";
    DATA = "PUNCHLINE_DATA", Fallback::Is("./punchline-data"), &[Serve], false,
        "the folder that `serve` keeps everything in";
    LISTEN = "PUNCHLINE_LISTEN", Fallback::By(&[(Api, "0.0.0.0:8080"), (Serve, "127.0.0.1:8080")]), FRONT, false,
        "where HTTP is answered";
    OPS_LISTEN = "PUNCHLINE_OPS_LISTEN", Fallback::By(&[(Worker, "0.0.0.0:9090")]), ALL, false,
        "where `/healthz`, `/readyz`, `/startupz` and `/metrics` are answered; without it `api` and `serve` do so where HTTP is, \
         with it `/metrics` is no longer answered there";
    PARALLELISM = "PUNCHLINE_PARALLELISM", Fallback::Found("three for each CPU the process may use"), BACK, false,
        "jobs in hand in one process; as many as the CPUs are in the engine at a time, the others on their way from and to the store";
    FONT_DIR = "PUNCHLINE_FONT_DIR", Fallback::Unset, ALL, false,
        "a folder whose `.ttf`, `.otf` and `.ttc` files are fonts by their lower-case file stems, and fallbacks for missing characters; \
         give api and worker the same one";
    PRESETS_DIR = "PUNCHLINE_PRESETS_DIR", Fallback::Unset, FRONT, false,
        "a folder whose `.json` files are presets by their file stems: the fields of a caption without its words";
    PLATFORMS_FILE = "PUNCHLINE_PLATFORMS_FILE", Fallback::Unset, FRONT, false,
        "a JSON file of platforms whose limits `fit` fills in, in the form of `punchline platforms --json`: they add to those that ship or \
         take their place";
    LOG = "PUNCHLINE_LOG", Fallback::Is("info"), ALL, false,
        "what is logged: a level, or a filter such as `info,worker=debug`";
    LOG_FORMAT = "PUNCHLINE_LOG_FORMAT", Fallback::Is("text"), ALL, false,
        "how it is logged, on standard error: `text` or `json`";
    MAX_UPLOAD_BYTES = "PUNCHLINE_MAX_UPLOAD_BYTES", Fallback::Is("25000000"), ALL, false,
        "the largest file taken";
    MAX_SIDE_PX = "PUNCHLINE_MAX_SIDE_PX", Fallback::Is("4096"), ALL, false,
        "the longest side of a canvas";
    MAX_FRAMES = "PUNCHLINE_MAX_FRAMES", Fallback::Is("2000"), ALL, false,
        "the most frames in one file";
    MAX_TOTAL_PIXELS = "PUNCHLINE_MAX_TOTAL_PIXELS", Fallback::Is("400000000"), ALL, false,
        "the most pixels over all frames of one file";
    MAX_STILL_BYTES = "PUNCHLINE_MAX_STILL_BYTES", Fallback::Is("64000000"), ALL, false,
        "the largest file of a still that is captioned by rows (a baseline JPEG of one scan, a PNG that is not interlaced), if that is \
         more than of other files";
    MAX_STILL_SIDE_PX = "PUNCHLINE_MAX_STILL_SIDE_PX", Fallback::Is("65500"), ALL, false,
        "the longest side of such a still, if that is more than of other pictures";
    MAX_STILL_PIXELS = "PUNCHLINE_MAX_STILL_PIXELS", Fallback::Is("100000000"), ALL, false,
        "the most pixels of such a still; 0 holds it to the limits of all pictures";
    MAX_VIDEO_S = "PUNCHLINE_MAX_VIDEO_S", Fallback::Is("60"), ALL, false,
        "the most seconds of a video";
    MAX_VIDEO_FRAMES = "PUNCHLINE_MAX_VIDEO_FRAMES", Fallback::Is("1800"), ALL, false,
        "the most frames of a video, beside the most of any file";
    VIDEO = "PUNCHLINE_VIDEO", Fallback::Is("true"), FRONT, false,
        "whether videos (MP4 and MOV with H.264) are taken; where they are not, one is refused before it is stored";
    UPLOADS_IN_FLIGHT_BYTES = "PUNCHLINE_UPLOADS_IN_FLIGHT_BYTES", Fallback::Is("2500000000"), FRONT, false,
        "the most bytes of uploads in hand at one time in one process, which is what they may take of the spool folder; more are \
         answered 503 with `Retry-After`. One client (a key, or without one an address) may have a quarter of it, or one file \
         of the largest size; more are answered 429";
    SPOOL_DIR = "PUNCHLINE_SPOOL_DIR", Fallback::Found("the system's folder for temporary files"), FRONT, false,
        "the folder where uploads wait in unnamed files until they are stored; on a disk, because in a `tmpfs` they are memory";
    API_KEYS_FILE = "PUNCHLINE_API_KEYS_FILE", Fallback::Unset, FRONT, false,
        "the keys that are let in, a line each: `name sha256-hex [expires RFC3339]`; read again within a second of a change";
    OPEN = "PUNCHLINE_OPEN", Fallback::Is("false"), FRONT, false,
        "`true` lets everyone in without a key; needed when there is no file of keys and the address is not the machine's own";
    TRUSTED_PROXIES = "PUNCHLINE_TRUSTED_PROXIES", Fallback::Unset, FRONT, false,
        "networks whose `X-Forwarded-For` is believed, such as `10.0.0.0/8,fd00::/8`";
    SOURCE_URLS = "PUNCHLINE_SOURCE_URLS", Fallback::Is("true"), FRONT, false,
        "whether a job may name its picture by a URL (`source_url`), which is fetched from public addresses alone";
    WEBHOOK_SECRET = "PUNCHLINE_WEBHOOK_SECRET", Fallback::Unset, FRONT, true,
        "what calls back are signed with, the same in every api: `whsec_` and base64, or any text of at least 24 bytes; without it \
         a job with a `callback_url` is refused";
    OUTBOUND_ALLOW = "PUNCHLINE_OUTBOUND_ALLOW", Fallback::Unset, FRONT, false,
        "networks beside the public ones that `source_url` and `callback_url` may point to, such as `10.0.0.0/8,fd00::/8`";
    RATE_BURST = "PUNCHLINE_RATE_BURST", Fallback::Is("1000"), FRONT, false,
        "jobs that one client may ask one process for at once; more are answered 429 with `Retry-After`";
    RATE_PER_S = "PUNCHLINE_RATE_PER_S", Fallback::Is("100"), FRONT, false,
        "jobs a second that one client may ask one process for on end";
    CLIENT_JOBS = "PUNCHLINE_CLIENT_JOBS", Fallback::Is("20000"), FRONT, false,
        "unfinished jobs that one client may have at one process; more are answered 429";
    EXPRESS_JOBS = "PUNCHLINE_EXPRESS_JOBS", Fallback::Is("32"), FRONT, false,
        "unfinished jobs of one client at one process; from this many on, its further jobs wait in the standard lane";
    EXPRESS_BYTES = "PUNCHLINE_EXPRESS_BYTES", Fallback::Is("2000000"), FRONT, false,
        "the largest file that may take the express lane";
    EXPRESS_PIXELS = "PUNCHLINE_EXPRESS_PIXELS", Fallback::Is("40000000"), FRONT, false,
        "the most pixels over all frames that may take the express lane";
    MAX_CONNECTIONS = "PUNCHLINE_MAX_CONNECTIONS", Fallback::Is("10000"), FRONT, false,
        "open connections; more are answered 503 and closed";
    HEAD_TIMEOUT_S = "PUNCHLINE_HEAD_TIMEOUT_S", Fallback::Is("15"), FRONT, false,
        "seconds for the head of a request, and that a connection may wait for its next one";
    BODY_STALL_S = "PUNCHLINE_BODY_STALL_S", Fallback::Is("10"), FRONT, false,
        "seconds of waiting for a body in which at least 1,000 bytes a second must have come";
    REQUEST_TIMEOUT_S = "PUNCHLINE_REQUEST_TIMEOUT_S", Fallback::Is("60"), FRONT, false,
        "seconds from a request's head to its response's head; a slow upload counts";
    JOB_TIMEOUT_S = "PUNCHLINE_JOB_TIMEOUT_S", Fallback::Is("120"), BACK, false,
        "seconds the engine may take for one job; one that takes longer is tried once more in a process of its own, for as long";
    LOOK_FOR_LOST = "PUNCHLINE_LOOK_FOR_LOST", Fallback::Is("true"), BACK, false,
        "whether jobs that are neither finished nor in a queue are looked for, by one of all workers every ten minutes; `false` where \
         `punchline sweep` is scheduled";
    RETRY_DELAYS_S = "PUNCHLINE_RETRY_DELAYS_S", Fallback::Is("5,30,120,600"), ALL, false,
        "seconds before each further attempt at a job that failed because of the store; there is one attempt more than there are delays";
    SHUTDOWN_GRACE_S = "PUNCHLINE_SHUTDOWN_GRACE_S", Fallback::By(&[(Api, "30"), (Worker, "150"), (Serve, "30")]), ALL, false,
        "seconds that work in hand may take after SIGTERM; a worker's is longer than its longest job";
    AWS_ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID", Fallback::Unset, CLUSTER, true,
        "for `s3://`; without keys the machine's role is used";
    AWS_SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY", Fallback::Unset, CLUSTER, true,
        "goes with the key id";
    AWS_SESSION_TOKEN = "AWS_SESSION_TOKEN", Fallback::Unset, CLUSTER, true,
        "goes with temporary keys";
    AWS_REGION = "AWS_REGION", Fallback::Unset, CLUSTER, false,
        "the bucket's region";
    AWS_ENDPOINT_URL = "AWS_ENDPOINT_URL", Fallback::Unset, CLUSTER, false,
        "an S3 service that is not Amazon's; `http://` is allowed";
}

/// The table that stands in docs/SETTINGS.md between the `settings` markers.
#[must_use]
pub fn settings_markdown() -> String {
    let mut table = String::from("| Variable | Flag | Default | Read by | Meaning |\n|---|---|---|---|---|\n");
    for setting in SETTINGS {
        let flag = setting.flag().map_or_else(String::new, |flag| format!("`--{flag}`"));
        let readers = setting.read_by.iter().map(|p| p.name()).collect::<Vec<_>>().join(", ");
        let (name, default, meaning) = (setting.name, setting.shown_default(), setting.meaning);
        // Writing to a String can't fail.
        let _ = writeln!(table, "| `{name}` | {flag} | {default} | {readers} | {meaning} |");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_flags_are_unique_and_secrets_have_no_flag() {
        for (i, setting) in SETTINGS.iter().enumerate() {
            assert!(SETTINGS[..i].iter().all(|other| other.name != setting.name), "{}", setting.name);
            assert!(!(setting.secret && setting.flag().is_some()), "{}", setting.name);
            assert!(!setting.meaning.contains('|'), "{}: a bar would end the cell", setting.name);
        }
        assert_eq!(LISTEN.flag().as_deref(), Some("listen"));
        assert_eq!(AMQP_URL.flag(), None);
        assert_eq!(AWS_REGION.flag(), None);
    }

    #[test]
    fn a_default_by_process_is_for_readers_alone() {
        for setting in SETTINGS {
            if let Fallback::By(by) = setting.fallback {
                assert!(by.iter().all(|(process, _)| setting.read_by.contains(process)), "{}", setting.name);
            }
        }
    }
}
