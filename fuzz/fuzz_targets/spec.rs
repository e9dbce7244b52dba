//! Any bytes as the JSON of a spec: never a panic, and what is accepted reads back from its own JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proto_shared::CaptionSpec;

fuzz_target!(|json: &[u8]| {
    if let Ok(spec) = CaptionSpec::from_json(json) {
        let written = serde_json::to_vec(&spec).expect("a spec is always JSON");
        assert_eq!(CaptionSpec::from_json(&written).expect("its own JSON is accepted"), spec);
    }
});
