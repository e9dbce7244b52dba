//! Configuration: named text in, typed settings out, every bad variable reported at once.
//!
//! The binary hands in a look-up (flags first, then the environment); nothing here reads the process's
//! environment itself, so tests hand in a map. A secret's value must never reach a message.

mod front;
mod groups;
mod outbound;
mod parse;
pub mod settings;

use std::{env, fmt};

pub use front::{Fairness, HttpSettings};
pub use groups::{
    ApiSettings, AwsSettings, CommonSettings, JobSettings, LimitSettings, LogFormat, LogSettings, ServeSettings, StoreSettings,
    WorkerSettings,
};
pub use outbound::OutboundSettings;
pub use settings::{Fallback, Process, SETTINGS, Setting, settings_markdown};

/// Text that must not be shown: `Debug` hides it, there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// One variable that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was got; `None` when nothing was, or when it is a secret.
    pub got: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.got {
            Some(got) => write!(f, "{}: {} was expected, got `{got}`", self.name, self.expected),
            None => write!(f, "{}: {} was expected", self.name, self.expected),
        }
    }
}

/// Every variable that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad configuration\n  {}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

/// Reads settings one by one and remembers what is wrong with them.
pub struct Reader<'a> {
    process: Process,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// Reads for `process` from `lookup`, which knows a setting by its environment name.
    #[must_use]
    pub fn new(process: Process, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { process, lookup, problems: Vec::new() }
    }

    /// The value of a setting that is given or has a default. `None` only after a problem was noted,
    /// which [`Reader::finish`] will return.
    pub fn value<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let given = self.given(setting).or_else(|| setting.default_for(self.process).map(str::to_owned));
        if given.is_none() {
            self.problems.push(Problem { name: setting.name, expected: format!("a value ({})", setting.meaning), got: None });
        }
        given.and_then(|text| self.parsed(setting, &text, parse))
    }

    /// The value of a setting whose default was found out at start.
    pub fn value_or<T>(&mut self, setting: &Setting, found: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.given(setting).unwrap_or_else(|| found.to_owned());
        self.parsed(setting, &text, parse)
    }

    /// The value of a setting that may be absent.
    pub fn optional<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        self.given(setting).and_then(|text| self.parsed(setting, &text, parse))
    }

    /// Notes that a setting does not go with another.
    pub fn refuse(&mut self, setting: &Setting, expected: impl Into<String>, got: impl fmt::Display) {
        let got = (!setting.secret).then(|| got.to_string());
        self.problems.push(Problem { name: setting.name, expected: expected.into(), got });
    }

    /// Notes that a setting is missing where another makes it necessary.
    pub fn refuse_missing(&mut self, setting: &Setting, expected: impl Into<String>) {
        self.problems.push(Problem { name: setting.name, expected: expected.into(), got: None });
    }

    /// Whether a setting is given at all, well or badly.
    #[must_use]
    pub fn is_given(&self, setting: &Setting) -> bool {
        self.given(setting).is_some()
    }

    /// The settings, or everything that is wrong with them.
    ///
    /// # Errors
    /// Every problem noted. `settings` is `None` only after a problem.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, ConfigError> {
        match settings {
            Some(settings) if self.problems.is_empty() => Ok(settings),
            _ => Err(ConfigError { problems: self.problems }),
        }
    }

    /// An empty variable is one that is not set: that is how a shell or a compose file unsets one.
    fn given(&self, setting: &Setting) -> Option<String> {
        (self.lookup)(setting.name).filter(|text| !text.trim().is_empty())
    }

    fn parsed<T>(&mut self, setting: &Setting, text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        parse(text.trim()).map_err(|expected| self.refuse(setting, expected, text)).ok()
    }
}

