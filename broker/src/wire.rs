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

/// Reads a body, or says why it is none of ours: the reason of the dead letter it becomes.
pub(crate) fn decode(body: &[u8]) -> Result<JobMessage, String> {
    if body.len() > MAX_BODY_BYTES {
        return Err(format!("malformed message: at most {MAX_BODY_BYTES} bytes were expected, got {}", body.len()));
    }
    serde_json::from_slice(body).map_err(|e| format!("malformed message: {e}"))
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
