//! The store and the broker that an operator's command works on: those that the processes of a service share, or the folder of
//! a `punchline serve`.
//!
//! Used by dead and sweep.

use std::path::PathBuf;

use anyhow::Context as _;
use broker::Broker;
use clap::Args;
use service::{StoreSettings, WorkerSettings, config::flags_then_environment};
use store::Store;

use crate::open;

/// Told to an operator who gave neither the folder nor the settings.
const NO_BACKENDS: &str = "without --data DIR, the folder of a `punchline serve`, the settings must say where to work";

/// Which store and broker.
#[derive(Debug, Args)]
pub(crate) struct BackendArgs {
    /// The folder of a `punchline serve`; without it `PUNCHLINE_STORE_URL` says where, and `PUNCHLINE_AMQP_URL` where jobs
    /// are queued
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// An opened store, and a broker where one is needed.
pub(crate) struct Backends {
    pub(crate) store: Store,
    /// None for a folder: `punchline serve` queues what is unfinished when it starts.
    pub(crate) broker: Option<Broker>,
}

impl BackendArgs {
    /// For a command that needs no broker.
    pub(crate) fn store(&self) -> anyhow::Result<Store> {
        match &self.data {
            Some(folder) => open::folder(folder),
            None => open::store(&StoreSettings::read(&environment()).context(NO_BACKENDS)?),
        }
    }

    pub(crate) async fn open(&self) -> anyhow::Result<Backends> {
        if self.data.is_some() {
            return Ok(Backends { store: self.store()?, broker: None });
        }
        // A worker's settings name both.
        let settings = WorkerSettings::read(&environment()).context(NO_BACKENDS)?;
        let store = open::store(&settings.store)?;
        let config = open::amqp(&settings.amqp_url, &settings.common, "punchline operator");
        Ok(Backends { store, broker: Some(Broker::connect(&config).await?) })
    }
}

impl Backends {
    pub(crate) async fn close(&self) {
        if let Some(broker) = &self.broker {
            broker.close().await;
        }
    }
}

fn environment() -> impl Fn(&str) -> Option<String> {
    flags_then_environment(Vec::new())
}
