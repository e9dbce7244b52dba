//! What the walk takes and what it refuses, on files put together by hand.

use super::*;

/// A header without a palette, then `blocks`.
fn gif(width: u16, height: u16, blocks: &[&[u8]]) -> Vec<u8> {
    let mut out = b"GIF89a".to_vec();
    out.extend(width.to_le_bytes());
    out.extend(height.to_le_bytes());
    out.extend([0, 0, 0]);
    out.extend(blocks.concat());
    out
}

/// A frame of this size with one data sub-block.
fn frame(width: u16, height: u16) -> Vec<u8> {
    let mut out = vec![IMAGE, 0, 0, 0, 0];
    out.extend(width.to_le_bytes());
    out.extend(height.to_le_bytes());
    out.extend([0, 2, 1, 0x2C, 0]);
    out
}

fn code(bytes: &[u8]) -> &'static str {
    Gif::walk(bytes, &Limits::default()).map_or_else(|e| e.code().as_str(), |_| "ok")
}

#[test]
fn limits_hold_before_any_pixel_is_decoded() {
    assert_eq!(code(&gif(u16::MAX, u16::MAX, &[&frame(u16::MAX, u16::MAX), b"\x3B"])), "canvas_too_large");
    assert_eq!(code(&gif(10, 10, &[&frame(u16::MAX, 1), b"\x3B"])), "canvas_too_large");
    assert_eq!(code(&gif(0, 0, &[&frame(0, 0), b"\x3B"])), "zero_sized");
    assert_eq!(code(&gif(4000, 4000, &[&frame(4000, 4000).repeat(26)])), "too_many_pixels");
    assert_eq!(code(&gif(1, 1, &[&frame(1, 1).repeat(2000), b"\x3B"])), "ok");
    assert_eq!(code(&gif(1, 1, &[&frame(1, 1).repeat(1_000_000)])), "too_many_frames");
}

#[test]
fn what_browsers_show_is_taken() {
    let whole = gif(9, 9, &[&frame(9, 9), b"\x3B"]);
    assert_eq!(code(&whole[..whole.len() - 1]), "ok", "no trailer");
    assert_eq!(code(&whole[..whole.len() - 2]), "ok", "no last terminator");
    assert_eq!(code(&[&whole[..], b"anything"].concat()), "ok", "extra data");
    assert_eq!(code(&gif(9, 9, &[&frame(9, 9), b"\0\0", &frame(9, 9), b"\x3B"])), "ok", "stray zeros");
    assert_eq!(code(&gif(0, 0, &[&frame(9, 9), b"\x3B"])), "ok", "a screen of no size takes the first frame's");
}

#[test]
fn a_screen_without_height_keeps_its_width() {
    let walked = Gif::walk(&gif(12, 0, &[&frame(8, 9), b"\x3B"]), &Limits::default()).unwrap();
    assert_eq!(walked.canvas, Rect::at(0, 0, 12, 9));
}

#[test]
fn a_cut_before_the_first_pixel_is_truncated_and_one_behind_it_is_damage() {
    let whole = gif(9, 9, &[&frame(9, 9), &frame(9, 9), b"\x3B"]);
    assert_eq!(code(&whole[..20]), "truncated");
    assert_eq!(code(&whole[..13]), "truncated");
    // Of three bytes of data two are there.
    let begun = [&frame(9, 9)[..10], &[2, 3, 0x2C, 0x44]].concat();
    for (cut, frames, inside) in [
        (gif(9, 9, &[&frame(9, 9), &begun]).as_slice(), 2, "image data"),
        (&whole[..whole.len() - 3], 1, "image data"),
        (&whole[..13 + frame(9, 9).len() + 4], 1, "an image descriptor"),
        (&gif(9, 9, &[&frame(9, 9), b"\x21\xFE\x09cut"]), 1, "an extension"),
    ] {
        let walked = Gif::walk(cut, &Limits::default()).unwrap();
        assert_eq!(walked.frames.len(), frames, "{inside}");
        assert_eq!(walked.damage, Some(Error::Truncated { at_byte: cut.len() as u64, inside }));
        assert_eq!(walked.frames[frames - 1].is_cut, frames == 2);
    }
    assert_eq!(Gif::walk(&whole, &Limits::default()).unwrap().damage, None);
    assert_eq!(code(&gif(9, 9, &[b"\x3B"])), "no_frames");
}

#[test]
fn behind_bytes_that_begin_no_block_the_next_frame_is_found() {
    let joined = [gif(9, 9, &[&frame(9, 9)]), gif(9, 9, &[&frame(9, 9), b"\x3B"])].concat();
    let walked = Gif::walk(&joined, &Limits::default()).unwrap();
    assert_eq!(walked.frames.len(), 2);
    assert_eq!(walked.frames[1].second_screen, Some(13 + frame(9, 9).len() + 6));
    let begun_in_its_size = gif(9, 9, &[&frame(9, 9), b"GIF89a\x09", &frame(9, 9), b"\x3B"]);
    let walked = Gif::walk(&begun_in_its_size, &Limits::default()).unwrap();
    assert_eq!(walked.frames[1].second_screen, None);
    let torn = gif(9, 9, &[&frame(9, 9), b"junk\x2C\x01"]);
    let walked = Gif::walk(&torn, &Limits::default()).unwrap();
    assert_eq!((walked.frames.len(), &torn[walked.tail]), (1, &b"junk\x2C\x01"[..]), "what can't be read is passed on");
}

#[test]
fn the_last_control_before_a_frame_counts() {
    let control = |flags: u8, delay: u8| [EXTENSION, GRAPHIC_CONTROL, 4, flags, delay, 0, 7, 0];
    let loops = b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x05\x00\x00";
    let bytes =
        gif(9, 9, &[loops, &control(0x04, 1), b"\x21\xFE\x01x\x00", &control(0x0D, 30), &frame(9, 9), &frame(9, 9), b"\x3B"]);
    let walked = Gif::walk(&bytes, &Limits::default()).unwrap();
    let [first, second] = &walked.frames[..] else { panic!("two frames") };
    assert_eq!((first.delay_cs, first.disposal, first.transparent), (30, Disposal::Previous, Some(7)));
    assert_eq!((second.delay_cs, second.disposal, second.transparent), (0, Disposal::Keep, None));
    assert_eq!(walked.loop_count, Some(5));
}
