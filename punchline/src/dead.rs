//! `punchline dead`: what became of messages that no worker could settle, and what to do with them.
//!
//! Dead letters stand in the store; only a replay needs the broker.

use std::io::{self, Write};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use proto_shared::{DeadRecord, JobId, JobMessage};
use store::Store;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    parts,
    place::{Place, PlaceArgs},
};

/// Look at jobs that were given up, try them again, or let them go.
#[derive(Debug, Args)]
#[command(after_help = "A worker keeps a job here when it failed by a defect or after its last attempt. \
    The reason says which; `show` has every attempt. After the cause is mended, `replay`.")]
pub(crate) struct DeadArgs {
    #[command(subcommand)]
    command: DeadCommand,
}

#[derive(Debug, Subcommand)]
enum DeadCommand {
    /// One line each: id, when, attempts, reason
    List {
        /// At most so many, the oldest first
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Everything that is known of one, as JSON
    Show {
        /// The job's id
        id: String,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Queue it again, as a first attempt
    Replay {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Forget it; its job stays failed
    Drop {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        place: PlaceArgs,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The job's id
    id: Option<String>,
    /// Every one there is
    #[arg(long)]
    all: bool,
}

/// What is taken at a time where all are.
const AT_ONCE: usize = 1000;

pub(crate) fn run(args: DeadArgs) -> anyhow::Result<()> {
    parts::runtime()?.block_on(async {
        match args.command {
            DeadCommand::List { limit, place } => list(&place.store()?, limit).await,
            DeadCommand::Show { id, place } => show(&place.store()?, &id).await,
            DeadCommand::Replay { which, place } => {
                let place = place.open().await?;
                let done = for_each(&place.store, &which, async |dead| replay(&place, dead).await).await;
                place.close().await;
                say(format_args!("{} queued again", done?))
            }
            DeadCommand::Drop { which, place } => {
                let store = place.store()?;
                let done = for_each(&store, &which, async |dead| Ok(store.delete_dead(&dead.id).await?)).await?;
                say(format_args!("{done} dropped"))
            }
        }
    })
}

async fn list(store: &Store, limit: usize) -> anyhow::Result<()> {
    let letters = store.list_dead(limit).await.context("failed to list the dead letters")?;
    let mut out = io::stdout().lock();
    for dead in &letters {
        let attempts = dead.message.as_ref().map_or(0, |message| message.attempt);
        // What a broken message says must not move the cursor.
        let reason: String = dead.reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(out, "{}  {}  attempts {attempts}  {reason}", dead.id, time_of(dead.dead_at_ms))?;
    }
    if letters.is_empty() {
        writeln!(out, "no dead letters")?;
    }
    Ok(())
}

async fn show(store: &Store, id: &str) -> anyhow::Result<()> {
    let dead = find(store, id).await?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &dead)?;
    Ok(writeln!(out)?)
}

/// The result goes first: while it stands, a worker takes the message for done. Cut off behind that, the job is one that
/// was accepted and is nowhere, which is found and queued again.
async fn replay(place: &Place, dead: DeadRecord) -> anyhow::Result<()> {
    let Some(message) = dead.message else { bail!("{} is no job, so it can't be queued again", dead.id) };
    place.store.delete_result(&dead.id).await?;
    if let Some(broker) = &place.broker {
        broker.publish(&JobMessage::first(message.job)).await?;
    }
    Ok(place.store.delete_dead(&dead.id).await?)
}

/// Does something with each that is meant; answers with how many.
async fn for_each(store: &Store, which: &Which, act: impl AsyncFn(DeadRecord) -> anyhow::Result<()>) -> anyhow::Result<usize> {
    let Some(id) = &which.id else {
        let mut done = 0;
        loop {
            let letters = store.list_dead(AT_ONCE).await.context("failed to list the dead letters")?;
            // What is no job stays where it is, however often it is tried.
            let jobs: Vec<_> = letters.into_iter().filter(|dead| dead.message.is_some()).collect();
            if jobs.is_empty() {
                return Ok(done);
            }
            for dead in jobs {
                act(dead).await?;
                done += 1;
            }
        }
    };
    act(find(store, id).await?).await?;
    Ok(1)
}

async fn find(store: &Store, id: &str) -> anyhow::Result<DeadRecord> {
    let id = JobId::parse(id).context("a dead letter's id was expected, as `punchline dead list` shows it")?;
    store.get_dead(&id).await?.with_context(|| format!("there is no dead letter {id}"))
}

fn time_of(ms: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok();
    at.and_then(|at| at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()).unwrap_or_else(|| "-".to_owned())
}

fn say(what: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{what}")?)
}
