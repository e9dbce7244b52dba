//! Web pages in the place of pictures: which picture a page names for those who show a link to it.
//!
//! `fetch` calls it with what came from a host. It asks nobody anything, and of a page it reads names and values of tags alone.

use std::path::Path;

use html5gum::{Token, Tokenizer};

/// How a page begins (WHATWG MIME Sniffing, section 7.1), after white space.
const BEGINNINGS: [&str; 8] = ["<!doctype html", "<html", "<head", "<!--", "<meta", "<title", "<body", "<script"];

/// What names a picture (The Open Graph protocol; Twitter's cards), the best first.
const IMAGES: [&str; 5] = ["og:image:secure_url", "og:image:url", "og:image", "twitter:image", "twitter:image:src"];
/// What names a video. Many name a page with a player there, so only a link that ends as a file of a video counts.
const VIDEOS: [&str; 3] = ["og:video:secure_url", "og:video:url", "og:video"];
const VIDEO_EXTENSIONS: [&str; 3] = ["mp4", "m4v", "mov"];

/// Whether these first bytes are a page's.
pub(super) fn is_page(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    BEGINNINGS
        .iter()
        .any(|beginning| head.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning.as_bytes())))
}

/// How good a link is: an animation that needs no decoder of videos, a video, a still.
fn rank(name: &str, link: &str, takes_videos: bool) -> Option<(usize, usize)> {
    let path = link.split(['?', '#']).next().unwrap_or(link);
    let extension = Path::new(path).extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let extension = extension.as_deref().unwrap_or_default();
    let place = |names: &[&str]| names.iter().position(|known| name.eq_ignore_ascii_case(known));
    if let Some(place) = place(&IMAGES) {
        return Some((if extension == "gif" { 0 } else { 2 }, place));
    }
    place(&VIDEOS).filter(|_| takes_videos && VIDEO_EXTENSIONS.contains(&extension)).map(|place| (1, place))
}

/// The link to the picture that a page, or the beginning of one, names. It may be relative to the page.
pub(super) fn picture_of(html: &[u8], takes_videos: bool) -> Option<String> {
    let mut found: Option<((usize, usize), String)> = None;
    for Ok(token) in Tokenizer::new(html) {
        let Token::StartTag(tag) = token else { continue };
        if **tag.name != *b"meta" {
            continue;
        }
        let attribute = |name: &[u8]| tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).trim().to_owned());
        let names = [attribute(b"property"), attribute(b"name")];
        let Some(link) = attribute(b"content").filter(|link| !link.is_empty()) else { continue };
        let rank = names.iter().flatten().filter_map(|name| rank(name, &link, takes_videos)).min();
        if let Some(rank) = rank
            && found.as_ref().is_none_or(|&(best, _)| rank < best)
        {
            found = Some((rank, link));
        }
    }
    found.map(|(_, link)| link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_a_picture_by_its_beginning() {
        for page in ["<!DOCTYPE html>", "\u{feff} \n<HTML lang=en>", "<!-- a --><html>", "<head><meta charset=utf-8>"] {
            assert!(is_page(page.as_bytes()), "{page}");
        }
        for other in [&b"GIF89a"[..], b"\x89PNG", b"", b"<svg>", b"<!doc", b"{}", b"RIFF\0\0\0\0WEBP"] {
            assert!(!is_page(other), "{other:?}");
        }
    }

    #[test]
    fn the_best_name_of_a_picture_is_taken_whatever_their_order() {
        let named = |html: &str| picture_of(html.as_bytes(), true);
        let meta = |name: &str, link: &str| format!("<meta property=\"{name}\" content='{link}'>");
        assert_eq!(named(&meta("og:image", "/cat.gif")).unwrap(), "/cat.gif");
        let both = meta("twitter:image", "/small.gif") + &meta("OG:Image", " /cat.gif?a=1&amp;b=2 ");
        assert_eq!(named(&both).unwrap(), "/cat.gif?a=1&b=2");
        assert_eq!(named("<meta content=/cat.gif name=twitter:image>").unwrap(), "/cat.gif");
        // The first of a kind stands for the page.
        assert_eq!(named(&(meta("og:image", "/1.gif") + &meta("og:image", "/2.gif"))).unwrap(), "/1.gif");
        // An animation before a video, a video before a still; and a page with a player is no video.
        let video = meta("og:video", "/cat.mp4?a=1");
        assert_eq!(named(&(meta("og:image", "/cat.jpg") + &video)).unwrap(), "/cat.mp4?a=1");
        assert_eq!(named(&(video.clone() + &meta("og:image", "/cat.gif"))).unwrap(), "/cat.gif");
        assert_eq!(named(&(meta("og:video", "/player") + &meta("og:image", "/cat.jpg"))).unwrap(), "/cat.jpg");
        assert_eq!(picture_of((video + &meta("og:image", "/cat.jpg")).as_bytes(), false).unwrap(), "/cat.jpg");
        for none in ["", "<html><img src=/cat.gif>", "<meta property=og:image>", "<!-- <meta property=og:image content=/a> -->"] {
            assert_eq!(named(none), None, "{none}");
        }
        assert_eq!(named("<meta property=og:image content=\"/cut"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(0_u8.., 0..300)) {
            let _ = (is_page(&bytes), picture_of(&[b"<meta property=og:image content=", &bytes[..]].concat(), true));
        }
    }
}