/// The process's environment as a look-up, with `flags` (name and text) before it.
pub fn flags_then_environment(flags: Vec<(&'static str, String)>) -> impl Fn(&str) -> Option<String> {
    move |name| flags.iter().find(|(flag, _)| *flag == name).map(|(_, text)| text.clone()).or_else(|| env::var(name).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }

    #[test]
    fn every_bad_variable_is_reported_at_once_and_no_secret_is_shown() {
        let env = map(&[
            ("PUNCHLINE_AMQP_URL", "http://guest:hunter2@rabbit"),
            ("PUNCHLINE_LISTEN", "everywhere"),
            ("PUNCHLINE_MAX_FRAMES", "-1"),
            ("PUNCHLINE_LOG_FORMAT", "xml"),
            ("PUNCHLINE_MAX_UPLOAD_BYTES", "25 MB"),
        ]);
        let error = ApiSettings::read(&env).unwrap_err();
        let names: Vec<_> = error.problems.iter().map(|p| p.name).collect();
        assert_eq!(
            names,
            [
                "PUNCHLINE_AMQP_URL",
                "PUNCHLINE_STORE_URL",
                "PUNCHLINE_LOG_FORMAT",
                "PUNCHLINE_MAX_UPLOAD_BYTES",
                "PUNCHLINE_MAX_FRAMES",
                "PUNCHLINE_LISTEN",
            ]
        );
        let text = error.to_string();
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("got `everywhere`"), "{text}");
        assert!(text.contains("got `25 MB`"), "{text}");
    }

    #[test]
    fn defaults_stand_where_nothing_is_given_and_an_empty_variable_is_nothing() {
        let env = map(&[
            ("PUNCHLINE_AMQP_URL", "amqp://guest:guest@localhost"),
            ("PUNCHLINE_STORE_URL", "memory:"),
            ("PUNCHLINE_LISTEN", ""),
            ("PUNCHLINE_OPEN", "true"),
        ]);
        let api = ApiSettings::read(&env).unwrap();
        assert_eq!(api.http.listen.to_string(), "0.0.0.0:8080");
        assert_eq!(api.common.limits.max_upload_bytes, 25_000_000);
        assert_eq!(api.common.shutdown_grace.as_secs(), 30);
        let worker = WorkerSettings::read(&env).unwrap();
        assert_eq!(worker.ops_listen.to_string(), "0.0.0.0:9090");
        assert_eq!(worker.common.shutdown_grace.as_secs(), 150);
        let serve = ServeSettings::read(&map(&[])).unwrap();
        assert_eq!(serve.http.fairness, Fairness::default());
        assert_eq!(serve.http.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(serve.data_dir.to_str(), Some("./punchline-data"));
    }

    #[test]
    fn parallelism_is_never_zero_and_defaults_to_three_jobs_a_cpu() {
        let cpus = std::thread::available_parallelism().unwrap().get();
        assert_eq!(usize::from(ServeSettings::read(&map(&[])).unwrap().jobs.parallelism.get()), 3 * cpus);
        let error = ServeSettings::read(&map(&[("PUNCHLINE_PARALLELISM", "0")])).unwrap_err();
        assert_eq!(error.problems[0].name, "PUNCHLINE_PARALLELISM");
    }

    #[test]
    fn lost_jobs_are_looked_for_unless_told_otherwise() {
        assert!(ServeSettings::read(&map(&[])).unwrap().jobs.look_for_lost);
        assert!(!ServeSettings::read(&map(&[("PUNCHLINE_LOOK_FOR_LOST", "false")])).unwrap().jobs.look_for_lost);
        let error = ServeSettings::read(&map(&[("PUNCHLINE_LOOK_FOR_LOST", "off")])).unwrap_err();
        assert_eq!(error.problems[0].name, "PUNCHLINE_LOOK_FOR_LOST");
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        let error = ServeSettings::read(&map(&[("PUNCHLINE_UPLOADS_IN_FLIGHT_BYTES", "1000")])).unwrap_err();
        assert_eq!(error.problems[0].name, "PUNCHLINE_UPLOADS_IN_FLIGHT_BYTES");
        let error = ServeSettings::read(&map(&[("PUNCHLINE_FONT_DIR", "/no/such/folder")])).unwrap_err();
        assert_eq!(error.problems[0].name, "PUNCHLINE_FONT_DIR");
        let half =
            [("PUNCHLINE_AMQP_URL", "amqp://h"), ("PUNCHLINE_STORE_URL", "s3://gifs/x"), ("AWS_ACCESS_KEY_ID", "only-half")];
        let error = WorkerSettings::read(&map(&half)).unwrap_err();
        assert_eq!(error.problems[0].name, "AWS_SECRET_ACCESS_KEY");
    }

    #[test]
    fn a_flag_comes_before_the_environment() {
        let lookup = flags_then_environment(vec![("PATH", "from a flag".to_owned())]);
        assert_eq!(lookup("PATH").as_deref(), Some("from a flag"));
        assert_eq!(flags_then_environment(vec![])("PATH"), env::var("PATH").ok());
    }

    #[test]
    fn a_secret_is_not_printed() {
        let secret = Secret::from("hunter2".to_owned());
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(secret.expose(), "hunter2");
    }
}
