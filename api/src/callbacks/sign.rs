//! Signs callbacks, as Standard Webhooks says. A receiver can tell a callback of ours from a stranger's, and an old one that
//! is sent again from a new one. The secret is never shown.

use std::fmt;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// Signs callbacks; clones share the secret.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

/// A secret that can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("PUNCHLINE_WEBHOOK_SECRET: what follows `whsec_` was expected to be base64")]
pub struct BadSecret;

impl Signer {
    /// Takes `whsec_` with base64, or any other text as it is.
    ///
    /// # Errors
    /// What follows `whsec_` is not base64.
    pub fn new(secret: &str) -> Result<Self, BadSecret> {
        let bytes = match secret.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).or_else(|_| STANDARD_NO_PAD.decode(encoded)).map_err(|_| BadSecret)?,
            None => secret.as_bytes().to_vec(),
        };
        // A key of any length is taken.
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| BadSecret)
    }

    /// The value of `webhook-signature`.
    pub(crate) fn signature(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp_s}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that Standard Webhooks' own libraries are tested with.
    #[test]
    fn the_known_example_comes_out() {
        let signer = Signer::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = signer.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_base64_or_taken_as_it_is_and_never_shown() {
        assert_eq!(Signer::new("whsec_not base64").unwrap_err(), BadSecret);
        let padded = Signer::new("whsec_aHVzaCBodXNoIGh1c2ggaHVzaCBodXNo").unwrap().signature("a", 1, b"b");
        assert_eq!(Signer::new("hush hush hush hush hush").unwrap().signature("a", 1, b"b"), padded);
        assert_eq!(format!("{:?}", Signer::new("hush hush hush hush hush").unwrap()), "Signer(..)");
    }
}
