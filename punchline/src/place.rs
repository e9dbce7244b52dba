//! Where an operator's command works: on the broker and the store that the services share, or on the folder of a
//! `punchline serve`.

use std::path::PathBuf;

use anyhow::Context as _;
use broker::Broker;
use clap::Args;
use service::{StoreSettings, WorkerSettings, config::flags_then_environment};
use store::Store;

use crate::parts;

/// What whoever forgot the folder wants to know.
const ELSEWHERE: &str = "without --data DIR, the folder of a `punchline serve`, the settings must say where to work";

/// Where to work.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The folder of a `punchline serve`; without it `PUNCHLINE_STORE_URL` says where, and `PUNCHLINE_AMQP_URL` where jobs
    /// are queued
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// An opened place.
pub(crate) struct Place {
    pub(crate) store: Store,
    /// None for a folder: `punchline serve` queues what is unfinished when it starts.
    pub(crate) broker: Option<Broker>,
}

impl PlaceArgs {
    /// For what needs no broker.
    pub(crate) fn store(&self) -> anyhow::Result<Store> {
        match &self.data {
            Some(folder) => parts::open_folder(folder),
            None => parts::open_store(&StoreSettings::read(&environment()).context(ELSEWHERE)?),
        }
    }

    pub(crate) async fn open(&self) -> anyhow::Result<Place> {
        if self.data.is_some() {
            return Ok(Place { store: self.store()?, broker: None });
        }
        // Those of a worker: it has both.
        let settings = WorkerSettings::read(&environment()).context(ELSEWHERE)?;
        let store = parts::open_store(&settings.store)?;
        let config = parts::amqp(&settings.amqp_url, &settings.common, "punchline operator");
        Ok(Place { store, broker: Some(Broker::connect(&config).await?) })
    }
}

impl Place {
    pub(crate) async fn close(&self) {
        if let Some(broker) = &self.broker {
            broker.close().await;
        }
    }
}

fn environment() -> impl Fn(&str) -> Option<String> {
    flags_then_environment(Vec::new())
}
