//! Opens what the processes of a service and the commands of its operator work with: the runtime, the store, the fonts, the
//! presets; and says how to reach the broker.
//!
//! Nothing here knows who asks.

use std::path::Path;

use anyhow::Context as _;
use broker::AmqpConfig;
use fonts::Fonts;
use proto_shared::{Platforms, Presets};
use service::config::{AwsSettings, CommonSettings, Secret, StoreSettings};
use store::{S3Settings, Store, StoreConfig};
use tokio::runtime::{Builder, Runtime};

use crate::presets;

pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    build(Builder::new_multi_thread().enable_all())
}

/// For a process whose engine has a thread a CPU: moving pictures to and from it takes a third of what the engine does, and
/// threads that have little to do mostly wake each other.
pub(crate) fn runtime_beside_engine() -> anyhow::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, |cpus| cpus.get().div_ceil(2));
    build(Builder::new_multi_thread().worker_threads(threads).enable_all())
}

fn build(builder: &mut Builder) -> anyhow::Result<Runtime> {
    builder.build().context("failed to start the runtime")
}

pub(crate) fn store(settings: &StoreSettings) -> anyhow::Result<Store> {
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
pub(crate) fn folder(folder: &Path) -> anyhow::Result<Store> {
    let shown = folder.display();
    let folder = folder.canonicalize().with_context(|| format!("failed to find the folder {shown}"))?;
    let url = url::Url::from_file_path(&folder).map_err(|()| anyhow::anyhow!("the folder {shown} has no URL"))?;
    store(&StoreSettings { url: url.to_string(), aws: AwsSettings::default() })
}

pub(crate) fn amqp(url: &Secret, common: &CommonSettings, name: &str) -> AmqpConfig {
    AmqpConfig { retry_delays: common.retry_delays.clone(), ..AmqpConfig::new(url.expose(), name) }
}

/// The fonts that specs may name.
pub(crate) fn fonts(folder: Option<&Path>) -> anyhow::Result<Fonts> {
    Ok(match folder {
        Some(folder) => {
            let (fonts, left_out) = Fonts::built_in().with_folder(folder)?;
            for font in left_out {
                tracing::warn!(%font, "a font of the folder is left out");
            }
            fonts
        }
        None => Fonts::built_in(),
    })
}

/// The presets that forms may name.
pub(crate) fn presets(folder: Option<&Path>) -> anyhow::Result<Presets> {
    let (presets, left_out) = presets::open(folder)?;
    for preset in left_out {
        tracing::warn!(%preset, "a preset of the folder is left out");
    }
    Ok(presets)
}

/// The platforms that forms may name.
pub(crate) fn platforms(file: Option<&Path>) -> anyhow::Result<Platforms> {
    let mut platforms = Platforms::shipped();
    if let Some(path) = file {
        let shown = path.display();
        let json = std::fs::read(path).with_context(|| format!("failed to read {shown}"))?;
        platforms.add(&json).map_err(|e| anyhow::anyhow!("{shown}: {}", e.message))?;
    }
    Ok(platforms)
}
