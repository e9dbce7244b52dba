//! `punchline serve`: everything in one process, on local files, with no server beside it.
//!
//! What the in-process broker forgets at exit is in the job records: at start every job without a result
//! is queued again, so a restart loses nothing that was answered with 202. Each counts as delivered before: it may have been
//! the end of the process, and is found out by the marks of starts in the folder (`worker/src/taking/start_marks.rs`).

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    time::Duration,
};

use anyhow::Context as _;
use broker::{Broker, InProcessConfig};
use futures::TryStreamExt as _;
use proto_shared::JobMessage;
use service::{Eventual, FrontListeners, Process, ServeSettings, metrics::registry, shutdown, telemetry};
use store::Store;

use crate::{
    open,
    processes::{broker_metrics, flags::process_args, health, http_side::HttpSide, job_side, startup::check_store},
};

/// The file in the folder that says, by its lock, that the folder is served. It stays when the process has ended.
const LOCK: &str = "serve.lock";

process_args! {
    /// The flags of `punchline serve`.
    ServeArgs, Process::Serve
}

pub(crate) fn run(args: ServeArgs) -> anyhow::Result<()> {
    let settings = ServeSettings::read(&args.0.lookup())?;
    telemetry::init(&settings.common.log)?;
    open::runtime()?.block_on(serve(settings))
}

async fn serve(settings: ServeSettings) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signals()?;
    let folder = &settings.data_dir;
    fs::create_dir_all(folder).with_context(|| format!("failed to make the folder {}", folder.display()))?;
    // Until the end of this process, however it comes.
    let _lock = lock(folder)?;
    let store = open::folder(folder)?;
    // The address first: if it is taken, nothing has begun.
    let listeners = FrontListeners::bind(&settings.http).await?;
    let address = listeners.address()?;
    check_store(&store, &shutdown).await?;
    let broker = requeue(&store, settings.common.retry_delays.clone()).await?;
    let late = Eventual::from(broker.clone());
    let health = health::of_api(&late, &store, &Eventual::from(()), &shutdown);

    let mut registry = registry();
    let fonts = open::fonts(settings.common.font_dir.as_deref())?;
    let worker = job_side::worker(&late, &store, &settings.jobs, &settings.common, fonts.clone(), &mut registry)?;
    let side = HttpSide::new(&settings.http, &settings.common, fonts, &late, &store, &mut registry)?;
    broker_metrics::watch(&late, &mut registry, &shutdown);
    greet(address, folder)?;

    let working = async {
        let finished = worker.run(&shutdown).await;
        // A worker that ends by itself has lost a thread to a job that would not stop.
        let lost = !shutdown.is_cancelled();
        shutdown.cancel();
        (finished, lost)
    };
    let serving = side.serve(listeners, health, registry, &settings.common, &shutdown);
    let (requests_finished, (jobs_finished, lost)) = tokio::join!(serving, working);
    broker.close().await;
    tracing::info!(requests_finished, jobs_finished, "stopped; unfinished jobs go on at the next start");
    anyhow::ensure!(!lost, "a job could not be stopped; the process ends, to be started again by its supervisor");
    Ok(())
}

/// Keeps other processes from serving this folder: each would do the jobs of both. The system lets go of it when the process
/// ends, also by a kill.
fn lock(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let shown = path.display();
    let file = File::options().write(true).create(true).truncate(false).open(&path);
    let file = file.with_context(|| format!("failed to open {shown}"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let folder = folder.display();
            anyhow::bail!(
                "another `punchline serve` runs on the folder {folder}: stop it, or give this one a folder of its own (--data)"
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("failed to lock {shown}")),
    }
}

/// A broker that holds every job that was accepted and has no result yet, oldest first.
async fn requeue(store: &Store, retry_delays: Vec<Duration>) -> anyhow::Result<Broker> {
    let unfinished: Vec<_> = store.unfinished_jobs(None).try_collect().await.context("failed to look for unfinished jobs")?;
    let usual = InProcessConfig::default();
    // However many there are, they were promised, and new ones must find room beside them.
    let max_waiting_jobs = usual.max_waiting_jobs + unfinished.len();
    let broker = Broker::in_process_with(InProcessConfig { max_waiting_jobs, retry_delays, ..usual });
    let jobs = unfinished.len();
    for job in unfinished {
        broker.publish_again(&JobMessage::first(job)).await.context("failed to queue an unfinished job")?;
    }
    if jobs > 0 {
        tracing::info!(jobs, "queued unfinished jobs again");
    }
    Ok(broker)
}

fn greet(address: SocketAddr, folder: &Path) -> io::Result<()> {
    let folder = folder.display();
    writeln!(
        io::stdout(),
        "punchline is at http://{address}, its data in {folder}. Try: \
         curl -F file=@cat.gif -F bottom=monday http://{address}/v1/jobs"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_served_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        let refused = lock(folder.path()).unwrap_err().to_string();
        assert!(refused.contains(&folder.path().display().to_string()) && refused.contains("--data"), "{refused}");
        drop(held);
        lock(folder.path()).unwrap();
    }
}
