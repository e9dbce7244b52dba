//! Clips made by code: every pixel, every time, twice, turned, cut by an edit list and damaged.

use samples::{h264::luma, mp4::Clip};

use super::*;

const SIDES: [u32; 2] = [34, 18];

/// Luma of BT.601 in limited range as grey, as the decoder's own tests hold it to the formula.
fn grey(n: u32, x: u32, y: u32) -> [u8; 4] {
    let value = (i32::from(luma(n, x, y)) - 16) * 76_309 + (1 << 15);
    let value = u8::try_from((value >> 16).clamp(0, 255)).unwrap();
    [value, value, value, 255]
}

fn frames(video: &mut VideoFrames<'_>) -> Vec<VideoFrame> {
    std::iter::from_fn(|| video.next_frame().unwrap()).collect()
}

/// Which picture a frame is, by its first pixels.
fn which(frame: &VideoFrame) -> Option<u32> {
    (0..20).find(|&n| frame.0[0] == grey(n, 0, 0) && frame.0[1] == grey(n, 1, 0))
}

#[test]
fn every_frame_is_what_was_stored_and_again_after_a_rewind() {
    let file = Clip { lasts_ms: vec![100, 40, 70, 100, 250, 30, 110], ..Clip::with_b(SIDES, 2) }.bytes();
    let mut video = VideoFrames::new(&file, &Limits::default()).unwrap();
    assert_eq!((video.sides_px(), video.frames()), (SIDES, 7));
    let first = frames(&mut video);
    for (n, (pixels, lasts_us)) in (0..).zip(&first) {
        let [width, height] = SIDES;
        let expected: Vec<_> = (0..height).flat_map(|y| (0..width).map(move |x| grey(n, x, y))).collect();
        assert!(*pixels == expected, "frame {n}");
        assert_eq!(*lasts_us, [100, 40, 70, 100, 250, 30, 110][n as usize] * 1_000);
    }
    assert_eq!((first.len(), video.damaged_frames()), (7, 0));
    video.rewind();
    assert!(frames(&mut video) == first);
    // In the middle, too.
    video.rewind();
    video.next_frame().unwrap();
    video.rewind();
    assert!(frames(&mut video) == first);
}

#[test]
fn a_turned_video_is_turned() {
    let file = Clip { degrees: 90, ..Clip::of_keys(SIDES, 1) }.bytes();
    let mut video = VideoFrames::new(&file, &Limits::default()).unwrap();
    assert_eq!(video.sides_px(), [18, 34]);
    let (pixels, _) = video.next_frame().unwrap().unwrap();
    // Clockwise: the first shown row is the first stored column, from its lower end.
    for (x, y) in [(0_u32, 0_u32), (17, 0), (5, 20)] {
        assert_eq!(pixels[(y * 18 + x) as usize], grey(0, y, 17 - x));
    }
}

#[test]
fn what_the_edit_list_leaves_out_is_decoded_and_not_shown() {
    let file = Clip { edit_from_ms: Some(200), ..Clip::with_b(SIDES, 2) }.bytes();
    let mut video = VideoFrames::new(&file, &Limits::default()).unwrap();
    let shown: Vec<_> = frames(&mut video).iter().map(which).collect();
    assert_eq!(shown, [2, 3, 4, 5, 6].map(Some));
}

#[test]
fn a_broken_frame_is_shown_as_the_one_before_it() {
    let file = Clip::of_keys(SIDES, 4).bytes();
    let samples = Mp4::walk(&file, &Limits::default()).unwrap().samples;
    let broken = |which: &[usize]| {
        let mut file = file.clone();
        for &i in which {
            // The unit's kind: one that no decoder takes.
            file[samples[i].data.start + 4] = 0x1F;
        }
        file
    };
    for (hit, expected) in [(&[2_usize][..], [0, 1, 1, 3]), (&[0], [1, 1, 2, 3]), (&[3], [0, 1, 2, 2]), (&[1, 2], [0, 0, 0, 3])] {
        let file = broken(hit);
        let mut video = VideoFrames::new(&file, &Limits::default()).unwrap();
        let shown: Vec<_> = frames(&mut video).iter().map(which).collect();
        assert_eq!((shown, video.damaged_frames()), (expected.map(Some).to_vec(), hit.len()), "{hit:?}");
    }
    let none = broken(&[0, 1, 2, 3]);
    let error = VideoFrames::new(&none, &Limits::default()).unwrap().next_frame().unwrap_err();
    assert_eq!(error.code().as_str(), "malformed");
}
