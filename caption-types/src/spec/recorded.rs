//! The tolerant reading of a spec: as a record or a message holds it, which another release may have written.
//!
//! `JobRecord` has it. A spec that this release understands whole is known; any other is kept as it was, so that it can be shown
//! and passed on, and nobody takes a part of it for the whole.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;

use super::CaptionSpec;

/// The spec of a record or a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum RecordedSpec {
    /// This release understands all of it.
    Known(CaptionSpec),
    /// It has fields or values that this release does not know. Kept as it is.
    Newer(Value),
}

impl RecordedSpec {
    /// Reads a spec without checking its limits: what was accepted once stays readable.
    fn of(value: Value) -> Self {
        let mut is_whole = true;
        match serde_ignored::deserialize(&value, |_| is_whole = false) {
            Ok(spec) if is_whole => Self::Known(spec),
            _ => Self::Newer(value),
        }
    }
}

impl From<CaptionSpec> for RecordedSpec {
    fn from(spec: CaptionSpec) -> Self {
        Self::Known(spec)
    }
}

impl<'de> Deserialize<'de> for RecordedSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value.is_object() { Ok(Self::of(value)) } else { Err(D::Error::custom("a spec was expected")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> RecordedSpec {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_understood_whole_is_known() {
        let known = read(r##"{"captions":[{"text":"a","fill":"#FFF"}]}"##);
        assert!(matches!(&known, RecordedSpec::Known(spec) if spec.captions.len() == 1));
        // As older releases accepted it.
        assert!(matches!(read(r#"{"captions":[{"text":"a\u0000b"}]}"#), RecordedSpec::Known(_)));
    }

    #[test]
    fn what_a_later_release_has_added_is_kept_as_it_is() {
        for json in [
            r#"{"captions":[{"text":"a"}],"filters":{}}"#,
            r#"{"captions":[{"text":"a"}],"images":{"a":{"url":"b"}}}"#,
            r#"{"captions":[{"fade":0.5,"text":"a"}]}"#,
            r#"{"captions":[{"at":{"path":"M0"},"text":"a"}]}"#,
            r#"{"captions":[{"style":"bubble","text":"a"}]}"#,
            r#"{"layers":[]}"#,
        ] {
            let newer = read(json);
            assert!(matches!(newer, RecordedSpec::Newer(_)), "{json}");
            assert_eq!(serde_json::to_string(&newer).unwrap(), json);
        }
        assert!(serde_json::from_str::<RecordedSpec>("7").is_err());
    }
}
