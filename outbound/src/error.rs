//! Why a request to another host was not made, or did not bring what was wanted.
//!
//! The text goes to the client that named the host: it says nothing of addresses that a name has, nor of what answered there.

use proto_shared::ErrorCode;

/// Why it was not made, or failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The URL is none that may be asked.
    #[error("an http:// or https:// URL without credentials was expected: {0}")]
    BadUrl(String),
    /// The host is at an address that is neither public nor allowed, or one of its addresses is.
    #[error("the host `{host}` is not at a public address")]
    ForbiddenAddress {
        /// As the URL names it.
        host: String,
    },
    /// More bytes than may be.
    #[error("the answer may have {limit_bytes} bytes, got {got_bytes} or more")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
        /// What was announced, or read so far.
        got_bytes: u64,
    },
    /// An answer of another status than was wanted.
    #[error("the host answered with status {0}")]
    Status(u16),
    /// More redirects than are followed.
    #[error("there were more than {limit} redirects")]
    TooManyRedirects {
        /// The limit.
        limit: usize,
    },
    /// It took too long.
    #[error("the host did not answer in time")]
    Timeout,
    /// No connection, or one that broke.
    #[error("the host could not be reached, or broke off")]
    Unreachable,
}

impl OutboundError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::BadUrl(_) => ErrorCode::BadUrl,
            Self::ForbiddenAddress { .. } => ErrorCode::ForbiddenAddress,
            Self::TooLarge { .. } => ErrorCode::FileTooLarge,
            Self::Status(_) | Self::TooManyRedirects { .. } | Self::Timeout | Self::Unreachable => ErrorCode::FetchFailed,
        }
    }
}

/// The system has no certificates that a TLS client could trust.
#[derive(Debug, thiserror::Error)]
#[error("failed to make a client for other hosts: {0}")]
pub struct NoTls(#[source] pub(crate) reqwest::Error);
