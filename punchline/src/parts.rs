//! From settings to parts: what `api`, `worker` and `serve` build alike.
//!
//! The only place that knows both how a setting is read and what a crate wants of it.

use std::{
    future::ready,
    num::{NonZeroU16, NonZeroUsize},
    path::Path,
    time::Duration,
};

use anyhow::Context as _;
use api::{ApiConfig, Callbacks, Clients, Courier, Routine, Signer};
use broker::{AmqpConfig, Broker, State};
use fonts::Fonts;
use futures::future::BoxFuture;
use service::{
    ApiKeys, Clock, ConfigError, Health, Late,
    api_keys::KeysError,
    config::{AwsSettings, CommonSettings, HttpSettings, JobSettings, LimitSettings, OutboundSettings, Secret, StoreSettings},
    files,
    listener::Bounds,
    memory,
    metrics::Registry,
};
use store::{S3Settings, Store, StoreConfig, StoreError};
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use worker::{Engine, Isolation, ProcessId, WorkerConfig};

use crate::render_one;

/// Address space of a process that renders a job which a worker may have died of: many times what any picture within
/// the limits takes.
const SUSPECT_MEMORY_BYTES: u64 = 2 << 30;

/// What is left to this process when it is counted how many such processes there is memory for.
const OWN_MEMORY_BYTES: u64 = 1 << 30;

pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    start(Builder::new_multi_thread().enable_all())
}

/// For a process whose engine has a thread a CPU: moving pictures to and from it takes a third of what the engine does, and
/// threads that have little to do mostly wake each other.
pub(crate) fn runtime_beside_engine() -> anyhow::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, |cpus| cpus.get().div_ceil(2));
    start(Builder::new_multi_thread().worker_threads(threads).enable_all())
}

fn start(builder: &mut Builder) -> anyhow::Result<Runtime> {
    builder.build().context("failed to start the runtime")
}

pub(crate) fn open_store(settings: &StoreSettings) -> anyhow::Result<Store> {
    let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let aws = &settings.aws;
    let s3 = S3Settings {
        access_key_id: text(&aws.access_key_id),
        secret_access_key: text(&aws.secret_access_key),
        session_token: text(&aws.session_token),
        region: aws.region.clone(),
        endpoint: aws.endpoint_url.clone(),
    };
    Ok(Store::open(&StoreConfig { s3, ..StoreConfig::new(&settings.url) })?)
}

/// The store of a `punchline serve`.
pub(crate) fn open_folder(folder: &Path) -> anyhow::Result<Store> {
    let shown = folder.display();
    let folder = folder.canonicalize().with_context(|| format!("failed to find the folder {shown}"))?;
    let url = url::Url::from_file_path(&folder).map_err(|()| anyhow::anyhow!("the folder {shown} has no URL"))?;
    open_store(&StoreSettings { url: url.to_string(), aws: AwsSettings::default() })
}

pub(crate) fn amqp(url: &Secret, common: &CommonSettings, name: &str) -> AmqpConfig {
    AmqpConfig { retry_delays: common.retry_delays.clone(), ..AmqpConfig::new(url.expose(), name) }
}

/// Whether what went wrong is the operator's to mend in the settings.
pub(crate) fn is_bad_setting(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>()
        || error.is::<KeysError>()
        || error.is::<api::BadSecret>()
        || matches!(
            error.downcast_ref(),
            Some(StoreError::BadUrl { .. } | StoreError::BadSetting { .. } | StoreError::OverwritesOnCreate)
        )
}

/// Of a front. It answers reads while its broker is away, so it rests on the store alone: once the store has shown that it
/// can be used, which `asked` tells.
pub(crate) fn front_health(broker: &Late<Broker>, store: &Store, asked: &Late<()>, draining: &CancellationToken) -> Health {
    let (store, asked) = (store.clone(), asked.clone());
    let health = Health::new(draining.clone()).check("store", move || {
        let (store, is_asked) = (store.clone(), asked.get().is_some());
        async move {
            store.ready().await.map_err(|e| e.to_string())?;
            if is_asked { Ok(()) } else { Err("it has not shown yet that it creates without overwriting".to_owned()) }
        }
    });
    consuming(health, broker).told_check("broker", taking(broker))
}

