//! A deadline for a whole test, so that no test hangs.
//!
//! Called by every test that starts processes. It must fail the test while the processes still exist, so that their logs are shown.

use std::{pin::pin, time::Duration};

/// Runs `body` to its end, or panics at the deadline. The guards of what `body` started then show their logs.
///
/// # Panics
/// The deadline passed.
pub async fn within<T>(limit: Duration, body: impl Future<Output = T>) -> T {
    let mut body = pin!(body);
    match tokio::time::timeout(limit, body.as_mut()).await {
        Ok(value) => value,
        #[expect(clippy::panic, reason = "this is how a test fails; `body` is dropped by the unwinding, so guards see it")]
        Err(elapsed) => panic!("the test was not done within {limit:?}: {elapsed}"),
    }
}
