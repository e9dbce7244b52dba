//! `punchline caption` as scripts meet it: exit codes, messages, streams, side outputs, and bad input that must be refused
//! quickly and cheaply.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use e2e::{
    cases::{Case, changed_outside},
    cli::{CommandLine, Run},
};
use samples::minimal::{declared_size, many_frames};

/// CPU time: on a busy machine the wall-clock time says little about the program.
const REFUSED_WITHIN: Duration = Duration::from_secs(1);
/// Wall-clock time, for a program that waits without computing.
const ENDED_WITHIN: Duration = Duration::from_secs(30);
const REFUSED_BELOW_BYTES: u64 = 100_000_000;

/// A folder with a good source, `cat.gif`.
fn with_cat() -> (CommandLine, Case) {
    CommandLine::with_case(env!("CARGO_BIN_EXE_peak_memory"), 0).unwrap()
}

/// The exit code, and one line on standard error that names the reason.
fn assert_ends(ran: &Run, code: i32, reason: &str) {
    assert_eq!(ran.code, Some(code), "{}", ran.err);
    assert!(ran.err.contains(reason), "{reason:?} was expected in {:?}", ran.err);
}

fn assert_one_line(ran: &Run) {
    assert_eq!(ran.err.lines().count(), 1, "{:?}", ran.err);
}

#[test]
fn a_file_goes_in_and_the_engines_very_bytes_come_out_beside_it() {
    let (folder, case) = with_cat();
    let ran = folder.run("caption cat.gif --spec spec.json", b"").unwrap();
    assert_ends(&ran, 0, "");
    assert_eq!(ran.err, "");
    assert_eq!(folder.names().unwrap(), ["cat.captioned.gif", "cat.gif", "spec.json"]);
    assert_eq!(case.fault(&folder.get("cat.captioned.gif").unwrap()), None);
}

#[test]
fn a_dash_is_standard_input_and_output() {
    let (folder, case) = with_cat();
    let ran = folder.run("caption - -o - --spec spec.json", &case.source).unwrap();
    assert_ends(&ran, 0, "");
    assert_eq!(case.fault(&ran.out), None);
    assert_eq!(folder.names().unwrap(), ["cat.gif", "spec.json"]);
}

#[test]
fn an_answer_that_nobody_can_take_is_no_panic() {
    let (folder, _) = with_cat();
    for command in ["presets", "presets --json", "fonts", "fonts --json", "probe cat.gif", "probe cat.gif --json"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let ran = std::process::Command::new(e2e::binary::punchline().unwrap())
            .args(command.split(' '))
            .current_dir(folder.path("."))
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(73), "{command}: {said}");
        assert!(said.contains("failed to write to standard output"), "{command}: {said}");
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (folder, _) = with_cat();
    let outputs =
        ["1", "2", "7"].map(|n| folder.run(&format!("caption cat.gif -o - --bottom hi --threads {n}"), b"").unwrap().out);
    assert!(!outputs[0].is_empty() && outputs[0] == outputs[1] && outputs[1] == outputs[2]);
}

#[test]
fn stats_are_one_line_of_json_on_standard_error() {
    let (folder, case) = with_cat();
    let ran = folder.run("caption cat.gif --bottom hi --stats", b"").unwrap();
    assert_ends(&ran, 0, "");
    assert_one_line(&ran);
    let stats: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    let number = |name: &str| stats[name].as_f64().unwrap_or_else(|| panic!("no number {name} in {stats}"));
    let ways = ["frames_copied", "frames_spliced", "frames_recoded"].map(|name| stats[name].as_u64().unwrap());
    assert_eq!(stats["frames"], ways.iter().sum::<u64>());
    assert_eq!(stats["bytes_in"], case.source.len());
    assert_eq!(stats["bytes_out"], folder.get("cat.captioned.gif").unwrap().len());
    assert!(number("wall_ms") > 0.0 && number("cpu_ms") > 0.0);
}

#[test]
fn the_mask_has_the_size_of_the_output_and_covers_what_changed() {
    let (folder, case) = with_cat();
    for options in ["--bottom hi", "--top hi --style bar", "--top one --bottom two"] {
        let ran = folder.run(&format!("caption cat.gif -o out.gif --mask-out mask.png {options}"), b"").unwrap();
        assert_ends(&ran, 0, "");
        let output = folder.get("out.gif").unwrap();
        let mask = image::load_from_memory(&folder.get("mask.png").unwrap()).unwrap().to_luma8();
        let shown = samples::show::Player::open(&output).unwrap();
        assert_eq!((mask.width() as usize, mask.height() as usize), (shown.width_px, shown.height_px), "{options}");
        assert!(mask.iter().any(|m| *m != 0) && mask.contains(&0), "{options}");
        assert_eq!(changed_outside(&case.source, &output, &mask), None, "{options}");
    }
}

