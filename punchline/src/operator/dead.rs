//! `punchline dead`: what became of messages that no worker could settle, and what to do with them.
//!
//! Dead letters are in the store; only a replay needs the broker. A letter that can't be used is named and skipped: it must
//! never keep the command from the others.

use std::io::{self, Write};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use proto_shared::JobId;
use store::{Letters, ListedDead, Store};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use worker::{Replayed, replay_dead};

use crate::{
    exit::{Failure, Reason},
    open,
    operator::backends::{BackendArgs, Backends},
};

/// Look at jobs that were given up, try them again, or let them go.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  punchline dead list                              the hundred oldest, a line each
  punchline dead list --data ~/.punchline          those of a `punchline serve --data ~/.punchline`
  punchline dead show ID                           with every attempt and its reason, as JSON
  punchline dead replay ID                         after the cause is mended; --all for every one
  punchline dead drop --all                        those that can't be read too

A worker keeps a job here when it failed by a defect or after its last attempt. All of these need the store
(PUNCHLINE_STORE_URL, or --data); a replay needs the broker too (PUNCHLINE_AMQP_URL), unless there is --data:
then `punchline serve` queues the job when it starts.

Exit codes: 0 done, 2 usage, 65 some letters could not be replayed (each is named), 70 store or broker failed.")]
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
        backends: BackendArgs,
    },
    /// Everything that is known of one, as JSON
    Show {
        /// The job's id
        id: String,
        #[command(flatten)]
        backends: BackendArgs,
    },
    /// Queue it again, as a first attempt
    Replay {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        backends: BackendArgs,
    },
    /// Forget it; its job stays failed
    Drop {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        backends: BackendArgs,
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

/// After so many letters, how far it has come is said.
const PAGE: usize = 1000;

pub(crate) fn run(args: DeadArgs) -> Result<(), Failure> {
    open::runtime()?.block_on(async {
        match args.command {
            DeadCommand::List { limit, backends } => Ok(list(&backends.store()?, limit).await?),
            DeadCommand::Show { id, backends } => Ok(show(&backends.store()?, &id).await?),
            DeadCommand::Replay { which, backends } => {
                let backends = backends.open().await?;
                let replayed = replay(&backends, &which).await;
                backends.close().await;
                replayed
            }
            DeadCommand::Drop { which, backends } => Ok(forget(&backends.store()?, &which).await?),
        }
    })
}

async fn list(store: &Store, limit: usize) -> anyhow::Result<()> {
    let oldest = store.list_dead(limit).await.context("failed to list the dead letters")?;
    let mut out = io::stdout().lock();
    for letter in &oldest.letters {
        writeln!(out, "{}", line(letter))?;
    }
    if oldest.of == 0 {
        writeln!(out, "no dead letters")?;
    }
    let more = oldest.of.saturating_sub(oldest.letters.len());
    if more > 0 {
        writeln!(io::stderr(), "{more} more: --limit {} shows all", oldest.of)?;
    }
    Ok(())
}

fn line(letter: &ListedDead) -> String {
    let (attempts, reason) = match &letter.record {
        Ok(dead) => (dead.message.as_ref().map_or(0, |message| message.attempt), dead.reason.clone()),
        Err(error) => (0, format!("unreadable: {error}")),
    };
    // What a broken message says must not move the cursor.
    let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{}  {}  attempts {attempts}  {reason}", letter.id, time_of(letter.dead_at_ms))
}

async fn show(store: &Store, id: &str) -> anyhow::Result<()> {
    let id = parse(id)?;
    let dead = store.get_dead(&id).await?.with_context(|| none(&id))?;
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &dead)?;
    Ok(writeln!(out)?)
}

async fn replay(backends: &Backends, which: &Which) -> Result<(), Failure> {
    let letters = meant(&backends.store, which).await?;
    let (mut queued, mut passed_over) = (0_usize, 0_usize);
    for (i, letters_of_job) in letters.iter().enumerate() {
        let id = &letters_of_job.id;
        let replayed = replay_dead(&backends.store, backends.broker.as_ref(), letters_of_job).await;
        // Where store or broker fails, the rest would fail alike.
        let replayed = replayed
            .with_context(|| format!("{queued} queued again, {passed_over} passed over, {} left", letters.len() - i))
            .map_err(Failure::from)?;
        let why = match replayed {
            Replayed::Queued => {
                queued += 1;
                None
            }
            Replayed::EndedAlready => {
                say(format_args!("{id} was done or cancelled meanwhile: its letter is dropped"))?;
                None
            }
            // By another who does the same.
            Replayed::Gone => None,
            Replayed::NoJob => Some(format!("{id} holds bytes that are no job: `punchline dead show {id}` has them")),
            Replayed::Newer => Some(format!("{id} is of a newer release: replay it with that one")),
            Replayed::Unreadable(error) => Some(error.to_string()),
        };
        if let Some(why) = why {
            passed_over += 1;
            note(format_args!("punchline: {why}; `punchline dead drop {id}` removes it"))?;
        }
        tell_progress(i + 1, letters.len())?;
    }
    say(format_args!("{queued} queued again"))?;
    if passed_over > 0 {
        return Err(Failure::new(Reason::BadInput, format_args!("{passed_over} of {} could not be replayed", letters.len())));
    }
    Ok(())
}

async fn forget(store: &Store, which: &Which) -> anyhow::Result<()> {
    let letters = meant(store, which).await?;
    for (i, page) in letters.chunks(PAGE).enumerate() {
        store.delete_letters(page).await.with_context(|| format!("{} dropped", i * PAGE))?;
        tell_progress(i * PAGE + page.len(), letters.len())?;
    }
    say(format_args!("{} dropped", letters.len()))
}

/// The letters that a command is about.
async fn meant(store: &Store, which: &Which) -> anyhow::Result<Vec<Letters>> {
    let Some(id) = &which.id else { return store.letters().await.context("failed to list the dead letters") };
    let id = parse(id)?;
    Ok(vec![store.letters_of(&id).await?.with_context(|| none(&id))?])
}

fn parse(id: &str) -> anyhow::Result<JobId> {
    JobId::parse(id).context("a dead letter's id was expected, as `punchline dead list` shows it")
}

fn none(id: &JobId) -> String {
    format!("there is no dead letter {id}")
}

fn time_of(ms: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).ok();
    at.and_then(|at| at.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()).unwrap_or_else(|| "-".to_owned())
}

/// Of many, a line after each page.
fn tell_progress(done: usize, of: usize) -> anyhow::Result<()> {
    if of > PAGE && done.is_multiple_of(PAGE) { note(format_args!("{done} of {of}")) } else { Ok(()) }
}

fn say(what: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{what}")?)
}

fn note(what: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    Ok(writeln!(io::stderr(), "{what}")?)
}
