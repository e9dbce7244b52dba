//! Any bytes: the block walk never panics, and never promises more than its limits.
#![no_main]

use caption::Limits;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(found) = caption::probe(bytes, &limits) {
        assert!(found.width_px > 0 && found.width_px <= limits.longest_side_px());
        assert!(found.height_px > 0 && found.height_px <= limits.longest_side_px());
        assert!(found.frames > 0 && found.frames <= limits.max_frames);
        assert!(found.total_pixels <= limits.max_total_pixels);
    }
});
