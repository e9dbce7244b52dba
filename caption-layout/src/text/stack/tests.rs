//! Which font each character of a text is drawn with.

use super::*;

/// Each run with a name for its font.
fn cut_in(lang: Option<&str>, text: &str) -> Vec<(&'static str, String)> {
    let (font, fallbacks) = (Font::builtin("anton").unwrap(), Font::fallbacks());
    let lang = lang.map(|lang| lang.parse().unwrap());
    let stack = FontStack::new(Writing { fallbacks: &fallbacks, lang: lang.as_ref(), ..Writing::new(text, &font) });
    let name = |place: usize| match (place, place.checked_sub(1).map(|place| fallbacks[place].purpose())) {
        (0, _) => "anton",
        (1, _) => "sans",
        (_, Some(Purpose::EastAsian(region))) => region.tag(),
        (_, Some(Purpose::Of(Script::Devanagari))) => "Deva",
        (_, Some(Purpose::Of(Script::Arabic))) => "Arab",
        (_, Some(Purpose::Of(Script::Thai))) => "Thai",
        (_, Some(Purpose::Emoji)) => "emoji",
        _ => "other",
    };
    stack.cut(text).all.into_iter().map(|run| (name(run.font), text[run.range].to_owned())).collect()
}

fn cut(text: &str) -> Vec<(&'static str, String)> {
    cut_in(None, text)
}

fn of(runs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    runs.iter().map(|&(font, text)| (font, text.to_owned())).collect()
}

#[test]
fn a_character_comes_from_the_font_of_its_script() {
    assert_eq!(cut("aनिแع"), of(&[("anton", "a"), ("Deva", "नि"), ("Thai", "แ"), ("Arab", "ع")]));
    assert_eq!(cut("♥🖎𝒜⚟"), of(&[("sans", "♥"), ("other", "🖎"), ("other", "𝒜"), ("sans", "⚟")]), "signs that no text font has");
}

#[test]
fn what_is_of_no_script_stays_with_the_words_around_it() {
    assert_eq!(cut("जय, 100%! ok?"), of(&[("Deva", "जय, 100%! "), ("anton", "ok?")]));
    assert_eq!(cut("“जय” ok"), of(&[("Deva", "“जय” "), ("anton", "ok")]), "before the first words too");
    assert_eq!(cut("ok\n“जय”"), of(&[("anton", "ok\n"), ("Deva", "“जय”")]), "each paragraph for itself");
    assert_eq!(cut("जय (ok) ok (जय) ok"), {
        of(&[("Deva", "जय ("), ("anton", "ok"), ("Deva", ") "), ("anton", "ok ("), ("Deva", "जय"), ("anton", ") ok")])
    });
    // Latin keeps to the named font, and a font is asked only for what it has.
    assert_eq!(cut("aɐ, b"), of(&[("anton", "a"), ("sans", "ɐ"), ("anton", ", b")]));
    assert_eq!(cut("100% ♥"), of(&[("anton", "100% "), ("sans", "♥")]));
}

#[test]
fn emoji_come_from_their_font_and_leave_the_words_beside_them_alone() {
    assert_eq!(cut("ok 👍🏽! 1 ©"), of(&[("anton", "ok "), ("emoji", "👍🏽"), ("anton", "! 1 ©")]));
    assert_eq!(cut("जय👨‍👩‍👧🇨🇭, ok"), of(&[("Deva", "जय"), ("emoji", "👨‍👩‍👧🇨🇭"), ("Deva", ", "), ("anton", "ok")]));
    assert_eq!(cut("🈁 ok"), of(&[("emoji", "🈁"), ("anton", " ok")]), "a kana in an emoji is no word");
    assert_eq!(cut("1\u{FE0F}\u{20E3} ♥\u{FE0F} ♥ 😀\u{FE0E}"), {
        of(&[
            ("emoji", "1\u{FE0F}\u{20E3}"),
            ("anton", " "),
            ("emoji", "♥\u{FE0F}"),
            ("anton", " "),
            ("sans", "♥"),
            ("anton", " "),
            ("sans", "😀\u{FE0E}"),
        ])
    });
}

#[test]
fn han_characters_have_the_forms_of_the_language_or_of_the_text() {
    for (text, font) in [("骨。", "zh-Hans"), ("骨の。", "ja"), ("骨 뼈。", "ko"), ("骨ㄍ。", "zh-Hant")] {
        assert!(cut(text).iter().all(|(own, _)| *own == font), "{text}: {:?}", cut(text));
    }
    for lang in ["zh-Hans", "zh-Hant", "ja", "ko"] {
        assert_eq!(cut_in(Some(lang), "骨"), of(&[(lang, "骨")]));
    }
    assert_eq!(cut_in(Some("fr"), "骨の"), of(&[("ja", "骨"), ("ja", "の")]), "each script is shaped by its own rules");
    // What one region's set lacks is asked of the nearest.
    assert_eq!(cut("囧的"), of(&[("zh-Hant", "囧"), ("zh-Hans", "的")]));
    assert_eq!(cut_in(Some("ja"), "国囧뷁"), of(&[("ja", "国"), ("zh-Hant", "囧"), ("ko", "뷁")]));
}

#[test]
fn a_named_font_is_asked_first_and_one_without_spaces_leaves_them_to_others() {
    let fallbacks = Font::fallbacks();
    let math = fallbacks.iter().find(|font| font.face().is_some_and(|face| face.has('⫅'))).unwrap();
    assert!(!math.face().unwrap().has(' '));
    let stack = FontStack::new(Writing { fallbacks: &fallbacks, ..Writing::new("", math) });
    let fonts = |text: &str| stack.cut(text).all.iter().map(|run| run.font).collect::<Vec<_>>();
    assert_eq!(fonts("⫅ ⫅"), [0, 1, 0]);
    // Of none there is one to draw it.
    let alone = FontStack::new(Writing::new("", math));
    assert_eq!((alone.cut("⫅ ⫅").all.len(), alone.cut("⫅ ⫅").missing), (1, vec![]));
}

#[test]
fn what_another_font_draws_is_told_and_emoji_are_not() {
    let (font, fallbacks) = (Font::builtin("bangers").unwrap(), Font::fallbacks());
    let told = |text: &str| FontStack::new(Writing { fallbacks: &fallbacks, ..Writing::new(text, &font) }).cut(text).substituted;
    assert!(told("plain words 12 🎉").is_empty());
    assert_eq!(told("ж and \u{200B}中中 7"), ['7', 'ж', '中']);
    assert!(told("\u{10FFFE}").is_empty(), "what no font has is told by itself");
}