/// Of a worker, which is of use to nobody while store or broker is away.
pub(crate) fn worker_health(broker: &Late<Broker>, store: &Store, draining: &CancellationToken) -> Health {
    let store = store.clone();
    let health = Health::new(draining.clone()).check("store", move || {
        let store = store.clone();
        async move { store.ready().await.map_err(|e| e.to_string()) }
    });
    consuming(health, broker).check("broker", taking(broker))
}

/// A restart mends a process that is connected and receives nothing. It mends no broker that is away or blocked.
fn consuming(health: Health, broker: &Late<Broker>) -> Health {
    let broker = broker.clone();
    health.vital_check("consuming", move || {
        let is_deaf = broker.get().is_some_and(|broker| broker.state() == State::NotConsuming);
        ready(if is_deaf { Err("the broker is connected, and not all that is wanted is received".to_owned()) } else { Ok(()) })
    })
}

/// Whether the broker takes messages and gives them.
fn taking(broker: &Late<Broker>) -> impl Fn() -> BoxFuture<'static, Result<(), String>> + use<> {
    let broker = broker.clone();
    move || {
        let broker = broker.clone();
        Box::pin(async move {
            match broker.get() {
                Some(broker) => broker.ready().await.map_err(|e| e.to_string()),
                None => Err("not connected yet".to_owned()),
            }
        })
    }
}

pub(crate) fn front(http: &HttpSettings, common: &CommonSettings) -> anyhow::Result<ApiConfig> {
    Ok(ApiConfig {
        limits: limits(common.limits),
        uploads_in_flight_bytes: http.uploads_in_flight_bytes,
        request_timeout: http.request_timeout,
        body_stall: http.body_stall,
        spool_dir: http.spool_dir.clone(),
        trusted_proxies: http.trusted_proxies.clone(),
        fonts: fonts(common.font_dir.as_deref())?,
    })
}

/// Who is let in.
pub(crate) fn keys(http: &HttpSettings) -> anyhow::Result<Option<ApiKeys>> {
    let open = |path| ApiKeys::open(path, Clock::system());
    Ok(http.api_keys_file.as_deref().map(open).transpose()?)
}

/// What the front asks of other hosts.
pub(crate) struct Outgoing {
    /// Fetches pictures by their URL.
    pub(crate) sources: Option<outbound::Client>,
    pub(crate) callbacks: Callbacks,
    /// To run beside the routes, where calls back are made.
    pub(crate) courier: Option<Courier>,
}

pub(crate) fn outgoing(settings: &OutboundSettings, store: &Store, registry: &mut Registry) -> anyhow::Result<Outgoing> {
    let none = Outgoing { sources: None, callbacks: Callbacks::default(), courier: None };
    let client = match outbound::Client::new(outbound::Guard::new(settings.allowed.clone())) {
        Ok(client) => client,
        // Nobody has asked for it: a machine without certificates captions as well.
        Err(error) if settings.webhook_secret.is_none() => {
            tracing::warn!(%error, "no pictures can be fetched by their URL");
            return Ok(none);
        }
        Err(error) => return Err(error).context("failed to get ready for calling back"),
    };
    let sources = settings.source_urls.then(|| client.clone());
    let Some(secret) = &settings.webhook_secret else { return Ok(Outgoing { sources, ..none }) };
    let signer = Signer::new(secret.expose())?;
    let (courier, callbacks) = Courier::new(store.clone(), client, signer, Routine::default(), Clock::system(), registry);
    Ok(Outgoing { sources, callbacks, courier: Some(courier) })
}

/// Calls back until `shutdown`.
pub(crate) async fn call_back(courier: Option<Courier>, shutdown: &CancellationToken) {
    if let Some(courier) = courier {
        courier.run(shutdown).await;
    }
}

