//! The one binary that people type. `local` holds the commands that work on files, `client` those that have a service do the
//! work, `processes` the service itself, and `operator` the commands for the people who run one.
//!
//! It reads the command line and the environment and hands over to the crates that do the work; no rule about pictures, jobs
//! or queues lives here.

mod caption_flags;
mod client;
mod exit;
mod files;
mod local;
mod open;
mod operator;
mod presets;
mod processes;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    client::{status, submit},
    exit::Failure,
    local::{caption, probe},
    operator::{dead, key, sweep},
    processes::{api, render_one, serve, worker},
};

/// Captions for GIFs: every pixel, delay and loop that the caption does not touch stays the source's own.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Start here:
  punchline caption cat.gif --bottom \"monday\"     writes cat.captioned.gif
  punchline serve                                 the whole service on http://127.0.0.1:8080
  punchline submit cat.gif --bottom \"monday\" --wait   the same, done by a service"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Caption(caption::CaptionArgs),
    Probe(probe::ProbeArgs),
    Presets(local::presets::PresetsArgs),
    Platforms(local::platforms::PlatformsArgs),
    Fonts(local::fonts::FontsArgs),
    Submit(submit::SubmitArgs),
    Status(status::StatusArgs),
    Serve(serve::ServeArgs),
    Api(api::ApiArgs),
    Worker(worker::WorkerArgs),
    Dead(dead::DeadArgs),
    Sweep(sweep::SweepArgs),
    /// One rendering for a worker that asks for it on standard input.
    #[command(name = render_one::NAME, hide = true)]
    RenderOne(render_one::RenderOneArgs),
    Key(key::KeyArgs),
}

fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Caption(args) => caption::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Presets(args) => local::presets::run(&args),
        Command::Platforms(args) => local::platforms::run(&args),
        Command::Fonts(args) => local::fonts::run(&args),
        Command::Submit(args) => submit::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Serve(args) => serve::run(args).map_err(Failure::from),
        Command::Api(args) => api::run(args).map_err(Failure::from),
        Command::Worker(args) => worker::run(args).map_err(Failure::from),
        Command::Dead(args) => dead::run(args),
        Command::Sweep(args) => sweep::run(&args).map_err(Failure::from),
        Command::RenderOne(args) => render_one::run(&args).map_err(Failure::from),
        Command::Key(args) => key::run(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            #[expect(clippy::print_stderr, reason = "the one line that says why")]
            {
                eprintln!("{failure}");
            }
            failure.exit_code()
        }
    }
}
