//! Reads settings one by one and remembers every problem.
//!
//! `groups` and `front` read with it. A bad value never ends the reading: the problem is noted and the default takes its place, so
//! that the problems of all settings are found; [`Reader::finish`] then gives them instead of the settings.

use std::fmt;

use super::settings::{Process, Setting};

/// Text that must not be shown: `Debug` hides it, there is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
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
pub struct BadSetting {
    /// The variable.
    pub name: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was got; `None` when nothing was, or when it is a secret.
    pub got: Option<String>,
}

impl fmt::Display for BadSetting {
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
    pub problems: Vec<BadSetting>,
}

/// The settings of one process, as they are read.
pub(super) struct Reader<'a> {
    process: Process,
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<BadSetting>,
}

impl<'a> Reader<'a> {
    /// Reads for `process` from `lookup`, which knows a setting by its environment name.
    pub(super) fn new(process: Process, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { process, lookup, problems: Vec::new() }
    }

    /// The value of a setting that has a default.
    pub(super) fn value<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> T {
        self.optional(setting, &parse).unwrap_or_else(|| {
            let default = setting.default_for(self.process).map(parse);
            let Some(Ok(default)) = default else { unreachable!("{} has a default that parses: a test reads all", setting.name) };
            default
        })
    }

    /// The value of a setting that must be given.
    pub(super) fn required<T: Default>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> T {
        if !self.is_given(setting) {
            self.refuse_missing(setting, format!("a value ({})", setting.meaning));
        }
        self.optional(setting, parse).unwrap_or_default()
    }

    /// The value of a setting that may be absent.
    pub(super) fn optional<T>(&mut self, setting: &Setting, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text = self.given(setting)?;
        parse(text.trim()).map_err(|expected| self.refuse(setting, expected, text)).ok()
    }

    /// Notes that a value can't be used.
    pub(super) fn refuse(&mut self, setting: &Setting, expected: impl Into<String>, got: impl fmt::Display) {
        let got = (!setting.secret).then(|| got.to_string());
        self.problems.push(BadSetting { name: setting.name, expected: expected.into(), got });
    }

    /// Notes that a setting is missing.
    pub(super) fn refuse_missing(&mut self, setting: &Setting, expected: impl Into<String>) {
        self.problems.push(BadSetting { name: setting.name, expected: expected.into(), got: None });
    }

    /// Whether a setting is given at all, well or badly.
    pub(super) fn is_given(&self, setting: &Setting) -> bool {
        self.given(setting).is_some()
    }

    /// Whether a problem of this setting was noted, so that its value is only the default.
    pub(super) fn is_refused(&self, setting: &Setting) -> bool {
        self.problems.iter().any(|problem| problem.name == setting.name)
    }

    /// The settings, or every problem noted.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, ConfigError> {
        if self.problems.is_empty() { Ok(settings) } else { Err(ConfigError { problems: self.problems }) }
    }

    /// An empty variable counts as not set: that is how a shell or a compose file unsets one.
    fn given(&self, setting: &Setting) -> Option<String> {
        (self.lookup)(setting.name).filter(|text| !text.trim().is_empty())
    }
}
