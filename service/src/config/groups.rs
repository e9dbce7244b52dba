//! The settings of each long-running process, one struct per concern, read by the constants of `settings`.
//!
//! The binary reads one of them at start and hands its parts on. It must hold no field that nothing uses.

use std::{net::SocketAddr, num::NonZeroU16, path::PathBuf, thread, time::Duration};

use caption_types::Limits;

use super::{
    front::{HttpSettings, http},
    parse::{self, LogFormat},
    reader::{ConfigError, Reader, Secret},
    settings::{self as s, Process},
};

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// A filter that `tracing` takes.
    pub filter: String,
    /// The form.
    pub format: LogFormat,
}

/// How to reach S3; read for every store, used only for `s3://`.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// With [`AwsSettings::secret_access_key`], or neither.
    pub access_key_id: Option<Secret>,
    /// With [`AwsSettings::access_key_id`], or neither.
    pub secret_access_key: Option<Secret>,
    /// Of temporary keys.
    pub session_token: Option<Secret>,
    /// The bucket's region.
    pub region: Option<String>,
    /// Of a service that is not Amazon's.
    pub endpoint_url: Option<String>,
}

/// Where objects stand.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `s3://`, `file://` or `memory:`.
    pub url: String,
    /// For `s3://`.
    pub aws: AwsSettings,
}

/// Running jobs.
#[derive(Clone, Copy, Debug)]
pub struct JobSettings {
    /// Jobs in flight.
    pub parallelism: NonZeroU16,
    /// Of the engine, one job.
    pub timeout: Duration,
    /// Whether workers look for lost jobs.
    pub look_for_lost: bool,
}

/// What every long-running process reads.
#[derive(Clone, Debug)]
pub struct CommonSettings {
    /// Logs.
    pub log: LogSettings,
    /// What is refused; worker checks again, because the engine trusts nobody.
    pub limits: Limits,
    /// Fonts beside the built-in ones; api reads only their names.
    pub font_dir: Option<PathBuf>,
    /// Before each further attempt at a job.
    pub retry_delays: Vec<Duration>,
    /// What work in hand may take after SIGTERM.
    pub shutdown_grace: Duration,
}

/// `punchline api`.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// The broker.
    pub amqp_url: Secret,
    /// The store.
    pub store: StoreSettings,
    /// The front.
    pub http: HttpSettings,
    /// The rest.
    pub common: CommonSettings,
}

/// `punchline worker`.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// The broker.
    pub amqp_url: Secret,
    /// The store.
    pub store: StoreSettings,
    /// Health and metrics.
    pub ops_listen: SocketAddr,
    /// Jobs.
    pub jobs: JobSettings,
    /// The rest.
    pub common: CommonSettings,
}

/// `punchline serve`: both in one process, on local files.
#[derive(Clone, Debug)]
pub struct ServeSettings {
    /// Everything that must outlive the process.
    pub data_dir: PathBuf,
    /// The front.
    pub http: HttpSettings,
    /// Jobs.
    pub jobs: JobSettings,
    /// The rest.
    pub common: CommonSettings,
}

impl ApiSettings {
    /// Reads from a look-up by environment name.
    ///
    /// # Errors
    /// Every bad variable at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut r = Reader::new(Process::Api, lookup);
        let (amqp_url, store, common) = (r.required(&s::AMQP_URL, parse::amqp_url), store(&mut r), common(&mut r));
        let http = http(&mut r, common.limits.max_bytes);
        r.finish(Self { amqp_url, store, http, common })
    }
}

impl StoreSettings {
    /// Reads what a command needs that works on the store alone.
    ///
    /// # Errors
    /// Every bad variable at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut r = Reader::new(Process::Worker, lookup);
        let store = store(&mut r);
        r.finish(store)
    }
}