#[test]
fn words_stand_anywhere_at_any_time_and_may_begin_with_a_dash() {
    let (folder, _) = with_cat();
    folder.put("talk.vtt", b"WEBVTT\n\n00:00.000 --> 00:00.050 line:0%\nhi\n").unwrap();
    for options in [
        "--text -1 --at 0,0,1,0.5 --to 0.5 --text two\\nlines --at bottom --fill gold",
        "--preset meme --top me --bottom --also",
        "--subtitles talk.vtt --style shadow --text below",
        "--size 20 --text a --align left --text b --at bottom --align right --case upper --stroke-width 0.1",
    ] {
        let ran = folder.run(&format!("caption cat.gif -o out.gif --stats {options}"), b"").unwrap();
        assert_ends(&ran, 0, "\"frames\":");
    }
}

#[test]
fn presets_are_listed_with_an_operators_own() {
    let (folder, _) = with_cat();
    std::fs::create_dir(folder.path("presets")).unwrap();
    folder.put("presets/ours.json", br#"{"style":"plain"}"#).unwrap();
    folder.put("presets/broken.json", b"{").unwrap();
    let ran = folder.run("presets --json --preset-dir presets", b"").unwrap();
    assert_ends(&ran, 0, "warning: presets/broken.json: ");
    let listed: serde_json::Value = serde_json::from_slice(&ran.out).unwrap();
    assert_eq!(listed["ours"], serde_json::json!({"style": "plain"}));
    assert!(["caption", "meme", "subtitle"].iter().all(|name| listed[name].is_object()), "{listed}");
    let ran = folder.run("presets", b"").unwrap();
    assert_eq!(String::from_utf8(ran.out).unwrap().lines().count(), 3);
    let ran = folder.run("caption cat.gif --preset-dir presets --preset ours --bottom hi", b"").unwrap();
    assert_ends(&ran, 0, "");
}

#[test]
fn fonts_are_listed_with_those_of_a_folder_and_drawn_on_a_sheet() {
    let (folder, _) = with_cat();
    std::fs::create_dir(folder.path("fonts")).unwrap();
    folder.put("fonts/Oswald.ttf", caption::Font::builtin("inter").unwrap().bytes()).unwrap();
    folder.put("fonts/broken.ttf", b"no font").unwrap();
    let ran = folder.run("fonts --json --font-dir fonts", b"").unwrap();
    assert_ends(&ran, 0, "warning: ");
    let all: serde_json::Value = serde_json::from_slice(&ran.out).unwrap();
    let of = |name: &str| all.as_array().unwrap().iter().find(|font| font["name"] == name).unwrap().clone();
    assert_eq!(all.as_array().unwrap().len(), caption::BUILTIN_FONT_NAMES.len());
    assert!(of("oswald")["file"].as_str().unwrap().ends_with("Oswald.ttf") && of("anton")["file"].is_null(), "{all}");
    assert_eq!((&of("inter")["licence"], &of("inter")["scripts"][0]), (&"OFL-1.1".into(), &"Latin".into()));
    let ran = folder.run("fonts", b"").unwrap();
    assert!(String::from_utf8_lossy(&ran.out).contains("bangers           shipped "), "{:?}", ran.out);
    assert_ends(&folder.run("fonts --sample sheet.svg --text hi", b"").unwrap(), 0, "");
    assert!(std::fs::read_to_string(folder.path("sheet.svg")).unwrap().starts_with("<svg "));
    assert_ends(&folder.run("caption cat.gif --font bangers --size 10% --bottom hi", b"").unwrap(), 0, "");
}

#[test]
fn a_wrong_command_line_is_2() {
    let (folder, _) = with_cat();
    for (arguments, reason) in [
        ("caption cat.gif", "--bottom"),
        ("caption --bottom hi", "<IN>"),
        ("caption cat.gif --bottom hi --style banner", "banner"),
        ("caption cat.gif --bottom hi --size huge", "huge"),
        (
            "caption cat.gif --bottom hi --size 60%",
            "--size: `auto`, 4 to 1000 pixels, or 1% to 50% of the picture's width was expected",
        ),
        ("caption cat.gif --bottom hi --style bar --to 1", "--to: a bar makes the picture higher, so it is there all the time"),
        ("fonts --text hi", "--sample"),
        ("caption cat.gif --bottom hi --fill reddish", "--fill: `#rgb`"),
        ("caption cat.gif --bottom hi --font comic", "--font: no font is named `comic`"),
        ("caption cat.gif --text a --text b --font comic", "--at of the second --text: another caption"),
        ("caption cat.gif --text a --text b --at top --font comic", "--font of the second --text: no font"),
        (
            "caption cat.gif --text a --to 1 --text b --from x",
            "--from of the second --text: seconds from 0 to 86400 was expected, got `x`",
        ),
        ("caption cat.gif --text a --at 0,0,1,0", "--at: a box of some height was expected, got 0"),
        ("caption cat.gif --text a --preset mem", "--preset: one of `caption`, `meme`, `subtitle` was expected, got `mem`"),
        ("caption cat.gif --text hi --spec spec.json", "--spec"),
        ("caption cat.gif --bottom hi --spec spec.json", "--spec"),
        ("caption cat.gif --bottom hi --nonsense", "--nonsense"),
        ("nonsense", "nonsense"),
    ] {
        assert_ends(&folder.run(arguments, b"").unwrap(), 2, reason);
    }
    assert_eq!(folder.names().unwrap(), ["cat.gif", "spec.json"]);
}

#[test]
fn what_is_not_there_is_66_and_what_cant_be_written_is_73() {
    let (folder, _) = with_cat();
    for (arguments, code, reason) in [
        ("caption none.gif --bottom hi", 66, "none.gif"),
        ("caption . --bottom hi -o out.gif", 66, "."),
        ("caption cat.gif --spec none.json", 66, "none.json"),
        ("caption cat.gif --subtitles none.srt", 66, "none.srt"),
        ("caption cat.gif --bottom hi --preset meme --presets-dir none", 66, "none"),
        ("presets --presets-dir none", 66, "none"),
        ("fonts --font-dir none", 66, "none"),
        ("caption cat.gif --bottom hi --font none.ttf", 66, "none.ttf"),
        ("caption cat.gif --bottom hi -o none/out.gif", 73, "none/out.gif"),
        ("caption cat.gif --bottom hi -o /dev/full", 73, "/dev/full"),
        ("caption cat.gif --bottom hi -o out.gif --mask-out none/mask.png", 73, "none/mask.png"),
    ] {
        let ran = folder.run(arguments, b"").unwrap();
        assert_ends(&ran, code, reason);
        assert_one_line(&ran);
    }
}

#[test]
fn bad_input_is_65_within_a_second_and_100_megabytes() {
    let (folder, case) = with_cat();
    let head = &case.source[..20];
    let a_million = many_frames(1_000_000);
    for (name, bytes, reason) in [
        ("empty", b"".as_slice(), "unsupported_media"),
        ("text", b"this is no GIF at all", "unsupported_media"),
        ("header_only", b"GIF89a", "truncated"),
        ("zero_sized", &declared_size(0, 0), "zero_sized"),
        ("huge_canvas", &declared_size(65_535, 65_535), "canvas_too_large"),
        ("million_frames", &a_million, "too_many_frames"),
        ("too_long", &vec![b'G'; 30_000_000], "file_too_large"),
        ("head", head, "truncated"),
    ] {
        folder.put("bad.gif", bytes).unwrap();
        for (arguments, input) in
            [("caption bad.gif --bottom hi -o out.gif", b"".as_slice()), ("caption - --bottom hi -o out.gif", bytes)]
        {
            let ran = folder.run(arguments, input).unwrap();
            assert_ends(&ran, 65, reason);
            assert_one_line(&ran);
            assert!(ran.cpu < REFUSED_WITHIN && ran.wall < ENDED_WITHIN, "{name}: {:?} of CPU, {:?}", ran.cpu, ran.wall);
            assert!(ran.peak_bytes < REFUSED_BELOW_BYTES, "{name}: held {} bytes", ran.peak_bytes);
        }
        assert!(!folder.names().unwrap().contains(&"out.gif".to_owned()), "{name}: an output was left");
    }
}

#[test]
fn a_picture_that_is_cut_off_is_captioned_with_a_warning_and_refused_if_strict() {
    let (folder, case) = with_cat();
    folder.put("half.gif", &case.source[..case.source.len() / 2]).unwrap();
    let ran = folder.run("caption half.gif --bottom hi -o out.gif", b"").unwrap();
    assert_ends(&ran, 0, "warning: the file is truncated");
    assert_one_line(&ran);
    let ran = folder.run("caption half.gif --bottom hi -o strict.gif --strict", b"").unwrap();
    assert_ends(&ran, 65, "not_as_asked");
    assert!(!folder.names().unwrap().contains(&"strict.gif".to_owned()));
}

#[test]
fn a_bad_font_spec_or_subtitle_file_is_65() {
    let (folder, _) = with_cat();
    folder.put("font.ttf", b"no font").unwrap();
    folder.put("colour.json", br#"{"captions":[{"text":"hi","fill":"reddish"}]}"#).unwrap();
    folder.put("cut.json", b"{").unwrap();
    folder.put("late.srt", b"1\n00:00:02,000 --> 00:00:01,000\nhi\n").unwrap();
    folder.put("latin.srt", b"1\n00:00:02,000 --> 00:00:03,000\nh\xe9\n").unwrap();
    for (arguments, reason) in [
        ("caption cat.gif --bottom hi --font font.ttf", "bad_font"),
        ("caption cat.gif --spec colour.json", "bad_colour"),
        ("caption cat.gif --spec cut.json", "bad_request"),
        (
            "caption cat.gif --subtitles late.srt",
            "late.srt: line 2: an end after the beginning at 2 s was expected, got 1 s (bad_subtitles)",
        ),
        ("caption cat.gif --subtitles latin.srt", "latin.srt: line 3: UTF-8"),
    ] {
        let ran = folder.run(arguments, b"").unwrap();
        assert_ends(&ran, 65, reason);
        assert_one_line(&ran);
        assert!(ran.cpu < REFUSED_WITHIN && ran.wall < ENDED_WITHIN && ran.peak_bytes < REFUSED_BELOW_BYTES, "{ran:?}");
    }
}
