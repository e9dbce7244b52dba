//! Any bytes as a subtitle file: never a panic, and what is read makes captions that are in the file's bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proto_shared::{CaptionSpec, bounds::MAX_CAPTIONS, subtitles};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(cues) = subtitles::read(bytes) {
        assert!((1..=MAX_CAPTIONS).contains(&cues.len()));
        assert!(cues.iter().all(|cue| cue.fields.from < cue.fields.to && cue.line > 0 && !cue.text.is_empty()));
        // Too long a text, or a character that can't be drawn, is for the spec to refuse.
        let captions = cues.into_iter().map(|cue| cue.fields.caption(cue.text)).collect();
        let spec = CaptionSpec::of(captions);
        if spec.validate().is_ok() {
            let written = serde_json::to_vec(&spec).expect("a spec is always JSON");
            assert_eq!(CaptionSpec::from_json(&written).expect("its own JSON is accepted"), spec);
        }
    }
});