/// What `serving` gives at its end, and when the grace is over that began with `shutdown`.
pub(crate) async fn until_its_grace_is_over<T>(
    serving: impl Future<Output = T>,
    shutdown: &CancellationToken,
    grace: Duration,
) -> (T, Instant) {
    let deadline = async {
        shutdown.cancelled().await;
        Instant::now() + grace
    };
    tokio::join!(serving, deadline)
}

/// What each client may do.
pub(crate) fn clients(http: &HttpSettings) -> Clients {
    Clients::new(http.fairness)
}

/// How much of the process connections may take, which its limit of open files must allow.
pub(crate) fn bounds(http: &HttpSettings) -> Bounds {
    match files::allow_many() {
        Ok(files) if files < u64::from(http.max_connections) => {
            tracing::warn!(files, connections = http.max_connections, "fewer files may be open than connections");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "failed to raise the limit of open files"),
    }
    Bounds { max_connections: http.max_connections, head_timeout: http.head_timeout }
}

pub(crate) fn back(jobs: &JobSettings, common: &CommonSettings) -> WorkerConfig {
    WorkerConfig {
        limits: limits(common.limits),
        parallelism: jobs.parallelism,
        shutdown_grace: common.shutdown_grace,
        searches_for_lost: jobs.look_for_lost,
    }
}

/// What a worker works with; its fonts and its threads are made here, once.
pub(crate) fn worker_parts(
    broker: &Late<Broker>,
    store: &Store,
    jobs: &JobSettings,
    common: &CommonSettings,
) -> anyhow::Result<worker::WorkerParts> {
    let fonts = fonts(common.font_dir.as_deref())?;
    let engine = Engine::new(jobs.timeout).context("failed to start the engine's threads")?;
    let isolation = Isolation {
        program: std::env::current_exe().context("failed to find this binary")?,
        args: render_one::args(common.font_dir.as_deref()),
        memory_bytes: SUSPECT_MEMORY_BYTES,
        at_once: suspects_at_once(memory::limit_bytes(), jobs.parallelism),
        timeout: jobs.timeout,
    };
    let (clock, process) = (Clock::system(), ProcessId::random());
    Ok(worker::WorkerParts { broker: broker.clone(), store: store.clone(), engine, isolation, fonts, clock, process })
}

/// As many as there is memory for, and no more than there can be jobs. Where the system does not say, one.
fn suspects_at_once(memory_bytes: Option<u64>, jobs: NonZeroU16) -> NonZeroUsize {
    let room = memory_bytes.unwrap_or_default().saturating_sub(OWN_MEMORY_BYTES) / SUSPECT_MEMORY_BYTES;
    let most = NonZeroUsize::from(jobs);
    usize::try_from(room).ok().and_then(NonZeroUsize::new).map_or(NonZeroUsize::MIN, |room| room.min(most))
}

/// The fonts that specs may name.
pub(crate) fn fonts(folder: Option<&Path>) -> anyhow::Result<Fonts> {
    Ok(match folder {
        Some(folder) => Fonts::built_in().with_folder(folder)?,
        None => Fonts::built_in(),
    })
}

fn limits(settings: LimitSettings) -> caption::Limits {
    caption::Limits {
        max_bytes: settings.max_upload_bytes,
        max_side_px: settings.max_side_px,
        max_frames: settings.max_frames,
        max_total_pixels: settings.max_total_pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspects_run_side_by_side_where_there_is_memory_for_each() {
        let jobs = NonZeroU16::new(6).unwrap();
        let at_once = |gib: Option<u64>| suspects_at_once(gib.map(|gib| gib << 30), jobs).get();
        for (gib, expected) in [(None, 1), (Some(0), 1), (Some(3), 1), (Some(5), 2), (Some(8), 3), (Some(64), 6)] {
            assert_eq!(at_once(gib), expected, "{gib:?} GiB");
        }
    }
}
