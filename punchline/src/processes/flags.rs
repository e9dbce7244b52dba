//! The flags of the long-running subcommands, made from the table of settings.
//!
//! `--listen` is `PUNCHLINE_LISTEN`, and so on: one table, so that help, environment and docs/SETTINGS.md
//! can't drift apart. Values are not read here: a bad flag is reported beside every other bad setting.

use clap::{Arg, ArgMatches, Command};
use service::config::{Fallback, Process, SETTINGS, Setting, flags_then_environment};

/// The settings that were given as flags: environment name and text.
#[derive(Debug)]
pub(crate) struct Flags(Vec<(&'static str, String)>);

impl Flags {
    /// Flags before environment, for `service::config`.
    pub(crate) fn lookup(self) -> impl Fn(&str) -> Option<String> {
        flags_then_environment(self.0)
    }

    pub(crate) fn of(matches: &ArgMatches, process: Process) -> Self {
        let given = with_flags(process).filter_map(|(setting, _)| {
            let text = matches.get_one::<String>(setting.name)?;
            Some((setting.name, text.clone()))
        });
        Self(given.collect())
    }
}

/// Adds the flags of `process`, and says which settings come by environment alone.
pub(crate) fn add(command: Command, process: Process) -> Command {
    let command = with_flags(process).fold(command, |command, (setting, flag)| {
        let help = format!("{} [env: {}]{}", plain(setting.meaning), setting.name, shown_default(setting, process));
        command.arg(Arg::new(setting.name).long(flag).value_name("VALUE").help(help))
    });
    let others: Vec<_> = read_by(process).filter(|s| s.flag().is_none()).map(|s| format!("  {}", s.name)).collect();
    if others.is_empty() {
        return command;
    }
    command.after_help(format!("By environment only, because other users can see arguments:\n{}", others.join("\n")))
}

/// What the list of subcommands says of `process`.
pub(crate) fn about(process: Process) -> &'static str {
    match process {
        Process::Api => "Answer HTTP, in front of a broker and a store that workers share",
        Process::Worker => "Run jobs from a broker and a store",
        Process::Serve => "Run the whole service in one process, on local files",
    }
}

fn read_by(process: Process) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| setting.read_by.contains(&process))
}

fn with_flags(process: Process) -> impl Iterator<Item = (&'static Setting, String)> {
    read_by(process).filter_map(|setting| Some((setting, setting.flag()?)))
}

fn shown_default(setting: &Setting, process: Process) -> String {
    match (setting.default_for(process), setting.fallback) {
        (Some(text), _) => format!(" [default: {text}]"),
        (None, Fallback::Found(words)) => format!(" [default: {words}]"),
        (None, _) => String::new(),
    }
}

/// The table is written in Markdown; a terminal shows no code spans.
fn plain(meaning: &str) -> String {
    meaning.replace('`', "")
}

/// Makes a type whose flags are those of a process.
macro_rules! process_args {
    ($(#[$doc:meta])* $name:ident, $process:expr) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name(crate::processes::flags::Flags);

        impl clap::Args for $name {
            fn augment_args(command: clap::Command) -> clap::Command {
                // A start that captions one file must not pay for the flags and help of three services.
                command.about(crate::processes::flags::about($process)).defer(|command| crate::processes::flags::add(command, $process))
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                Self::augment_args(command)
            }
        }

        impl clap::FromArgMatches for $name {
            fn from_arg_matches(matches: &clap::ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(crate::processes::flags::Flags::of(matches, $process)))
            }

            fn update_from_arg_matches(&mut self, matches: &clap::ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}
pub(crate) use process_args;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_has_well_formed_flags_that_are_read_back() {
        for process in [Process::Api, Process::Worker, Process::Serve] {
            add(Command::new("punchline"), process).debug_assert();
        }
        let command = add(Command::new("punchline"), Process::Serve);
        let matches = command.try_get_matches_from(["punchline", "--listen", "127.0.0.1:1", "--log", "debug"]).unwrap();
        let lookup = Flags::of(&matches, Process::Serve).lookup();
        assert_eq!(lookup("PUNCHLINE_LISTEN").as_deref(), Some("127.0.0.1:1"));
        assert_eq!(lookup("PUNCHLINE_LOG").as_deref(), Some("debug"));
    }

    #[test]
    fn a_worker_has_no_flag_of_the_api() {
        let command = add(Command::new("punchline"), Process::Worker);
        assert!(command.try_get_matches_from(["punchline", "--listen", "127.0.0.1:1"]).is_err());
    }
}
