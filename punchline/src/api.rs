//! `punchline api`: the HTTP front alone, in front of a broker and a store that others share.
//!
//! It listens at once, answers reads as soon as its store does, and is ready from then on; it takes jobs while its broker is there.

use api::{Acceptances, Ids, Listeners, Parts};
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
    let health = parts::front_health(&broker, &store, &start.asked, &shutdown);

    let mut registry = registry();
    let (keys, clients) = (parts::keys(&settings.http)?, parts::clients(&settings.http));
    let Outgoing { sources, callbacks, courier } = parts::outgoing(&settings.http.outbound, &store, &mut registry)?;
    let listeners = Listeners::default();
    let hearing = {
        let (listeners, broker, clients, shutdown) = (listeners.clone(), broker.clone(), clients.clone(), shutdown.clone());
        let (callbacks, store) = (callbacks.clone(), store.clone());
        tokio::spawn(async move {
            tokio::join!(listeners.hear(&broker, &clients, &callbacks, &shutdown), clients.recount(&store, &shutdown))
        })
    };
    let acceptances = Acceptances::default();
    let front = Parts {
        broker,
        store,
        ids: Ids::system(),
        keys,
        clients,
        listeners,
        sources,
        callbacks,
        acceptances: acceptances.clone(),
    };
    let router = api::router(&parts::front(&settings.http, &settings.common)?, front, &mut registry);
    broker_metrics::watch(&start.broker, &mut registry, &shutdown);
    tracing::info!(listen = %settings.http.listen, "listening");
    let (ops, grace) = ((health, Exposition::new(registry)), settings.common.shutdown_grace);
    let serving = doors.serve(parts::bounds(&settings.http), router, ops, &shutdown, grace);
    let ((all_finished, deadline), ()) =
        tokio::join!(parts::until_its_grace_is_over(serving, &shutdown, grace), parts::call_back(courier, &shutdown));
    // What goes on without its request needs the broker still.
    let all_finished = acceptances.end_by(deadline).await && all_finished;
    hearing.abort();
    start.end().await?;
    tracing::info!(all_finished, "stopped");
    Ok(())
}
