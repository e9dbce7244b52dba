//! `punchline api`: the HTTP front alone, in front of a broker and a store that others share.
//!
//! It listens at once and is not ready until its store and its broker have answered.

use api::{Listeners, Mint, Parts};
use service::{
    ApiSettings, Doors, Process,
    metrics::{Exposition, registry},
    shutdown, telemetry,
};

use crate::{
    broker_metrics,
    flags::process_args,
    parts::{self, Outgoing},
    start::Start,
};

process_args! {
    /// The flags of `punchline api`.
    ApiArgs, Process::Api
}

pub(crate) fn run(args: ApiArgs) -> anyhow::Result<()> {
    let settings = ApiSettings::read(&args.0.lookup())?;
    telemetry::init(&settings.common.log)?;
    parts::runtime()?.block_on(serve(settings))
}

async fn serve(settings: ApiSettings) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signals()?;
    let store = parts::open_store(&settings.store)?;
    let doors = Doors::open(&settings.http).await?;
    let start = Start::begin(&store, parts::amqp(&settings.amqp_url, &settings.common, "punchline api"), &shutdown);
    let broker = start.broker.clone();
    let health = parts::health(&broker, &store, &shutdown);

    let mut registry = registry();
    let (keys, clients) = (parts::keys(&settings.http)?, parts::clients(&settings.http));
    let Outgoing { sources, callbacks, courier } = parts::outgoing(&settings.http.outbound, &store, &mut registry)?;
    let news = Listeners::default();
    let hearing = {
        let (news, broker, clients, shutdown) = (news.clone(), broker.clone(), clients.clone(), shutdown.clone());
        let callbacks = callbacks.clone();
        tokio::spawn(async move { news.hear(&broker, &clients, &callbacks, &shutdown).await })
    };
    let front = Parts { broker, store, mint: Mint::system(), keys, clients, news, sources, callbacks };
    let router = api::router(&parts::front(&settings.http, &settings.common)?, front, &mut registry);
    broker_metrics::watch(&start.broker, &mut registry, &shutdown);
    tracing::info!(listen = %settings.http.listen, "listening");
    let (ops, grace) = ((health, Exposition::new(registry)), settings.common.shutdown_grace);
    let serving = doors.serve(parts::bounds(&settings.http), router, ops, &shutdown, grace);
    let (all_finished, ()) = tokio::join!(serving, parts::call_back(courier, &shutdown));
    hearing.abort();
    start.end().await?;
    tracing::info!(all_finished, "stopped");
    Ok(())
}
