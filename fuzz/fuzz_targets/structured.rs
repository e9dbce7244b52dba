//! Bytes that choose a GIF, the streams of its frames and a layout: nothing outside the mask differs. Every input is a GIF
//! that gets as far as the codec, so this is the target that finds what is wrong there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use punchline_fuzz::{LAYOUTS, caption_and_compare};
use samples::{Choices, Sample};

fuzz_target!(|bytes: &[u8]| {
    let [layout, bytes @ ..] = bytes else { return };
    let sample = Sample::from_choices(&mut Choices::from_bytes(bytes));
    caption_and_compare(&sample.bytes(), &LAYOUTS[usize::from(*layout) % LAYOUTS.len()]);
});
