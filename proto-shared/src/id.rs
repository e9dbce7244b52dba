//! Names of things: jobs, outputs and those who ask, each a newtype that can only hold a well-formed id. That of a source is
//! `caption-types'`, as a spec may hold it.
//!
//! Made by api (job ids) and store (content ids); read from URLs and records. A value of these types
//! is safe to put in an object key or a path: nothing a user typed gets further than `parse`.

use caption_types::hex_id;

pub use caption_types::{BadId, SourceId};

hex_id!(
    /// A job: a version 7 UUID without hyphens, so that ids sort by the time they were made.
    JobId,
    32
);
hex_id!(
    /// An output: the SHA-256 of source id, spec, fonts and engine version, so that a rerun lands on the
    /// same key with the same bytes.
    OutputId,
    64
);
hex_id!(
    /// What a client called a request: the SHA-256 of the client and its `Idempotency-Key`.
    IdempotencyId,
    64
);
hex_id!(
    /// Who asks: a digest of an API key's name or of an address, so that neither stands in a record.
    ClientId,
    16
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_spell_an_id_that_reads_back() {
        let bytes = [0x01, 0x92, 0xf0, 0xc1, 0xa2, 0xb3, 0x7c, 0x4d, 0x8e, 0x9f, 0x00, 0x11, 0x22, 0x33, 0x44, 0x55];
        let id = JobId::from_bytes(bytes);
        assert_eq!(id.as_str(), "0192f0c1a2b37c4d8e9f001122334455");
        assert_eq!(JobId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn only_well_formed_ids_pass() {
        assert!(JobId::parse("0192f0c1a2b37c4d8e9f001122334455").is_ok());
        for bad in [
            "",
            "0192F0C1A2B37C4D8E9F001122334455",
            "../../etc/passwd",
            "0192f0c1a2b37c4d8e9f00112233445",
            "0192f0c1a2b37c4d8e9f00112233445g",
        ] {
            assert!(JobId::parse(bad).is_err(), "{bad:?}");
            assert!(serde_json::from_value::<JobId>(bad.into()).is_err(), "{bad:?}");
        }
    }
}
