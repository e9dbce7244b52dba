//! Bytes that choose a GIF, the streams of its frames and a layout: nothing outside the mask differs. Every input is a GIF
//! that gets as far as the codec, so this is the target that finds what is wrong there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use punchline_fuzz::{LAYOUTS, caption_and_compare, caption_exactly};
use samples::{Choices, Sample};

fuzz_target!(|bytes: &[u8]| {
    let [layout, bytes @ ..] = bytes else { return };
    let sample = Sample::from_choices(&mut Choices::from_bytes(bytes));
    let (source, layout_number) = (sample.bytes(), usize::from(*layout & 0x7F));
    caption_and_compare(&source, &LAYOUTS[layout_number % LAYOUTS.len()]);
    if *layout >= 0x80 && !sample.swallows() && !sample.may_leave_its_palette() {
        caption_exactly(&source, &LAYOUTS[layout_number % LAYOUTS.len()]);
    }
});
