//! `punchline sweep`: finds lost jobs, and deletes what is old enough. For a timer; any number may run at once.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use service::Clock;
use worker::{LostAfter, requeue_lost};

use crate::{parts, place::PlaceArgs};

/// Queue lost jobs again, and delete old jobs with their pictures.
#[derive(Debug, Args)]
#[command(after_help = "Run it from a timer, say every ten minutes. It never deletes what an unfinished job needs, and may \
    be stopped at any point.")]
pub(crate) struct SweepArgs {
    /// Delete finished jobs, and pictures that no job names, older than so many days; 0 deletes nothing
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    keep_days: u64,
    /// A job without a result is lost after so many seconds, if messages wait in the queues
    #[arg(long, value_name = "SECONDS", default_value_t = LostAfter::default().busy.as_secs())]
    lost_after_s: u64,
    /// The same, if none waits
    #[arg(long, value_name = "SECONDS", default_value_t = LostAfter::default().quiet.as_secs())]
    lost_after_quiet_s: u64,
    #[command(flatten)]
    place: PlaceArgs,
}

const DAY_MS: u64 = 24 * 3600 * 1000;

pub(crate) fn run(args: &SweepArgs) -> anyhow::Result<()> {
    parts::runtime()?.block_on(sweep(args))
}

async fn sweep(args: &SweepArgs) -> anyhow::Result<()> {
    let place = args.place.open().await?;
    let clock = Clock::system();
    let mut out = io::stdout();
    if let Some(broker) = &place.broker {
        let after =
            LostAfter { busy: Duration::from_secs(args.lost_after_s), quiet: Duration::from_secs(args.lost_after_quiet_s) };
        let queued = requeue_lost(&place.store, broker, &clock, after).await;
        place.close().await;
        writeln!(out, "lost jobs queued again: {}", queued?)?;
    }
    if args.keep_days > 0 {
        let gone = place.store.expire(args.keep_days * DAY_MS, clock.now_ms()).await.context("failed to delete what is old")?;
        writeln!(
            out,
            "deleted: {} jobs, {} outputs, {} sources, {} dead letters, {} idempotency keys, {} marks of calls back, \
             {} names in the gallery, {} marks of searches",
            gone.jobs,
            gone.outputs,
            gone.sources,
            gone.dead_letters,
            gone.idempotency_records,
            gone.callbacks,
            gone.gallery_entries,
            gone.searches
        )?;
    }
    Ok(())
}
