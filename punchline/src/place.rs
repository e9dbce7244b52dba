//! Where an operator's command works: on the broker and the store that the services share, or on the folder of a
//! `punchline serve`.

use std::path::PathBuf;

use broker::Broker;
use clap::Args;
use service::{WorkerSettings, config::flags_then_environment};
use store::Store;

use crate::parts;

/// Where to work.
#[derive(Debug, Args)]
pub(crate) struct PlaceArgs {
    /// The folder of a `punchline serve`; without it `PUNCHLINE_STORE_URL` and `PUNCHLINE_AMQP_URL` say where
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
    pub(crate) fn store(&self) -> anyhow::Result<Store> {
        match &self.data {
            Some(folder) => parts::open_folder(folder),
            None => parts::open_store(&settings()?.store),
        }
    }

    pub(crate) async fn open(&self) -> anyhow::Result<Place> {
        let store = self.store()?;
        if self.data.is_some() {
            return Ok(Place { store, broker: None });
        }
        let settings = settings()?;
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

/// Those of a worker: it has both.
fn settings() -> anyhow::Result<WorkerSettings> {
    Ok(WorkerSettings::read(&flags_then_environment(Vec::new()))?)
}
