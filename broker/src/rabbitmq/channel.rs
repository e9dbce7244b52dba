//! What every file of this backend needs to know of a channel: how its errors are told, and how long its end may take.

use std::time::Duration;

use lapin::ErrorKind;

use crate::BrokerError;

/// How long a clean end may take before the sockets are simply dropped.
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// lapin's errors name no credentials; its types go no further than this crate.
#[expect(clippy::needless_pass_by_value, reason = "it is passed to map_err")]
pub(super) fn channel_error(error: lapin::Error) -> BrokerError {
    match error.kind() {
        ErrorKind::InvalidConnectionState(_) => BrokerError::Disconnected,
        _ => BrokerError::Channel(error.to_string()),
    }
}
