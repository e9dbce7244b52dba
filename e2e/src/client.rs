//! A client of the HTTP interface, as a user's program would be: it waits when the service says so, and gives up at a deadline.
//!
//! Called by the tests across processes. It must never treat a refusal as success.

use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    multipart::{Form, Part},
};
use serde_json::Value;

use crate::HarnessError;

const POLL: Duration = Duration::from_millis(50);
/// How long a service may answer "try again later" before that is a failure.
const REFUSED_FOR_AT_MOST: Duration = Duration::from_secs(600);

/// A client of one service.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
}

/// The answer to a request.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Bytes,
    /// After how many seconds the client should try again, if the answer says so.
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

    fn is_try_again_later(&self) -> bool {
        let later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT];
        later.contains(&self.status)
    }

    fn expect(self, status: StatusCode, expected: &str) -> Result<Self, HarnessError> {
        if self.status == status { Ok(self) } else { Err(self.unexpected(expected)) }
    }

    fn unexpected(&self, expected: &str) -> HarnessError {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        HarnessError::Answer { expected: expected.to_owned(), status: self.status.as_u16(), body }
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

    /// Posts a form once and returns the answer, whatever it is.
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

    /// Submits a picture with a spec and returns the job's id. It tries again while the service says so.
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
        let deadline = Instant::now() + REFUSED_FOR_AT_MOST;
        loop {
            let form = Form::new().part("file", Part::bytes(picture.to_vec())).text("spec", spec_json.to_owned());
            let mut request = self.request(Method::POST, "/v1/jobs").multipart(form);
            if let Some(name) = name {
                request = request.header("idempotency-key", name);
            }
            let answer = answer(request).await?;
            match (answer.status, answer.json()["id"].as_str()) {
                (StatusCode::ACCEPTED, Some(id)) => return Ok(id.to_owned()),
                _ if answer.is_try_again_later() && Instant::now() < deadline => tokio::time::sleep(POLL * 4).await,
                _ => return Err(answer.unexpected("a job to be accepted")),
            }
        }
    }

    /// A job as the api shows it.
    ///
    /// # Errors
    /// Any answer but 200.
    pub async fn job(&self, id: &str) -> Result<Value, HarnessError> {
        Ok(self.get(&format!("/v1/jobs/{id}")).await?.expect(StatusCode::OK, "a job")?.json())
    }

    /// Cancels a job and returns the answer, whatever it is.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn cancel(&self, id: &str) -> Result<Answer, HarnessError> {
        answer(self.request(Method::DELETE, &format!("/v1/jobs/{id}"))).await
    }

    /// Waits until a job is done and returns it.
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
        Ok(self.get(&format!("/v1/jobs/{id}/result")).await?.expect(StatusCode::OK, "an output")?.body)
    }

    /// The stream of a job's events; those after the event `last_seen`, if one is given.
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

    /// Gets a path and returns the answer, whatever it is.
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
pub struct JobEvent {
    /// Its id, for `Last-Event-ID`.
    pub id: String,
    /// Its name, such as `done`.
    pub name: String,
    /// Its data.
    pub data: Value,
}

impl Events {
    /// The next event; `None` at the end of the stream.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn next(&mut self) -> Result<Option<JobEvent>, HarnessError> {
        loop {
            while let Some((block, rest)) = self.read.clone().split_once("\n\n") {
                rest.clone_into(&mut self.read);
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                if let (Some(id), Some(name), Some(data)) = (field("id"), field("event"), field("data")) {
                    let data = serde_json::from_str(data).unwrap_or_default();
                    return Ok(Some(JobEvent { id: id.to_owned(), name: name.to_owned(), data }));
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
