//! The client: gets a picture with redirects checked one by one, posts a call back with none followed.
//!
//! Every request has a time limit that holds to the last byte of its answer, and every answer a length limit. No
//! connection is kept: whom a stranger names, we have nothing more to say to.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Response, header, redirect};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    error::{NoTls, OutboundError},
    guard::{Guard, Refused},
};

/// Redirects followed when a picture is fetched.
const MAX_REDIRECTS: usize = 3;
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const USER_AGENT: &str = concat!("punchline/", env!("CARGO_PKG_VERSION"));

/// Asks other hosts, within what its guard allows. Clones share it.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    guard: Guard,
}

/// An answer on its way in.
#[derive(Debug)]
pub struct Download {
    response: Response,
    deadline: Instant,
    max_bytes: u64,
    got_bytes: u64,
}

impl Client {
    /// A client behind this guard.
    ///
    /// # Errors
    /// The system has no certificates to trust.
    pub fn new(guard: Guard) -> Result<Self, NoTls> {
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .dns_resolver(guard.clone())
            // A proxy would look names up by itself.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(NoTls)?;
        Ok(Self { http, guard })
    }

    /// What the guard says of a URL before anything is asked.
    ///
    /// # Errors
    /// As [`Guard::check`].
    pub fn check(&self, url: &str) -> Result<Url, OutboundError> {
        self.guard.check(url)
    }

    /// Begins to fetch what stands at a URL, of at most `max_bytes`, to be read to its end `within` that time.
    ///
    /// # Errors
    /// The guard's, or no answer of status 200 of a length that may be.
    pub async fn fetch(&self, url: &str, max_bytes: u64, within: Duration) -> Result<Download, OutboundError> {
        let deadline = Instant::now() + within;
        let mut url = self.guard.check(url)?;
        for _ in 0..=MAX_REDIRECTS {
            let response = answered(deadline, self.http.get(url.clone())).await?;
            let status = response.status();
            if status.as_u16() == 200 {
                let announced_bytes = response.content_length().unwrap_or_default();
                if announced_bytes > max_bytes {
                    return Err(OutboundError::TooLarge { limit_bytes: max_bytes, got_bytes: announced_bytes });
                }
                return Ok(Download { response, deadline, max_bytes, got_bytes: 0 });
            }
            url = self.redirected(&url, &response)?;
        }
        Err(OutboundError::TooManyRedirects { limit: MAX_REDIRECTS })
    }

    /// Posts a body, and gives the status of the answer, which is not read any further. No redirect is followed.
    ///
    /// # Errors
    /// The guard's, or no answer in time.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
        within: Duration,
    ) -> Result<u16, OutboundError> {
        let url = self.guard.check(url)?;
        let request = headers.iter().fold(self.http.post(url), |request, (name, value)| request.header(*name, value));
        Ok(answered(Instant::now() + within, request.body(body)).await?.status().as_u16())
    }

    /// Where an answer leads, checked as if it had been asked for.
    fn redirected(&self, from: &Url, response: &Response) -> Result<Url, OutboundError> {
        let status = response.status();
        let location = response.headers().get(header::LOCATION).and_then(|location| location.to_str().ok());
        let Some(location) = location.filter(|_| matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)) else {
            return Err(OutboundError::Status(status.as_u16()));
        };
        let url = from.join(location).map_err(|e| OutboundError::BadUrl(format!("a redirect's: {e}")))?;
        self.guard.check_url(&url)?;
        Ok(url)
    }
}

impl Download {
    /// A link of what came, which may be relative to where that stood, redirects followed.
    ///
    /// # Errors
    /// It is no link.
    pub fn link(&self, link: &str) -> Result<String, OutboundError> {
        let url = self.response.url().join(link).map_err(|e| OutboundError::BadUrl(format!("a page's: {e}")))?;
        Ok(url.into())
    }

    /// What the answer says it has.
    #[must_use]
    pub fn announced_bytes(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// It broke off, came too slowly, or has more bytes than it may have.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, OutboundError> {
        let read = timeout_at(self.deadline, self.response.chunk()).await.map_err(|_| OutboundError::Timeout)?;
        let Some(chunk) = read.map_err(|e| why(&e))? else { return Ok(None) };
        self.got_bytes += chunk.len() as u64;
        if self.got_bytes > self.max_bytes {
            return Err(OutboundError::TooLarge { limit_bytes: self.max_bytes, got_bytes: self.got_bytes });
        }
        Ok(Some(chunk))
    }
}

async fn answered(deadline: Instant, request: reqwest::RequestBuilder) -> Result<Response, OutboundError> {
    let answer = timeout_at(deadline, request.send()).await.map_err(|_| OutboundError::Timeout)?;
    answer.map_err(|e| why(&e))
}

/// A refused look-up is told as such; all else is told in few words, for the answerer's own would show strangers more.
fn why(error: &reqwest::Error) -> OutboundError {
    let mut causes = std::iter::successors(Some(error as &dyn std::error::Error), |e| e.source());
    match causes.find_map(|cause| cause.downcast_ref::<Refused>()) {
        Some(Refused { host }) => OutboundError::ForbiddenAddress { host: host.clone() },
        None if error.is_timeout() => OutboundError::Timeout,
        None => OutboundError::Unreachable,
    }
}
