//! Clips made by code: what the walk finds in them, what it refuses, and that no bytes make it panic.

use samples::mp4::{Clip, of};

use super::*;

fn walk(file: &[u8]) -> Result<Mp4, Error> {
    Mp4::walk(file, &Limits::default())
}

fn refused(file: &[u8]) -> String {
    let error = walk(file).unwrap_err();
    format!("{}: {error}", error.code())
}

/// The file with the first `from` that it has replaced.
fn with(file: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = file.windows(from.len()).position(|window| window == from).expect("it is there");
    [&file[..at], to, &file[at + from.len()..]].concat()
}

/// Changes bytes behind a box's kind.
fn patched(clip: &Clip, kind: &[u8], at: usize, to: &[u8]) -> Vec<u8> {
    let mut file = clip.bytes();
    let found = file.windows(4).position(|window| window == kind).expect("it is there") + 4 + at;
    file[found..found + to.len()].copy_from_slice(to);
    file
}

#[test]
fn frames_have_their_places_times_and_the_way_up() {
    for header_first in [true, false] {
        let clip = Clip { header_first, degrees: 90, ..Clip::with_b([34, 18], 2) };
        let file = clip.bytes();
        let found = walk(&file).unwrap();
        assert_eq!((found.coded_sides_px, found.sides_px(), found.frames(), found.duration_cs()), ([34, 18], [18, 34], 7, 70));
        assert_eq!(found.turn, Turn { swaps_axes: true, flips_x: false, flips_y: true });
        let times: Vec<_> = found.samples.iter().map(|sample| sample.at_us / 100_000).collect();
        assert_eq!(times, [0, 3, 1, 2, 6, 4, 5]);
        for sample in &found.samples {
            let len = u32::try_from(sample.data.len() - 4).unwrap();
            assert_eq!(file[sample.data.start..][..4], len.to_be_bytes(), "a unit begins with its length");
        }
        assert_eq!((found.h264.nal_length_bytes, found.h264.parameter_sets.len()), (4, 2));
        assert_eq!(file[found.h264.parameter_sets[0].start], 0x67);
    }
    let turns = [0, 90, 180, 270].map(|degrees| walk(&Clip { degrees, ..Clip::of_keys([16, 16], 1) }.bytes()).unwrap().turn);
    // As EXIF names them.
    assert_eq!(turns, [1, 6, 3, 8].map(Turn::from_exif));
}

#[test]
fn a_variable_rate_and_an_edit_list_are_followed() {
    let clip = Clip { lasts_ms: vec![40, 1_000, 70], ..Clip::of_keys([16, 16], 3) };
    let found = walk(&clip.bytes()).unwrap();
    assert_eq!(found.samples.iter().map(|sample| sample.at_us).collect::<Vec<_>>(), [0, 40_000, 1_040_000]);
    assert_eq!(found.duration_us, 1_110_000);
    let cut = walk(&Clip { edit_from_ms: Some(40), ..clip.clone() }.bytes()).unwrap();
    assert_eq!((cut.samples.len(), cut.frames(), cut.duration_us), (3, 2, 1_070_000));
    assert_eq!((cut.samples[0].is_shown, cut.samples[0].at_us, cut.samples[1].at_us), (false, -40_000, 0));
    // A list that leaves out everything is taken for none.
    assert_eq!(walk(&Clip { edit_from_ms: Some(1_110), ..clip }.bytes()).unwrap().frames(), 3);
}

#[test]
fn what_is_not_read_is_refused_by_its_name() {
    let clip = Clip::of_keys([32, 32], 2);
    for (entry, said) in [
        (b"hvc1", "HEVC"),
        (b"av01", "AV1"),
        (b"vp09", "VP9"),
        (b"mp4v", "MPEG-4 part 2"),
        (b"encv", "encrypted"),
        (b"abcd", "a codec named abcd"),
    ] {
        let text = refused(&Clip { entry: *entry, ..clip.clone() }.bytes());
        assert!(text.starts_with("unsupported_video: ") && text.contains(said), "{text}");
    }
    let sound = Clip { handler: *b"soun", ..clip.clone() };
    assert!(refused(&sound.bytes()).contains("an MP4 with sound and no video"));
    let file = clip.bytes();
    // avcC's profile is passed over; that of the set counts.
    assert!(refused(&with(&file, &[0x67, 66], &[0x67, 110])).contains("unsupported_video"));
    assert!(refused(&with(&file, b"trak", b"free")).contains("without a video"));
}

