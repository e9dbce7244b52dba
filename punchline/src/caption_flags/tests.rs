//! What flags mean, by their order, and how their errors name them.

use clap::Parser;
use proto_shared::{Caption, Size, Style};

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    flags: CaptionFlags,
}

fn asked(flags: &[&str]) -> Result<Asked, Failure> {
    Command::try_parse_from([&["test"], flags].concat()).unwrap().flags.asked()
}

fn said(flags: &[&str]) -> String {
    asked(flags).unwrap_err().to_string()
}

/// Of each caption what is named.
fn each<T>(flags: &[&str], of: impl Fn(&Caption) -> T) -> Vec<T> {
    asked(flags).unwrap().spec.captions.iter().map(of).collect()
}

#[test]
fn top_and_bottom_have_one_look_and_their_fields_lead_back_to_their_flags() {
    let both = asked(&["--top", "a", "--bottom", "b", "--style", "bar", "--size", "20", "--lang", "JA"]).unwrap();
    let captions = &both.spec.captions;
    assert_eq!(
        captions.iter().map(|c| (c.text.as_str(), c.at)).collect::<Vec<_>>(),
        [("a", Position::Top), ("b", Position::Bottom)]
    );
    assert!(captions.iter().all(|c| c.style == Style::Bar && c.size == Size::Px(20)));
    assert!(captions.iter().all(|c| c.lang.as_ref().is_some_and(|lang| lang.as_str() == "ja")));
    let flags = ["captions[0].text", "captions[1].text", "captions[1].font", "file"].map(|field| both.flag_of(field));
    assert_eq!(flags, ["--top", "--bottom", "--font", ""].map(|flag| (!flag.is_empty()).then(|| flag.to_owned())));
}

#[test]
fn a_flag_is_about_the_text_before_it_or_about_all() {
    let flags = [
        "--size=30",
        "--fill",
        "red",
        "--text",
        "one",
        "--at",
        "middle",
        "--size",
        "40",
        "--top",
        "t",
        "--text=two",
        "--from=0.5",
        "--to",
        "2",
        "--font",
        "sans",
        "--text",
        "three",
        "--frames",
        "1-2",
        "--at=0,0,1,0.5",
        "--valign",
        "bottom",
    ];
    let told = each(&flags, |c| (c.text.clone(), c.size, c.font.clone()));
    let of = |text: &str, px, font: &str| (text.to_owned(), Size::Px(px), font.to_owned());
    assert_eq!(told, [of("t", 30, "anton"), of("one", 40, "anton"), of("two", 30, "sans"), of("three", 30, "anton")]);
    assert!(each(&flags, |c| c.fill.map(|fill| fill.rgb)).iter().all(|fill| *fill == Some([255, 0, 0])));
    assert_eq!(each(&flags, |c| c.from.map(proto_shared::Seconds::get)), [None, None, Some(0.5), None]);
    assert_eq!(each(&flags, |c| c.frames), [None, None, None, Some([1, 2])]);
    assert_eq!(each(&flags, |c| c.at)[1..3], [Position::Middle, Position::Bottom]);
}

#[test]
fn words_may_begin_with_a_dash_and_have_lines() {
    let of = |flags: &[&str]| each(flags, |c| c.text.clone());
    assert_eq!(
        of(&["--text", "-1 \\n--bottom", "--at=middle", "--bottom", "-b", "--top=a\\\\n"]),
        ["a\\n", "-b", "-1 \n--bottom"]
    );
}

#[test]
fn a_font_is_a_file_where_it_looks_like_one() {
    let files = |flags: &[&str]| asked(flags).unwrap().font_files;
    assert_eq!(files(&["--bottom", "b", "--font", "a.TTF"]), [(0, "a.TTF".into())]);
    assert_eq!(files(&["--text", "a", "--text", "b", "--at=top", "--font", "fonts/a"]), [(1, "fonts/a".into())]);
    let by_name = asked(&["--bottom", "b", "--font", "sans"]).unwrap();
    assert_eq!((by_name.font_files, by_name.spec.captions[0].font.as_str()), (vec![], "sans"));
}

