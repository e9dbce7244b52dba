//! The trace that a job belongs to, as W3C Trace Context writes it: one line of text on the way from a client's request
//! over the job's record and message to the worker that renders it.
//!
//! api reads or begins it, broker carries it, api and worker name it in what they log. Nothing is ever decided by it.

use std::fmt;

/// The name of the header that carries it, in HTTP and in AMQP.
pub const TRACEPARENT: &str = "traceparent";

const SAMPLED: u8 = 1;

/// One step of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// What all its steps share; never zero.
    pub trace: TraceId,
    /// This step; never zero.
    pub span_id: u64,
    /// Whether the process that began it wants it kept.
    pub sampled: bool,
}

/// The name of a trace; shown as the 32 digits that every tool for traces shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(pub u128);

impl TraceContext {
    /// Reads a `traceparent` (W3C Trace Context, section 3.2). Of a later version what this one knows is read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut hex = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            let lower = part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            lower.then(|| u128::from_str_radix(part, 16).ok())?
        };
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        let known = version != 0xFF && (version != 0 || parts.next().is_none());
        let (span_id, flags) = (u64::try_from(span).ok()?, u8::try_from(flags).ok()?);
        let read = Self { trace: TraceId(trace), span_id, sampled: flags & SAMPLED != 0 };
        (known && trace != 0 && span_id != 0).then_some(read)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{:016x}-{:02x}", self.trace, self.span_id, u8::from(self.sampled))
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_read_is_written_the_same() {
        let read = TraceContext::parse(GIVEN).unwrap();
        assert_eq!((read.to_string().as_str(), read.sampled), (GIVEN, true));
        assert_eq!(read.trace.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(TraceContext::parse(&GIVEN.replace("-01", "-02")).is_some_and(|read| !read.sampled));
        let later = GIVEN.replacen("00-", "cc-", 1) + "-later";
        assert_eq!(TraceContext::parse(&later), Some(read));
    }

    #[test]
    fn what_is_malformed_is_no_trace() {
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
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }
}
