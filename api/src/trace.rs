//! The trace that a request belongs to, as W3C Trace Context writes it.
//!
//! `access` reads it from `traceparent` or begins one, names it in the log and in `traceresponse`; `accept`
//! writes it into the job's record, so that one trace leads from a client's request to its picture.

use std::fmt;

use axum::http::HeaderMap;

use crate::mint::Mint;

pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const TRACERESPONSE: &str = "traceresponse";
/// A trace that begins here is to be kept.
const SAMPLED: u8 = 1;

/// One step of a trace: this request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    id: u128,
    span_id: u64,
    flags: u8,
}

impl Trace {
    /// The step after the one that the request names, or the first of a new trace.
    pub(crate) fn of(headers: &HeaderMap, mint: &Mint) -> Self {
        let mut given = headers.get_all(TRACEPARENT).iter();
        let parent = match (given.next(), given.next()) {
            (Some(one), None) => one.to_str().ok().and_then(parse),
            _ => None,
        };
        let (id, flags) = parent.unwrap_or_else(|| (mint.trace_id(), SAMPLED));
        Self { id, span_id: mint.span_id(), flags }
    }

    pub(crate) fn trace_id(&self) -> String {
        format!("{:032x}", self.id)
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.id, self.span_id, self.flags)
    }
}

/// Trace id and flags of a `traceparent` (W3C Trace Context, section 3.2). Of a later version what this one knows
/// is read.
fn parse(text: &str) -> Option<(u128, u8)> {
    let mut parts = text.split('-');
    let mut hex = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        let lower = part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        lower.then(|| u128::from_str_radix(part, 16).ok())?
    };
    let (version, trace_id, parent_id, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let known = version != 0xFF && (version != 0 || parts.next().is_none());
    let flags = u8::try_from(flags).ok()?;
    (known && trace_id != 0 && parent_id != 0).then_some((trace_id, flags & SAMPLED))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn of(given: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for text in given {
            headers.append(TRACEPARENT, text.parse().unwrap());
        }
        Trace::of(&headers, &Mint::counting(0)).to_string()
    }

    #[test]
    fn a_trace_goes_on_and_its_step_is_new() {
        assert_eq!(of(&[GIVEN]), "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000001-01");
        assert!(of(&[&GIVEN.replace("-01", "-00")]).ends_with("-00"), "not sampled stays so");
        assert!(of(&[&GIVEN.replacen("00-", "cc-", 1).replace("-01", "-01-later")]).contains("4bf92f"));
    }

    #[test]
    fn without_a_good_one_a_trace_begins() {
        let zero = "0".repeat(32);
        let bad = [
            "",
            "nonsense",
            &GIVEN.to_uppercase(),
            &GIVEN.replacen("00-", "ff-", 1),
            &format!("{GIVEN}-more"),
            &GIVEN[..54],
            &GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", &zero),
            &GIVEN.replace("00f067aa0ba902b7", &zero[..16]),
            &GIVEN.replace("4bf9", "+bf9"),
        ];
        for text in bad {
            assert_eq!(of(&[text]), format!("00-{:032x}-{:016x}-01", 1, 2), "{text}");
        }
        assert!(!of(&[GIVEN, GIVEN]).contains("4bf92f"));
    }
}