impl WorkerSettings {
    /// Reads from a look-up by environment name.
    ///
    /// # Errors
    /// Every bad variable at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut r = Reader::new(Process::Worker, lookup);
        let settings = Self {
            amqp_url: r.required(&s::AMQP_URL, parse::amqp_url),
            store: store(&mut r),
            ops_listen: r.value(&s::OPS_LISTEN, parse::listen),
            jobs: jobs(&mut r),
            common: common(&mut r),
        };
        r.finish(settings)
    }
}

impl ServeSettings {
    /// Reads from a look-up by environment name.
    ///
    /// # Errors
    /// Every bad variable at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut r = Reader::new(Process::Serve, lookup);
        let data_dir = r.value(&s::DATA, |text| Ok(PathBuf::from(text)));
        let (jobs, common) = (jobs(&mut r), common(&mut r));
        let http = http(&mut r, common.limits.max_bytes);
        r.finish(Self { data_dir, http, jobs, common })
    }
}

fn common(r: &mut Reader<'_>) -> CommonSettings {
    CommonSettings {
        log: LogSettings { filter: r.value(&s::LOG, parse::log_filter), format: r.value(&s::LOG_FORMAT, parse::log_format) },
        limits: Limits {
            max_bytes: r.value(&s::MAX_UPLOAD_BYTES, parse::at_least_one),
            max_side_px: r.value(&s::MAX_SIDE_PX, parse::at_least_one),
            max_frames: r.value(&s::MAX_FRAMES, parse::at_least_one),
            max_total_pixels: r.value(&s::MAX_TOTAL_PIXELS, parse::at_least_one),
            max_still_bytes: r.value(&s::MAX_STILL_BYTES, parse::at_least_one),
            max_still_side_px: r.value(&s::MAX_STILL_SIDE_PX, parse::at_least_one),
            max_still_pixels: r.value(&s::MAX_STILL_PIXELS, parse::number),
            max_video_s: r.value(&s::MAX_VIDEO_S, parse::at_least_one),
            max_video_frames: r.value(&s::MAX_VIDEO_FRAMES, parse::at_least_one),
        },
        font_dir: r.optional(&s::FONT_DIR, parse::folder),
        retry_delays: r.value(&s::RETRY_DELAYS_S, parse::delays),
        shutdown_grace: r.value(&s::SHUTDOWN_GRACE_S, parse::seconds),
    }
}

fn jobs(r: &mut Reader<'_>) -> JobSettings {
    // `available_parallelism` honours a cgroup's quota. Two of three jobs are on their way from or to the store while one
    // is in the engine.
    let cpus = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let three_for_each = u16::try_from(cpus * 3).ok().and_then(NonZeroU16::new).unwrap_or(NonZeroU16::MAX);
    JobSettings {
        parallelism: r.optional(&s::PARALLELISM, parse::jobs).unwrap_or(three_for_each),
        timeout: r.value(&s::JOB_TIMEOUT_S, parse::seconds),
        look_for_lost: r.value(&s::LOOK_FOR_LOST, parse::yes_or_no),
    }
}

fn store(r: &mut Reader<'_>) -> StoreSettings {
    let url = r.required(&s::STORE_URL, parse::store_url);
    let secret = |text: &str| Ok(Secret::from(text.to_owned()));
    let aws = AwsSettings {
        access_key_id: r.optional(&s::AWS_ACCESS_KEY_ID, secret),
        secret_access_key: r.optional(&s::AWS_SECRET_ACCESS_KEY, secret),
        session_token: r.optional(&s::AWS_SESSION_TOKEN, secret),
        region: r.optional(&s::AWS_REGION, |text| Ok(text.to_owned())),
        endpoint_url: r.optional(&s::AWS_ENDPOINT_URL, parse::http_url),
    };
    match (&aws.access_key_id, &aws.secret_access_key) {
        (Some(_), None) => r.refuse(&s::AWS_SECRET_ACCESS_KEY, "the other half of AWS_ACCESS_KEY_ID", ""),
        (None, Some(_)) => r.refuse(&s::AWS_ACCESS_KEY_ID, "the other half of AWS_SECRET_ACCESS_KEY", ""),
        _ => {}
    }
    StoreSettings { url, aws }
}
