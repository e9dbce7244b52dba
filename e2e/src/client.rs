//! A client of the HTTP interface, as someone's program would be: it waits when told to, and gives up at a deadline.
//!
//! Used by the tests across processes. It must never treat a refusal as an answer.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    multipart::{Form, Part},
};
use serde_json::Value;

use crate::HarnessError;

const POLL: Duration = Duration::from_millis(50);
/// How long an overloaded service may send us away before that is a failure.
const SENT_AWAY_FOR: Duration = Duration::from_secs(600);

/// Speaks to one service.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
}

/// What a request was answered.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
    /// When it asks the client to come again, if it does.
    pub retry_after_s: Option<u64>,
}

impl Answer {
    /// The body as JSON, or null.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The `code` of a problem.
    #[must_use]
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Client {
    /// A client of the service at `base`, an address without a slash at the end.
    #[must_use]
    pub fn new(base: String) -> Self {
        Self { http: reqwest::Client::new(), base, key: None }
    }

    /// The same with an API key.
    #[must_use]
    pub fn with_key(base: String, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::new(base) }
    }

    /// Posts a form once and gives whatever is answered.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn post(&self, form: Form) -> Result<Answer, HarnessError> {
        answer(self.request(Method::POST, "/v1/jobs").multipart(form)).await
    }

    /// As [`Client::post`], under an `Idempotency-Key`.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn post_as(&self, name: &str, form: Form) -> Result<Answer, HarnessError> {
        answer(self.request(Method::POST, "/v1/jobs").multipart(form).header("idempotency-key", name)).await
    }

    /// Submits a picture with a spec and gives the job's id; comes again while it is told to.
    ///
    /// # Errors
    /// Any answer but 202, or 408, 429 and 503 for too long.
    pub async fn submit(&self, picture: &[u8], spec_json: &str) -> Result<String, HarnessError> {
        self.submit_until_taken(None, picture, spec_json).await
    }

    /// As [`Client::submit`], under an `Idempotency-Key`.
    ///
    /// # Errors
    /// As [`Client::submit`].
    pub async fn submit_as(&self, name: &str, picture: &[u8], spec_json: &str) -> Result<String, HarnessError> {
        self.submit_until_taken(Some(name), picture, spec_json).await
    }

    async fn submit_until_taken(&self, name: Option<&str>, picture: &[u8], spec_json: &str) -> Result<String, HarnessError> {
        let deadline = Instant::now() + SENT_AWAY_FOR;
        loop {
            let form = Form::new().part("file", Part::bytes(picture.to_vec())).text("spec", spec_json.to_owned());
            let mut request = self.request(Method::POST, "/v1/jobs").multipart(form);
            if let Some(name) = name {
                request = request.header("idempotency-key", name);
            }
            let answer = answer(request).await?;
            let come_again = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT];
            let come_again = come_again.contains(&answer.status);
            match (answer.status, answer.json()["id"].as_str()) {
                (StatusCode::ACCEPTED, Some(id)) => return Ok(id.to_owned()),
                _ if come_again && Instant::now() < deadline => tokio::time::sleep(POLL * 4).await,
                _ => return Err(HarnessError::answer("a job to be accepted", &answer)),
            }
        }
    }

    /// How a job is.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn job(&self, id: &str) -> Result<Value, HarnessError> {
        let answer = self.get(&format!("/v1/jobs/{id}")).await?;
        if answer.status == StatusCode::OK { Ok(answer.json()) } else { Err(HarnessError::answer("a job", &answer)) }
    }

    /// Asks for a job to be cancelled and gives whatever is answered.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn cancel(&self, id: &str) -> Result<Answer, HarnessError> {
        answer(self.request(Method::DELETE, &format!("/v1/jobs/{id}"))).await
    }

    /// Waits until a job is done and gives it.
    ///
    /// # Errors
    /// It failed, or is not done in time.
    pub async fn wait_done(&self, id: &str, within: Duration) -> Result<Value, HarnessError> {
        let deadline = Instant::now() + within;
        loop {
            let job = self.job(id).await?;
            match job["state"].as_str() {
                Some("done") => return Ok(job),
                Some("queued" | "started") if Instant::now() < deadline => tokio::time::sleep(POLL).await,
                _ => {
                    return Err(HarnessError::NotInTime { what: format!("job {id} done"), within, log: job.to_string() });
                }
            }
        }
    }

    /// The captioned picture of a job that is done.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn output(&self, id: &str) -> Result<Bytes, HarnessError> {
        let answer = self.get(&format!("/v1/jobs/{id}/result")).await?;
        if answer.status == StatusCode::OK { Ok(answer.body) } else { Err(HarnessError::answer("an output", &answer)) }
    }

    /// What happens to a job, as it is told; after the event `last_seen`, if one is named.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn events(&self, id: &str, last_seen: Option<&str>) -> Result<Events, HarnessError> {
        let mut request = self.request(Method::GET, &format!("/v1/jobs/{id}/events"));
        if let Some(last_seen) = last_seen {
            request = request.header("last-event-id", last_seen);
        }
        let response = request.send().await?.error_for_status()?;
        Ok(Events { response, read: String::new() })
    }

    /// Asks for a path and gives whatever is answered.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn get(&self, path: &str) -> Result<Answer, HarnessError> {
        answer(self.request(Method::GET, path)).await
    }

    /// Whether the service says that it is ready.
    pub async fn is_ready(&self) -> bool {
        self.get("/readyz").await.is_ok_and(|answer| answer.status == StatusCode::OK)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }
}

/// The events of a job, one at a time.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    read: String,
}

/// One event.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its id, for who comes again.
    pub id: String,
    /// What happened.
    pub name: String,
    /// All that is said of it.
    pub data: Value,
}

impl Events {
    /// The next event; `None` at the end of the stream.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<Told>, HarnessError> {
        loop {
            while let Some((block, rest)) = self.read.clone().split_once("\n\n") {
                rest.clone_into(&mut self.read);
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                if let (Some(id), Some(name), Some(data)) = (field("id"), field("event"), field("data")) {
                    let data = serde_json::from_str(data).unwrap_or_default();
                    return Ok(Some(Told { id: id.to_owned(), name: name.to_owned(), data }));
                }
            }
            let Some(piece) = self.response.chunk().await? else { return Ok(None) };
            self.read.push_str(&String::from_utf8_lossy(&piece));
        }
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer, HarnessError> {
    let answer = request.send().await?;
    let retry_after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Ok(Answer { status: answer.status(), retry_after_s: retry_after, body: answer.bytes().await? })
}
