//! Job messages and events as bytes and back: JSON, the same in both backends.

use proto_shared::{Event, JobMessage};

use crate::BrokerError;

/// `content-type` of every message.
pub(crate) const CONTENT_TYPE: &str = "application/json";

/// A body larger than any that [`encode`] makes of an accepted job; more is not even parsed.
const MAX_BODY_BYTES: usize = 1_000_000;

pub(crate) fn encode(message: &JobMessage) -> Result<Vec<u8>, BrokerError> {
    serde_json::to_vec(message).map_err(|e| BrokerError::Encode(e.to_string()))
}

/// What a body is to a process that understands versions up to some number.
#[derive(Debug)]
pub(crate) enum Read {
    /// A job that it can run.
    Job(JobMessage),
    /// A job that a later release can run: it needs a later version, or has a spec that this release does not know whole.
    Newer {
        /// What it says that it needs.
        version: u64,
    },
    /// None of ours: the reason of the dead letter it becomes.
    Malformed(String),
}

/// Reads a body for a process that understands versions up to `newest`.
pub(crate) fn read(body: &[u8], newest: u32) -> Read {
    match decode(body) {
        Ok(message) if message.job.version <= newest && !message.job.is_newer() => Read::Job(message),
        Ok(message) => Read::Newer { version: message.job.version.into() },
        Err(reason) => match version(body) {
            Some(version) if version > newest.into() => Read::Newer { version },
            _ => Read::Malformed(reason),
        },
    }
}

/// Reads a body of whatever release, as far as it is known, or says why it is none of ours.
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

/// The reason of a dead letter that was delivered and given back more often than `limit` allows.
pub(crate) fn delivery_limit_reason(limit: u32) -> String {
    format!("delivery_limit: given back unsettled {} times", limit.saturating_add(1))
}

pub(crate) fn encode_event(event: &Event) -> Result<Vec<u8>, BrokerError> {
    serde_json::to_vec(event).map_err(|e| BrokerError::Encode(e.to_string()))
}

/// Reads an event; one of a later release that we don't know is no event to us.
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
        assert!(is_newer(&changed("/job/spec", "exact", true.into())));
        assert!(is_newer(&changed("/job/spec/captions/0", "from", 0.5.into())));
        assert!(is_newer(&changed("/job/spec/captions/0", "style", "bubble".into())));
        assert!(is_newer(br#"{"job":{"version":99,"layers":[]},"try":1}"#));
        for passed_over in ["/job", "/job/source", ""] {
            let body = changed(passed_over, "added_later", 7.into());
            assert!(matches!(read(&body, NEWEST_VERSION), Read::Job(got) if got == message(1)), "{passed_over}");
        }
        for malformed in [br#"{"job":{"version":99"#.as_slice(), br#"{"job":{"version":1}}"#, b"", b"\0", b"[]", b"99"] {
            assert!(matches!(read(malformed, NEWEST_VERSION), Read::Malformed(_)));
        }
    }
}
