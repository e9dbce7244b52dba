//! Job messages and events as bytes and back: JSON, the same in both backends.
//!
//! Both backends read and write with it. A message of a newer release must never be taken for a malformed one.

use proto_shared::{ErrorCode, Event, JobMessage, Lane, TraceContext};

use crate::BrokerError;

/// `content-type` of every message.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// A body larger than any that [`encode`] makes of an accepted job; more is not even parsed.
const MAX_BODY_BYTES: usize = 1_000_000;

pub(crate) fn encode(message: &JobMessage) -> Result<Vec<u8>, BrokerError> {
    serde_json::to_vec(message).map_err(|e| BrokerError::Encode(e.to_string()))
}

/// What is sent beside a message's body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) trace: Option<TraceContext>,
    pub(crate) deliveries_before: u32,
}

/// A job as it was delivered.
#[derive(Debug)]
pub(crate) struct ReadJob {
    pub(crate) message: JobMessage,
    pub(crate) lane: Lane,
    pub(crate) deliveries_before: u32,
    pub(crate) trace: Option<TraceContext>,
}

/// A dead letter as it was delivered.
#[derive(Debug)]
pub(crate) struct ReadLetter {
    pub(crate) body: Vec<u8>,
    pub(crate) reason: Reason,
    pub(crate) trace: Option<TraceContext>,
}

/// Why a message is a dead letter.
#[derive(Clone, Debug)]
pub(crate) struct Reason {
    /// For programs, where a worker made it one.
    pub(crate) code: Option<ErrorCode>,
    /// For people.
    pub(crate) text: String,
}

impl Reason {
    /// A worker has given it up.
    pub(crate) fn given_up(code: ErrorCode, message: &str) -> Self {
        Self { code: Some(code), text: format!("{code}: {message}") }
    }

    /// Its bytes are no job, as `text` says.
    pub(crate) fn malformed(text: String) -> Self {
        Self { code: None, text }
    }

    /// It was delivered and given back more often than `limit` allows.
    pub(crate) fn delivery_limit(limit: u32) -> Self {
        Self { code: None, text: format!("delivery_limit: given back unsettled {} times", limit.saturating_add(1)) }
    }
}

/// What a body is to a process that understands versions up to some number.
#[derive(Debug)]
pub(crate) enum Read {
    /// A job that the process can run.
    Job(Box<JobMessage>),
    /// A job that a later release can run: it needs a later version, or has a spec that this release does not know whole.
    Newer {
        /// What it says that it needs.
        version: u64,
    },
    /// No job of any release: it becomes a dead letter.
    Malformed(Reason),
}

/// Reads a body for a process that understands versions up to `newest`.
pub(crate) fn read(body: &[u8], newest: u32) -> Read {
    match decode(body) {
        Ok(message) if message.job.version <= newest && !message.job.is_newer() => Read::Job(Box::new(message)),
        Ok(message) => Read::Newer { version: message.job.version.into() },
        Err(reason) => match version(body) {
            Some(version) if version > newest.into() => Read::Newer { version },
            _ => Read::Malformed(Reason::malformed(reason)),
        },
    }
}

/// Reads a body of whatever release, as far as it is known, or says why it is no job.
pub(crate) fn decode(body: &[u8]) -> Result<JobMessage, String> {
    if body.len() > MAX_BODY_BYTES {
        return Err(format!("malformed message: at most {MAX_BODY_BYTES} bytes were expected, got {}", body.len()));
    }
    serde_json::from_slice(body).map_err(|e| format!("malformed message: {e}"))
}

/// The version that a job says it needs, whatever else has become of messages since.
fn version(body: &[u8]) -> Option<u64> {
    let message: serde_json::Value = serde_json::from_slice(body.get(..MAX_BODY_BYTES.min(body.len()))?).ok()?;
    message.pointer("/job/version")?.as_u64()
}

pub(crate) fn encode_event(event: &Event) -> Result<Vec<u8>, BrokerError> {
    serde_json::to_vec(event).map_err(|e| BrokerError::Encode(e.to_string()))
}

/// Reads an event; one of a later release that this one does not know is passed over.
pub(crate) fn decode_event(body: &[u8]) -> Option<Event> {
    if body.len() > MAX_BODY_BYTES {
        return None;
    }
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
#[cfg(feature = "conformance")]
mod tests {
    use proto_shared::spec::NEWEST_VERSION;

    use super::*;
    use crate::conformance::message;

    fn changed(path: &str, member: &str, value: serde_json::Value) -> Vec<u8> {
        let mut json = serde_json::to_value(message(1)).unwrap();
        json.pointer_mut(path).unwrap().as_object_mut().unwrap().insert(member.to_owned(), value);
        serde_json::to_vec(&json).unwrap()
    }

    #[test]
    fn what_a_later_release_has_written_is_told_from_what_nobody_has() {
        let is_newer = |body: &[u8]| matches!(read(body, NEWEST_VERSION), Read::Newer { .. });
        assert!(is_newer(&changed("/job", "version", (NEWEST_VERSION + 1).into())));
        assert!(is_newer(&changed("/job/spec", "layers", 1.into())));
        assert!(is_newer(&changed("/job/spec/captions/0", "fade", 0.5.into())));
        assert!(is_newer(&changed("/job/spec/captions/0", "style", "bubble".into())));
        assert!(is_newer(br#"{"job":{"version":99,"layers":[]},"try":1}"#));
        for passed_over in ["/job", "/job/source", ""] {
            let body = changed(passed_over, "added_later", 7.into());
            assert!(matches!(read(&body, NEWEST_VERSION), Read::Job(got) if *got == message(1)), "{passed_over}");
        }
        for malformed in [br#"{"job":{"version":99"#.as_slice(), br#"{"job":{"version":1}}"#, b"", b"\0", b"[]", b"99"] {
            assert!(matches!(read(malformed, NEWEST_VERSION), Read::Malformed(_)));
        }
    }
}
