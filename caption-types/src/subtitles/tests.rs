//! Files as tools write them, and nonsense.

use proptest::prelude::*;

use super::*;
use crate::{Align, CaptionSpec, ErrorCode, SpecError};

const SRT: &str = "1\n00:00:00,500 --> 00:00:02,000\n<i>Hello</i>\nthere\n\n2\n00:00:02,000 --> 00:00:03,250\n{\\an8}up\n";
const VTT: &str = "WEBVTT - a title\nKind: captions\n\nNOTE\nnothing --- of this\n\nSTYLE\n::cue { color: red }\n\nintro\n00:00.500 --> 00:02.000 line:0% align:start\nHello\nthere\n\n00:02.000 --> 01:00:03.250\n&lt;up&gt;\n";

fn told(bytes: &[u8]) -> Vec<(usize, String, u32, u32)> {
    let told = |cue: &Cue| (cue.line, cue.text.clone(), cue.fields.from.unwrap().steps(), cue.fields.to.unwrap().steps());
    read(bytes).unwrap().iter().map(told).collect()
}

#[test]
fn both_formats_are_read() {
    assert_eq!(told(SRT.as_bytes()), [(2, "Hello\nthere".into(), 50, 200), (7, "up".into(), 200, 325)]);
    assert_eq!(read(SRT.as_bytes()).unwrap()[1].fields.at, Some(Position::Top));
    assert_eq!(told(VTT.as_bytes()), [(11, "Hello\nthere".into(), 50, 200), (15, "<up>".into(), 200, 360_325)]);
    let first = &read(VTT.as_bytes()).unwrap()[0].fields;
    assert_eq!((first.at, first.align), (Some(Position::Top), Some(Align::Left)));
}

#[test]
fn line_ends_and_encodings_of_any_system_are_read() {
    let expected = told(SRT.as_bytes());
    for breaks in ["\r\n", "\r"] {
        assert_eq!(told(SRT.replace('\n', breaks).as_bytes()), expected);
    }
    assert_eq!(told(format!("\u{feff}{SRT}").as_bytes()), expected);
    let units = || format!("\u{feff}{SRT}").encode_utf16().collect::<Vec<_>>();
    assert_eq!(told(&units().into_iter().flat_map(u16::to_le_bytes).collect::<Vec<_>>()), expected);
    assert_eq!(told(&units().into_iter().flat_map(u16::to_be_bytes).collect::<Vec<_>>()), expected);
    let latin: Vec<u8> = SRT.replace("there", "th\u{e9}re").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let error = read(&latin).unwrap_err();
    assert_eq!(error, SubtitlesError::Encoding { line: 4, byte: 0xE9 });
    assert!(error.to_string().contains("got the byte 0xE9"), "{error}");
    assert!(read(b"\xff\xfea").is_err() && read(b"\xff\xfe\x00\xd8").is_err());
}

#[test]
fn what_sloppy_writers_leave_is_read() {
    let joined = "1\n00:00:00,000 --> 00:00:01,000\none\n2\n00:00:01,000 --> 00:00:02,000\ntwo\n\n\n\n3\n";
    assert_eq!(told(joined.as_bytes()), [(2, "one".into(), 0, 100), (5, "two".into(), 100, 200)]);
    let bare = "\n\n00:00:00.0-->0:00:01.5\none\n\n\n00:00:01,500 --> 00:00:02,000 X1:0 X2:9\n<i> </i>\n";
    assert_eq!(told(bare.as_bytes()), [(3, "one".into(), 0, 150)], "a cue without words is passed over");
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (file, said) in [
        ("", "a cue with words was expected, got none"),
        ("WEBVTT\n", "a cue with words"),
        ("hello\nworld\n", "line 1: a time such as `00:00:01,500 --> 00:00:03,000` was expected, got `hello`"),
        ("1\nworld\n", "line 1: a time such as"),
        ("1\n00:00:01,000 --> \nx\n", "line 2: a time such as `00:00:01,500`, of at most 24 hours, was expected, got ``"),
        (
            "1\n00:00:01,000 --> 99:00:00,000\nx\n",
            "line 2: a time such as `00:00:01,500`, of at most 24 hours, was expected, got `99:00:00,000`",
        ),
        ("1\n00:00:02,000 --> 00:00:01,000\nx\n", "line 2: an end after the beginning at 2 s was expected, got 1 s"),
        ("1\n00:00:02,000 --> 00:00:02,001\nx\n", "line 2: an end after"),
        (
            "1\n00:00:01,000 --> 00:00:03,000\nx\n\n2\n00:00:02,000 --> 00:00:04,000\ny\n",
            "line 6: a beginning when the cue of line 2, at the same place, has ended was expected (3 s), got 2 s",
        ),
        (
            "1\n00:00:02,000 --> 00:00:04,000\ny\n\n2\n00:00:01,000 --> 00:00:03,000\nx\n",
            "line 2: a beginning when the cue of line 6",
        ),
    ] {
        let error = read(file.as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with(said), "{file:?}: {error}");
        assert_eq!((SpecError::from(error.clone()).field.as_str(), error.code()), ("subtitles", ErrorCode::BadSubtitles));
    }
    let apart = "1\n00:00:01,000 --> 00:00:03,000\nx\n\n2\n00:00:02,000 --> 00:00:04,000\n{\\an8}y\n";
    assert_eq!(read(apart.as_bytes()).unwrap().len(), 2, "each has its place");
    let cue = |i: usize| format!("{i}\n00:{:02}:{:02},000 --> 00:{:02}:{:02},500\nx\n\n", i / 60, i % 60, i / 60, i % 60);
    let many = |count| (0..count).map(cue).collect::<Vec<_>>().concat();
    assert_eq!(read(many(32).as_bytes()).unwrap().len(), 32);
    assert_eq!(read(many(1_000).as_bytes()), Err(SubtitlesError::TooMany { got: 1_000 }));
}

#[test]
fn a_long_file_of_nothing_but_times_or_brackets_is_read_soon() {
    let times = "0:0-->0:1\n".repeat(100_000);
    assert_eq!(read(times.as_bytes()), Err(SubtitlesError::Empty));
    for bracket in ["<", "{", "&", "<i"] {
        let file = format!("0:0-->0:1\n{}", bracket.repeat(50_000));
        assert_eq!(read(file.as_bytes()).unwrap()[0].text.len(), 50_000 * bracket.len());
    }
}

proptest! {
    #[test]
    fn no_bytes_panic_the_reader(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn what_is_read_is_a_caption_or_is_refused(text in "(WEBVTT\n\n)?([0-9]{1,2}\n)?00:0[0-9]\\.000 --> 00:0[0-9]:1[0-9],5( line:[0-9]%?)?\n(<i>|\\{.an8\\}|&amp;|\\PC){0,20}\n{0,2}") {
        if let Ok(cues) = read(text.as_bytes()) {
            let captions = cues.into_iter().map(|cue| cue.fields.caption(cue.text)).collect();
            let _ = CaptionSpec::of(captions).validate();
        }
    }
}
