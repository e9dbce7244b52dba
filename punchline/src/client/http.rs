//! Speaks HTTP to a service: its address, its key, and what its refusals mean.
//!
//! Everything in `client` speaks through it. Transient failures (no connection, 429, 503) and final ones are told apart here and
//! nowhere else. The key must be in no message.

use std::{error::Error as _, time::Duration};

use reqwest::{Method, RequestBuilder, Response, StatusCode, header::RETRY_AFTER};
use serde::Deserialize;
use url::Url;

use crate::exit::{Failure, Reason};

/// Where a service is that was not named: the one that `punchline serve` runs.
pub(crate) const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// Which service, and how to speak to it.
#[derive(Debug, clap::Args)]
pub(crate) struct ServerArgs {
    /// Where the service is
    #[arg(long, value_name = "URL", env = "PUNCHLINE_SERVER", default_value = DEFAULT_SERVER, value_parser = parse_server)]
    pub(crate) server: Url,

    /// The API key, where the service asks for one; in the environment other users can't see it
    #[arg(long, value_name = "KEY", env = "PUNCHLINE_API_KEY", hide_env_values = true)]
    pub(crate) key: Option<String>,

    /// How long to keep trying a service that is overloaded or has gone away
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) patience: u64,
}

/// Speaks to one service.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: Url,
    key: Option<String>,
}

/// Why a request failed.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// A later try may succeed.
    Transient(Transient),
    /// The service refuses, and will refuse again.
    Refused(ServiceProblem),
    /// The service has nothing to do with it.
    Failed(Failure),
}

/// A failure that may be over soon.
#[derive(Debug)]
pub(crate) struct Transient {
    pub(crate) why: String,
    /// How long the service asks to wait, if it does.
    pub(crate) retry_after: Option<Duration>,
    /// Whether there was an answer at all.
    pub(crate) was_answered: bool,
}

/// A problem (RFC 9457) as the service tells it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ServiceProblem {
    #[serde(skip)]
    status: u16,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    pub(crate) field: Option<String>,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    got: Option<u64>,
}

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// A problem has a few hundred bytes.
const MAX_PROBLEM_BYTES: usize = 64 * 1024;

impl Client {
    pub(crate) fn new(server: &Url, key: Option<&str>) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("punchline/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .build()
            .map_err(|e| Failure::new(Reason::Internal, innermost(&e)))?;
        let mut base = server.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { http, base, key: key.map(str::to_owned) })
    }

    /// A request for a path of the service, without a slash before it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// The address of something of the service.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", self.base.path()));
        url
    }
}

/// Sends a request; an answer that is not a success is an error.
pub(crate) async fn send(request: RequestBuilder) -> Result<Response, RequestError> {
    let answer = request.send().await.map_err(|e| RequestError::of(&e))?;
    if answer.status().is_success() { Ok(answer) } else { Err(error_of(answer).await) }
}

/// When the service asks a client to come again, if it does.
fn retry_after(answer: &Response) -> Option<Duration> {
    Some(Duration::from_secs(answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?))
}

async fn error_of(mut answer: Response) -> RequestError {
    let (status, retry_after) = (answer.status(), retry_after(&answer));
    let mut body = Vec::new();
    while let Ok(Some(piece)) = answer.chunk().await {
        if body.len() + piece.len() > MAX_PROBLEM_BYTES {
            break;
        }
        body.extend_from_slice(&piece);
    }
    let refusal = ServiceProblem { status: status.as_u16(), ..serde_json::from_slice(&body).unwrap_or_default() };
    let is_transient = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    );
    if is_transient || refusal.code == "not_ready" {
        RequestError::Transient(Transient { why: refusal.to_string(), retry_after, was_answered: true })
    } else {
        RequestError::Refused(refusal)
    }
}

impl RequestError {
    /// Of a request, or the reading of its answer, that failed.
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            // An address that is none was refused before; what is left is a key that fits in no header.
            return Self::Failed(Failure::new(Reason::Usage, format_args!("--key: {}", innermost(error))));
        }
        Self::lost(innermost(error))
    }

    /// A connection that can't be made, or broke.
    pub(crate) fn lost(why: impl Into<String>) -> Self {
        Self::Transient(Transient { why: why.into(), retry_after: None, was_answered: false })
    }
}

impl From<Failure> for RequestError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Transient(failure) => Self::new(Reason::Unavailable, failure.why),
            RequestError::Refused(refusal) => {
                let reason = match (refusal.code.as_str(), refusal.status) {
                    // Nothing of ours speaks so.
                    ("", _) => Reason::Unavailable,
                    ("job_not_found", _) => Reason::NoInput,
                    (_, 500..) => Reason::Internal,
                    _ => Reason::BadInput,
                };
                Self::new(reason, format_args!("refused: {refusal}"))
            }
            RequestError::Failed(failure) => failure,
        }
    }
}

impl std::fmt::Display for ServiceProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.code.is_empty() {
            return write!(f, "answered with status {} and not as Punchline does", self.status);
        }
        write!(f, "{} ({}", self.detail, self.code)?;
        let mut separator = "; ";
        let mut tell = |name: &str, value: Option<String>| {
            let Some(value) = value else { return Ok(()) };
            write!(f, "{}{name} {value}", std::mem::replace(&mut separator, ", "))
        };
        tell("field", self.field.clone())?;
        tell("limit", self.limit.map(|n| n.to_string()))?;
        tell("got", self.got.map(|n| n.to_string()))?;
        f.write_str(")")?;
        if self.code == "unauthorised" {
            f.write_str("; --key or PUNCHLINE_API_KEY gives one")?;
        }
        Ok(())
    }
}

/// An address without what opens it.
pub(crate) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // These fail only for addresses that have no place for them.
    let _ = shown.set_username("").and_then(|()| shown.set_password(None));
    shown.as_str().trim_end_matches('/').to_owned()
}

fn parse_server(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|e| e.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err("an address such as https://captions.example.com was expected".to_owned());
    }
    Ok(url)
}

/// The part of an error's chain that says what happened. The others say what was being done, with the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut source = error.source();
    let mut said = if error.is_timeout() { "no answer in time".to_owned() } else { "the connection broke".to_owned() };
    while let Some(inner) = source {
        said = inner.to_string();
        source = inner.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_below_the_address_and_no_password_is_shown() {
        for (server, expected) in [
            ("http://a:1", "http://a:1/v1/jobs"),
            ("https://a/captions", "https://a/captions/v1/jobs"),
            ("https://a/captions/", "https://a/captions/v1/jobs"),
        ] {
            let client = Client::new(&parse_server(server).unwrap(), None).unwrap();
            assert_eq!(client.url("v1/jobs").as_str(), expected);
        }
        assert_eq!(shown(&Url::parse("http://me:secret@a/b").unwrap()), "http://a/b");
        for bad in ["a:1", "ftp://a", "http://a/?x", "", "http://"] {
            assert!(parse_server(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_refusal_says_all_that_the_service_said() {
        let problem =
            br#"{"type":"x","status":413,"code":"file_too_large","detail":"too many","field":"file","limit":2,"got":3}"#;
        let refusal: ServiceProblem = serde_json::from_slice(problem).unwrap();
        assert_eq!(refusal.to_string(), "too many (file_too_large; field file, limit 2, got 3)");
        let failure = Failure::from(RequestError::Refused(refusal));
        assert_eq!(failure.reason(), Reason::BadInput);
        let other = Failure::from(RequestError::Refused(ServiceProblem { status: 404, ..ServiceProblem::default() }));
        assert_eq!(other.reason(), Reason::Unavailable);
    }
}
