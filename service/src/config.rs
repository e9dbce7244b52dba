//! Configuration: named text in, typed settings out, every bad variable reported at once.
//!
//! The binary hands in a look-up (flags first, then the environment); nothing here reads the process's
//! environment itself, so tests hand in a map. A secret's value must never reach a message.

mod front;
mod groups;
mod parse;
mod reader;
pub mod settings;

use std::env;

pub use front::{Fairness, HttpSettings, OutboundSettings};
pub use groups::{
    ApiSettings, AwsSettings, CommonSettings, JobSettings, LogSettings, ServeSettings, StoreSettings, WorkerSettings,
};
pub use parse::LogFormat;
pub use reader::{BadSetting, ConfigError, Secret};
pub use settings::{Fallback, Process, SETTINGS, Setting, settings_markdown};

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
        assert_eq!(api.common.limits.max_bytes, 25_000_000);
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