#[test]
fn what_a_header_claims_is_held_against_file_and_limits() {
    let clip = Clip::of_keys([32, 32], 2);
    let lies = [0xFF; 4];
    assert!(refused(&patched(&clip, b"stsz", 8, &lies)).starts_with("too_many_frames: the video has more than 1800 frames"));
    for table in [b"stts", b"ctts", b"stsc", b"stco"] {
        let text = refused(&patched(&clip, table, 4, &lies));
        assert!(text.starts_with("malformed") && text.contains("4294967295 entries"), "{text}");
    }
    let ten_hours = 36_000_000_u32.to_be_bytes();
    for text in [refused(&patched(&clip, b"mdhd", 16, &ten_hours)), refused(&patched(&clip, b"stts", 12, &ten_hours))] {
        assert!(text.starts_with("video_too_long: the video is 36000."), "{text}");
    }
    assert!(refused(&patched(&clip, b"stco", 8, &[0, 0xFF, 0xFF, 0xFF])).starts_with("truncated"));
    assert!(refused(&patched(&clip, b"mdhd", 12, &[0; 4])).contains("no units"));
    assert!(refused(&Clip::of_keys([4_098, 2], 1).bytes()).starts_with("canvas_too_large"));
    let few = Limits { max_video_frames: 1, ..Limits::default() };
    assert_eq!(Mp4::walk(&clip.bytes(), &few).unwrap_err(), Error::TooManyVideoFrames { limit: 1 });
    let small = Limits { max_total_pixels: 2_047, ..Limits::default() };
    assert_eq!(Mp4::walk(&clip.bytes(), &small).unwrap_err().code().as_str(), "too_many_pixels");
    let behind = Clip { header_first: false, ..clip }.bytes();
    assert!(refused(&behind[..behind.len() / 2]).starts_with("truncated"));
    assert_eq!(walk(&[&behind[..], b"no box"].concat()).unwrap().frames(), 2);
}

#[test]
fn fragments_add_their_samples() {
    let clip = Clip::of_keys([16, 16], 2);
    let file = clip.bytes();
    let moof_at = file.len();
    let word = |value: u32| value.to_be_bytes();
    let len = u32::try_from(walk(&file).unwrap().samples[0].data.len()).unwrap();
    let tfhd = of(*b"tfhd", &[&word(0x02_0000), &word(1)]);
    let tfdt = of(*b"tfdt", &[&word(0), &word(300)]);
    // An offset from the fragment's beginning, here back to the clip's own data, then durations and sizes.
    let first = u32::try_from(walk(&file).unwrap().samples[0].data.start).unwrap();
    let offset = first.wrapping_sub(u32::try_from(moof_at).unwrap());
    let runs = [word(50), word(len), word(60), word(len)].concat();
    let trun = of(*b"trun", &[&word(0x301), &word(2), &word(offset), &runs]);
    let moof = of(*b"moof", &[&of(*b"traf", &[&tfhd, &tfdt, &trun])]);
    let found = walk(&[&file[..], &moof].concat()).unwrap();
    assert_eq!((found.frames(), found.duration_us), (4, 410_000));
    assert_eq!(found.samples.iter().map(|sample| sample.at_us).collect::<Vec<_>>(), [0, 100_000, 300_000, 350_000]);
    assert_eq!(found.samples[2].data, found.samples[0].data);
    let many = of(*b"trun", &[&word(0x000), &word(u32::MAX)]);
    let moof = of(*b"moof", &[&of(*b"traf", &[&tfhd, &many])]);
    assert!(refused(&[&file[..], &moof].concat()).starts_with("too_many_frames"));
}

#[test]
fn pictures_in_the_same_boxes_are_no_videos() {
    assert!(is_one(b"\0\0\0\x18ftypisom") && is_one(b"\0\0\0\x18ftypqt  ") && is_one(b"\0\0\0\x08wide\0\0\0\0mdat"));
    assert!(!is_one(b"\0\0\0\x18ftypheic") && !is_one(b"\0\0\0\x18ftypavif") && !is_one(b"\0\0\0\x18abcd") && !is_one(b"ftyp"));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_walked(
        groups in 0_u32..3,
        cut in proptest::prelude::any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0_u8..), 0..8),
        words in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0_u32..), 0..3),
    ) {
        let clip = Clip { header_first: true, edit_from_ms: Some(100), ..Clip::with_b([16, 16], groups) };
        let mut file = clip.bytes();
        // The header is what is read: changes go there.
        let header = file.windows(4).position(|kind| kind == b"mdat").unwrap();
        for (at, byte) in changes {
            file[at.index(header)] = byte;
        }
        for (at, word) in words {
            let at = at.index(header - 4);
            file[at..at + 4].copy_from_slice(&word.to_be_bytes());
        }
        let limits = Limits::default();
        for file in [&file[..], &file[..cut.index(file.len())]] {
            if let Ok(found) = Mp4::walk(file, &limits) {
                assert!(found.samples.len() <= 1_800 && found.duration_us <= 60_000_000);
                assert!(found.samples.iter().all(|sample| sample.data.end <= file.len()));
                assert!(found.frames() > 0);
            }
        }
    }
}
