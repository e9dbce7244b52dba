//! `punchline worker`: runs jobs from a broker and a store that others share.
//!
//! Beside the jobs it answers health and metrics on the ops address, until the last job is settled.

use service::{
    Process, WorkerSettings, listener,
    metrics::{Exposition, registry},
    ops, shutdown, telemetry,
};
use tokio_util::sync::CancellationToken;

use crate::{
    open,
    processes::{broker_metrics, flags::process_args, health, job_side, startup::Startup},
};

process_args! {
    /// The flags of `punchline worker`.
    WorkerArgs, Process::Worker
}

pub(crate) fn run(args: WorkerArgs) -> anyhow::Result<()> {
    let settings = WorkerSettings::read(&args.0.lookup())?;
    telemetry::init(&settings.common.log)?;
    open::runtime_beside_engine()?.block_on(work(settings))
}

async fn work(settings: WorkerSettings) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signals()?;
    let store = open::store(&settings.store)?;
    let listener = listener::bind(settings.ops_listen).await?;
    let startup = Startup::begin(&store, open::amqp(&settings.amqp_url, &settings.common, "punchline worker"), &shutdown);
    let health = health::of_worker(&startup.broker, &store, &shutdown);

    let mut registry = registry();
    let fonts = open::fonts(settings.common.font_dir.as_deref())?;
    let worker = job_side::worker(&startup.broker, &store, &settings.jobs, &settings.common, fonts, &mut registry)?;
    broker_metrics::watch(&startup.broker, &mut registry, &shutdown);
    let ops = ops::router(health, Exposition::new(registry));
    tracing::info!(ops_listen = %settings.ops_listen, "listening");

    // Health is answered while jobs drain, so it ends with a token of its own.
    let drained = CancellationToken::new();
    let working = async {
        let all_finished = worker.run(&shutdown).await;
        let started = startup.end().await;
        drained.cancel();
        (all_finished, started)
    };
    let ((all_finished, started), _) = tokio::join!(working, listener::serve(listener, ops, &drained, ops::GRACE));
    started?;
    tracing::info!(all_finished, "stopped");
    anyhow::ensure!(
        shutdown.is_cancelled(),
        "a job could not be stopped; the process ends, to be started again by its supervisor"
    );
    Ok(())
}