#[test]
fn what_is_wrong_is_said_of_the_flag_and_the_text() {
    for (flags, expected) in [
        (&[] as &[&str], "give --top, --bottom, --text, --subtitles or --spec"),
        (&["--bottom", " "], "punchline: --bottom: "),
        (&["--bottom", "b", "--font", ""], "punchline: --font: "),
        (&["--bottom", "b", "--size", "huge"], "punchline: --size: `auto`, 4 to 1000 pixels, or 1% to 50% of"),
        (
            &["--text", "a", "--text", "b", "--from", "x"],
            "--from of the second --text: seconds from 0 to 86400 was expected, got `x`",
        ),
        (
            &["--text", "a", "--to", "1", "--text", "b", "--from", "2", "--to", "1"],
            "--to of the second --text: more than `from`, which is 2",
        ),
        (&["--from", "9", "--text", "a", "--text", "b", "--at", "top", "--to", "1"], "--to of the second --text: "),
        (&["--frames", "2-1", "--text", "a", "--text", "b"], "punchline: --frames: the last frame"),
        (&["--text", "a", "--text", "b"], "--at of the second --text: another caption"),
        (&["--text", "a", "--size", "20", "--size", "30"], "--size: it was given twice"),
        (&["--top", "a", "--size", "0.5%"], "--size: `auto`, 4 to 1000 pixels"),
        (&["--top", "a", "--style", "bar", "--from", "1"], "--from: a bar makes the picture higher, so it is there all the time"),
        (&["--at", "middle", "--bottom", "b"], "--at: "),
        (
            &["--top", "t", "--bottom", "b\u{7}"],
            "--bottom: characters that can be drawn, tabs and line breaks are allowed, got U+0007 as character 2",
        ),
        (&["--text", "a", "--style", "plain", "--background", "red"], "--background: `bar` or `box` has one"),
        (
            &["--text", "a", "--at", "0,0,2,1"],
            "--at: `top`, `middle`, `bottom` or a box as `x,y,width,height` was expected, got `0,0,2,1`",
        ),
    ] {
        let said = said(flags);
        assert!(said.contains(expected), "{flags:?}: {said}");
    }
}

#[test]
fn cues_of_a_file_are_captions_with_their_times() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("talk.srt");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "1\n00:00:00,000 --> 00:00:01,500\none\n\n2\n00:00:01,500 --> 00:00:02,000\n{\\an8}<i>two</i>\n")
        .unwrap();
    let flags = ["--style", "shadow", "--subtitles", path, "--top", "above"];
    assert_eq!(each(&flags, |c| c.text.clone()), ["above", "one", "two"]);
    assert_eq!(
        each(&flags, |c| (c.at, c.to.map(proto_shared::Seconds::get)))[1..],
        [(Position::Bottom, Some(1.5)), (Position::Top, Some(2.0))]
    );
    assert!(each(&flags, |c| c.style == Style::Shadow).iter().all(|is| *is));
    let long = "x".repeat(1_001);
    std::fs::write(&file, format!("1\n00:00:00,000 --> 00:00:01,500\n{long}\n")).unwrap();
    assert!(
        said(&["--subtitles", path]).contains("talk.srt, line 2: at most 1000 characters"),
        "{}",
        said(&["--subtitles", path])
    );
    std::fs::write(&file, "1\n00:00:02,000 --> 00:00:01,500\nlate\n").unwrap();
    assert!(said(&["--subtitles", path]).contains("talk.srt: line 2: "), "{}", said(&["--subtitles", path]));
    assert!(asked(&["--subtitles", "none.srt"]).is_err_and(|failure| failure.reason() == Reason::NoInput));
}

