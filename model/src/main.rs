//! `protocol-model`: explores the model of the protocol and says what it found. Exit code 1: a promise is broken, or an old
//! step breaks none.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};
use protocol_model::{OldStep, Protocol, Report, Sizes, explore, explore_old};

/// Explores every state of the protocol between clients, apis, broker, workers and store
#[derive(Debug, Parser)]
#[command(args_override_self = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// Threads that explore [default: as many as there are CPUs]
    #[arg(long, global = true)]
    threads: Option<usize>,
    /// Show also how each thing was reached that is to be seen somewhere
    #[arg(long, global = true)]
    show: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What every change is held against
    Promises,
    /// As much as is asked for
    Explore {
        #[command(flatten)]
        sizes: Sizes,
    },
    /// Put an old step back, and show how it breaks its promise: all of them, or one
    Old {
        /// Which
        step: Option<OldStep>,
    },
}

fn main() -> io::Result<ExitCode> {
    let Args { command, threads, show } = Args::parse();
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let mut out = io::stdout().lock();
    let mut is_as_it_should = true;
    match command {
        Command::Promises => {
            for (name, sizes) in Sizes::EACH_CHANGE {
                writeln!(out, "== {name}: {sizes:?}")?;
                is_as_it_should &= promises(&mut out, sizes, threads, show)?;
            }
        }
        Command::Explore { sizes } => is_as_it_should = promises(&mut out, sizes, threads, show)?,
        Command::Old { step } => {
            let steps = step.as_ref().map_or(OldStep::value_variants(), std::slice::from_ref);
            for &old in steps {
                is_as_it_should &= old_step(&mut out, old)?;
            }
        }
    }
    Ok(if is_as_it_should { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all promises hold.
fn promises(out: &mut impl Write, sizes: Sizes, threads: usize, show: bool) -> io::Result<bool> {
    let protocol = Protocol { sizes, old: None };
    let report = explore(protocol, threads);
    for finding in &report.findings {
        let word = match (finding.is_promise, finding.trace.is_some()) {
            (true, false) => "holds",
            (true, true) => "BROKEN",
            (false, true) => "seen",
            (false, false) => "not seen",
        };
        writeln!(out, "{word:<10}{}", finding.property)?;
        if finding.trace.is_some() && (finding.is_promise || show) {
            write!(out, "{}", finding.in_words(&protocol))?;
        }
    }
    figures(out, &report)?;
    Ok(report.broken().is_none())
}

/// Whether it breaks its promise.
fn old_step(out: &mut impl Write, old: OldStep) -> io::Result<bool> {
    let name = old.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let protocol = Protocol { sizes: old.sizes(), old: Some(old) };
    let report = explore_old(old);
    let broken = report.of(old.breaks()).filter(|finding| finding.trace.is_some());
    match broken {
        Some(finding) => write!(out, "== {name}: \"{}\" is broken\n{}", finding.property, finding.in_words(&protocol))?,
        None => writeln!(out, "== {name}: \"{}\" HOLDS", old.breaks())?,
    }
    figures(out, &report)?;
    Ok(broken.is_some())
}

fn figures(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let Report { states, steps, depth, took, .. } = report;
    writeln!(out, "{states} states, {steps} steps, {depth} deep, {:.1} s", took.as_secs_f64())
}
