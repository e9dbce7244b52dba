//! The words of a cue, without what tells a player how to show them.
//!
//! `cues` gives it the lines of each cue. What is no tag and no entity stays as it is.

use crate::Position;

/// Tags of both formats; one that is not known is text.
const TAGS: [&str; 11] = ["i", "b", "u", "s", "c", "v", "lang", "ruby", "rt", "font", "span"];
const ENTITIES: [(&str, &str); 8] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", "\u{a0}"),
    ("lrm", "\u{200e}"),
    ("rlm", "\u{200f}"),
];
/// The longest entity's name, and the most digits of a character's number.
const LONGEST_ENTITY: usize = 8;
/// Characters of the longest tag. What has no end within them is text: else each bracket would be read to the file's end.
const LONGEST_TAG: usize = 256;

/// The words, and the place that `{\an8}` tells.
pub(super) fn read(lines: &str) -> (String, Option<Position>) {
    let mut words = String::with_capacity(lines.len());
    let (mut rest, mut at) = (lines, None);
    while let Some(start) = rest.find(['<', '{', '&']) {
        let (before, from) = rest.split_at(start);
        words.push_str(before);
        rest = if let Some((tag, behind)) = enclosed(from, '<', '>').filter(|(tag, _)| is_tag(tag)) {
            if tag.trim_end_matches([' ', '/']).eq_ignore_ascii_case("br") {
                words.push('\n');
            }
            behind
        } else if let Some((code, behind)) = enclosed(from, '{', '}').filter(|(code, _)| is_code(code)) {
            at = position(code).or(at);
            behind
        } else if let Some((character, behind)) = entity(from) {
            words.push_str(&character);
            behind
        } else {
            // One of the three, as it is.
            let mut chars = from.chars();
            words.extend(chars.next());
            chars.as_str()
        };
    }
    words.push_str(rest);
    let kept: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    (kept.join("\n"), at)
}

/// What stands between two brackets, and what comes behind them.
fn enclosed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    split_within(text.strip_prefix(open)?, close, LONGEST_TAG)
}

/// Around the first such character, if it comes soon.
fn split_within(text: &str, end: char, most_chars: usize) -> Option<(&str, &str)> {
    let (at, _) = text.char_indices().take(most_chars + 1).find(|(_, c)| *c == end)?;
    let (before, from) = text.split_at(at);
    Some((before, from.strip_prefix(end)?))
}

/// `i`, `/i`, `c.loud`, `v Mary`, `font color="red"`, `br/`, or a time within karaoke.
fn is_tag(tag: &str) -> bool {
    let is_time = tag.contains(':') && tag.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.'));
    let name = tag.strip_prefix('/').unwrap_or(tag);
    let name = name.split(|c: char| c.is_whitespace() || matches!(c, '.' | '/')).next().unwrap_or_default();
    is_time || name.eq_ignore_ascii_case("br") || TAGS.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// `\an8`, `\pos(1,2)`, and the older `i`, `/i`, `b`, `y:i`.
fn is_code(code: &str) -> bool {
    let name = code.trim_start_matches('/');
    code.starts_with('\\') || matches!(name, "i" | "b" | "u" | "s" | "y:i" | "y:b" | "y:u" | "Y:i" | "Y:b" | "Y:u")
}

/// The keys of a keypad: 7 to 9 are the top.
fn position(code: &str) -> Option<Position> {
    let (_, behind) = code.split_once("\\an")?;
    match behind.bytes().next()? {
        b'1'..=b'3' => Some(Position::Bottom),
        b'4'..=b'6' => Some(Position::Middle),
        b'7'..=b'9' => Some(Position::Top),
        _ => None,
    }
}

fn entity(text: &str) -> Option<(String, &str)> {
    let (name, behind) = split_within(text.strip_prefix('&')?, ';', LONGEST_ENTITY)?;
    let numbered = name.strip_prefix('#').map(|number| match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    });
    let character = match numbered {
        Some(number) => char::from_u32(number.ok()?)?.to_string(),
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1.to_owned(),
    };
    Some((character, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_left_out_and_entities_read() {
        for (lines, words) in [
            ("<i>one</i>\n<b>two</b>", "one\ntwo"),
            ("<v Mary>Hello</v> <c.loud.red>you</c>", "Hello you"),
            ("<font color=\"#ff0000\">red</font><br/>line", "red\nline"),
            ("ka<00:00:01.500>ra<00:00:02.000>oke", "karaoke"),
            ("{\\an8}{\\i1}up{i}x{/i}", "upx"),
            ("a &amp; b &lt;3 &#8212; &#x1F389; &nbsp;&quot;", "a & b <3 — 🎉 \u{a0}\""),
            ("1 < 2 > 0 && {x} <3 <html> &unknown; &#xD800; &", "1 < 2 > 0 && {x} <3 <html> &unknown; &#xD800; &"),
            ("  spaces  \n\n<i></i>\n end ", "spaces\nend"),
            ("<i", "<i"),
        ] {
            assert_eq!(read(lines).0, words, "{lines}");
        }
        assert_eq!(
            [read("{\\an8}a").1, read("{\\an5}a").1, read("{\\pos(1,2)}a").1],
            [Some(Position::Top), Some(Position::Middle), None]
        );
    }
}
