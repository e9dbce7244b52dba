//! The settings of what the front asks of other hosts: pictures by their URL, calls back.
//!
//! Read by `front`. It must never let a secret through that is too short to keep anything.

use ipnet::IpNet;

use super::{Reader, Secret, parse, settings as s};

/// What the front may ask of other hosts.
#[derive(Clone, Debug)]
pub struct OutboundSettings {
    /// Whether a job may name its picture by a URL.
    pub source_urls: bool,
    /// What calls back are signed with; none are made without it.
    pub webhook_secret: Option<Secret>,
    /// Networks that may be asked beside the public ones.
    pub allowed: Vec<IpNet>,
}

pub(super) fn outbound(r: &mut Reader<'_>) -> Option<OutboundSettings> {
    let source_urls = r.value(&s::SOURCE_URLS, parse::yes_or_no);
    let webhook_secret = r.optional(&s::WEBHOOK_SECRET, parse::webhook_secret);
    let allowed = r.optional(&s::OUTBOUND_ALLOW, parse::networks).unwrap_or_default();
    Some(OutboundSettings { source_urls: source_urls?, webhook_secret, allowed })
}

#[cfg(test)]
mod tests {
    use super::super::ServeSettings;

    fn read(secret: &str) -> Result<ServeSettings, String> {
        let lookup = |name: &str| (name == "PUNCHLINE_WEBHOOK_SECRET").then(|| secret.to_owned());
        ServeSettings::read(&lookup).map_err(|e| e.to_string())
    }

    #[test]
    fn a_secret_is_long_enough_or_refused_and_never_shown() {
        for good in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "twenty-four bytes of text", "a#/= more than enough of it"] {
            let settings = read(good).unwrap();
            assert_eq!(settings.http.outbound.webhook_secret.as_ref().unwrap().expose(), good);
            assert!(!format!("{settings:?}").contains(good), "{settings:?}");
        }
        for bad in ["hunter2hunter2hunter2h", "whsec_c2hvcnQ=", "whsec_!!!!not base64 at all, but long enough!!!!"] {
            let message = read(bad).unwrap_err();
            assert!(message.contains("PUNCHLINE_WEBHOOK_SECRET") && !message.contains(bad), "{message}");
        }
        assert!(read("").unwrap().http.outbound.webhook_secret.is_none());
    }
}
