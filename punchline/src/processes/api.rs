//! `punchline api`: the HTTP side alone, with a broker and a store that others share.
//!
//! It listens at once, answers reads as soon as its store does, and is ready from then on; it takes jobs while its broker is there.

use service::{ApiSettings, FrontListeners, Process, metrics::registry, shutdown, telemetry};

use crate::{
    open,
    processes::{broker_metrics, flags::process_args, health, http_side::HttpSide, startup::Startup},
};

process_args! {
    /// The flags of `punchline api`.
    ApiArgs, Process::Api
}

pub(crate) fn run(args: ApiArgs) -> anyhow::Result<()> {
    let settings = ApiSettings::read(&args.0.lookup())?;
    telemetry::init(&settings.common.log)?;
    open::runtime()?.block_on(serve(settings))
}

async fn serve(settings: ApiSettings) -> anyhow::Result<()> {
    let ApiSettings { common, http, .. } = &settings;
    let shutdown = shutdown::on_signals()?;
    let store = open::store(&settings.store)?;
    let listeners = FrontListeners::bind(http).await?;
    let startup = Startup::begin(&store, open::amqp(&settings.amqp_url, common, "punchline api"), &shutdown);
    let health = health::of_api(&startup.broker, &store, &startup.store_checked, &shutdown);
    let mut registry = registry();
    let side = HttpSide::new(http, common, open::fonts(common.font_dir.as_deref())?, &startup.broker, &store, &mut registry)?;
    broker_metrics::watch(&startup.broker, &mut registry, &shutdown);
    tracing::info!(listen = %http.listen, "listening");
    let all_finished = side.serve(listeners, health, registry, common, &shutdown).await;
    startup.end().await?;
    tracing::info!(all_finished, "stopped");
    Ok(())
}