#[test]
fn a_preset_says_what_no_other_flag_says() {
    let of = |flags: &[&str]| each(flags, |c| (c.style, c.case, c.size));
    let meme = (Style::Overlay, proto_shared::Case::Upper, Size::Auto);
    assert_eq!(of(&["--preset", "meme", "--top", "a", "--bottom", "b"]), [meme, meme]);
    let flags = ["--style=plain", "--size=20", "--preset=meme", "--text", "a", "--text", "b", "--at=top", "--preset=subtitle"];
    assert_eq!(
        of(&flags),
        [(Style::Plain, proto_shared::Case::Upper, Size::Px(20)), (Style::Box, proto_shared::Case::Same, Size::Px(20))]
    );
    assert_eq!(each(&flags, |c| c.at)[1], Position::Top, "a flag counts more than the preset beside it");
    assert!(said(&["--text", "a", "--preset", "mem"]).contains("--preset: one of `caption`, `meme`, `subtitle` was expected"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ours.json"), r#"{"style":"shadow","size":30}"#).unwrap();
    let path = folder.path().to_str().unwrap();
    assert_eq!(
        each(&["--preset-dir", path, "--bottom=a", "--preset=ours"], |c| (c.style, c.size)),
        [(Style::Shadow, Size::Px(30))]
    );
    assert!(asked(&["--presets-dir", "none", "--bottom=a"]).is_ok(), "it is not read where no preset is asked for");
    assert!(asked(&["--presets-dir", "none", "--bottom=a", "--preset=meme"]).is_err_and(|e| e.reason() == Reason::NoInput));
}

#[test]
fn an_image_is_named_in_the_spec_by_what_is_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let frame = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3B";
    let gif = |side: u8| [&b"GIF89a"[..], &[side, 2, side, 2, 0, 0, 0], frame].concat();
    let (small, large, long) = (file("a.gif", &gif(0)), file("b.gif", &gif(1)), file("c.gif", &vec![0; 256_001]));
    let given = asked(&["--bottom", ":party:", "--image", &format!("party={small}")]).unwrap();
    let id = store::source_id(&gif(0));
    assert_eq!((given.images[0].0.as_str(), given.spec.images.values().next()), ("party", Some(&id)));
    assert_eq!(given.flag_of("images.party"), Some("--image party".to_owned()));
    let spec = file("spec.json", format!(r#"{{"captions":[{{"text":":a:"}}],"images":{{"a":"{id}"}}}}"#).as_bytes());
    assert_eq!(asked(&["--spec", &spec, &format!("--image=a={small}")]).unwrap().images.len(), 1);
    for (images, expected) in [
        (vec![format!("a={large}")], "--image a: ".to_owned()),
        (vec![format!("a={large}")], "513 x 513 pixels, the limit is 512 a side (canvas_too_large)".to_owned()),
        (vec![format!("a={long}")], "the file has 256001 bytes, the limit is 256000 (file_too_large)".to_owned()),
        (vec![format!("a b={small}")], "1 to 32 of A-Z, a-z, 0-9 and _ was expected, got `a b`".to_owned()),
        (vec!["party.png".to_owned()], "--image party.png: NAME=FILE was expected".to_owned()),
        (vec![format!("a={small}"), format!("a={small}")], "this name was given twice".to_owned()),
        (vec!["a=none.png".to_owned()], "failed to read none.png".to_owned()),
    ] {
        let flags = images.iter().flat_map(|image| ["--image", image]).chain(["--top", "x"]).collect::<Vec<_>>();
        assert!(said(&flags).contains(&expected), "{images:?}: {}", said(&flags));
    }
}

#[test]
fn cues_have_their_own_times() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.srt");
    std::fs::write(&file, "1\n00:00:01,000 --> 00:00:02,000\nx\n").unwrap();
    let file = file.to_str().unwrap();
    let why = said(&["--subtitles", file, "--from", "1"]);
    assert!(why.contains("--from: cues have their own times"), "{why}");
    assert_eq!(each(&["--top", "a", "--from", "1", "--subtitles", file], |caption| caption.from.is_some()), [true, true]);
}
