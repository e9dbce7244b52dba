//! Emoji of one's own in a text: where a text has them, and which of a spec's it shows.
//!
//! Layout asks here which parts of a text they take the place of, and the canonical form which of them are shown at all. It knows no
//! picture.

use std::collections::BTreeSet;

use super::CaptionSpec;
use crate::{
    ErrorCode, ImageName, SpecError,
    bounds::{MAX_IMAGE_NAME_CHARS, MAX_IMAGES},
    image_name::is_of_name,
};

/// The most digits that an id of Discord's has: those of a number of 64 bits.
const MAX_ID_DIGITS: usize = 20;

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'t> {
    /// Words, as they are written.
    Words(&'t str),
    /// The image of this name.
    Image(&'t str),
}

impl CaptionSpec {
    /// The images that a text shows; others change nothing.
    #[must_use]
    pub fn shown_images(&self) -> BTreeSet<&ImageName> {
        if self.images.is_empty() {
            return BTreeSet::new();
        }
        let pieces = self.captions.iter().flat_map(|caption| pieces(&caption.text, |name| self.images.contains_key(name)));
        let shown = pieces.filter_map(|piece| match piece {
            Piece::Image(name) => self.images.get_key_value(name).map(|(name, _)| name),
            Piece::Words(_) => None,
        });
        shown.collect()
    }

    /// What there is to say of images that no text shows, a sentence each. It is said of a spec and not of an output, which is the same
    /// without them.
    pub fn idle_images(&self) -> impl Iterator<Item = String> {
        let shown = self.shown_images();
        let idle = self.images.keys().filter(move |name| !shown.contains(name));
        idle.map(|name| format!("the image `{name}` is not shown: no text has `:{name}:`"))
    }

    /// Checks that there are no more images than there may be.
    ///
    /// # Errors
    /// There are more: the limit and what was got.
    pub fn validate_images(&self) -> Result<(), SpecError> {
        let count = self.images.len();
        if count > MAX_IMAGES {
            let message = format!("at most {MAX_IMAGES} images are allowed, got {count}");
            return Err(SpecError::new(ErrorCode::BadSpec, "images", message).limit(MAX_IMAGES, count));
        }
        Ok(())
    }
}

/// A text in its parts. `:name:` is an image where such an image is given, else words. Discord's `<:name:id>` and `<a:name:id>` are
/// read as `:name:`.
pub fn pieces(text: &str, is_given: impl Fn(&str) -> bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    // Words from here on are in no piece yet.
    let mut from = 0;
    let mut at = 0;
    while let Some(here) = text.get(at..).and_then(|rest| rest.find([':', '<'])).map(|offset| at + offset) {
        let rest = &text[here..];
        at = here + 1;
        let found = match of_discord(rest) {
            Some((colon, name, len)) => Some((colon, name, len)),
            None => name_behind(rest).filter(|name| is_given(name)).map(|name| (0, name, name.len() + 2)),
        };
        let Some((colon, name, len)) = found else { continue };
        pieces.push(Piece::Words(&text[from..here]));
        let with_colons = here + colon..here + colon + name.len() + 2;
        pieces.push(if is_given(name) { Piece::Image(name) } else { Piece::Words(&text[with_colons]) });
        (from, at) = (here + len, here + len);
    }
    pieces.push(Piece::Words(&text[from..]));
    pieces.retain(|piece| *piece != Piece::Words(""));
    pieces
}

/// What `<:name:id>` or `<a:name:id>` at a text's beginning says: where its first colon is, the name, and how long it is in all.
fn of_discord(text: &str) -> Option<(usize, &str, usize)> {
    let inner = text.strip_prefix('<')?;
    let inner = inner.strip_prefix('a').unwrap_or(inner);
    let colon = text.len() - inner.len();
    let name = name_behind(inner)?;
    let id = inner.get(name.len() + 2..)?;
    let digits = id.bytes().take_while(u8::is_ascii_digit).count();
    let is_closed = (1..=MAX_ID_DIGITS).contains(&digits) && id.as_bytes().get(digits) == Some(&b'>');
    is_closed.then_some((colon, name, colon + name.len() + 2 + digits + 1))
}

/// The name between a colon at a text's beginning and the next one.
fn name_behind(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(':')?;
    let len = rest.bytes().take_while(|&byte| is_of_name(byte)).count();
    ((1..=MAX_IMAGE_NAME_CHARS).contains(&len) && rest.as_bytes().get(len) == Some(&b':')).then(|| &rest[..len])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Images in brackets.
    fn read(text: &str, given: &[&str]) -> String {
        let piece = |piece| match piece {
            Piece::Words(words) => words.to_owned(),
            Piece::Image(name) => format!("[{name}]"),
        };
        pieces(text, |name| given.contains(&name)).into_iter().map(piece).collect()
    }

    #[test]
    fn a_name_is_an_image_where_there_is_one_and_text_else() {
        for (text, expected) in [
            (":party:", "[party]"),
            ("a:party:b :Party: party", "a[party]b :Party: party"),
            ("10:30:party::party:", "10:30[party][party]"),
            ("a:b:party:", "a:b[party]"),
            ("::party::", ":[party]:"),
            ("<:party:123> <a:party:123>", "[party] [party]"),
            ("<:other:1><a:other:18446744073709551615>", ":other::other:"),
            (
                "<:party:> <:party:12a> <b:party:1> <:party:123456789012345678901>",
                "<[party]> <[party]12a> <b[party]1> <[party]123456789012345678901>",
            ),
            ("é:party:中", "é[party]中"),
            (":par ty: :: : <", ":par ty: :: : <"),
            ("", ""),
        ] {
            assert_eq!(read(text, &["party"]), expected, "{text}");
        }
        assert_eq!(read(":party: <:party:1>", &[]), ":party: :party:");
        let long = "x".repeat(33);
        assert_eq!(read(&format!(":{long}:"), &[&long]), format!(":{long}:"));
    }

    #[test]
    fn what_no_text_shows_is_not_among_the_shown() {
        let id = "ab".repeat(32);
        let json = format!(r#"{{"captions":[{{"text":"<a:b:1>"}}],"images":{{"a":"{id}","b":"{id}"}}}}"#);
        let spec = CaptionSpec::from_json(json.as_bytes()).unwrap();
        assert_eq!(spec.shown_images().into_iter().map(ImageName::as_str).collect::<Vec<_>>(), ["b"]);
        assert_eq!(spec.idle_images().collect::<Vec<_>>(), ["the image `a` is not shown: no text has `:a:`"]);
    }

    proptest! {
        #[test]
        fn all_words_are_kept_in_their_order(text in "[ab:<>é1\n]{0,40}") {
            let kept: String = pieces(&text, |_| false).into_iter().map(|piece| match piece {
                Piece::Words(words) => words,
                Piece::Image(_) => unreachable!("none is given"),
            }).collect();
            // But for what Discord writes around a name.
            if !text.contains('<') {
                prop_assert_eq!(&kept, &text);
            }
            prop_assert!(kept.len() <= text.len());
            let _ = pieces(&text, |name| name.len() == 1);
        }
    }
}
