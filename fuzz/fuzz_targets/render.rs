//! Any bytes, captioned within small limits: never a panic; where both can be played, nothing outside the mask differs, and
//! what a strict decoder took it takes again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use punchline_fuzz::{LAYOUTS, LIMITS, caption_and_compare};

fuzz_target!(|bytes: &[u8]| {
    if caption::probe(bytes, &LIMITS).is_ok() {
        for layout in [&LAYOUTS[0], &LAYOUTS[5], &LAYOUTS[6]] {
            caption_and_compare(bytes, layout);
        }
    }
});
