//! A deadline for a whole test, so that nothing hangs; used by every test that starts processes.

use std::{pin::pin, time::Duration};

/// Runs `body` to its end, or panics at the deadline while what it started is still there, so that their guards show their logs.
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
